/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "ruleset-make.h"
#include "ruleset-path.h"

static struct ruleset *rs;
static struct ruleset_path paths[RULESET_PATHS_MAX];
static bool more;

static int setup(void **state)
{
	(void)state;
	rs = make_ruleset(1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ruleset_unref(rs);
	return 0;
}

static int find(const char *chain)
{
	struct table *table = rs->tables[0];

	more = false;
	return ruleset_find_paths(table, table_find_chain(table, chain), paths,
				  &more);
}

/* "a 7 > b 8 > c": chains, and the rules that lead on. */
static const char *text_of(const struct ruleset_path *path)
{
	static char text[1024];
	size_t at = 0;

	assert_in_range(path->n_steps, 1, RULESET_PATH_LENGTH);
	for (size_t i = 0; i < path->n_steps; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
				       i ? " > " : "",
				       path->steps[i].chain->name);
		if (i + 1 == path->n_steps)
			assert_null(path->steps[i].rule);
		else
			at += (size_t)snprintf(
				text + at, sizeof(text) - at, " %u",
				(unsigned)path->steps[i].rule->handle);
	}
	return text;
}

static void test_base_chain(void **state)
{
	(void)state;
	make_chain(rs, "in", 1);
	assert_int_equal(find("in"), 1);
	assert_string_equal(text_of(&paths[0]), "in");
	assert_false(more);
}

static void test_nothing_leads(void **state)
{
	(void)state;
	make_chain(rs, "in", 1);
	make_chain(rs, "alone", -1);
	make_chain(rs, "dead", -1);
	make_rule(rs, "dead", 1, NULL, "alone");
	/* A chain that is not there. */
	make_rule(rs, "in", 2, NULL, "missing");
	assert_int_equal(find("alone"), 0);
	assert_false(more);
}

/* Short ones first, of one length those that stand first. */
static void test_diamond(void **state)
{
	(void)state;
	make_chain(rs, "end", -1);
	make_chain(rs, "left", -1);
	make_chain(rs, "right", -1);
	make_chain(rs, "in", 1);
	make_chain(rs, "out", 3);
	make_rule(rs, "left", 1, NULL, "end");
	make_rule(rs, "right", 2, NULL, "end");
	make_rule(rs, "in", 3, NULL, "left");
	make_rule(rs, "in", 4, NULL, NULL);
	make_rule(rs, "in", 5, NULL, "right");
	make_rule(rs, "out", 6, NULL, "right");
	make_rule(rs, "out", 7, NULL, "end");
	assert_int_equal(find("end"), 4);
	assert_string_equal(text_of(&paths[0]), "out 7 > end");
	assert_string_equal(text_of(&paths[1]), "in 3 > left 1 > end");
	assert_string_equal(text_of(&paths[2]), "in 5 > right 2 > end");
	assert_string_equal(text_of(&paths[3]), "out 6 > right 2 > end");
	assert_false(more);
}

/* The kernel refuses loops; a snapshot between two of its changes may have one.
 */
static void test_loops(void **state)
{
	(void)state;
	make_chain(rs, "in", 1);
	make_chain(rs, "a", -1);
	make_chain(rs, "b", -1);
	make_rule(rs, "a", 1, NULL, "b");
	make_rule(rs, "b", 2, NULL, "a");
	make_rule(rs, "a", 3, NULL, "a");
	assert_int_equal(find("b"), 0);
	assert_false(more);
	make_rule(rs, "in", 4, NULL, "a");
	assert_int_equal(find("b"), RULESET_PATHS_MAX);
	assert_string_equal(text_of(&paths[0]), "in 4 > a 1 > b");
	assert_string_equal(text_of(&paths[1]), "in 4 > a 3 > a 1 > b");
	for (size_t i = 0; i < RULESET_PATHS_MAX; i++)
		text_of(&paths[i]);
	assert_true(more);
}

