/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the socket answers: org.varlink.service and io.nfdrop.Monitor, from one
 * table of methods.
 */
#pragma once

#include "access.h"
#include "aggregate-json.h"
#include "rule-json.h"
#include "session.h"
#include "stats.h"

struct methods {
	struct session_handler handler; /* for server_new() */
	const struct access_policy *policy;
	const struct methods_replies *replies;
	void *data;
};

/* The parameters of replies, which the manager knows; NULL without memory. */
struct methods_replies {
	struct json_object *(*get_status)(void *data);
	struct json_object *(*get_rules)(void *data,
					 const struct rules_query *query);
	struct json_object *(*get_stats)(void *data,
					 const struct stats_query *query);
	struct json_object *(*get_ruleset)(void *data, uint64_t first);
	struct json_object *(*get_rule)(void *data,
					const struct rule_query *query);
	struct json_object *(*get_events)(void *data,
					  const struct filter *filter,
					  size_t limit);
};

/* Borrows all of it. */
void methods_init(struct methods *methods, const struct access_policy *policy,
		  const struct methods_replies *replies, void *data);
