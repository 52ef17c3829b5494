/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rates.h"
#include "util.h"

#define SECOND 1000000000ULL

/* @seconds of @per_second, in intervals. Returns the count after them. */
static uint64_t run(struct rates *rates, uint64_t count, unsigned seconds,
		    uint64_t per_second)
{
	struct rates_decay decay = rates_decay(RATES_INTERVAL_NS);

	for (unsigned i = 0; i < seconds; i += RATES_INTERVAL_NS / SECOND) {
		count += per_second * RATES_INTERVAL_NS / SECOND;
		rates_update(rates, &decay, count);
	}
	return count;
}

static void test_steady(void **state)
{
	struct rates rates = { 0 };
	uint64_t count;

	(void)state;
	count = run(&rates, 0, 60, 100);
	assert_float_equal(rates.last, 100, 0.01);
	/* 1 - 1/e of it, and of a fifteenth of that time. */
	assert_float_equal(rates.one, 63.2, 0.1);
	assert_float_equal(rates.fifteen, 6.45, 0.05);
	count = run(&rates, count, 3600 * 2, 100);
	assert_float_equal(rates.last, 100, 0.01);
	assert_float_equal(rates.one, 100, 0.1);
	assert_float_equal(rates.fifteen, 100, 0.1);
	/* And it is forgotten: a minute, ten, a day. */
	count = run(&rates, count, 60, 0);
	assert_float_equal(rates.last, 0, 0);
	assert_float_equal(rates.one, 36.8, 0.1);
	assert_float_equal(rates.fifteen, 93.5, 0.1);
	count = run(&rates, count, 600, 0);
	assert_true(rates.one < 0.01F);
	run(&rates, count, 86400, 0);
	assert_true(rates.one == 0 && rates.fifteen == 0);
}

/* A tick that comes late counts for as long as it took. */
static void test_late(void **state)
{
	struct rates_decay decay = rates_decay(60 * SECOND);
	struct rates late = { 0 }, punctual = { 0 };

	(void)state;
	run(&punctual, 0, 60, 7);
	rates_update(&late, &decay, 60 * 7);
	assert_float_equal(late.last, punctual.last, 0.001);
	assert_float_equal(late.one, punctual.one, 0.001);
	assert_float_equal(late.fifteen, punctual.fifteen, 0.001);
}

/* Once in a quarter of an hour is still more than nothing. */
static void test_rare(void **state)
{
	struct rates_decay decay = rates_decay(RATES_INTERVAL_NS);
	struct rates rates = { 0 };

	(void)state;
	rates_update(&rates, &decay, 1);
	assert_float_equal(rates.last, 0.2, 0.001);
	assert_true(rates.one > 0.01F);
	assert_true(rates.fifteen > 0.001F);
}

static void test_start(void **state)
{
	struct rates rates = { .last = 5, .one = 5, .fifteen = 5 };

	(void)state;
	rates_start(&rates, 1000);
	assert_true(rates.last == 0 && rates.one == 0 && rates.fifteen == 0);
	run(&rates, 1000, 5, 3);
	assert_float_equal(rates.last, 3, 0.001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_rare),
		cmocka_unit_test(test_start),
	};

	return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
