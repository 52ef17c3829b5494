/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate.h"
#include "rule-rank.h"
#include "util.h"

/* In this order. */
static const struct aggregate_rule rules[] = {
	{ .reason = "A" },
	{ .reason = "B" },
	{ .reason = "B", .location = "f" },
	{ .family = "inet", .table = "a" },
	{ .family = "inet", .table = "b", .chain = "x" },
	{ .family = "inet", .table = "b", .chain = "y", .rule_handle = 9 },
	{ .family = "inet", .table = "b", .chain = "y", .rule_handle = 10 },
	{ .family = "inet",
	  .table = "b",
	  .chain = "y",
	  .rule_handle = 10,
	  .hook = "input" },
	{ .family = "ip", .table = "a" },
	/* As text. */
	{ .netns_cookie = 1, .netns_inum = 5 },
	{ .netns_cookie = 1, .netns_inum = 16 * 5 },
	{ .netns_cookie = 1, .netns_inum = 6 },
	{ .netns_cookie = 16 },
	{ .netns_cookie = 2 },
};

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rules); j++) {
			int r = rule_rank_compare(&rules[i], &rules[j]);

			assert_int_equal((r > 0) - (r < 0), (i > j) - (i < j));
		}
}

static void add(struct aggregate *a, uint64_t handle)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.netfilter.rule_handle = handle;
	aggregate_add(a, &ev, 60);
}

static void test_ranks(void **state)
{
	struct aggregate a;

	(void)state;
	aggregate_init(&a, 1);
	rule_rank_update(&a);
	add(&a, 7);
	add(&a, 5);
	rule_rank_update(&a);
	assert_int_equal(a.rules[0]->rank, 1);
	assert_int_equal(a.rules[1]->rank, 0);
	add(&a, 6);
	rule_rank_update(&a);
	assert_int_equal(a.rules[0]->rank, 2);
	assert_int_equal(a.rules[1]->rank, 0);
	assert_int_equal(a.rules[2]->rank, 1);
	aggregate_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_ranks),
	};

	return cmocka_run_group_tests_name("rule-rank", tests, NULL, NULL);
}
