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

#include "rule-looks.h"
#include "ruleset-edit.h"
#include "ruleset-make.h"
#include "tracer.h"
#include "util.h"

#define SEC 1000000000ULL
/* Of the rules, what they look at. */
#define FAR   4
#define STATE 7

static struct tracer t;

/* input: 3 jumps to "next", 4 looks far, 5 and 6 drop; next: 7 looks at state.
 */
static struct ruleset *make(uint32_t generation)
{
	struct ruleset *rs = make_ruleset(generation);

	make_chain(rs, "input", NF_INET_LOCAL_IN);
	make_chain(rs, "next", -1);
	make_rule(rs, "input", 3, NULL, "next");
	make_rule(rs, "input", 5, NULL, NULL);
	make_rule(rs, "input", FAR, NULL, NULL)->looks = RULE_LOOKS_FURTHER;
	make_rule(rs, "input", 6, NULL, NULL);
	make_rule(rs, "next", STATE, NULL, NULL)->looks = RULE_LOOKS_STATE;
	return rs;
}

/* It is the ruleset from then on. */
static void become(uint32_t generation, uint32_t n_own, uint64_t ns)
{
	struct ruleset *rs = make(generation);

	rs->n_own = n_own;
	tracer_confirm(&t, rs, ns, ns);
	ruleset_unref(rs);
}

/* And is it still at that time. */
static void confirm(uint64_t ns)
{
	assert_false(tracer_confirm(&t, t.ruleset, ns, ns));
}

