/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "name-rules.h"
#include "xt-counters.h"

#define FIRST	 "-A INPUT -s 10.0.0.1/32 -j DROP"
#define SECOND	 "-A INPUT -s 10.0.0.2/32 -j REJECT"
#define OTHER	 "-A INPUT -s 10.0.0.3/32 -j DROP"
#define SECOND_S 1000000000ULL

static struct xt_tables tables;
static struct xt_table *table;
static struct aggregate a;
static bool soon; /* to be read again */
static bool kernel_counts;

static int setup(void **state)
{
	(void)state;
	xt_tables_init(&tables);
	aggregate_init(&a, 1);
	table = xt_tables_use(&tables, NFPROTO_IPV4, "filter");
	assert_non_null(table);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	xt_tables_done(&tables);
	aggregate_done(&a);
	return 0;
}

/* What the table is now: the policy has dropped so much. */
static void take(const char *rules, int policy, uint64_t second)
{
	const struct xt_reading reading = {
		.netns = { .inum = 9, .cookie = 1 },
		.now_ns = second * SECOND_S,
		.rules = &a,
	};
	struct xt_save save;
	char text[1024];
	int n;

	n = snprintf(text, sizeof(text),
		     "*filter\n:INPUT DROP [%d:%d]\n:OUTPUT ACCEPT [7:70]\n"
		     ":user - [0:0]\n%sCOMMIT\n",
		     policy, policy * 10, rules);
	assert_int_equal(xt_save_parse(&save, NFPROTO_IPV4, "filter", text,
				       (size_t)n),
			 0);
	xt_table_begin(table, second * SECOND_S);
	if (!kernel_counts)
		soon = xt_counters_take(&reading, table, &save);
	if (xt_table_update(table, &save, second * SECOND_S))
		xt_table_settle(table);
}

static const struct aggregate_rule *row(const char *chain, uint64_t handle)
{
	for (size_t i = 0; i < a.n_rules; i++)
		if (a.rules[i]->rule_handle == handle &&
		    strcmp(a.rules[i]->chain, chain) == 0)
			return a.rules[i];
	return NULL;
}

static void test_growth(void **state)
{
	const struct aggregate_rule *first, *policy;

	(void)state;
	take("[5:500] " FIRST "\n[1:9] " SECOND "\n"
	     "[3:30] -A INPUT -j ACCEPT\n[4:40] -A user -j DROP\n",
	     8, 1);
	/* What was there before is nothing that grew. */
	assert_int_equal(a.n_rules, 0);
	take("[7:700] " FIRST "\n[1:9] " SECOND "\n"
	     "[9:90] -A INPUT -j ACCEPT\n[5:50] -A user -j DROP\n",
	     9, 3);
	assert_int_equal(a.n_rules, 3);
	first = row("INPUT", 1);
	assert_non_null(first);
	assert_int_equal(first->counts.packets, 2);
	assert_int_equal(first->counts.bytes, 200);
	assert_int_equal(first->kind, DROP_KIND_XT_RULE);
	assert_int_equal(first->counted, AGGREGATE_BY_COUNTER);
	assert_int_equal(first->attribution, DROP_ATTRIBUTION_COUNTER);
	assert_string_equal(first->family, "ip");
	assert_string_equal(first->table, "filter");
	assert_string_equal(first->hook, "input");
	assert_string_equal(first->rule->text, FIRST);
	assert_int_equal(first->netns_inum, 9);
	assert_true(first->read_rate == 1);
	assert_true(rule_counter_is_known(first->rule->counter));
	assert_int_equal(first->rule->counter->now.packets, 7);
	assert_int_equal(row("user", 1)->counts.packets, 1);
	assert_string_equal(row("user", 1)->hook, "");
	policy = row("INPUT", 0);
	assert_int_equal(policy->counts.packets, 1);
	assert_int_equal(policy->counts.bytes, 10);
	assert_int_equal(policy->kind, DROP_KIND_XT_POLICY);
	assert_null(policy->rule->text);
	/* They are in no sum. */
	assert_int_equal(aggregate_total(&a).packets, 0);
	/* The one that does not drop has none, nor a policy that accepts. */
	assert_int_equal(table->save.n_counters, 4);
	take("[7:700] " FIRST "\n[2:19] " SECOND "\n"
	     "[9:90] -A INPUT -j ACCEPT\n[5:50] -A user -j DROP\n",
	     12, 5);
	assert_true(first->read_rate == 0);
	assert_int_equal(first->counts.packets, 2);
	assert_int_equal(row("INPUT", 2)->counts.packets, 1);
	assert_int_equal(policy->counts.packets, 4);
}

/* What cannot be read any more has no rate. */
static void test_lost(void **state)
{
	(void)state;
	take("[5:50] " FIRST "\n", 8, 1);
	take("[9:90] " FIRST "\n", 8, 3);
	assert_true(row("INPUT", 1)->read_rate == 2);
	xt_table_lose(table);
	xt_counters_lose(&a, table);
	assert_true(row("INPUT", 1)->read_rate == 0);
	assert_int_equal(row("INPUT", 1)->counts.packets, 4);
}

