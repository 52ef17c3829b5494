/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate.h"
#include "util.h"

#define S    1000000000ULL
#define REAL (1763930000 * S)

static void test_told(void **state)
{
	const struct pace_counts counts = { 100, 6000, REAL, false };
	struct pace pace = { 0 };

	(void)state;
	pace_start(&pace, &counts, 2.5F);
	assert_float_equal(pace.rate, 2.5, 0.001);
	assert_float_equal(pace.byte_rate, 150, 0.001);
	pace_start(&pace, &(struct pace_counts){ 0 }, 0);
	assert_float_equal(pace.byte_rate, 0, 0);
}

/* Reports come each second, asked for or not: rates are over their times. */
static void test_reports(void **state)
{
	struct pace_counts counts = { 100, 6000, REAL, true };
	struct pace pace = { 0 };

	(void)state;
	pace_start(&pace, &counts, 1);
	counts = (struct pace_counts){ 130, 7800, REAL + 3 * S, true };
	pace_update(&pace, &counts, 2, REAL + 3 * S);
	assert_float_equal(pace.rate, 10, 0.001);
	assert_float_equal(pace.byte_rate, 600, 0.001);
	/* None since, and none is due. */
	pace_update(&pace, &counts, 1, REAL + 4 * S);
	assert_float_equal(pace.rate, 10, 0.001);
	/* And now one is: there was none, since nothing was dropped. */
	pace_update(&pace, &counts, 1, REAL + 5 * S);
	assert_float_equal(pace.rate, 0, 0);
	/* The last was long ago: it grew since the look, not since that. */
	counts = (struct pace_counts){ 150, 9000, REAL + 60 * S, true };
	pace_update(&pace, &counts, 2, REAL + 60 * S);
	assert_float_equal(pace.rate, 10, 0.001);
}

static void test_events(void **state)
{
	struct pace pace = { 0 };

	(void)state;
	/* What is new since has grown from nothing. */
	pace_update(&pace, &(struct pace_counts){ 8, 80, REAL, false }, 2,
		    REAL);
	assert_float_equal(pace.rate, 4, 0.001);
	pace_update(&pace, &(struct pace_counts){ 8, 80, REAL, false }, 2,
		    REAL);
	assert_float_equal(pace.rate, 0, 0);
}

static void add(struct aggregate *a, uint64_t handle, uint64_t n)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.netfilter.rule_handle = handle;
	ev.count = n;
	ev.length = 60;
	aggregate_add_event(a, &ev, false);
}

/* Of all rules, however often somebody looks. */
static void test_looks(void **state)
{
	struct aggregate a;

	(void)state;
	aggregate_init(&a, 1);
	add(&a, 1, 1000);
	a.rules[0]->rates.last = 3;
	aggregate_look(&a, 100 * S, REAL);
	assert_float_equal(a.rules[0]->pace.rate, 3, 0.001);
	add(&a, 1, 20);
	/* Too soon. */
	aggregate_look(&a, 100 * S + S / 2, REAL);
	assert_float_equal(a.rules[0]->pace.rate, 3, 0.001);
	add(&a, 2, 4);
	aggregate_look(&a, 102 * S, REAL);
	assert_float_equal(a.rules[0]->pace.rate, 10, 0.001);
	assert_float_equal(a.rules[1]->pace.rate, 2, 0.001);
	/* Once an hour is often enough. */
	add(&a, 1, 3600);
	aggregate_look(&a, (102 + 3600) * S, REAL);
	assert_float_equal(a.rules[0]->pace.rate, 1, 0.001);
	/* Nobody has looked for long: what is known is of now. */
	a.rules[0]->rates.last = 7;
	add(&a, 1, 1);
	aggregate_look(&a, 100000 * S, REAL);
	assert_float_equal(a.rules[0]->pace.rate, 7, 0.001);
	aggregate_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_looks),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
