/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "netns.h"
#include "rule-place.h"
#include "util.h"

#define SHOWN_MAX 1100

static void append(char *buf, const char *format, ...) _printf_(2, 3);

static void append(char *buf, const char *format, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf + len, RULE_PLACE_MAX - len, format, ap);
	va_end(ap);
}

/* A word of @buf from the rule's text at @path, harmless; none when unknown. */
static void append_text(const struct term *term, struct json_object *rule,
			const char *path, char *buf)
{
	const char *text = json_find_string(rule, path);
	char shown[SHOWN_MAX];

	if (text[0])
		append(buf, "%s%s", buf[0] ? " " : "",
		       term_escape(term, text, shown, sizeof(shown)));
}

static void append_handle(const struct term *term, struct json_object *rule,
			  char *buf)
{
	const char *kind = json_find_string(rule, "kind");
	uint64_t handle = json_find_uint64(rule, "rule_handle");

	if (handle > 0)
		append(buf, " %s %" PRIu64,
		       strncmp(kind, "nft-", 4) == 0 ? "handle" : "rule",
		       handle);
	else if (strstr(kind, "-policy"))
		append(buf, " policy");
	else
		append_text(term, rule, "kind", buf);
}

const char *rule_place_netns(const struct term *term, struct json_object *rule,
			     char *buf, size_t size)
{
	const char *name = json_find_string(rule, "netns/name");
	uint64_t inum = json_find_uint64(rule, "netns/inum");

	buf[0] = '\0';
	if (name[0])
		term_escape(term, name, buf, size);
	else if (inum > 0)
		snprintf(buf, size, "inum:%" PRIu64, inum);
	return buf;
}

bool rule_is_in_initial_netns(struct json_object *rule)
{
	const char *name = json_find_string(rule, "netns/name");
	uint64_t cookie = json_find_uint64(rule, "netns/cookie");
	uint64_t inum = json_find_uint64(rule, "netns/inum");

	if (cookie != 0)
		return netns_is_initial(cookie, (uint32_t)inum);
	return strcmp(name, "init") == 0 || (name[0] == '\0' && inum == 0);
}

const char *rule_place(const struct term *term, struct json_object *rule,
		       char *buf)
{
	const char *attribution = json_find_string(rule, "attribution");
	char netns[SHOWN_MAX];

	buf[0] = '\0';
	append_text(term, rule, "family", buf);
	append_text(term, rule, "table", buf);
	append_text(term, rule, "chain", buf);
	append_handle(term, rule, buf);
	append_text(term, rule, "by", buf);
	if (json_find(rule, "queue"))
		append(buf, " %" PRIu64, json_find_uint64(rule, "queue"));
	append_text(term, rule, "location", buf);
	append_text(term, rule, "trap", buf);
	if (buf[0] == '\0')
		append(buf, "-");
	if (strcmp(attribution, "inferred") == 0 ||
	    strcmp(attribution, "traced") == 0)
		append(buf, "  attribution=%s", attribution);
	rule_place_netns(term, rule, netns, sizeof(netns));
	if (netns[0] && !rule_is_in_initial_netns(rule))
		append(buf, "  netns=%s", netns);
	return buf;
}