static void test_at_most(void **state)
{
	(void)state;
	make_chain(rs, "end", -1);
	make_chain(rs, "in", 1);
	for (uint64_t i = 1; i <= RULESET_PATHS_MAX; i++)
		make_rule(rs, "in", i, NULL, "end");
	assert_int_equal(find("end"), RULESET_PATHS_MAX);
	assert_string_equal(text_of(&paths[7]), "in 8 > end");
	assert_false(more);
	make_rule(rs, "in", 9, NULL, "end");
	assert_int_equal(find("end"), RULESET_PATHS_MAX);
	assert_true(more);
}

/* The kernel's stack has 16 places. */
static void test_length(void **state)
{
	char name[16], next[16];

	(void)state;
	make_chain(rs, "c0", 1);
	for (unsigned i = 1; i <= RULESET_PATH_LENGTH; i++) {
		snprintf(name, sizeof(name), "c%u", i - 1);
		snprintf(next, sizeof(next), "c%u", i);
		make_chain(rs, next, -1);
		make_rule(rs, name, i, NULL, next);
	}
	assert_int_equal(find("c16"), 1);
	assert_int_equal(paths[0].n_steps, RULESET_PATH_LENGTH);
	assert_string_equal(paths[0].steps[0].chain->name, "c0");
	assert_int_equal(find("c17"), 0);
}

/* Thousands of rules of a chain that lead to the next do not hide the way. */
static void test_many_rules(void **state)
{
	(void)state;
	make_chain(rs, "end", -1);
	make_chain(rs, "mid", -1);
	make_chain(rs, "in", 1);
	for (uint64_t i = 1; i <= 5000; i++)
		make_rule(rs, "mid", i, NULL, "end");
	make_rule(rs, "in", 5001, NULL, "mid");
	assert_int_equal(find("end"), RULESET_PATHS_MAX);
	assert_string_equal(text_of(&paths[0]), "in 5001 > mid 1 > end");
	assert_true(more);
}

/*
 * As kube-proxy's: many chains lead to one, few of them from a base chain; and
 * levels in which each chain leads to each of the next.
 */
static void test_many_chains(void **state)
{
	struct timespec from, to;
	char name[32], next[32];
	uint64_t handle = 1;

	(void)state;
	make_chain(rs, "end", -1);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "svc%u", i);
		make_chain(rs, name, -1);
		make_rule(rs, name, handle++, NULL, "end");
	}
	make_chain(rs, "in", 1);
	make_rule(rs, "in", 9000, NULL, "svc2999");
	for (unsigned level = 0; level < 14; level++)
		for (unsigned i = 0; i < 20; i++) {
			snprintf(name, sizeof(name), "l%u.%u", level, i);
			make_chain(rs, name, -1);
		}
	for (unsigned level = 0; level < 13; level++)
		for (unsigned i = 0; i < 20 * 20; i++) {
			snprintf(name, sizeof(name), "l%u.%u", level, i / 20);
			snprintf(next, sizeof(next), "l%u.%u", level + 1,
				 i % 20);
			make_rule(rs, name, 10000 + handle++, NULL, next);
		}
	make_rule(rs, "in", 9001, NULL, "l0.7");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_int_equal(find("end"), 1);
	assert_string_equal(text_of(&paths[0]), "in 9000 > svc2999 3000 > end");
	assert_false(more);
	assert_int_equal(find("l13.3"), RULESET_PATHS_MAX);
	assert_int_equal(paths[7].n_steps, 15);
	assert_true(more);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	/* Hundreds of times what it takes, also under a checker. */
	assert_in_range(to.tv_sec - from.tv_sec, 0, 5);
}

static void test_other_table(void **state)
{
	struct chain *chain = chain_new("c", 1);

	(void)state;
	assert_int_equal(ruleset_find_paths(rs->tables[0], chain, paths, &more),
			 -ENOENT);
	chain_unref(chain);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_base_chain),	TEST(test_nothing_leads),
		TEST(test_diamond),	TEST(test_loops),
		TEST(test_at_most),	TEST(test_length),
		TEST(test_many_rules),	TEST(test_many_chains),
		TEST(test_other_table),
	};

	return cmocka_run_group_tests_name("ruleset-path", tests, NULL, NULL);
}
