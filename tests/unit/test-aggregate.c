/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "aggregate.h"
#include "util.h"

static struct aggregate a;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	return 0;
}

/* A rule of the initial namespace, ten packets. */
static void make(struct drop_event *ev)
{
	drop_event_init(ev);
	ev->count = 10;
	ev->timestamp_ns = 1000;
	ev->netns.cookie = 1;
	ev->netns.inum = 42;
	ev->netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev->netfilter.family, "inet");
	strcpy(ev->netfilter.table, "filter");
	strcpy(ev->netfilter.chain, "input");
	strcpy(ev->netfilter.hook, "input");
	ev->netfilter.rule_handle = 7;
	strcpy(ev->reason, "NFT_RULE");
}

static void test_adds_up(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	assert_true(aggregate_add(&a, &ev, 600));
	ev.timestamp_ns = 3000;
	ev.count = 1;
	assert_true(aggregate_add(&a, &ev, 60));
	/* Another CPU's report came late. */
	ev.timestamp_ns = 900;
	assert_true(aggregate_add(&a, &ev, 60));
	assert_int_equal(a.n_rules, 1);
	assert_int_equal(a.rules[0]->counts.packets, 12);
	assert_int_equal(a.rules[0]->counts.bytes, 720);
	assert_int_equal(a.rules[0]->first_ns, 900);
	assert_int_equal(a.rules[0]->last_ns, 3000);
	assert_int_equal(a.rules[0]->netns_inum, 42);
	assert_int_equal(a.total[AGGREGATE_BY_KERNEL].packets, 12);
	assert_int_equal(a.total[AGGREGATE_BY_KERNEL].bytes, 720);
	assert_int_equal(aggregate_total(&a).packets, 12);
	assert_int_equal(a.other.packets, 0);
}

/* Each member of the key makes another rule; the expression does not. */
static void test_keys(void **state)
{
	struct drop_event ev;
	size_t n = 0;

	(void)state;
#define DIFFERS(change)                                               \
	do {                                                          \
		make(&ev);                                            \
		change;                                               \
		assert_true(aggregate_add(&a, &ev, 1));               \
		assert_true(aggregate_add(&a, &ev, 1));               \
		assert_int_equal(a.n_rules, ++n);                     \
		assert_int_equal(a.rules[n - 1]->counts.packets, 20); \
	} while (0)
	DIFFERS((void)0);
	DIFFERS(ev.netns.cookie = 2);
	DIFFERS(ev.netfilter.kind = DROP_KIND_XT_RULE);
	DIFFERS(strcpy(ev.netfilter.family, "ip"));
	DIFFERS(strcpy(ev.netfilter.table, "nat"));
	DIFFERS(strcpy(ev.netfilter.chain, "output"));
	DIFFERS(strcpy(ev.netfilter.hook, "output"));
	DIFFERS(ev.netfilter.rule_handle = 8);
	/* After "nft flush ruleset". */
	DIFFERS(ev.netfilter.table_handle = 3);
	DIFFERS(ev.attribution = DROP_ATTRIBUTION_INFERRED);
	DIFFERS(ev.origin = DROP_ORIGIN_HARDWARE);
	DIFFERS(strcpy(ev.trap, "ttl_expired"));
	DIFFERS(strcpy(ev.reason, "NFT_REJECT"));
	DIFFERS(ev.reason_code = 3);
	DIFFERS(ev.netfilter.queue = 3);
	DIFFERS(ev.netfilter.table[0] = '\0');
	DIFFERS(ev.netfilter.table[0] = '\0'; strcpy(ev.netfilter.by, "ftp"));
	make(&ev);
	strcpy(ev.netfilter.by, "lookup");
	assert_true(aggregate_add(&a, &ev, 1));
	assert_int_equal(a.n_rules, n);
	/* The place is, of what has no other. */
	strcpy(ev.location, "f+0x1/0x2");
	assert_true(aggregate_add(&a, &ev, 1));
	assert_int_equal(a.n_rules, n);
	DIFFERS(ev.netfilter.table[0] = '\0';
		ev.netfilter.kind = DROP_KIND_NONE);
	DIFFERS(ev.netfilter.table[0] = '\0';
		ev.netfilter.kind = DROP_KIND_NONE;
		strcpy(ev.location, "f+0x1/0x2"));
	/* And who counted. */
	make(&ev);
	assert_true(aggregate_add_event(&a, &ev, false));
	assert_int_equal(a.n_rules, ++n);
	assert_int_equal(a.rules[n - 1]->counts.packets, 10);
}

