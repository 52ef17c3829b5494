/* SPDX-License-Identifier: GPL-2.0-or-later */
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
	aggregate_init(&a);
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
	assert_int_equal(a.total.packets, 12);
	assert_int_equal(a.total.bytes, 720);
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
	DIFFERS(strcpy(ev.reason, "NFT_REJECT"));
	DIFFERS(ev.reason_code = 3);
	DIFFERS(ev.netfilter.queue = 3);
	DIFFERS(ev.netfilter.table[0] = '\0');
	DIFFERS(ev.netfilter.table[0] = '\0'; strcpy(ev.netfilter.by, "ftp"));
	make(&ev);
	strcpy(ev.netfilter.by, "lookup");
	assert_true(aggregate_add(&a, &ev, 1));
	assert_int_equal(a.n_rules, n);
	/* Sorted, each once. */
	for (size_t i = 1; i < a.n_rules; i++)
		assert_ptr_not_equal(a.sorted[i - 1], a.sorted[i]);
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
	assert_int_equal(a.total.packets, sum);
	for (size_t i = 0; i < a.n_rules; i++) {
		assert_int_equal(a.sorted[i]->rule_handle, i);
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
	for (unsigned i = 0; i < AGGREGATE_MAX + 10; i++) {
		make(&ev);
		ev.netns.cookie = 100 + i % 3;
		ev.netfilter.rule_handle = i;
		assert_int_equal(aggregate_add(&a, &ev, 1),
				 i < AGGREGATE_FOREIGN_MAX);
	}
	assert_int_equal(a.n_rules, AGGREGATE_FOREIGN_MAX);
	for (unsigned i = 0; i < AGGREGATE_MAX; i++) {
		make(&ev);
		ev.netfilter.rule_handle = i;
		assert_int_equal(aggregate_add(&a, &ev, 1),
				 i < AGGREGATE_MAX - AGGREGATE_FOREIGN_MAX);
	}
	assert_int_equal(a.n_rules, AGGREGATE_MAX);
	/* Those that are known go on to be counted. */
	make(&ev);
	assert_true(aggregate_add(&a, &ev, 1));
	for (size_t i = 0; i < a.n_rules; i++)
		sum += a.rules[i]->counts.packets;
	assert_int_equal(sum + a.other.packets, a.total.packets);
	assert_int_equal(a.total.packets, 10 * (2 * AGGREGATE_MAX + 11));
	assert_int_equal(a.other.packets, 10 * (AGGREGATE_MAX + 10));
	assert_int_equal(a.other.bytes, AGGREGATE_MAX + 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_adds_up),
		TEST(test_keys),
		TEST(test_many),
		TEST(test_capacity),
	};

	return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
