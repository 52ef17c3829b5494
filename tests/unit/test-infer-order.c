/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "infer-order.h"
#include "ruleset.h"
#include "util.h"

/* As they come: the number of each is its handle. */
static const struct {
	bool has_counter;
	struct rule_counter counter;
} cases[] = {
	/* 0: never counted anything. */
	{ true, { .read_ns = 9 } },
	/* 1: not since we look. */
	{ true, { .read_ns = 9, .now = { 5, 5 } } },
	{ false, { 0 } },
	/* 3: not read yet. */
	{ true, { .now = { 5, 5 } } },
	/* 4: once. */
	{ true, { .read_ns = 9, .moved_ns = 3, .now = { 5, 5 } } },
	/* 5: now. */
	{ true, { .read_ns = 9, .moved_ns = 9, .now = { 5, 5 } } },
	{ true, { .read_ns = 9, .moved_ns = 9, .now = { 1, 1 } } },
	/* 7: grew, and was reset since. */
	{ true, { .read_ns = 9, .moved_ns = 3, .reset_ns = 9 } },
};

static void test_order(void **state)
{
	struct rule rules[ARRAY_SIZE(cases)] = { 0 };
	struct rule_counter counters[ARRAY_SIZE(cases)];
	struct rule_counter grows = { .read_ns = 9, .moved_ns = 9 };
	struct rule policy = { .counter = &grows };
	const struct chain without = { 0 }, with = { .policy = &policy };
	struct infer_result result = { 0 };
	char got[64] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		counters[i] = cases[i].counter;
		rules[i].handle = i;
		rules[i].counter = cases[i].has_counter ? &counters[i] : NULL;
		result.candidates[result.n].chain = &without;
		result.candidates[result.n++].rule = &rules[i];
	}
	/* Policies. */
	result.candidates[result.n++].chain = &without;
	result.candidates[result.n++].chain = &with;
	infer_order(&result);
	assert_int_equal(result.n, ARRAY_SIZE(cases) + 2);
	for (size_t i = 0; i < result.n; i++) {
		const struct rule *rule = result.candidates[i].rule;
		const struct chain *chain = result.candidates[i].chain;
		size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, " %d",
			 rule		 ? (int)rule->handle
			 : chain->policy ? -2
					 : -1);
	}
	assert_string_equal(got, " 5 6 -2 4 7 2 3 -1 1 0");
}

static void test_few(void **state)
{
	struct infer_result result = { 0 };

	(void)state;
	infer_order(&result);
	assert_int_equal(result.n, 0);
	result.n = 1;
	infer_order(&result);
	assert_int_equal(result.n, 1);
	assert_null(result.candidates[0].rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