/* A sample of a rule that the kernel counts, before and after its count. */
static void test_samples(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	ev.count = 2;
	ev.timestamp_ns = 900;
	assert_true(aggregate_add_event(&a, &ev, true));
	assert_int_equal(a.n_rules, 1);
	assert_int_equal(a.rules[0]->counts.packets, 0);
	ev.count = 10;
	ev.timestamp_ns = 1000;
	assert_true(aggregate_add(&a, &ev, 600));
	ev.count = 1;
	ev.timestamp_ns = 1100;
	assert_true(aggregate_add_event(&a, &ev, true));
	assert_int_equal(a.n_rules, 1);
	assert_int_equal(a.rules[0]->counts.packets, 10);
	assert_int_equal(a.rules[0]->samples, 3);
	assert_int_equal(a.rules[0]->heaviest->samples, 3);
	assert_int_equal(a.rules[0]->first_ns, 900);
	assert_int_equal(a.rules[0]->last_ns, 1100);
	assert_int_equal(aggregate_total(&a).packets, 10);
	assert_int_equal(a.flows.total.packets, 3);
}

/* Whole intervals only, however often it is called. */
static void test_rates(void **state)
{
	const uint64_t second = 1000000000;
	struct drop_event ev;

	(void)state;
	make(&ev);
	for (uint64_t i = 1; i <= 11; i++) {
		aggregate_tick(&a, i * second);
		if (i < 6)
			assert_true(a.n_rules == 0 ||
				    a.rules[0]->rates.last == 0);
		assert_true(aggregate_add(&a, &ev, 1));
	}
	assert_float_equal(a.rules[0]->rates.last, 10, 0.001);
	assert_true(a.rules[0]->rates.one > a.rules[0]->rates.fifteen);
	aggregate_tick(&a, 17 * second);
	assert_float_equal(a.rules[0]->rates.last, 10 / 6.0, 0.001);
	aggregate_tick(&a, 22 * second);
	assert_float_equal(a.rules[0]->rates.last, 0, 0);
}

static void test_restore(void **state)
{
	struct aggregate_rule rule = { .counted = AGGREGATE_BY_KERNEL };
	struct drop_event ev;

	(void)state;
	make(&ev);
	ev.netfilter.table_handle = 4;
	assert_true(aggregate_add(&a, &ev, 600));
	rule = *a.rules[0];
	aggregate_done(&a);
	aggregate_init(&a, 2);
	assert_int_equal(aggregate_restore(&a, &rule), 0);
	assert_int_equal(aggregate_restore(&a, &rule), -EEXIST);
	/* It is the same rule, and what was before is no growth. */
	ev.timestamp_ns = 5000;
	ev.count = 5;
	assert_true(aggregate_add(&a, &ev, 300));
	assert_int_equal(a.n_rules, 1);
	assert_int_equal(a.rules[0]->counts.packets, 15);
	assert_int_equal(a.rules[0]->counts.bytes, 900);
	assert_int_equal(a.rules[0]->first_ns, 1000);
	assert_int_equal(a.rules[0]->last_ns, 5000);
	aggregate_tick(&a, 1);
	aggregate_tick(&a, 1 + RATES_INTERVAL_NS);
	assert_float_equal(a.rules[0]->rates.last, 1, 0.001);
}