static int setup(void **state)
{
	(void)state;
	tracer_init(&t, 1, 10 * SEC);
	t.netns.cookie = 1;
	become(7, 0, 0);
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

static struct aggregate_rule *const unknown = (void *)1;
static struct aggregate_rule *const known = (void *)2;
/* What drops are counted as whose rule is not known. */
static struct aggregate_rule *guess;
static struct tracer_pending moved, all_moved[TRACER_GUESSES_MAX];
static size_t n_moved;

static struct packet_bytes bytes_of(uint8_t data[28], uint8_t n, uint16_t port)
{
	make_bytes(data, n, port);
	return (struct packet_bytes){ .data = data, .len = 28 };
}

/* A drop is told; which rule was it? 0: not known. */
static uint64_t drop(uint8_t n, uint16_t port, uint64_t now)
{
	struct drop_event ev = make_drop(n, port);
	struct tracer_flow *flow;
	struct packet_bytes bytes;
	uint8_t data[28];

	bytes = bytes_of(data, n, port);
	ev.timestamp_ns = now;
	flow = tracer_drop(&t, &ev, &bytes);
	assert_non_null(flow);
	moved = (struct tracer_pending){ 0 };
	if (ev.attribution != DROP_ATTRIBUTION_TRACED) {
		assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
		assert_string_equal(ev.netfilter.table, "");
		assert_int_equal(ev.netns.cookie, 0);
		assert_int_equal(
			tracer_counted(&t, flow, &ev, guess ? guess : unknown,
				       &moved),
			0);
		return 0;
	}
	n_moved = 0;
	while (tracer_counted(&t, flow, &ev, known, &moved)) {
		assert_true(n_moved < TRACER_GUESSES_MAX);
		all_moved[n_moved++] = moved;
	}
	assert_string_equal(ev.netfilter.table, MADE_TABLE);
	assert_int_equal(ev.netfilter.table_handle, MADE_HANDLE);
	assert_string_equal(ev.netfilter.chain, "input");
	assert_string_equal(ev.netfilter.family, "inet");
	assert_string_equal(ev.netfilter.hook, "input");
	assert_int_equal(ev.netfilter.generation, t.ruleset->generation);
	assert_int_equal(ev.netns.cookie, 1);
	assert_int_equal(ev.netfilter.policy, ev.netfilter.rule_handle == 0);
	assert_int_equal(ev.netfilter.kind, ev.netfilter.policy
						    ? DROP_KIND_NFT_POLICY
						    : DROP_KIND_NFT_RULE);
	return ev.netfilter.policy ? UINT64_MAX : ev.netfilter.rule_handle;
}

static struct trace_message message(uint32_t id, const char *chain,
				    uint64_t handle, int32_t verdict)
{
	return (struct trace_message){
		.type = handle == 0 ? TRACE_POLICY : TRACE_RULE,
		.id = id,
		.family = NFPROTO_INET,
		.table = MADE_TABLE,
		.chain = chain,
		.rule_handle = handle,
		.verdict = verdict,
	};
}

static void add_headers(struct trace_message *m, const uint8_t data[28])
{
	m->iif = 2;
	m->network = (struct packet_bytes){ .data = data, .len = 20 };
	m->transport = (struct packet_bytes){ .data = data + 20, .len = 8 };
}

/* A packet's trace: our mark, then a drop by @handle, 0 for the policy. */
static const struct packet *trace(uint32_t id, uint8_t n, uint16_t port,
				  uint64_t handle, uint64_t now)
{
	struct trace_message m = message(id, "input", 1, -1);
	uint8_t data[28];

	make_bytes(data, n, port);
	m.table = "nfdropd-1";
	add_headers(&m, data);
	assert_null(tracer_trace(&t, &m, now));
	m = message(id, "input", handle, NF_DROP);
	add_headers(&m, data);
	return tracer_trace(&t, &m, now);
}

static bool again;

static const struct packet *next(uint64_t now)
{
	return tracer_next(&t, now, false, &again);
}

static void test_learns(void **state)
{
	const struct packet *packet;

	(void)state;
	confirm(3 * SEC);
	assert_null(next(0));
	assert_int_equal(drop(2, 80, SEC), 0);
	assert_int_equal(drop(2, 80, SEC + 1), 0);
	packet = next(SEC);
	assert_non_null(packet);
	assert_int_equal(packet->dport, 80);
	assert_null(next(SEC));
	assert_int_equal(tracer_count_marked(&t, 2 * SEC), 1);
	assert_int_equal(tracer_count_marked(&t, 12 * SEC), 0);
	assert_ptr_equal(trace(1, 2, 80, 5, 2 * SEC), packet);
	assert_int_equal(tracer_count_marked(&t, 2 * SEC), 0);
	/* And so it was before. */
	assert_int_equal(drop(2, 80, 3 * SEC), 5);
	assert_ptr_equal(moved.from, unknown);
	assert_int_equal(moved.packets, 2);
	assert_int_equal(moved.first_ns, SEC);
	assert_int_equal(moved.last_ns, SEC + 1);
	assert_int_equal(drop(2, 80, 3 * SEC), 5);
	assert_int_equal(moved.packets, 0);
	/* Another port is another flow, and so is another address. */
	assert_int_equal(drop(2, 81, 3 * SEC), 0);
	assert_int_equal(drop(3, 80, 3 * SEC), 0);
	assert_int_equal(t.n_wanted, 2);
	assert_int_equal(t.n_attributed, 4);
	assert_int_equal(t.n_moved, 2);
}

/* Drops of a flow are counted as this and that until its rule is known. */
static void test_guesses(void **state)
{
	const uintptr_t guesses[] = { 10, 11, 10, 12, 13, 11 };

	(void)state;
	confirm(3 * SEC);
	for (size_t i = 0; i < ARRAY_SIZE(guesses); i++) {
		guess = (struct aggregate_rule *)guesses[i];
		assert_int_equal(drop(2, 80, SEC + i), 0);
	}
	guess = NULL;
	assert_non_null(next(SEC));
	trace(1, 2, 80, 5, 2 * SEC);
	assert_int_equal(drop(2, 80, 3 * SEC), 5);
	/* All but the fourth, for which there was no room. */
	assert_int_equal(n_moved, 3);
	for (size_t i = 0; i < n_moved; i++) {
		assert_int_equal((uintptr_t)all_moved[i].from, 10 + i);
		assert_int_equal(all_moved[i].packets, i < 2 ? 2 : 1);
	}
	assert_int_equal(all_moved[1].first_ns, SEC + 1);
	assert_int_equal(all_moved[1].last_ns, SEC + 5);
	assert_int_equal(t.n_moved, 5);
	assert_int_equal(drop(2, 80, 3 * SEC), 5);
	assert_int_equal(n_moved, 0);
}

/* What nobody confirms, nobody knows. */
static void test_confirmation(void **state)
{
	(void)state;
	confirm(2 * SEC);
	/* Before it was this ruleset, and after that was known. */
	assert_int_equal(drop(2, 80, 1), 0);
	assert_int_equal(drop(2, 80, SEC), 0);
	assert_int_equal(drop(2, 80, 3 * SEC), 0);
	assert_non_null(next(SEC));
	assert_non_null(trace(1, 2, 80, 5, SEC));
	assert_int_equal(drop(2, 80, 3 * SEC), 0);
	assert_int_equal(drop(2, 80, 2 * SEC), 5);
	assert_int_equal(moved.packets, 1);
	/* Only our own table has changed. */
	become(8, 1, 4 * SEC);
	assert_int_equal(drop(2, 80, 4 * SEC), 5);
	/* Another ruleset: unknown, and asked for again. */
	become(9, 0, 4 * SEC);
	assert_int_equal(drop(2, 80, 5 * SEC), 0);
	confirm(20 * SEC);
	/* It is marked for long enough, so there is no need to mark it. */
	assert_null(next(5 * SEC));
	assert_int_equal(drop(2, 80, 5 * SEC), 0);
	assert_non_null(trace(1, 2, 80, 5, 8 * SEC));
	assert_int_equal(drop(2, 80, 9 * SEC), 5);
}

static void test_marks(void **state)
{
	(void)state;
	confirm(10000 * SEC);
	assert_int_equal(drop(4, 80, 100 * SEC), 0);
	assert_non_null(next(100 * SEC));
	/* Marked, but no packet came: not at once again. */
	assert_int_equal(drop(4, 80, 115 * SEC), 0);
	assert_null(next(115 * SEC));
	assert_int_equal(drop(4, 80, 121 * SEC), 0);
	assert_non_null(next(121 * SEC));
	assert_non_null(trace(1, 4, 80, 5, 122 * SEC));
	/* After a while it is looked at again, and holds until then. */
	assert_int_equal(drop(4, 80, 1000 * SEC), 5);
	assert_non_null(next(1000 * SEC));
	assert_int_equal(drop(4, 80, 1000 * SEC), 5);
	/* Clocks may be set back. */
	assert_int_equal(drop(4, 80, 500 * SEC), 5);
	assert_null(next(500 * SEC));
}

/* A rule before looks at more than the flow: each packet is for itself. */
static void test_single(void **state)
{
	(void)state;
	confirm(100 * SEC);
	assert_int_equal(drop(2, 80, SEC), 0);
	assert_non_null(next(SEC));
	assert_null(trace(1, 2, 80, 6, SEC));
	assert_int_equal(drop(2, 80, SEC), 6);
	assert_int_equal(moved.packets, 0);
	assert_int_equal(drop(2, 80, SEC), 0);
	assert_null(trace(2, 2, 80, 0, SEC));
	assert_int_equal(drop(2, 80, SEC), UINT64_MAX);
	assert_int_equal(tracer_count_marked(&t, 2 * SEC), 1);
	/* Its mark is going to end, and has ended. */
	assert_null(next(5 * SEC));
	assert_int_equal(drop(2, 80, 8 * SEC), 0);
	assert_non_null(next(8 * SEC));
	assert_true(again);
	assert_null(trace(2, 2, 80, 6, 9 * SEC));
	assert_int_equal(drop(2, 80, 30 * SEC), 6);
	assert_non_null(next(30 * SEC));
	assert_false(again);
	/* Two that contradict each other, whatever they look at. */
	assert_int_equal(drop(3, 80, SEC), 0);
	assert_non_null(trace(3, 3, 80, 5, SEC));
	assert_int_equal(drop(3, 80, SEC), 5);
	assert_null(trace(4, 3, 80, 6, SEC));
	assert_int_equal(drop(3, 80, SEC), 6);
	assert_int_equal(drop(3, 80, SEC), 0);
	assert_null(trace(5, 3, 80, 5, SEC));
	assert_int_equal(drop(3, 80, SEC), 5);
	assert_int_equal(drop(3, 80, SEC), 0);
}

/* Through a chain, as the kernel tells it. */
static bool is_of_flow(uint8_t protocol, uint8_t flags, bool returns,
		       uint64_t handle)
{
	struct trace_message m = message(1, "input", 3, NFT_JUMP);
	const struct trace_way *way;
	struct trace_ways ways;
	uint8_t data[40];

	trace_ways_init(&ways);
	memset(data, 0, sizeof(data));
	make_bytes(data, 2, 80);
	data[3] = 40;
	data[9] = protocol;
	data[32] = 5 << 4;
	data[33] = flags;
	m.jump = "next";
	add_headers(&m, data);
	m.transport.len = 20;
	assert_null(trace_ways_add(&ways, &m, t.ruleset));
	if (returns) {
		m = message(1, "next", 0, NFT_CONTINUE);
		m.type = TRACE_RETURN;
		assert_null(trace_ways_add(&ways, &m, t.ruleset));
	}
	m = message(1, "input", handle, NF_DROP);
	way = trace_ways_add(&ways, &m, t.ruleset);
	assert_non_null(way);
	return trace_way_is_of_flow(way);
}

static void test_ways(void **state)
{
	struct trace_message m = message(1, "gone", 5, NF_DROP);
	const struct trace_way *way;
	uint8_t data[28];

	(void)state;
	for (int returns = 0; returns <= 1; returns++) {
		assert_true(is_of_flow(IPPROTO_UDP, 0, returns, 5));
		assert_false(is_of_flow(IPPROTO_UDP, 0, returns, 6));
		assert_false(is_of_flow(IPPROTO_UDP, 0, returns, 0));
		/* Nobody knows such a rule. */
		assert_false(is_of_flow(IPPROTO_UDP, 0, returns, 9));
		/* A connection's first packet is new. */
		assert_true(is_of_flow(IPPROTO_TCP, 2, returns, 5));
		assert_false(is_of_flow(IPPROTO_TCP, 16, returns, 5));
	}
	make_bytes(data, 2, 80);
	add_headers(&m, data);
	way = trace_ways_add(&t.ways, &m, t.ruleset);
	assert_non_null(way);
	assert_false(trace_way_is_of_flow(way));
}

/* A set whose elements go by themselves, in the rule's table. */
static void test_sets(void **state)
{
	struct ruleset *rs = make(8);

	(void)state;
	make_rule(rs, "next", 8, NULL, NULL)->looks = RULE_LOOKS_SET;
	tracer_confirm(&t, rs, SEC, SEC);
	assert_true(is_of_flow(IPPROTO_UDP, 0, true, 5));
	assert_int_equal(ruleset_put_set(rs, MADE_FAMILY, MADE_TABLE, "s", 1,
					 NFT_SET_TIMEOUT, NULL),
			 0);
	rs->generation++;
	tracer_confirm(&t, rs, SEC, SEC);
	assert_false(is_of_flow(IPPROTO_UDP, 0, true, 5));
	ruleset_unref(rs);
}

/* What is not nf_tables' doing, or known already, is left alone. */
static void test_others(void **state)
{
	struct drop_event ev = make_drop(2, 80);
	struct trace_message m = message(1, "input", 5, NF_DROP);

	(void)state;
	confirm(10 * SEC);
	copy_string(ev.location, sizeof(ev.location), "tcp_v4_rcv+0x1/0x2",
		    SIZE_MAX);
	assert_null(tracer_drop(&t, &ev, NULL));
	ev = make_drop(2, 80);
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	assert_null(tracer_drop(&t, &ev, NULL));
	ev = make_drop(2, 80);
	ev.packet.has &= (uint16_t)~PACKET_HAS_ADDRS;
	assert_null(tracer_drop(&t, &ev, NULL));
	ev = make_drop(2, 80);
	ev.packet.network = PACKET_NETWORK_OTHER;
	assert_null(tracer_drop(&t, &ev, NULL));
	assert_null(next(SEC));
	/* Traces that nobody asked for. */
	assert_null(trace(1, 9, 80, 5, SEC));
	/* And one whose beginning was lost. */
	assert_int_equal(drop(2, 80, SEC), 0);
	tracer_lost(&t);
	assert_null(tracer_trace(&t, &m, SEC));
	assert_int_equal(drop(2, 80, SEC), 0);
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
	struct trace_message m = message(1, "input", 5, NF_DROP);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		m.network =
			(struct packet_bytes){ .data = heads[i], .len = 40 };
		m.transport =
			(struct packet_bytes){ .data = transport, .len = 20 };
		assert_null(trace_ways_add(&t.ways, &m, t.ruleset));
	}
}

