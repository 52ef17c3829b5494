/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replies of GetStatus, GetRules and GetStats: what we see, what this
 * kernel can tell and what not, what is lost.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdint.h>

#include "aggregate-json.h"
#include "counter-watch.h"
#include "dropmon.h"
#include "namespaces.h"
#include "ruleset-watch.h"
#include "server.h"
#include "stats.h"
#include "trace-source.h"

struct status {
	const struct losses *losses; /* since counting began */
	const struct dropmon_status *monitor;
	const struct pipeline *pipeline;
	const struct ruleset_status *ruleset;	    /* NULL: none is read */
	const struct namespaces_status *namespaces; /* NULL: not looked into */
	const struct trace_status *trace;      /* NULL: nothing is traced */
	const struct counter_status *counters; /* NULL: none are read */
	bool trace_is_off;		       /* as was said */
	int keep_error; /* the counts cannot be written: negative errno */
	const char *keep_folder; /* where they would be */
	bool is_sampled; /* all that is told is of samples; see trace */
	struct server_counts clients;
	uint64_t max_clients;
	uint64_t started_ns; /* CLOCK_REALTIME */
	const char *kernel;  /* uname(2) release */
};

/* A new object as the .varlink file describes, or NULL without memory. */
struct json_object *status_to_json(const struct status *status);
/* The same for GetRules and GetStats. */
struct json_object *status_rules_to_json(const struct status *status,
					 const struct rules_query *query);
struct json_object *status_stats_to_json(const struct status *status,
					 const struct stats_query *query);
/* The sentence in the status. Returns @buf. */
const char *status_message(const struct dropmon_status *monitor, char *buf,
			   size_t size);
