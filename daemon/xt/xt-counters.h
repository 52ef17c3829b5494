/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules and policies of x_tables and ebtables have dropped between two
 * readings of their table, by their own counters. Pure.
 *
 * All rules have one, which counts what comes to the rule's target, and that of
 * a base chain what comes to its policy: so it is what was dropped, to the
 * packet, where the target is DROP or REJECT (net/ipv4/netfilter/ip_tables.c,
 * ipt_do_table(); what a match drops itself comes to no target). A policy's
 * counts arptables rounds, and ebtables has none.
 *
 * The rule is that of the reading before when it has the same number and text,
 * and has not counted less; not where rules came or went, and another one with
 * this text can have moved to the number. What is new, or began again, is known
 * from this reading on; but the tools change a table by making another one,
 * whose rules have counted nothing until they are given what they had
 * (IPT_SO_SET_ADD_COUNTERS): if that is found in between, it is no growth.
 */
#pragma once

#include "aggregate.h"
#include "xt-tables.h"

struct xt_reading {
	struct drop_netns netns; /* whose tables they are */
	uint64_t now_ns;	 /* CLOCK_REALTIME */
	struct aggregate *rules;
};

/*
 * Of @table, which was as it is, and will be as @save: before it is. Returns
 * whether some are not known before the next reading, which should be soon.
 */
bool xt_counters_take(const struct xt_reading *reading,
		      const struct xt_table *table, struct xt_save *save);

/* It cannot be read: what its rules and policies grew by is over. */
void xt_counters_lose(struct aggregate *rules, const struct xt_table *table);
