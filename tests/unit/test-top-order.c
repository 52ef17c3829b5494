/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top-order.h"
#include "util.h"

#define N 3000

static struct top_table t;
static struct top_row *rows[N], *sorted[N];

/* What compares the same in the column differs by key. */
static int setup(void **state)
{
	(void)state;
	top_table_init(&t, N, 1);
	for (unsigned int i = 0; i < N; i++) {
		char key[16];
		struct top_row *row;

		snprintf(key, sizeof(key), "%u", i * 7919 % N);
		row = top_table_get(&t, key, strlen(key));
		if (!row)
			return -1;
		row->shown.packets = i % 10;
		row->rate = i * 31 % 97;
	}
	return t.n_rows == N ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	top_table_done(&t);
	return 0;
}

static const struct top_order *current;

static int compare(const void *a, const void *b)
{
	return top_column_compare(current->column, current->invert,
				  *(struct top_row *const *)a,
				  *(struct top_row *const *)b);
}

/* Against the library's sort, for windows of every kind. */
static void check(const struct top_order *order, size_t n)
{
	static const size_t windows[][2] = {
		{ 0, 50 },	{ 0, 1 }, { 100, 150 }, { 2950, N },
		{ 1499, 1500 }, { 0, N }, { 7, 7 },	{ 0, 0 },
	};

	current = order;
	memcpy(sorted, t.rows, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		size_t from = MIN(windows[i][0], n), to = MIN(windows[i][1], n);

		memcpy(rows, t.rows, n * sizeof(rows[0]));
		top_order_window(order, rows, n, from, to);
		assert_memory_equal(rows + from, sorted + from,
				    (to - from) * sizeof(rows[0]));
		/* None is lost. */
		qsort(rows, n, sizeof(rows[0]), compare);
		assert_memory_equal(rows, sorted, n * sizeof(rows[0]));
	}
	for (size_t i = 0; i < n; i += 97)
		assert_int_equal(top_order_rank(order, rows, n, sorted[i]), i);
}

static void test_window(void **state)
{
	(void)state;
	for (int i = 0; i < _TOP_COLUMN_MAX; i++) {
		struct top_order order = { .column = (enum top_column)i };

		check(&order, N);
		order.invert = true;
		check(&order, N);
	}
	for (size_t n = 0; n < 40; n++)
		check(&(struct top_order){ TOP_COLUMN_RATE, false }, n);
}

/* In time that does not grow with the square: sorted ones, too. */
static void test_sorted_before(void **state)
{
	struct top_order order = { TOP_COLUMN_PACKETS, false };

	(void)state;
	current = &order;
	memcpy(rows, t.rows, sizeof(rows));
	qsort(rows, N, sizeof(rows[0]), compare);
	memcpy(sorted, rows, sizeof(rows));
	for (int i = 0; i < 200; i++)
		top_order_window(&order, rows, N, 0, N);
	assert_memory_equal(rows, sorted, sizeof(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_window, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sorted_before, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("top-order", tests, NULL, NULL);
}