static void test_bounds(void **state)
{
	uint32_t n = TRACER_FLOWS_MAX + 1000;

	(void)state;
	confirm(10 * SEC);
	for (uint32_t i = 0; i < n; i++)
		(void)drop((uint8_t)(i % 200 + 2), (uint16_t)(i / 200 + 1),
			   SEC);
	assert_int_equal(t.n_flows, TRACER_FLOWS_MAX);
	assert_int_equal(t.n_wanted, TRACER_FLOWS_MAX);
	/* The newest first; the oldest is forgotten, and found anew. */
	assert_int_equal(next(SEC)->dport, (n - 1) / 200 + 1);
	for (uint32_t i = 1; i < TRACER_FLOWS_MAX; i++)
		assert_non_null(next(SEC));
	assert_null(next(SEC));
	assert_int_equal(drop(2, 1, SEC), 0);
	assert_int_equal(t.n_wanted, 1);
	/* Packets whose traces do not end, or are not asked for. */
	for (uint32_t i = 0; i < 1000; i++)
		assert_null(trace(i, 2, 1, 6, SEC));
	assert_int_equal(drop(2, 1, SEC), 6);
	/* Flows that are pushed out take theirs with them. */
	for (uint32_t i = 0; i < n; i++)
		(void)drop((uint8_t)(i % 200 + 2), (uint16_t)(i / 200 + 100),
			   2 * SEC);
	assert_int_equal(drop(2, 1, 2 * SEC), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_learns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guesses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_confirmation, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_single, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