/* Other namespaces leave the initial one room for its heaviest senders. */
static void test_heaviest_capacity(void **state)
{
	struct drop_event ev;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 2 * AGGREGATE_HEAVIEST_MAX; i++) {
		make(&ev);
		ev.netfilter.rule_handle = i;
		if (i < AGGREGATE_HEAVIEST_MAX)
			ev.netns.cookie = 100;
		aggregate_add_event(&a, &ev, false);
	}
	assert_int_equal(a.n_rules, 2 * AGGREGATE_HEAVIEST_MAX);
	for (size_t i = 0; i < a.n_rules; i++)
		n += a.rules[i]->heaviest != NULL;
	assert_int_equal(n, AGGREGATE_HEAVIEST_MAX);
	assert_int_equal(a.n_heaviest_foreign, AGGREGATE_HEAVIEST_MAX / 2);
}

/* Ten times, in another order each time. */
static void test_many(void **state)
{
	struct drop_event ev;
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * 5000; i++) {
		make(&ev);
		ev.netfilter.rule_handle = (uint64_t)i * 7919 % 5000;
		ev.count = i;
		sum += i;
		assert_true(aggregate_add(&a, &ev, i));
	}
	assert_int_equal(a.n_rules, 5000);
	assert_int_equal(aggregate_total(&a).packets, sum);
	for (size_t i = 0; i < a.n_rules; i++) {
		assert_int_equal(a.rules[i]->rule_handle, i * 7919 % 5000);
		sum -= a.rules[i]->counts.packets;
	}
	assert_int_equal(sum, 0);
}

/* What other namespaces make does not cost the initial one its rules. */
static void test_capacity(void **state)
{
	struct drop_event ev;
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < AGGREGATE_USUAL + 10; i++) {
		make(&ev);
		ev.netns.cookie = 100 + i % 3;
		ev.netfilter.rule_handle = i;
		assert_int_equal(aggregate_add(&a, &ev, 1),
				 i < (AGGREGATE_USUAL / 2));
	}
	assert_int_equal(a.n_rules, (AGGREGATE_USUAL / 2));
	for (unsigned i = 0; i < AGGREGATE_USUAL; i++) {
		make(&ev);
		ev.netfilter.rule_handle = i;
		assert_int_equal(aggregate_add(&a, &ev, 1),
				 i < AGGREGATE_USUAL - (AGGREGATE_USUAL / 2));
	}
	assert_int_equal(a.n_rules, AGGREGATE_USUAL);
	/* Those that are known go on to be counted. */
	make(&ev);
	assert_true(aggregate_add(&a, &ev, 1));
	for (size_t i = 0; i < a.n_rules; i++)
		sum += a.rules[i]->counts.packets;
	assert_int_equal(sum + a.other.packets, aggregate_total(&a).packets);
	assert_int_equal(aggregate_total(&a).packets,
			 10 * (2 * AGGREGATE_USUAL + 11));
	assert_int_equal(a.other.packets, 10 * (AGGREGATE_USUAL + 10));
	assert_int_equal(a.other.bytes, AGGREGATE_USUAL + 10);
}

/* Fewer than there are: those stay, and no other comes. */
static void test_max(void **state)
{
	struct drop_event ev;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		make(&ev);
		ev.netfilter.rule_handle = i;
		assert_true(aggregate_add(&a, &ev, 1));
	}
	aggregate_set_max(&a, 64);
	assert_true(aggregate_add(&a, &ev, 1));
	ev.netfilter.rule_handle = 100;
	assert_false(aggregate_add(&a, &ev, 1));
	assert_int_equal(a.n_rules, 100);
	aggregate_set_max(&a, SIZE_MAX);
	assert_true(aggregate_add(&a, &ev, 1));
	assert_int_equal(a.max, AGGREGATE_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_adds_up), TEST(test_keys),
		TEST(test_samples), TEST(test_rates),
		TEST(test_restore), TEST(test_heaviest_capacity),
		TEST(test_many),    TEST(test_capacity),
		TEST(test_max),
	};

	return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
