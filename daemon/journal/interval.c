/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "interval.h"
#include "util.h"

static struct aggregate_counts subtract(const struct aggregate_counts *now,
					const struct aggregate_counts *before)
{
	return (struct aggregate_counts){
		.packets = now->packets - before->packets,
		.bytes = now->bytes - before->bytes,
	};
}

static void add(struct aggregate_counts *sum,
		const struct aggregate_counts *counts)
{
	sum->packets += counts->packets;
	sum->bytes += counts->bytes;
}

struct aggregate_counts interval_counts(const struct aggregate_rule *rule)
{
	return subtract(&rule->counts, &rule->told.counts);
}

/* Of packets without bytes there are some; of bytes without packets none. */
static bool is_active(const struct aggregate_rule *rule)
{
	return rule->counts.packets != rule->told.counts.packets;
}

static bool is_by_counter(const struct aggregate_rule *rule)
{
	return rule->counted == AGGREGATE_BY_COUNTER;
}

static int compare(const void *a, const void *b)
{
	const struct aggregate_rule *const *x = a, *const *y = b;
	uint64_t p = interval_counts(*x).packets;
	uint64_t q = interval_counts(*y).packets;

	/* What is counted elsewhere, too, has what place is left. */
	if (is_by_counter(*x) != is_by_counter(*y))
		return is_by_counter(*x) - is_by_counter(*y);
	if (p != q)
		return p < q ? 1 : -1;
	/* The earlier first, so that the order is always the same. */
	if ((*x)->first_ns != (*y)->first_ns)
		return (*x)->first_ns < (*y)->first_ns ? -1 : 1;
	return 0;
}

static void add_to_rest(struct interval_rest *rest,
			const struct aggregate_rule *rule)
{
	const struct aggregate_counts counts = interval_counts(rule);

	if (is_by_counter(rule))
		return;
	add(&rest->counts, &counts);
	rest->n_rules++;
}

static size_t gather(const struct aggregate *a, struct aggregate_rule **rules,
		     size_t *n_foreign)
{
	size_t n = 0;

	*n_foreign = 0;
	for (size_t i = 0; i < a->n_rules; i++) {
		if (!is_active(a->rules[i]) ||
		    aggregate_rule_is_hidden(a->rules[i]))
			continue;
		rules[n++] = a->rules[i];
		*n_foreign += aggregate_rule_is_foreign(a->rules[i]);
	}
	return n;
}

static void choose(struct interval *interval, size_t n, size_t n_foreign,
		   size_t max)
{
	size_t n_own = n - n_foreign;
	size_t foreign_max = MAX(max / 2, n_own < max ? max - n_own : 0);
	size_t foreign = MIN(n_foreign, foreign_max), own = max - foreign;

	qsort(interval->rules, n, sizeof(struct aggregate_rule *), compare);
	for (size_t i = 0; i < n; i++) {
		struct aggregate_rule *rule = interval->rules[i];
		size_t *left = aggregate_rule_is_foreign(rule) ? &foreign
							       : &own;

		if (*left == 0) {
			add_to_rest(&interval->rest, rule);
			continue;
		}
		(*left)--;
		interval->rules[interval->n_rules++] = rule;
	}
}

int interval_init(struct interval *ret, const struct aggregate *a, size_t max)
{
	size_t n, n_foreign;

	*ret = (struct interval){ 0 };
	ret->rest.other = subtract(&a->other, &a->told_other);
	ret->rest.counts = ret->rest.other;
	if (a->n_rules == 0)
		return 0;
	ret->rules = calloc(a->n_rules, sizeof(struct aggregate_rule *));
	if (!ret->rules) {
		for (size_t i = 0; i < a->n_rules; i++)
			if (is_active(a->rules[i]))
				add_to_rest(&ret->rest, a->rules[i]);
		return -ENOMEM;
	}
	n = gather(a, ret->rules, &n_foreign);
	choose(ret, n, n_foreign, max);
	return 0;
}

void interval_done(struct interval *interval)
{
	free(interval->rules);
	*interval = (struct interval){ 0 };
}

void interval_leave_out(struct interval *interval,
			const struct aggregate_rule *rule)
{
	add_to_rest(&interval->rest, rule);
}

void interval_mark(struct aggregate *a, const struct losses *losses)
{
	a->told_other = a->other;
	a->told_losses = *losses;
	for (size_t i = 0; i < a->n_rules; i++) {
		struct aggregate_rule *rule = a->rules[i];

		/* What was only sampled waits for its count. */
		if (!is_active(rule))
			continue;
		rule->told = (struct aggregate_told){
			.counts = rule->counts,
			.samples = rule->samples,
		};
		if (rule->heaviest)
			sketch_mark(&rule->heaviest->sources);
	}
}
