/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rulesets as JSON, in the types of io.nfdrop.Monitor.varlink. Pure.
 */
#pragma once

#include <json-c/json_types.h>

#include "correlate.h"

/* Rules in one reply, fewer when they are long; see JSON_ROOM. */
#define RULESET_JSON_PAGE 100

/*
 * What GetRuleset replies: of the rulesets known, the rules that may drop, and
 * the policies that do, from number @first on. NULL without memory.
 */
struct json_object *ruleset_to_json(const struct correlate *correlate,
				    uint64_t first);

/* A rule or policy (@handle 0) and its surroundings, or a chain. */
struct rule_query {
	uint32_t inum;	 /* of the namespace; 0: the initial one */
	uint64_t cookie; /* 0: of any */
	const char *family;
	const char *table;
	uint64_t table_handle; /* 0: unknown */
	const char *chain;
	uint64_t handle;
	uint32_t around; /* rules before and behind it */
};

/* Rules before and behind the one asked for, at most. */
#define RULE_AROUND_MAX 30

/* What GetRule replies. NULL without memory. */
struct json_object *rule_to_json(const struct correlate *correlate,
				 const struct rule_query *query);
