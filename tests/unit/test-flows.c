/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aggregate.h"
#include "flows.h"
#include "util.h"

static struct flows f;
static struct aggregate_rule rule, other_rule;

static int setup(void **state)
{
	(void)state;
	flows_init(&f, 5);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	flows_done(&f);
	return 0;
}

static void make(struct drop_event *ev)
{
	drop_event_init(ev);
	ev->timestamp_ns = 1000;
	ev->length = 60;
	ev->in.ifindex = 2;
	strcpy(ev->in.name, "eth0");
	ev->packet.network = PACKET_NETWORK_IPV4;
	ev->packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			 PACKET_HAS_PROTOCOL;
	ev->packet.protocol = IPPROTO_TCP;
	ev->packet.saddr.v4.s_addr = 1;
	ev->packet.daddr.v4.s_addr = 2;
	ev->packet.sport = 40000;
	ev->packet.dport = 80;
}

static size_t count_flows(void)
{
	const struct flow_key *key;
	size_t n = 0;

	while (flows_at(&f, n, &key))
		n++;
	return n;
}

static void assert_adds_up(void)
{
	struct flow_counts sum = f.other;
	const struct flow_key *key;
	const struct flow *flow;

	for (size_t i = 0; (flow = flows_at(&f, i, &key)); i++) {
		sum.packets += flow->counts.packets;
		sum.bytes += flow->counts.bytes;
	}
	assert_int_equal(sum.packets, f.total.packets);
	assert_int_equal(sum.bytes, f.total.bytes);
}

static void test_adds_up(void **state)
{
	const struct flow_key *key;
	const struct flow *flow;
	struct drop_event ev;

	(void)state;
	make(&ev);
	flows_add(&f, &rule, &ev, false);
	ev.count = 4;
	ev.timestamp_ns = 900;
	/* Not part of a flow here. */
	ev.packet.sport = 40001;
	ev.packet.ttl = 3;
	flows_add(&f, &rule, &ev, false);
	flow = flows_at(&f, 0, &key);
	assert_ptr_equal(key->rule, &rule);
	assert_string_equal(key->in_name, "eth0");
	assert_int_equal(flow->counts.packets, 5);
	assert_int_equal(flow->counts.bytes, 300);
	assert_int_equal(flow->first_ns, 900);
	assert_int_equal(flow->last_ns, 1000);
	assert_null(flow->unit);
	assert_null(flows_at(&f, 1, &key));
	assert_adds_up();
}

/* Each member of the key makes another flow. */
static void test_keys(void **state)
{
	struct drop_event ev;
	size_t n = 0;

	(void)state;
#define DIFFERS(change)                               \
	do {                                          \
		make(&ev);                            \
		change;                               \
		flows_add(&f, &rule, &ev, false);     \
		flows_add(&f, &rule, &ev, false);     \
		assert_int_equal(count_flows(), ++n); \
	} while (0)
	DIFFERS((void)0);
	DIFFERS(ev.in.ifindex = 3);
	DIFFERS(strcpy(ev.in.name, "eth1"));
	DIFFERS(ev.out.ifindex = 3);
	DIFFERS(strcpy(ev.out.name, "eth1"));
	DIFFERS(ev.packet.network = PACKET_NETWORK_IPV6);
	DIFFERS(ev.packet.protocol = IPPROTO_UDP);
	DIFFERS(ev.packet.saddr.v4.s_addr = 3);
	DIFFERS(ev.packet.daddr.v4.s_addr = 3);
	DIFFERS(ev.packet.dport = 81);
	DIFFERS(ev.packet.has &= ~(uint16_t)PACKET_HAS_PORTS);
	/* User 0 is known, too. */
	DIFFERS(ev.has = DROP_HAS_UID);
	DIFFERS(ev.has = DROP_HAS_UID; ev.process.uid = 7);
	DIFFERS(ev.process.unit = (char *)(uintptr_t) "nginx.service");
	DIFFERS(ev.process.unit = (char *)(uintptr_t) "sshd.service");
	make(&ev);
	flows_add(&f, &other_rule, &ev, false);
	assert_int_equal(count_flows(), n + 1);
	assert_adds_up();
}

