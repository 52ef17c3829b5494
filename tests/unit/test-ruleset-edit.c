/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>

#include "ruleset-edit.h"
#include "ruleset-share.h"

#define INET NFPROTO_INET

/* Table t (1) with chain c (1), rules 2, 3, 4 of text "text N", chain d (5). */
static struct ruleset *sample(void)
{
	struct ruleset *rs = ruleset_new();

	assert_int_equal(ruleset_put_table(rs, INET, "t", 1), 0);
	assert_int_equal(ruleset_put_chain(rs, INET, "t", chain_new("c", 1)),
			 0);
	for (uint64_t i = 2; i <= 4; i++) {
		struct rule *rule = rule_new(i);

		assert_true(asprintf(&rule->text, "text %d", (int)i) > 0);
		assert_true(asprintf(&rule->comment, "comment %d", (int)i) > 0);
		assert_int_equal(ruleset_put_rule(rs, INET, "t", "c", rule,
						  RULE_LAST),
				 0);
	}
	assert_int_equal(ruleset_put_chain(rs, INET, "t", chain_new("d", 5)),
			 0);
	return rs;
}

static struct chain *find_chain(const struct ruleset *rs, const char *name)
{
	struct table *t = ruleset_find_table(rs, INET, "t", 0);

	return t ? table_find_chain(t, name) : NULL;
}

static struct rule *find_rule(const struct ruleset *rs, uint64_t handle)
{
	return chain_find_rule(find_chain(rs, "c"), handle);
}

/* "2 3 4": the handles of chain c in their order. */
static const char *order(const struct ruleset *rs)
{
	static char buf[256];
	const struct chain *c = find_chain(rs, "c");
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < c->n_rules; i++)
		at += (size_t)snprintf(buf + at, sizeof(buf) - at, "%s%d",
				       i > 0 ? " " : "",
				       (int)c->rules[i]->handle);
	return buf;
}

static int put(struct ruleset *rs, uint64_t handle, uint64_t after)
{
	return ruleset_put_rule(rs, INET, "t", "c", rule_new(handle), after);
}

static int remove_rule(struct ruleset *rs, uint64_t handle)
{
	return ruleset_remove_rule(rs, INET, "t", "c", handle);
}

static void test_places(void **state)
{
	struct ruleset *rs = sample();

	(void)state;
	assert_int_equal(put(rs, 10, RULE_FIRST), 0);
	assert_int_equal(put(rs, 11, RULE_LAST), 0);
	assert_int_equal(put(rs, 12, 4), 0);
	assert_int_equal(put(rs, 13, 10), 0);
	assert_int_equal(put(rs, 14, 11), 0);
	assert_string_equal(order(rs), "10 13 2 3 4 12 11 14");
	assert_int_equal(rs->n_rules, 8);
	assert_int_equal(put(rs, 15, 99), -ENOENT);
	assert_int_equal(rs->n_rules, 8);
	assert_int_equal(remove_rule(rs, 10), 0);
	assert_int_equal(remove_rule(rs, 14), 0);
	assert_int_equal(remove_rule(rs, 3), 0);
	assert_int_equal(remove_rule(rs, 3), -ENOENT);
	assert_string_equal(order(rs), "13 2 4 12 11");
	assert_null(find_rule(rs, 3));
	assert_int_equal(find_rule(rs, 12)->handle, 12);
	assert_int_equal(rs->n_rules, 5);
	ruleset_unref(rs);
}

static void test_nowhere(void **state)
{
	struct ruleset *rs = sample();

	(void)state;
	assert_int_equal(ruleset_put_rule(rs, INET, "u", "c", rule_new(9),
					  RULE_LAST),
			 -ENOENT);
	assert_int_equal(ruleset_put_rule(rs, INET, "t", "e", rule_new(9),
					  RULE_LAST),
			 -ENOENT);
	assert_int_equal(ruleset_put_rule(rs, NFPROTO_IPV4, "t", "c",
					  rule_new(9), RULE_LAST),
			 -ENOENT);
	assert_int_equal(ruleset_put_chain(rs, INET, "u", chain_new("e", 9)),
			 -ENOENT);
	assert_int_equal(ruleset_put_set(rs, INET, "u", "s", 9, 0, NULL),
			 -ENOENT);
	assert_int_equal(ruleset_remove_table(rs, INET, "u"), -ENOENT);
	assert_int_equal(ruleset_remove_chain(rs, INET, "t", 9), -ENOENT);
	assert_int_equal(ruleset_remove_chain(rs, INET, "u", 1), -ENOENT);
	assert_int_equal(ruleset_remove_set(rs, INET, "t", 1), -ENOENT);
	assert_int_equal(ruleset_remove_rule(rs, INET, "u", "c", 2), -ENOENT);
	assert_int_equal(rs->n_rules, 3);
	ruleset_unref(rs);
}