/* Numbers are others', and counts begin again. */
static void test_changes(void **state)
{
	struct correlate correlate;
	const struct aggregate_rule *first;

	(void)state;
	take("[5:500] " FIRST "\n[1:9] " SECOND "\n", 8, 1);
	take("[6:600] " FIRST "\n[1:9] " SECOND "\n", 8, 2);
	first = row("INPUT", 1);
	assert_int_equal(first->counts.packets, 1);
	/* "iptables -Z": what came since may be another's, and is none's. */
	take("[2:200] " FIRST "\n[3:29] " SECOND "\n", 1, 3);
	assert_int_equal(first->counts.packets, 1);
	assert_int_equal(row("INPUT", 2)->counts.packets, 2);
	assert_null(row("INPUT", 0));
	take("[3:300] " FIRST "\n[3:29] " SECOND "\n", 3, 4);
	assert_int_equal(first->counts.packets, 2);
	assert_string_equal(first->rule->text, FIRST);
	assert_int_equal(row("INPUT", 0)->counts.packets, 2);
	/* Another one has its number. */
	take("[50:50] " OTHER "\n[3:29] " SECOND "\n", 3, 5);
	assert_true(soon);
	take("[50:50] " OTHER "\n[3:29] " SECOND "\n", 3, 6);
	assert_false(soon);
	assert_int_equal(first->counts.packets, 2);
	assert_string_equal(first->rule->text, FIRST);
	take("[51:60] " OTHER "\n[3:29] " SECOND "\n", 3, 7);
	assert_int_equal(first->counts.packets, 3);
	/* So the count is of no text. */
	assert_null(first->rule);
	take("[52:70] " OTHER "\n[3:29] " SECOND "\n", 3, 8);
	assert_int_equal(first->counts.packets, 4);
	assert_null(first->rule);
	assert_string_equal(row("INPUT", 2)->rule->text, SECOND);
	/* Nor does anybody else give it one, or want the table for it. */
	correlate_init(&correlate, false);
	correlate.reads_xt = true;
	name_rules(&a, &correlate);
	assert_null(first->rule);
	assert_non_null(row("INPUT", 2)->rule);
	assert_false(correlate.xt.wants);
	correlate_done(&correlate);
}

/* What a tool gives back, as it made another table. */
static void test_put_back(void **state)
{
	(void)state;
	take("[50:500] " FIRST "\n[10:100] " SECOND "\n", 80, 1);
	assert_false(soon);
	take("[51:510] " FIRST "\n[10:100] " SECOND "\n", 81, 2);
	assert_int_equal(row("INPUT", 1)->counts.packets, 1);
	/* Nothing has its counts yet, and one is new. */
	take("[1:10] " FIRST "\n[0:0] " OTHER "\n[0:0] " SECOND "\n", 0, 3);
	assert_true(soon);
	take("[55:550] " FIRST "\n[0:0] " OTHER "\n[11:110] " SECOND "\n", 83,
	     4);
	assert_false(soon);
	assert_int_equal(row("INPUT", 1)->counts.packets, 1);
	assert_int_equal(row("INPUT", 0)->counts.packets, 1);
	assert_null(row("INPUT", 3));
	take("[56:560] " FIRST "\n[2:20] " OTHER "\n[13:130] " SECOND "\n", 84,
	     5);
	assert_int_equal(row("INPUT", 1)->counts.packets, 2);
	assert_int_equal(row("INPUT", 2)->counts.packets, 2);
	assert_int_equal(row("INPUT", 3)->counts.packets, 2);
	assert_int_equal(row("INPUT", 0)->counts.packets, 2);
}

/* The first of two that read alike goes: the other one has its number then. */
static void test_twice(void **state)
{
	const struct aggregate_rule *first;

	(void)state;
	take("[5:50] " FIRST "\n[100:1000] " FIRST "\n[9:90] " SECOND "\n", 0,
	     1);
	take("[6:60] " FIRST "\n[100:1000] " FIRST "\n[9:90] " SECOND "\n", 0,
	     2);
	first = row("INPUT", 1);
	assert_int_equal(first->counts.packets, 1);
	take("[100:1000] " FIRST "\n[9:90] " SECOND "\n", 0, 3);
	assert_true(soon);
	assert_int_equal(first->counts.packets, 1);
	take("[101:1010] " FIRST "\n[9:90] " SECOND "\n", 0, 4);
	assert_int_equal(first->counts.packets, 2);
	/* Without such another one nothing is left out. */
	take("[103:1030] " FIRST "\n", 0, 5);
	assert_int_equal(first->counts.packets, 4);
	take("[0:0] " FIRST "\n[103:1030] " FIRST "\n", 0, 6);
	assert_int_equal(first->counts.packets, 4);
	assert_null(row("INPUT", 2));
}

/* What the kernel counted by rule before is nothing new. */
static void test_kernel_counts(void **state)
{
	(void)state;
	kernel_counts = true;
	take("[5:50] " FIRST "\n", 8, 1);
	take("[70:700] " FIRST "\n", 90, 2);
	kernel_counts = false;
	take("[71:710] " FIRST "\n", 91, 3);
	assert_int_equal(a.n_rules, 0);
	take("[73:730] " FIRST "\n", 92, 4);
	assert_int_equal(row("INPUT", 1)->counts.packets, 2);
	assert_int_equal(row("INPUT", 0)->counts.packets, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_growth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kernel_counts, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
