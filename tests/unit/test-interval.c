/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "interval.h"
#include "util.h"

static struct aggregate a;
static const struct losses none;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	return 0;
}

/* @count packets of 100 bytes by a rule, at @ns. */
static void drop(uint64_t handle, uint64_t cookie, uint64_t count, uint64_t ns)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.count = count;
	ev.timestamp_ns = ns;
	ev.netns.cookie = cookie;
	ev.netns.inum = 42;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.netfilter.table_handle = 1;
	ev.netfilter.rule_handle = handle;
	aggregate_add(&a, &ev, 100 * count);
}

static void test_difference(void **state)
{
	struct interval interval;

	(void)state;
	drop(1, 1, 5, 10);
	drop(2, 1, 7, 20);
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 2);
	assert_int_equal(interval.rules[0]->rule_handle, 2);
	assert_int_equal(interval_counts(interval.rules[0]).packets, 7);
	assert_int_equal(interval.rules[1]->told.fresh_ns, 10);
	assert_int_equal(interval.rest.counts.packets, 0);
	interval_done(&interval);
	interval_mark(&a, &none);
	/* Only what came since is of the next one. */
	drop(1, 1, 3, 40);
	drop(1, 1, 1, 30);
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 1);
	assert_int_equal(interval_counts(interval.rules[0]).packets, 4);
	assert_int_equal(interval_counts(interval.rules[0]).bytes, 400);
	assert_int_equal(interval.rules[0]->told.fresh_ns, 30);
	assert_int_equal(interval.rules[0]->first_ns, 10);
	interval_done(&interval);
	interval_mark(&a, &none);
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 0);
	assert_int_equal(interval.rest.counts.packets, 0);
	interval_done(&interval);
}

/* What a rule's own counter grows by is told, and in no sum. */
static void test_counters(void **state)
{
	struct rule *rule = rule_new(3);
	struct interval interval;
	struct drop_event ev;

	(void)state;
	assert_non_null(rule);
	rule->counter = rule_counter_new(&(struct rule_counts){ 0 });
	assert_non_null(rule->counter);
	drop_event_init(&ev);
	ev.count = 50;
	ev.timestamp_ns = 10;
	ev.attribution = DROP_ATTRIBUTION_COUNTER;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.netfilter.table_handle = 1;
	ev.netfilter.rule_handle = 3;
	assert_true(aggregate_add_counter(&a, &ev, 5000, rule, 1));
	drop(1, 1, 5, 10);
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 2);
	/* After those of drops. */
	assert_int_equal(interval.rules[0]->rule_handle, 1);
	assert_int_equal(interval.rules[1]->rule_handle, 3);
	assert_int_equal(interval_counts(interval.rules[1]).packets, 50);
	interval_done(&interval);
	assert_int_equal(interval_init(&interval, &a, 0), 0);
	assert_int_equal(interval.n_rules, 0);
	assert_int_equal(interval.rest.counts.packets, 5);
	assert_int_equal(interval.rest.n_rules, 1);
	interval_done(&interval);
	/* There are drops of that rule now: they are told. */
	rule->counter->has_drops = true;
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 1);
	interval_done(&interval);
	interval_mark(&a, &none);
	rule->counter->has_drops = false;
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 0);
	interval_done(&interval);
	rule_unref(rule);
}

static uint64_t sum(const struct interval *interval)
{
	uint64_t n = interval->rest.counts.packets;

	for (size_t i = 0; i < interval->n_rules; i++)
		n += interval_counts(interval->rules[i]).packets;
	return n;
}