/* What another snapshot has stays as it was, whatever changes. */
static void test_copies(void **state)
{
	struct ruleset *old = sample(), *rs = ruleset_copy(old);

	(void)state;
	assert_int_equal(put(rs, 10, 2), 0);
	assert_int_equal(remove_rule(rs, 3), 0);
	assert_string_equal(order(old), "2 3 4");
	assert_string_equal(order(rs), "2 10 4");
	assert_int_equal(old->n_rules, 3);
	assert_int_equal(rs->n_rules, 3);
	assert_ptr_equal(find_rule(old, 4), find_rule(rs, 4));
	assert_int_equal(ruleset_put_set(rs, INET, "t", "s", 20, 0, NULL), 0);
	assert_null(table_find_set(old->tables[0], "s"));
	assert_non_null(table_find_set(rs->tables[0], "s"));
	assert_int_equal(ruleset_put_chain(rs, INET, "t", chain_new("e", 30)),
			 0);
	assert_null(find_chain(old, "e"));
	assert_int_equal(ruleset_remove_chain(rs, INET, "t", 1), 0);
	assert_int_equal(rs->n_rules, 0);
	assert_string_equal(order(old), "2 3 4");
	assert_int_equal(ruleset_remove_table(rs, INET, "t"), 0);
	assert_int_equal(rs->n_tables, 0);
	ruleset_unref(rs);
	assert_string_equal(find_rule(old, 3)->text, "text 3");
	ruleset_unref(old);
}

/* An index that was made before a change must not be used after it. */
static void test_lookups_between(void **state)
{
	struct ruleset *rs = sample(), *old;

	(void)state;
	for (uint64_t i = 10; i < 200; i++) {
		assert_non_null(find_rule(rs, 2));
		assert_int_equal(put(rs, i, i % 2 ? 2 : RULE_LAST), 0);
		assert_int_equal(find_rule(rs, i)->handle, i);
		assert_int_equal(find_rule(rs, 2)->handle, 2);
		old = ruleset_copy(rs);
		assert_int_equal(remove_rule(rs, i - (i % 3 ? 0 : 1)),
				 i % 3 || i == 10 ? 0 : -ENOENT);
		assert_int_equal(find_rule(old, i)->handle, i);
		assert_null(find_rule(rs, i % 3 ? i : i - 1));
		ruleset_unref(old);
	}
	ruleset_unref(rs);
}

static void test_table_again(void **state)
{
	struct ruleset *rs = sample();

	(void)state;
	/* NEWTABLE is also told of a table that is there: flags, say. */
	assert_int_equal(ruleset_put_table(rs, INET, "t", 1), 0);
	assert_int_equal(rs->n_rules, 3);
	assert_string_equal(order(rs), "2 3 4");
	assert_int_equal(ruleset_put_table(rs, NFPROTO_IPV4, "t", 2), 0);
	assert_int_equal(rs->n_tables, 2);
	/* One that ended without being told, with its owner. */
	assert_int_equal(ruleset_put_table(rs, INET, "t", 3), 0);
	assert_int_equal(rs->n_tables, 2);
	assert_int_equal(rs->n_rules, 0);
	assert_null(find_chain(rs, "c"));
	assert_null(ruleset_find_table(rs, INET, "t", 1));
	ruleset_unref(rs);
}

static void test_chain_again(void **state)
{
	struct ruleset *rs = sample();
	struct chain *again = chain_new("c", 1);

	(void)state;
	again->type = strdup("filter");
	again->policy_drop = true;
	again->hook = NF_INET_LOCAL_IN;
	again->priority = -5;
	again->devices = strdup("eth0");
	assert_int_equal(ruleset_put_chain(rs, INET, "t", again), 0);
	assert_true(find_chain(rs, "c")->policy_drop);
	assert_string_equal(find_chain(rs, "c")->type, "filter");
	assert_string_equal(find_chain(rs, "c")->devices, "eth0");
	assert_int_equal(find_chain(rs, "c")->priority, -5);
	assert_string_equal(order(rs), "2 3 4");
	/* Nobody's name changed: the texts are still those. */
	assert_string_equal(find_rule(rs, 2)->text, "text 2");
	assert_int_equal(rs->tables[0]->n_chains, 2);
	ruleset_unref(rs);
}

