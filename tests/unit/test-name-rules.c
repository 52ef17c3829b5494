/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "name-rules.h"
#include "ruleset-make.h"

static struct aggregate a;
static struct correlate correlate;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	correlate_init(&correlate, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	correlate_done(&correlate);
	return 0;
}

/* Counts a drop by the rule of that handle, there. */
static struct aggregate_rule *count(uint64_t cookie, uint32_t inum,
				    uint64_t table_handle, uint64_t handle)
{
	struct drop_event ev;
	size_t n = a.n_rules;

	drop_event_init(&ev);
	ev.count = 1;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	ev.netns.cookie = cookie;
	ev.netns.inum = inum;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev.netfilter.family, "inet");
	strcpy(ev.netfilter.table, MADE_TABLE);
	strcpy(ev.netfilter.chain, "c");
	ev.netfilter.table_handle = table_handle;
	ev.netfilter.rule_handle = handle;
	assert_true(aggregate_add(&a, &ev, 60));
	/* That drop makes the namespace known, too. */
	correlate_event(&correlate, &ev);
	drop_event_done(&ev);
	assert_int_equal(a.n_rules, n + 1);
	return a.rules[n];
}

/* The rule comes after the count, and stays when the ruleset goes. */
static void test_text(void **state)
{
	struct aggregate_rule *known = count(1, 9, MADE_HANDLE, 7);
	struct aggregate_rule *other = count(1, 9, MADE_HANDLE + 1, 7);
	struct aggregate_rule *nameless = count(1, 9, 0, 7);
	struct aggregate_rule *policy = count(1, 9, MADE_HANDLE, 0);
	struct ruleset *rs = make_ruleset(1);

	(void)state;
	policy->kind = DROP_KIND_NFT_POLICY;
	name_rules(&a, &correlate);
	assert_null(known->rule);
	make_chain(rs, "c", 1);
	make_rule(rs, "c", 7, "the text", NULL);
	rulesets_set(&correlate.rulesets, rs);
	name_rules(&a, &correlate);
	assert_string_equal(known->rule->text, "the text");
	assert_int_equal(known->rule->n_refs, 2);
	/* Once only. */
	name_rules(&a, &correlate);
	assert_int_equal(known->rule->n_refs, 2);
	assert_null(other->rule);
	assert_null(nameless->rule);
	assert_null(policy->rule);
	for (uint32_t i = 2; i < RULESETS_OLD_MAX + 4; i++)
		rulesets_set(&correlate.rulesets, make_ruleset(i));
	assert_string_equal(known->rule->text, "the text");
	assert_int_equal(known->rule->n_refs, 1);
}

/* One that counts, for what it counts; of ours alone, whose counters are read.
 */
static void test_policy(void **state)
{
	struct aggregate_rule *ours = count(1, 9, MADE_HANDLE, 0);
	struct aggregate_rule *theirs = count(77, 10, MADE_HANDLE, 0);
	struct correlate_netns *netns =
		correlate_find_netns(&correlate, 77, 10);
	struct ruleset *rs = make_ruleset(1);
	struct chain *chain;

	(void)state;
	ours->kind = DROP_KIND_NFT_POLICY;
	theirs->kind = DROP_KIND_NFT_POLICY;
	make_chain(rs, "c", 1);
	chain = table_find_chain(rs->tables[0], "c");
	chain->policy = rule_new(0);
	assert_non_null(chain->policy);
	assert_non_null(netns);
	rulesets_set(&netns->rulesets, ruleset_ref(rs));
	rulesets_set(&correlate.rulesets, rs);
	name_rules(&a, &correlate);
	assert_ptr_equal(ours->rule, chain->policy);
	assert_int_equal(chain->policy->n_refs, 2);
	assert_null(theirs->rule);
}

static void test_netns(void **state)
{
	struct aggregate_rule *ours = count(1, 9, MADE_HANDLE, 7);
	struct aggregate_rule *theirs = count(77, 10, MADE_HANDLE, 7);
	struct aggregate_rule *others = count(78, 11, MADE_HANDLE, 7);
	struct correlate_netns *netns =
		correlate_find_netns(&correlate, 77, 10);
	struct ruleset *rs = make_ruleset(1);

	(void)state;
	name_rules(&a, &correlate);
	assert_null(theirs->netns_name);
	assert_non_null(netns);
	strcpy(netns->name, "blue");
	make_chain(rs, "c", 1);
	make_rule(rs, "c", 7, "theirs", NULL);
	rulesets_set(&netns->rulesets, rs);
	name_rules(&a, &correlate);
	assert_string_equal(theirs->netns_name, "blue");
	assert_string_equal(theirs->rule->text, "theirs");
	assert_null(ours->netns_name);
	assert_null(ours->rule);
	assert_null(others->netns_name);
	assert_null(others->rule);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_text),
		TEST(test_policy),
		TEST(test_netns),
	};

	return cmocka_run_group_tests_name("name-rules", tests, NULL, NULL);
}
