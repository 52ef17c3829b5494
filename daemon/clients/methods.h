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

/* What a trace on request is to be. */
struct trace_query {
	const char *expression;
	uint64_t count; /* packets; 0: no bound */
	uint64_t usec;	/* 0: as long as it may take */
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
	/* Sends the replies itself. A negative errno ends the session. */
	int (*trace)(void *data, struct session *session,
		     const struct trace_query *query);
};

/* Borrows all of it. */
void methods_init(struct methods *methods, const struct access_policy *policy,
		  const struct methods_replies *replies, void *data);
