/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of counted rules by where they are: rules of a chain stand side by
 * side, as in the chain for the most part. What has no table comes first. Pure.
 */
#pragma once

struct aggregate;
struct aggregate_rule;

/*
 * As strcmp(), by network namespace (its numbers as hexadecimal text), family,
 * table, chain, handle, kind, hook, reason, location.
 */
int rule_rank_compare(const struct aggregate_rule *a,
		      const struct aggregate_rule *b);

/*
 * Sets rule->rank of all, which is made anew when rules have come since.
 * Without memory it is left as it was.
 */
void rule_rank_update(struct aggregate *a);
