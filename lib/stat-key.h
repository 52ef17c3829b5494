/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What drops can be added up by: the keys of GetStats and of nfdrop stats.
 */
#pragma once

#include <stddef.h>

#include "filter.h"

enum stat_key {
	STAT_NETNS,
	STAT_REASON,
	STAT_SUBSYSTEM,
	STAT_KIND,
	STAT_FAMILY,
	STAT_TABLE,
	STAT_CHAIN,
	STAT_RULE,
	STAT_HOOK,
	STAT_LOCATION,
	STAT_ATTRIBUTION,
	STAT_ORIGIN,
	STAT_IN,
	STAT_OUT,
	STAT_PROTOCOL,
	STAT_SOURCE,
	STAT_DESTINATION,
	STAT_DPORT,
	STAT_UID,
	STAT_UNIT,
	_STAT_KEY_MAX,
};

/* "netns", "reason", ...; NULL for what is none. */
const char *stat_key_to_string(int key);
/* The reverse; -EINVAL for a name that is none. */
int stat_key_from_string(const char *name);
/* FILTER_OF_RULE, or FILTER_OF_FLOW: known of packets only. */
enum filter_scope stat_key_scope(enum stat_key key);
/* A sentence without a period, that @name is none, with all that are. */
const char *stat_key_explain(const char *name, char *buf, size_t size);
