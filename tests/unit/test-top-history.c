/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "top-history.h"

#define S 1000000000ULL

static struct top_history h;

static int setup(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	return 0;
}

/* What happened in parts of seconds is in the seconds of those parts. */
static void test_spread(void **state)
{
	double cells[4];

	(void)state;
	top_history_add(&h, 100 * S + S / 2, 102 * S + S / 2, 200);
	top_history_get(&h, 104 * S, 1, cells, 4);
	assert_float_equal(cells[0], 50, 0.01);
	assert_float_equal(cells[1], 100, 0.01);
	assert_float_equal(cells[2], 50, 0.01);
	assert_true(cells[3] < 0);
	/* The second that is not over is not shown. */
	top_history_get(&h, 102 * S + S / 2, 1, cells, 2);
	assert_float_equal(cells[0], 50, 0.01);
	assert_float_equal(cells[1], 100, 0.01);
	/* It is added to what is there. */
	top_history_add(&h, 102 * S + S / 2, 103 * S, 50);
	top_history_get(&h, 103 * S, 1, cells, 1);
	assert_float_equal(cells[0], 100, 0.01);
}

static void test_cells(void **state)
{
	double cells[3];

	(void)state;
	top_history_add(&h, 10 * S, 20 * S, 100);
	top_history_get(&h, 20 * S, 5, cells, 3);
	assert_true(cells[0] < 0);
	assert_float_equal(cells[1], 10, 0.01);
	assert_float_equal(cells[2], 10, 0.01);
	/* A mean of what is known. */
	top_history_get(&h, 22 * S, 4, cells, 3);
	assert_float_equal(cells[2], 10, 0.01);
	/* Before the clock began. */
	top_history_get(&h, 3 * S, 5, cells, 3);
	assert_true(cells[0] < 0 && cells[1] < 0 && cells[2] < 0);
}

static void test_old(void **state)
{
	double cells[1];

	(void)state;
	top_history_add(&h, 10 * S, 11 * S, 5);
	/* Its place is taken by a later second. */
	top_history_add(&h, (10 + TOP_HISTORY_SECONDS) * S,
			(11 + TOP_HISTORY_SECONDS) * S, 7);
	top_history_get(&h, 11 * S, 1, cells, 1);
	assert_true(cells[0] < 0);
	/* After days of sleep: as many seconds as there is room for. */
	top_history_add(&h, 2000 * S, 1000000 * S, 998000);
	top_history_get(&h, 1000000 * S, TOP_HISTORY_SECONDS, cells, 1);
	assert_float_equal(cells[0], 1, 0.01);
	/* No time, or time that goes back, is nothing. */
	top_history_add(&h, 1000000 * S, 1000000 * S, 9);
	top_history_add(&h, 1000000 * S, 999999 * S, 9);
	top_history_get(&h, 1000000 * S, 1, cells, 1);
	assert_float_equal(cells[0], 1, 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_spread, setup),
		cmocka_unit_test_setup(test_cells, setup),
		cmocka_unit_test_setup(test_old, setup),
	};

	return cmocka_run_group_tests_name("top-history", tests, NULL, NULL);
}
