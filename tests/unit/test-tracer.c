/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cmocka.h>

#include "tracer.h"
#include "util.h"

#define SEC 1000000000ULL

static struct tracer t;

static int setup(void **state)
{
	(void)state;
	tracer_init(&t, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tracer_done(&t);
	return 0;
}

/* 10.9.0.N:40000 > 10.9.0.1:PORT udp, in by device 2. */
static void make_bytes(uint8_t data[28], uint8_t n, uint16_t port)
{
	const uint8_t head[28] = {
		0x45,
		0,
		0,
		28,
		0,
		1,
		0,
		0,
		64,
		IPPROTO_UDP,
		0,
		0,
		10,
		9,
		0,
		n,
		10,
		9,
		0,
		1,
		40000 >> 8,
		40000 & 255,
		(uint8_t)(port >> 8),
		(uint8_t)port,
		0,
		8,
		0,
		0,
	};

	memcpy(data, head, sizeof(head));
}

static struct drop_event make_drop(uint8_t n, uint16_t port)
{
	struct drop_event ev;
	uint8_t data[28];

	drop_event_init(&ev);
	make_bytes(data, n, port);
	packet_parse(data, sizeof(data), PACKET_START_NETWORK, 0x0800,
		     sizeof(data), &ev.packet);
	ev.count = 1;
	ev.in.ifindex = 2;
	copy_string(ev.reason, sizeof(ev.reason), "NETFILTER_DROP", SIZE_MAX);
	copy_string(ev.location, sizeof(ev.location),
		    "nft_do_chain+0x40f/0x630", SIZE_MAX);
	return ev;
}

/* A drop is told; was its rule known? */
static uint64_t drop(uint8_t n, uint16_t port, uint32_t generation,
		     uint64_t now)
{
	struct drop_event ev = make_drop(n, port);

	tracer_drop(&t, &ev, generation, now);
	if (ev.attribution != DROP_ATTRIBUTION_TRACED) {
		assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
		assert_string_equal(ev.netfilter.table, "");
		return 0;
	}
	assert_string_equal(ev.netfilter.table, "filter");
	assert_string_equal(ev.netfilter.chain, "input");
	assert_string_equal(ev.netfilter.family, "inet");
	assert_int_equal(ev.netfilter.generation, generation);
	assert_int_equal(ev.netfilter.policy, ev.netfilter.rule_handle == 0);
	assert_int_equal(ev.netfilter.kind, ev.netfilter.policy
						    ? DROP_KIND_NFT_POLICY
						    : DROP_KIND_NFT_RULE);
	return ev.netfilter.policy ? UINT64_MAX : ev.netfilter.rule_handle;
}

/* A packet's trace: a jump, then a drop by @handle, 0 for the policy. */
static const struct packet *trace(uint32_t id, uint8_t n, uint16_t port,
				  uint64_t handle, uint32_t generation,
				  uint64_t now)
{
	struct trace_message m = {
		.type = TRACE_RULE,
		.id = id,
		.family = NFPROTO_INET,
		.table = "filter",
		.chain = "input",
		.rule_handle = 3,
		.verdict = NFT_JUMP,
		.iif = 2,
	};
	uint8_t data[28];

	make_bytes(data, n, port);
	m.network = (struct packet_bytes){ .data = data, .len = 20 };
	m.transport = (struct packet_bytes){ .data = data + 20, .len = 8 };
	assert_null(tracer_trace(&t, &m, generation, now));
	m.network = m.transport = (struct packet_bytes){ 0 };
	m.iif = 0;
	m.type = handle == 0 ? TRACE_POLICY : TRACE_RULE;
	m.rule_handle = handle;
	m.verdict = NF_DROP;
	return tracer_trace(&t, &m, generation, now);
}

static void test_learns(void **state)
{
	const struct packet *packet;

	(void)state;
	assert_null(tracer_next(&t, 0));
	assert_int_equal(drop(2, 80, 7, SEC), 0);
	assert_int_equal(drop(2, 80, 7, SEC), 0);
	packet = tracer_next(&t, SEC);
	assert_non_null(packet);
	assert_int_equal(packet->dport, 80);
	assert_null(tracer_next(&t, SEC));
	assert_int_equal(drop(2, 80, 7, SEC), 0);
	assert_non_null(trace(1, 2, 80, 5, 7, 2 * SEC));
	assert_int_equal(drop(2, 80, 7, 3 * SEC), 5);
	/* Another port is another flow, and so is another device. */
	assert_int_equal(drop(2, 81, 7, 3 * SEC), 0);
	assert_int_equal(drop(3, 80, 7, 3 * SEC), 0);
	assert_int_equal(t.n_wanted, 2);
	assert_int_equal(t.n_attributed, 1);
	assert_non_null(trace(2, 2, 81, 0, 7, 4 * SEC));
	assert_int_equal(drop(2, 81, 7, 4 * SEC), UINT64_MAX);
}

static void test_generations(void **state)
{
	(void)state;
	assert_int_equal(drop(2, 80, 7, SEC), 0);
	assert_non_null(tracer_next(&t, SEC));
	assert_non_null(trace(1, 2, 80, 5, 7, SEC));
	/* Another ruleset: unknown, and asked for again. */
	assert_int_equal(drop(2, 80, 8, 2 * SEC), 0);
	assert_non_null(tracer_next(&t, 2 * SEC));
	assert_non_null(trace(1, 2, 80, 6, 8, 2 * SEC));
	assert_int_equal(drop(2, 80, 8, 2 * SEC), 6);
	/* After a while it is looked at again, and holds until then. */
	assert_int_equal(drop(2, 80, 8, 70 * SEC), 6);
	assert_non_null(tracer_next(&t, 70 * SEC));
	assert_int_equal(drop(2, 80, 8, 70 * SEC), 0);
	assert_non_null(trace(1, 2, 80, 6, 8, 71 * SEC));
	assert_int_equal(drop(2, 80, 8, 71 * SEC), 6);
	/* Marked, but no packet came: not at once again. */
	assert_int_equal(drop(4, 80, 8, 100 * SEC), 0);
	assert_non_null(tracer_next(&t, 100 * SEC));
	assert_int_equal(drop(4, 80, 8, 115 * SEC), 0);
	assert_null(tracer_next(&t, 115 * SEC));
	assert_int_equal(drop(4, 80, 8, 121 * SEC), 0);
	assert_non_null(tracer_next(&t, 121 * SEC));
}

/* A rule that looks at more than the flow: nobody knows which it was. */
static void test_ambiguous(void **state)
{
	(void)state;
	assert_int_equal(drop(2, 80, 7, SEC), 0);
	assert_non_null(tracer_next(&t, SEC));
	assert_non_null(trace(1, 2, 80, 5, 7, SEC));
	assert_non_null(trace(2, 2, 80, 6, 7, SEC));
	assert_int_equal(drop(2, 80, 7, 2 * SEC), 0);
	assert_non_null(trace(3, 2, 80, 6, 7, SEC));
	assert_int_equal(drop(2, 80, 7, 2 * SEC), 0);
	/* In another ruleset it may be clear. */
	assert_non_null(trace(4, 2, 80, 6, 8, 3 * SEC));
	assert_int_equal(drop(2, 80, 8, 3 * SEC), 6);
}

/* What is not nf_tables' doing, or known already, is left alone. */
static void test_others(void **state)
{
	struct drop_event ev = make_drop(2, 80);

	(void)state;
	copy_string(ev.location, sizeof(ev.location), "tcp_v4_rcv+0x1/0x2",
		    SIZE_MAX);
	tracer_drop(&t, &ev, 7, SEC);
	ev = make_drop(2, 80);
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	tracer_drop(&t, &ev, 7, SEC);
	ev = make_drop(2, 80);
	ev.packet.has &= (uint16_t)~PACKET_HAS_ADDRS;
	tracer_drop(&t, &ev, 7, SEC);
	ev = make_drop(2, 80);
	ev.packet.network = PACKET_NETWORK_ARP;
	tracer_drop(&t, &ev, 7, SEC);
	assert_null(tracer_next(&t, SEC));
	/* Traces that nobody asked for. */
	assert_null(trace(1, 9, 80, 5, 7, SEC));
	/* And one whose beginning was lost. */
	assert_int_equal(drop(2, 80, 7, SEC), 0);
	tracer_lost(&t);
	{
		struct trace_message m = {
			.type = TRACE_RULE,
			.id = 1,
			.family = NFPROTO_INET,
			.table = "filter",
			.chain = "input",
			.rule_handle = 5,
			.verdict = NF_DROP,
		};

		assert_null(tracer_trace(&t, &m, 7, SEC));
	}
	assert_int_equal(drop(2, 80, 7, SEC), 0);
}

/* Headers that are cut are no headers: what follows is something else. */
static void test_cut(void **state)
{
	static const uint8_t ipv6[40] = { 0x60, 0, 0, 0, 0, 16, IPPROTO_HOPOPTS,
					  64 };
	static const uint8_t options[40] = { 0x4f, 0, 0, 80, 0,
					     1,	   0, 0, 64, IPPROTO_UDP };
	static const uint8_t *const heads[] = { ipv6, options };
	uint8_t transport[20] = { IPPROTO_UDP };
	struct trace_message m = {
		.type = TRACE_RULE,
		.id = 1,
		.family = NFPROTO_INET,
		.table = "filter",
		.chain = "input",
		.rule_handle = 5,
		.verdict = NF_DROP,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		m.network =
			(struct packet_bytes){ .data = heads[i], .len = 40 };
		m.transport =
			(struct packet_bytes){ .data = transport, .len = 20 };
		assert_null(tracer_trace(&t, &m, 7, SEC));
		assert_int_equal(t.n_traced, 0);
	}
}

static void test_bounds(void **state)
{
	uint32_t n = TRACER_FLOWS_MAX + 1000;

	(void)state;
	for (uint32_t i = 0; i < n; i++)
		(void)drop((uint8_t)(i % 200 + 2), (uint16_t)(i / 200 + 1), 7,
			   SEC);
	assert_int_equal(t.n_flows, TRACER_FLOWS_MAX);
	assert_int_equal(t.n_wanted, TRACER_FLOWS_MAX);
	/* The newest first; the oldest is forgotten, and found anew. */
	assert_int_equal(tracer_next(&t, SEC)->dport, (n - 1) / 200 + 1);
	for (uint32_t i = 1; i < TRACER_FLOWS_MAX; i++)
		assert_non_null(tracer_next(&t, SEC));
	assert_null(tracer_next(&t, SEC));
	assert_int_equal(drop(2, 1, 7, SEC), 0);
	assert_int_equal(t.n_wanted, 1);
	/* Packets whose traces do not end push each other out. */
	for (uint32_t i = 0; i < 1000; i++)
		assert_non_null(trace(i, 2, 1, 5, 7, SEC));
	assert_int_equal(drop(2, 1, 7, SEC), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_learns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_generations, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ambiguous, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