/* The unit's name is a copy. */
static void test_unit(void **state)
{
	char name[] = "nginx.service";
	const struct flow_key *key;
	struct drop_event ev;

	(void)state;
	make(&ev);
	ev.process.unit = name;
	flows_add(&f, &rule, &ev, false);
	name[0] = 'X';
	assert_string_equal(flows_at(&f, 0, &key)->unit, "nginx.service");
}

/* What is pushed out is in other, a heavy one is not pushed out. */
static void test_overflow(void **state)
{
	const struct flow_key *key;
	const struct flow *flow;
	struct drop_event ev;
	uint64_t heavy = 0;

	(void)state;
	for (uint32_t i = 0; i < 3 * FLOWS_USUAL; i++) {
		make(&ev);
		ev.process.unit = (char *)(uintptr_t) "u";
		ev.packet.saddr.v4.s_addr = i % 8 == 0 ? 42 : 1000 + i;
		heavy += i % 8 == 0;
		flows_add(&f, &rule, &ev, false);
	}
	assert_int_equal(count_flows(), FLOWS_USUAL);
	assert_true(f.other.packets > FLOWS_USUAL);
	assert_adds_up();
	for (size_t i = 0; (flow = flows_at(&f, i, &key)); i++)
		if (key->source.addr.v4.s_addr == 42)
			assert_int_equal(flow->counts.packets, heavy);
}

/* Fewer flows, on either side. */
static void test_max(void **state)
{
	struct drop_event ev;

	(void)state;
	flows_set_max(&f, 32);
	for (uint32_t i = 0; i < 100; i++) {
		make(&ev);
		ev.packet.saddr.v4.s_addr = i;
		flows_add(&f, &rule, &ev, false);
		flows_add(&f, &other_rule, &ev, true);
	}
	assert_int_equal(count_flows(), 64);
	assert_adds_up();
	flows_done(&f);
	flows_init(&f, 5);
	flows_set_max(&f, UINT32_MAX);
	assert_int_equal(f.max, FLOWS_MAX);
}

/* Other namespaces push out each other's only. */
static void test_foreign(void **state)
{
	const struct flow_key *key;
	struct drop_event ev;

	(void)state;
	make(&ev);
	flows_add(&f, &rule, &ev, false);
	for (uint32_t i = 0; i < 2 * FLOWS_USUAL; i++) {
		make(&ev);
		ev.packet.saddr.v4.s_addr = i;
		flows_add(&f, &other_rule, &ev, true);
	}
	assert_int_equal(count_flows(), 1 + FLOWS_USUAL);
	assert_int_equal(flows_at(&f, 0, &key)->counts.packets, 1);
	assert_ptr_equal(key->rule, &rule);
	assert_int_equal(f.other.packets, FLOWS_USUAL);
	assert_adds_up();
}

static void test_no_rule(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	flows_add(&f, NULL, &ev, false);
	assert_int_equal(count_flows(), 0);
	assert_int_equal(f.other.packets, 1);
	assert_adds_up();
}

static void test_rates(void **state)
{
	struct rates_decay decay = rates_decay(2000000000);
	const struct flow_key *key;
	struct drop_event ev;

	(void)state;
	make(&ev);
	ev.count = 10;
	flows_add(&f, &rule, &ev, false);
	flows_add(&f, &other_rule, &ev, true);
	flows_tick(&f, &decay);
	assert_float_equal(flows_at(&f, 0, &key)->rates.last, 5, 0.001);
	assert_float_equal(flows_at(&f, 1, &key)->rates.last, 5, 0.001);
	flows_tick(&f, &decay);
	assert_float_equal(flows_at(&f, 0, &key)->rates.last, 0, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_adds_up),  TEST(test_keys),	 TEST(test_unit),
		TEST(test_overflow), TEST(test_foreign), TEST(test_no_rule),
		TEST(test_rates),    TEST(test_max),
	};

	return cmocka_run_group_tests_name("flows", tests, NULL, NULL);
}
