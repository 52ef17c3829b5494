/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>

#include "ruleset-edit.h"
#include "rulesets.h"

/* Table t (1) with chain c; rule 5 replaced in each: its text is @text. */
static struct ruleset *sample(uint32_t generation, const char *text)
{
	struct ruleset *rs = ruleset_new();
	struct rule *rule = rule_new(5);

	rule->text = strdup(text);
	assert_int_equal(ruleset_put_table(rs, NFPROTO_INET, "t", 1), 0);
	assert_int_equal(
		ruleset_put_chain(rs, NFPROTO_INET, "t", chain_new("c", 1)), 0);
	assert_int_equal(ruleset_put_rule(rs, NFPROTO_INET, "t", "c", rule,
					  RULE_LAST),
			 0);
	rs->generation = generation;
	return rs;
}

/* The next generation, with the same rules and one more. */
static struct ruleset *more(const struct rulesets *s, uint64_t handle)
{
	struct ruleset *rs = ruleset_copy(s->current);
	struct rule *rule = rule_new(handle);

	assert_true(asprintf(&rule->text, "rule %d", (int)handle) > 0);
	assert_int_equal(ruleset_put_rule(rs, NFPROTO_INET, "t", "c", rule,
					  RULE_LAST),
			 0);
	rs->generation++;
	return rs;
}

static struct ruleset *less(const struct rulesets *s, uint64_t handle)
{
	struct ruleset *rs = ruleset_copy(s->current);

	assert_int_equal(
		ruleset_remove_rule(rs, NFPROTO_INET, "t", "c", handle), 0);
	rs->generation++;
	return rs;
}

static const char *text_of(const struct rulesets *s, uint64_t handle,
			   uint32_t generation)
{
	const struct drop_netfilter nf = { .family = "inet",
					   .table = "t",
					   .table_handle = 1,
					   .chain = "c",
					   .rule_handle = handle,
					   .generation = generation };
	const struct rule *rule = rulesets_find(s, &nf, NULL);

	return rule ? rule->text : "";
}

static void test_replaced(void **state)
{
	struct rulesets s;

	(void)state;
	rulesets_init(&s);
	s.is_followed = true;
	assert_string_equal(text_of(&s, 5, 10), "");
	rulesets_set(&s, sample(10, "ten"));
	rulesets_set(&s, sample(11, "eleven"));
	rulesets_set(&s, sample(12, "twelve"));
	assert_string_equal(text_of(&s, 5, 10), "ten");
	assert_string_equal(text_of(&s, 5, 11), "eleven");
	assert_string_equal(text_of(&s, 5, 12), "twelve");
	/* Of a kernel, or a count, that tells no generation: the newest. */
	assert_string_equal(text_of(&s, 5, 0), "twelve");
	/* Not known yet, or not any more. */
	assert_string_equal(text_of(&s, 5, 13), "");
	assert_string_equal(text_of(&s, 5, 9), "");
	/* Where each is not told, rather the last one than none. */
	s.is_followed = false;
	assert_string_equal(text_of(&s, 5, 13), "twelve");
	assert_string_equal(text_of(&s, 5, 9), "ten");
	rulesets_done(&s);
}

/* Generations that were not read: only what is the same on both sides. */
static void test_gap(void **state)
{
	struct rulesets s;
	struct ruleset *rs;

	(void)state;
	rulesets_init(&s);
	s.is_followed = true;
	rulesets_set(&s, sample(10, "ten"));
	rulesets_set(&s, more(&s, 6));
	rs = sample(20, "twenty");
	assert_int_equal(
		ruleset_put_rule(
			rs, NFPROTO_INET, "t", "c",
			rule_ref(s.current->tables[0]->chains[0]->rules[1]),
			RULE_LAST),
		0);
	rulesets_set(&s, rs);
	assert_string_equal(text_of(&s, 5, 11), "ten");
	assert_string_equal(text_of(&s, 5, 15), "");
	assert_string_equal(text_of(&s, 6, 15), "rule 6");
	assert_string_equal(text_of(&s, 5, 20), "twenty");
	rulesets_done(&s);
}

