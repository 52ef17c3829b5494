/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was dropped since the journal was told last: which rules are worth an
 * entry of their own, and what the others are together. The two are all that
 * was counted, to the packet. Pure.
 */
#pragma once

#include "aggregate.h"

/* What no entry of its own tells; not of rules' own counters. */
struct interval_rest {
	struct aggregate_counts counts; /* with other */
	size_t n_rules;
	struct aggregate_counts other; /* past the aggregate's capacity */
};

struct interval {
	/* The heaviest first; owned, the rules are the aggregate's. */
	struct aggregate_rule **rules;
	size_t n_rules;
	struct interval_rest rest;
};

/* What @rule dropped that was not told. */
struct aggregate_counts interval_counts(const struct aggregate_rule *rule);

/*
 * Chooses at most @max rules. Others in foreign network namespaces than in half
 * of that place are chosen only where the initial one does not need it.
 * -ENOMEM:
 * @ret has no rules, and all is in the rest.
 */
int interval_init(struct interval *ret, const struct aggregate *a, size_t max);
void interval_done(struct interval *interval);
/* Moves a rule, one of those chosen, to the rest. */
void interval_leave_out(struct interval *interval,
			const struct aggregate_rule *rule);

/* From now on all that was counted is told. */
void interval_mark(struct aggregate *a, const struct losses *losses);
