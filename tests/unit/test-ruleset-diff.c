/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "ruleset-diff.h"
#include "ruleset-edit.h"
#include "ruleset-make.h"
#include "util.h"

static struct ruleset *old, *new;

static int setup(void **state)
{
	(void)state;
	old = make_ruleset(1);
	make_chain(old, "c", 1);
	make_chain(old, "d", -1);
	for (uint64_t i = 1; i <= 5; i++)
		make_rule(old, "c", i, NULL, NULL);
	make_rule(old, "d", 9, NULL, NULL);
	new = ruleset_copy(old);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ruleset_unref(old);
	ruleset_unref(new);
	return 0;
}

static void assert_diff(uint64_t added, uint64_t removed, uint64_t replaced)
{
	struct ruleset_diff diff = { 0 };

	ruleset_diff_add(&diff, old, new);
	assert_int_equal(diff.added, added);
	assert_int_equal(diff.removed, removed);
	assert_int_equal(diff.replaced, replaced);
	/* And back. */
	diff = (struct ruleset_diff){ 0 };
	ruleset_diff_add(&diff, new, old);
	assert_int_equal(diff.added, removed);
	assert_int_equal(diff.removed, added);
	assert_int_equal(diff.replaced, replaced);
}

static void put(uint64_t handle, uint64_t content)
{
	struct rule *rule = rule_new(handle);

	rule->content = content;
	assert_int_equal(ruleset_put_rule(new, MADE_FAMILY, MADE_TABLE, "c",
					  rule, RULE_LAST),
			 0);
}

static void take(uint64_t handle)
{
	assert_int_equal(ruleset_remove_rule(new, MADE_FAMILY, MADE_TABLE, "c",
					     handle),
			 0);
}

static void test_rules(void **state)
{
	(void)state;
	assert_diff(0, 0, 0);
	put(6, 1);
	assert_diff(1, 0, 0);
	put(7, 1);
	take(2);
	assert_diff(2, 1, 0);
	/* Replaced, and elsewhere. */
	take(3);
	put(3, 77);
	assert_diff(2, 1, 1);
	take(4);
	put(4, 0);
	assert_diff(2, 1, 1);
	for (uint64_t i = 1; i <= 7; i++)
		if (i != 2)
			take(i);
	assert_diff(0, 5, 0);
}

/* Read anew, nothing is shared, and nothing has changed. */
static void test_read_anew(void **state)
{
	(void)state;
	ruleset_unref(new);
	new = make_ruleset(2);
	make_chain(new, "c", 1);
	make_chain(new, "d", -1);
	for (uint64_t i = 1; i <= 5; i++)
		make_rule(new, "c", i, NULL, NULL);
	make_rule(new, "d", 9, NULL, NULL);
	assert_diff(0, 0, 0);
}

static void test_chains_and_tables(void **state)
{
	(void)state;
	ruleset_unref(new);
	new = make_ruleset(2);
	make_chain(new, "e", -1);
	make_rule(new, "e", 20, NULL, NULL);
	assert_diff(1, 6, 0);
	/* A table of that name with another handle is another one. */
	ruleset_unref(new);
	new = ruleset_new();
	assert_int_equal(ruleset_put_table(new, MADE_FAMILY, MADE_TABLE,
					   MADE_HANDLE + 1),
			 0);
	make_chain(new, "c", 1);
	make_rule(new, "c", 1, NULL, NULL);
	assert_diff(1, 6, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_anew, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_chains_and_tables, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