/* The heaviest have an entry, and nothing is lost. */
static void test_bound(void **state)
{
	struct interval interval;
	uint64_t total = 0, left;

	(void)state;
	for (uint64_t i = 1; i <= 500; i++) {
		drop(i, 1, i, i);
		total += i;
	}
	for (size_t max = 0; max <= 600; max += 50) {
		size_t n = MIN(max, (size_t)500);

		assert_int_equal(interval_init(&interval, &a, max), 0);
		assert_int_equal(interval.n_rules, n);
		assert_int_equal(interval.rest.n_rules, 500 - n);
		assert_int_equal(sum(&interval), total);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(interval.rules[i]->rule_handle,
					 500 - i);
		interval_done(&interval);
	}
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	left = interval.rest.counts.packets;
	interval_leave_out(&interval, interval.rules[0]);
	assert_int_equal(interval.rest.n_rules, 491);
	assert_int_equal(interval.rest.counts.packets, left + 500);
	interval_done(&interval);
}

/* Whoever makes namespaces takes no more than half of it from the others. */
static void test_foreign(void **state)
{
	static const struct {
		size_t own, foreign, max, own_chosen, foreign_chosen;
	} cases[] = {
		{ 100, 100, 50, 25, 25 }, { 10, 100, 50, 10, 40 },
		{ 100, 10, 50, 40, 10 },  { 0, 100, 50, 0, 50 },
		{ 100, 0, 50, 50, 0 },	  { 5, 5, 50, 5, 5 },
		{ 3, 3, 1, 1, 0 },	  { 3, 3, 0, 0, 0 },
	};

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		struct interval interval;
		size_t own = 0, foreign = 0;

		aggregate_done(&a);
		aggregate_init(&a, c);
		for (size_t i = 1; i <= cases[c].own; i++)
			drop(i, 1, 1, i);
		/* They drop more, too. */
		for (size_t i = 1; i <= cases[c].foreign; i++)
			drop(i, 99, 1000, i);
		assert_int_equal(interval_init(&interval, &a, cases[c].max), 0);
		for (size_t i = 0; i < interval.n_rules; i++)
			if (aggregate_rule_is_foreign(interval.rules[i]))
				foreign++;
			else
				own++;
		assert_int_equal(own, cases[c].own_chosen);
		assert_int_equal(foreign, cases[c].foreign_chosen);
		assert_int_equal(sum(&interval), aggregate_total(&a).packets);
		interval_done(&interval);
	}
}

/* What the aggregate had no room for has no rule, and is told. */
static void test_other(void **state)
{
	struct interval interval;

	(void)state;
	for (uint64_t i = 1; i <= AGGREGATE_USUAL + 10; i++)
		drop(i, 1, 2, i);
	assert_int_equal(interval_init(&interval, &a, 100), 0);
	assert_int_equal(interval.n_rules, 100);
	assert_int_equal(interval.rest.n_rules, AGGREGATE_USUAL - 100);
	assert_int_equal(interval.rest.other.packets, 20);
	assert_int_equal(sum(&interval), 2 * (AGGREGATE_USUAL + 10));
	interval_done(&interval);
	interval_mark(&a, &none);
	drop(AGGREGATE_USUAL + 1, 1, 3, 1);
	assert_int_equal(interval_init(&interval, &a, 100), 0);
	assert_int_equal(interval.n_rules, 0);
	assert_int_equal(sum(&interval), 3);
	interval_done(&interval);
}

/* A packet that was seen before it was counted waits for that. */
static void test_sampled(void **state)
{
	struct interval interval;
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.timestamp_ns = 5;
	ev.netns.cookie = 1;
	ev.netns.inum = 42;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.netfilter.table_handle = 1;
	ev.netfilter.rule_handle = 1;
	aggregate_add_event(&a, &ev, true);
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 0);
	interval_done(&interval);
	interval_mark(&a, &none);
	drop(1, 1, 1, 100);
	assert_int_equal(interval_init(&interval, &a, 10), 0);
	assert_int_equal(interval.n_rules, 1);
	assert_int_equal(interval.rules[0]->told.fresh_ns, 5);
	assert_int_equal(interval.rules[0]->samples -
				 interval.rules[0]->told.samples,
			 1);
	interval_done(&interval);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_difference, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sampled, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
