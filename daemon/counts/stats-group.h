/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums by a value of any bytes: the groups of a statistic. Pure. */
#pragma once

#include "aggregate.h"
#include "stats-key.h"

struct stats_group {
	uint64_t hash;
	size_t value; /* where it begins in the values */
	size_t len;
	size_t member; /* the number of one that is in it */
	uint64_t packets;
	uint64_t bytes;
	uint64_t first_ns;
	uint64_t last_ns;
	double rate, rate_1min, rate_15min;
};

struct stats_groups {
	struct stats_group *groups; /* in the order of their first member */
	size_t n_groups;
	size_t n_allocated;
	uint32_t *index; /* of numbers from 1 on; 0: empty */
	size_t n_index;
	uint8_t *values;
	size_t values_len;
	size_t values_size;
	uint64_t seed;
};

/* @seed as of aggregate_init(). */
void stats_groups_init(struct stats_groups *s, uint64_t seed);
void stats_groups_done(struct stats_groups *s);

/*
 * The group of @value, made when it is new, with @member. NULL when memory is
 * out. Valid until the next call.
 */
struct stats_group *stats_groups_get(struct stats_groups *s,
				     const struct stats_value *value,
				     size_t member);

/* Sorts them: most packets first, and of the same the one that came first. */
void stats_groups_sort(struct stats_groups *s);
