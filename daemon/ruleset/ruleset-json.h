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
 * What GetRuleset replies: of the rulesets and tables of x_tables known, the
 * rules that may drop, and the policies that do, from number @first on. NULL
 * without memory.
 */
struct json_object *ruleset_to_json(const struct correlate *correlate,
				    uint64_t first);

/* A namespace and what is known of it. */
struct ruleset_space {
	uint64_t cookie; /* 0: the initial one, of no known number */
	uint32_t inum;
	const char *name;
	const struct rulesets *rulesets;
	const struct xt_tables *xt;
};

struct ruleset_space ruleset_space_initial(const struct correlate *correlate);
struct ruleset_space ruleset_space_other(const struct correlate_netns *netns);

/*
 * Members of an object of type ChainRule; false without memory. The place of a
 * base chain in the packet's way is nothing for others.
 */
bool ruleset_json_add_space(struct json_object *object,
			    const struct ruleset_space *space);
bool ruleset_json_add_place(struct json_object *object,
			    const struct table *table,
			    const struct chain *chain);
bool ruleset_json_add_base(struct json_object *object,
			   const struct table *table,
			   const struct chain *chain);
bool ruleset_json_add_rule(struct json_object *object, const struct rule *rule);
/* Type RuleCounter, as "counter"; nothing for a rule without. */
bool ruleset_json_add_counter(struct json_object *object,
			      const struct rule *rule);
