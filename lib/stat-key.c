/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "stat-key.h"
#include "util.h"

#define SHOWN_MAX 64

static const struct {
	const char *name;
	enum filter_scope scope;
} keys[_STAT_KEY_MAX] = {
	[STAT_NETNS] = { "netns", FILTER_OF_RULE },
	[STAT_REASON] = { "reason", FILTER_OF_RULE },
	[STAT_SUBSYSTEM] = { "subsystem", FILTER_OF_RULE },
	[STAT_KIND] = { "kind", FILTER_OF_RULE },
	[STAT_FAMILY] = { "family", FILTER_OF_RULE },
	[STAT_TABLE] = { "table", FILTER_OF_RULE },
	[STAT_CHAIN] = { "chain", FILTER_OF_RULE },
	[STAT_RULE] = { "rule", FILTER_OF_RULE },
	[STAT_HOOK] = { "hook", FILTER_OF_RULE },
	[STAT_LOCATION] = { "location", FILTER_OF_RULE },
	[STAT_ATTRIBUTION] = { "attribution", FILTER_OF_RULE },
	[STAT_ORIGIN] = { "origin", FILTER_OF_RULE },
	[STAT_IN] = { "in", FILTER_OF_FLOW },
	[STAT_OUT] = { "out", FILTER_OF_FLOW },
	[STAT_PROTOCOL] = { "protocol", FILTER_OF_FLOW },
	[STAT_SOURCE] = { "source", FILTER_OF_FLOW },
	[STAT_DESTINATION] = { "destination", FILTER_OF_FLOW },
	[STAT_DPORT] = { "dport", FILTER_OF_FLOW },
	[STAT_UID] = { "uid", FILTER_OF_FLOW },
	[STAT_UNIT] = { "unit", FILTER_OF_FLOW },
};

const char *stat_key_to_string(int key)
{
	return key >= 0 && key < _STAT_KEY_MAX ? keys[key].name : NULL;
}

int stat_key_from_string(const char *name)
{
	for (int i = 0; i < _STAT_KEY_MAX; i++)
		if (strcmp(keys[i].name, name) == 0)
			return i;
	return -EINVAL;
}

enum filter_scope stat_key_scope(enum stat_key key)
{
	return keys[key].scope;
}

const char *stat_key_explain(const char *name, char *buf, size_t size)
{
	char shown[SHOWN_MAX];
	size_t n;

	n = (size_t)snprintf(buf, size, "unknown key \"%s\"; there are",
			     escape_string(name, shown, sizeof(shown)));
	for (size_t i = 0; i < ARRAY_SIZE(keys) && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s %s",
				      i == 0 ? "" : ",", keys[i].name);
	return buf;
}
