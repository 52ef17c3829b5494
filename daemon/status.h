/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replies of GetStatus and GetRules: what we see, what this kernel can tell
 * and what not, what is lost.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdint.h>

#include "dropmon.h"
#include "namespaces.h"
#include "ruleset-watch.h"
#include "server.h"

struct status {
	const struct dropmon_status *monitor;
	const struct pipeline *pipeline;
	const struct ruleset_status *ruleset; /* NULL: none is read */
	const struct namespaces_status *namespaces; /* NULL: not looked into */
	struct server_counts clients;
	uint64_t max_clients;
	uint64_t started_ns; /* CLOCK_REALTIME */
	const char *kernel;  /* uname(2) release */
};

/* A new object as the .varlink file describes, or NULL without memory. */
struct json_object *status_to_json(const struct status *status);
/* The same for GetRules, from rule number @first on. */
struct json_object *status_rules_to_json(const struct status *status,
					 uint64_t first);
/* The sentence in the status. Returns @buf. */
const char *status_message(const struct dropmon_status *monitor, char *buf,
			   size_t size);
