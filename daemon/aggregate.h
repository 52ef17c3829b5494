/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops added up by who dropped them and why: packets and bytes of each rule
 * and policy, since when and until when.
 *
 * A key is network namespace, kind, family, table, chain, rule, hook, reason;
 * and for what has no table the function, helper or queue that did it. Past
 * the capacity counts go to "other", and the total stays exact. Whoever makes
 * namespaces can fill other namespaces' half of it, and no more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

#define AGGREGATE_MAX 16384
/* Of them in other network namespaces than the initial one. */
#define AGGREGATE_FOREIGN_MAX (AGGREGATE_MAX / 2)

struct aggregate_counts {
	uint64_t packets;
	uint64_t bytes;
};

/* Members as in struct drop_event. */
struct aggregate_rule {
	uint64_t netns_cookie;
	uint32_t netns_inum;
	enum drop_kind kind;
	char hook[16];
	char family[16];
	char table[DROP_NAME_MAX];
	char chain[DROP_NAME_MAX];
	uint64_t rule_handle;
	char reason[DROP_REASON_MAX];
	uint32_t reason_code;
	uint32_t has; /* DROP_HAS_REASON_CODE, DROP_HAS_QUEUE */
	char by[DROP_BY_MAX];
	uint32_t queue;
	struct aggregate_counts counts;
	/* CLOCK_REALTIME, of the reports: the drops were in the second before.
	 */
	uint64_t first_ns;
	uint64_t last_ns;
};

struct aggregate {
	/* In the order of their first drop: none moves, none goes away. */
	struct aggregate_rule **rules;
	struct aggregate_rule **sorted; /* the same by key */
	size_t n_rules;
	size_t n_allocated;
	size_t n_foreign;
	struct aggregate_counts
		other; /* past the capacity, or without memory */
	struct aggregate_counts total; /* with other */
};

void aggregate_init(struct aggregate *a);
void aggregate_done(struct aggregate *a);

/*
 * Adds ev->count packets with @bytes. ev->timestamp_ns is when that was told.
 * Cannot fail; false: there was no room for it, and it was added to "other".
 */
bool aggregate_add(struct aggregate *a, const struct drop_event *ev,
		   uint64_t bytes);
