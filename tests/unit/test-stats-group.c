/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stats-group.h"
#include "util.h"

static struct stats_group *get(struct stats_groups *s, uint32_t number,
			       size_t member)
{
	struct stats_value value = { .len = sizeof(number) };

	memcpy(value.data, &number, sizeof(number));
	return stats_groups_get(s, &value, member);
}

/* Every value once, found again after the tables grew, in their order. */
static void test_many(void **state)
{
	struct stats_groups s;

	(void)state;
	stats_groups_init(&s, 9);
	for (size_t i = 0; i < 10000; i++) {
		struct stats_group *group = get(&s, i * 7919 % 1000, i);

		assert_non_null(group);
		group->packets += i % 10;
	}
	assert_int_equal(s.n_groups, 1000);
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(s.groups[i].member, i);
		assert_int_equal(s.groups[i].packets, 10 * (i % 10));
	}
	stats_groups_sort(&s);
	for (size_t i = 1; i < 1000; i++) {
		const struct stats_group *a = &s.groups[i - 1];
		const struct stats_group *b = &s.groups[i];

		assert_true(
			a->packets > b->packets ||
			(a->packets == b->packets && a->member < b->member));
	}
	stats_groups_done(&s);
}

/* "Unknown" may have no bytes at all. */
static void test_empty(void **state)
{
	const struct stats_value nothing = { .len = 0 };
	struct stats_groups s;

	(void)state;
	stats_groups_init(&s, 9);
	stats_groups_sort(&s);
	assert_int_equal(s.n_groups, 0);
	assert_non_null(stats_groups_get(&s, &nothing, 1));
	assert_non_null(get(&s, 0, 2));
	assert_int_equal(stats_groups_get(&s, &nothing, 3)->member, 1);
	assert_int_equal(s.n_groups, 2);
	stats_groups_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("stats-group", tests, NULL, NULL);
}