/* A packet can be on its way while rules come and go. */
static void test_around(void **state)
{
	struct rulesets s;
	bool current = true;
	struct drop_netfilter nf = { .family = "inet",
				     .table = "t",
				     .table_handle = 1,
				     .chain = "c",
				     .rule_handle = 6,
				     .generation = 12 };

	(void)state;
	rulesets_init(&s);
	s.is_followed = true;
	rulesets_set(&s, sample(10, "ten"));
	rulesets_set(&s, more(&s, 6));
	rulesets_set(&s, less(&s, 6));
	assert_string_equal(text_of(&s, 6, 10), "rule 6");
	assert_string_equal(text_of(&s, 6, 12), "rule 6");
	assert_non_null(rulesets_find(&s, &nf, &current));
	assert_false(current);
	assert_null(rulesets_find_current(&s, &nf));
	nf.rule_handle = 5;
	assert_non_null(rulesets_find(&s, &nf, &current));
	assert_true(current);
	assert_string_equal(rulesets_find_current(&s, &nf)->text, "ten");
	nf.rule_handle = 0;
	assert_null(rulesets_find_current(&s, &nf));
	rulesets_done(&s);
	assert_null(rulesets_find_current(&s, &nf));
}

/* Numbers that are the same ruleset take one place. */
static void test_same(void **state)
{
	struct rulesets s;
	struct ruleset *rs;

	(void)state;
	rulesets_init(&s);
	s.is_followed = true;
	rulesets_set(&s, sample(10, "ten"));
	rulesets_set(&s, sample(11, "eleven"));
	for (uint32_t i = 1; i <= 1000; i++) {
		rs = ruleset_copy(s.current);
		rs->generation = 11 + i;
		rs->n_same = i;
		rulesets_set(&s, rs);
	}
	assert_int_equal(s.n_old, 1);
	rulesets_set(&s, sample(1012, "twelve"));
	assert_int_equal(s.n_old, 2);
	assert_string_equal(text_of(&s, 5, 10), "ten");
	assert_string_equal(text_of(&s, 5, 11), "eleven");
	assert_string_equal(text_of(&s, 5, 500), "eleven");
	assert_string_equal(text_of(&s, 5, 1011), "eleven");
	assert_string_equal(text_of(&s, 5, 1012), "twelve");
	assert_string_equal(text_of(&s, 5, 1013), "");
	rulesets_done(&s);
}

static void test_round(void **state)
{
	struct rulesets s;

	(void)state;
	rulesets_init(&s);
	s.is_followed = true;
	rulesets_set(&s, sample(UINT32_MAX, "before"));
	rulesets_set(&s, sample(1, "after"));
	assert_string_equal(text_of(&s, 5, UINT32_MAX), "before");
	assert_string_equal(text_of(&s, 5, 1), "after");
	rulesets_done(&s);
}

/* What came and went is counted, but for what nobody saw. */
static void test_changed(void **state)
{
	struct rulesets s;

	(void)state;
	rulesets_init(&s);
	rulesets_set(&s, sample(1, "one"));
	assert_int_equal(s.changed.added, 0);
	rulesets_set(&s, more(&s, 6));
	rulesets_set(&s, more(&s, 7));
	rulesets_set(&s, less(&s, 6));
	assert_int_equal(s.changed.added, 2);
	assert_int_equal(s.changed.removed, 1);
	/* It became too large, and fits again. */
	rulesets_set(&s, ruleset_new());
	rulesets_set(&s, sample(9, "one"));
	assert_int_equal(s.changed.added, 2);
	assert_int_equal(s.changed.removed, 1);
	rulesets_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed), cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_gap),	cmocka_unit_test(test_around),
		cmocka_unit_test(test_same),	cmocka_unit_test(test_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
