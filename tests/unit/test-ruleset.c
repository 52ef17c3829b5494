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

static struct ruleset *new_ruleset(void)
{
	struct ruleset *rs = ruleset_new();

	assert_non_null(rs);
	assert_int_equal(rs->n_rules, 0);
	assert_int_equal(rs->n_tables, 0);
	return rs;
}

static struct table *add_table(struct ruleset *rs, const char *name,
			       uint64_t handle)
{
	assert_int_equal(ruleset_put_table(rs, NFPROTO_INET, name, handle), 0);
	return ruleset_find_table(rs, NFPROTO_INET, name, handle);
}

static void test_tables(void **state)
{
	struct ruleset *rs = new_ruleset();
	struct table *t;

	(void)state;
	t = add_table(rs, "t", 7);
	assert_non_null(t);
	assert_ptr_equal(ruleset_find_table(rs, NFPROTO_INET, "t", 0), t);
	assert_null(ruleset_find_table(rs, NFPROTO_INET, "t", 8));
	assert_null(ruleset_find_table(rs, NFPROTO_IPV4, "t", 7));
	assert_null(ruleset_find_table(rs, NFPROTO_INET, "T", 7));
	assert_null(ruleset_find_table(rs, 0, "", 0));
	ruleset_unref(rs);
}

/* Names of all kinds, found among many: the index has to grow. */
static void test_chains(void **state)
{
	struct ruleset *rs = new_ruleset();
	struct table *t = add_table(rs, "t", 1);
	char name[32];

	(void)state;
	assert_null(table_find_chain(t, "none"));
	for (uint64_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "c%d\n{", (int)i);
		assert_int_equal(table_add_chain(t, chain_new(name, i + 1)), 0);
		/* Between, so that what was made is extended. */
		assert_int_equal(table_find_chain(t, name)->handle, i + 1);
	}
	for (uint64_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "c%d\n{", (int)i);
		assert_int_equal(table_find_chain(t, name)->handle, i + 1);
	}
	assert_null(table_find_chain(t, ""));
	assert_null(table_find_chain(t, "c1"));
	table_forget_names(t);
	assert_int_equal(table_find_chain(t, "c999\n{")->handle, 1000);
	ruleset_unref(rs);
}

static void test_rules(void **state)
{
	struct ruleset *rs = new_ruleset();
	struct chain *c;

	(void)state;
	add_table(rs, "t", 1);
	assert_int_equal(
		ruleset_put_chain(rs, NFPROTO_INET, "t", chain_new("c", 1)), 0);
	c = table_find_chain(rs->tables[0], "c");
	assert_null(chain_find_rule(c, 1));
	/* Handles that differ in high bits only. */
	for (uint64_t i = 1; i <= 500; i++)
		assert_int_equal(ruleset_put_rule(rs, NFPROTO_INET, "t", "c",
						  rule_new(i << 48 | 1),
						  RULE_LAST),
				 0);
	c = table_find_chain(rs->tables[0], "c");
	for (uint64_t i = 1; i <= 500; i++) {
		assert_int_equal(chain_find_rule(c, i << 48 | 1)->handle,
				 i << 48 | 1);
		assert_int_equal(chain_find_place(c, i << 48 | 1), i - 1);
	}
	assert_null(chain_find_rule(c, 1));
	assert_null(chain_find_rule(c, 0));
	assert_int_equal(chain_find_place(c, 2), 500);
	ruleset_unref(rs);
}

static void test_families(void **state)
{
	static const char *const words[] = { "inet", "ip",     "ip6",
					     "arp",  "bridge", "netdev" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_string_equal(
			nft_family_to_string(nft_family_from_string(words[i])),
			words[i]);
	assert_int_equal(nft_family_from_string(""), 0);
	assert_int_equal(nft_family_from_string("ip4"), 0);
	assert_int_equal(nft_family_from_string("inet "), 0);
	assert_null(nft_family_to_string(0));
	assert_null(nft_family_to_string(255));
}

/* Snapshots live as long as somebody has them, in any order. */
static void test_references(void **state)
{
	struct ruleset *a = new_ruleset(), *b, *c;
	struct rule *rule;

	(void)state;
	add_table(a, "t", 1);
	assert_int_equal(
		ruleset_put_chain(a, NFPROTO_INET, "t", chain_new("c", 1)), 0);
	rule = rule_new(5);
	assert_int_equal(ruleset_put_rule(a, NFPROTO_INET, "t", "c",
					  rule_ref(rule), RULE_LAST),
			 0);
	a->generation = 77;
	b = ruleset_copy(a);
	assert_int_equal(b->generation, 77);
	assert_int_equal(b->n_rules, 1);
	assert_ptr_equal(b->tables[0], a->tables[0]);
	c = ruleset_ref(b);
	ruleset_unref(a);
	ruleset_unref(b);
	assert_ptr_equal(
		chain_find_rule(table_find_chain(c->tables[0], "c"), 5), rule);
	ruleset_unref(c);
	/* Ours is the last one. */
	assert_int_equal(rule->n_refs, 1);
	rule_unref(rule);
	ruleset_unref(NULL);
	table_unref(NULL);
	chain_unref(NULL);
	set_unref(NULL);
	rule_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