/* "jump d" is not what nft prints once d is called e. */
static void test_rename(void **state)
{
	struct ruleset *old = sample(), *rs, *read;

	(void)state;
	find_rule(old, 4)->jump = strdup("d");
	find_rule(old, 4)->is_goto = true;
	find_rule(old, 3)->jump = strdup("c");
	find_rule(old, 3)->is_compat = true;
	rs = ruleset_copy(old);
	assert_int_equal(ruleset_put_chain(rs, INET, "t", chain_new("e", 5)),
			 0);
	assert_null(find_chain(rs, "d"));
	assert_int_equal(find_chain(rs, "e")->handle, 5);
	assert_string_equal(order(rs), "2 3 4");
	for (uint64_t i = 2; i <= 4; i++) {
		assert_null(find_rule(rs, i)->text);
		assert_non_null(find_rule(rs, i)->comment);
		assert_non_null(find_rule(old, i)->text);
	}
	assert_string_equal(find_rule(rs, 3)->comment, "comment 3");
	assert_string_equal(find_rule(rs, 3)->jump, "c");
	assert_false(find_rule(rs, 3)->is_goto);
	assert_true(find_rule(rs, 3)->is_compat);
	assert_string_equal(find_rule(rs, 4)->jump, "e");
	assert_true(find_rule(rs, 4)->is_goto);
	assert_string_equal(find_rule(old, 4)->jump, "d");
	/* Also of those that have no text yet. */
	assert_int_equal(ruleset_put_chain(rs, INET, "t", chain_new("f", 5)),
			 0);
	assert_string_equal(find_rule(rs, 4)->jump, "f");
	/* The same when it is read, and not told. */
	read = sample();
	free(find_rule(read, 2)->text);
	find_rule(read, 2)->text = NULL;
	assert_int_equal(ruleset_put_chain(read, INET, "t", chain_new("e", 5)),
			 0);
	ruleset_share(read, old);
	assert_null(find_rule(read, 2)->text);
	/* And a chain that is new is no other name. */
	ruleset_unref(read);
	read = ruleset_new();
	assert_int_equal(ruleset_put_table(read, INET, "t", 1), 0);
	assert_int_equal(ruleset_put_chain(read, INET, "t", chain_new("c", 1)),
			 0);
	assert_int_equal(put(read, 2, RULE_LAST), 0);
	assert_int_equal(ruleset_put_chain(read, INET, "t", chain_new("d", 6)),
			 0);
	ruleset_share(read, old);
	assert_string_equal(find_rule(read, 2)->text, "text 2");
	ruleset_unref(read);
	ruleset_unref(rs);
	ruleset_unref(old);
}

static void test_share(void **state)
{
	struct ruleset *old = sample(), *rs = sample();
	struct rule *rule = find_rule(old, 3);

	(void)state;
	assert_int_equal(remove_rule(rs, 4), 0);
	assert_int_equal(put(rs, 10, RULE_FIRST), 0);
	ruleset_share(rs, old);
	assert_ptr_equal(find_rule(rs, 3), rule);
	assert_int_equal(rule->n_refs, 2);
	assert_string_equal(order(rs), "10 2 3");
	assert_null(find_rule(rs, 10)->text);
	ruleset_share(rs, old);
	assert_int_equal(rule->n_refs, 2);
	ruleset_unref(old);
	assert_string_equal(find_rule(rs, 3)->text, "text 3");

	/* Another table of that name: no rule is the same. */
	old = ruleset_new();
	assert_int_equal(ruleset_put_table(old, INET, "t", 9), 0);
	assert_int_equal(ruleset_put_chain(old, INET, "t", chain_new("c", 1)),
			 0);
	assert_int_equal(put(old, 2, RULE_LAST), 0);
	ruleset_share(old, rs);
	assert_null(find_rule(old, 2)->text);
	ruleset_unref(old);
	ruleset_unref(rs);
}

/* Replaced between two readings: the handle is the same, the rule is not. */
static void test_share_replaced(void **state)
{
	struct ruleset *old = sample(), *rs = sample();
	struct rule *rule;

	(void)state;
	rule = find_rule(rs, 3);
	rule->content = 1;
	free(rule->text);
	rule->text = NULL;
	ruleset_share(rs, old);
	assert_null(find_rule(rs, 3)->text);
	assert_ptr_equal(find_rule(rs, 3), rule);
	assert_ptr_equal(find_rule(rs, 2), find_rule(old, 2));
	ruleset_unref(old);
	ruleset_unref(rs);
}

static void test_sets(void **state)
{
	struct ruleset *rs = sample();
	struct table *t = rs->tables[0];
	char name[16];

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "s%d", (int)i);
		assert_int_equal(ruleset_put_set(rs, INET, "t", name, i + 10,
						 (uint32_t)i, NULL),
				 0);
	}
	/* Told again, as when its flags are looked at. */
	assert_int_equal(ruleset_put_set(rs, INET, "t", "s7", 17, 7, NULL), 0);
	assert_int_equal(ruleset_put_set(rs, INET, "t", "s99", 109, 99, NULL),
			 0);
	assert_int_equal(t->n_sets, 100);
	assert_int_equal(ruleset_remove_set(rs, INET, "t", 10), 0);
	assert_int_equal(ruleset_remove_set(rs, INET, "t", 10), -ENOENT);
	assert_null(table_find_set(t, "s0"));
	for (uint64_t i = 1; i < 100; i++) {
		snprintf(name, sizeof(name), "s%d", (int)i);
		assert_int_equal(table_find_set(t, name)->handle, i + 10);
		assert_int_equal(table_find_set(t, name)->flags, i);
	}
	/* Made again, with another handle. */
	assert_int_equal(ruleset_put_set(rs, INET, "t", "s0", 200, 0, NULL), 0);
	assert_int_equal(ruleset_put_set(rs, INET, "t", "s5", 15, 5, NULL), 0);
	assert_int_equal(t->n_sets, 100);
	ruleset_unref(rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_lookups_between),
		cmocka_unit_test(test_table_again),
		cmocka_unit_test(test_chain_again),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_share_replaced),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
