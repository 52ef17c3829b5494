/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops added up by any of their keys: what GetStats replies.
 *
 * Where all keys are a rule's, the counts by rule are added up, which miss
 * nothing that the kernel counts. Otherwise the flows are, which are what was
 * seen as events. Pure.
 */
#pragma once

#include <json-c/json_types.h>

#include "aggregate.h"
#include "losses.h"
#include "stat-key.h"

#define STATS_LIMIT	100
#define STATS_LIMIT_MAX 1000
/* A session's queue always has room for 512 KiB. */
#define STATS_ROWS_SIZE (448 << 10)

struct stats_query {
	enum stat_key by[_STAT_KEY_MAX]; /* each once */
	size_t n_by;
	const struct filter *filter; /* NULL: all; of FILTER_OF_FLOW */
	size_t limit;
};

/* Adds @key, unless it is there. */
void stats_query_add(struct stats_query *query, enum stat_key key);
/* Whether it is the flows that are added up. */
bool stats_query_is_sampled(const struct stats_query *query);

/*
 * A new object as GetStats replies. @losses and @since_ns are those of what is
 * added up. Fewer rows than the limit where they would not fit into a reply.
 * NULL when memory is out.
 */
struct json_object *stats_to_json(const struct aggregate *a,
				  const struct stats_query *query,
				  const struct losses *losses,
				  uint64_t since_ns);
