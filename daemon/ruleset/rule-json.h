/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule in the middle of its chain as JSON, in the types of
 * io.nfdrop.Monitor.varlink. Pure.
 */
#pragma once

#include <json-c/json_types.h>

#include "correlate.h"

/* A rule or policy (@handle 0) and its surroundings, or a chain. */
struct rule_query {
	uint32_t inum;	   /* of the namespace; 0: by its name */
	uint64_t cookie;   /* 0: of any */
	const char *netns; /* its name; NULL: the initial one */
	/* NONE: of x_tables where nf_tables has no such rule. */
	enum drop_kind kind;
	const char *family;
	const char *table;
	uint64_t table_handle; /* 0: unknown */
	const char *chain;
	uint64_t handle;
	/* Of the ruleset that had the rule: the handle may have another now. */
	uint32_t generation; /* 0: the newest that has it */
	uint32_t around;     /* rules before and behind it */
};

/* Rules before and behind the one asked for, at most. */
#define RULE_AROUND_MAX 30

/* What GetRule replies. NULL without memory. */
struct json_object *rule_to_json(const struct correlate *correlate,
				 const struct rule_query *query);
