/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cmocka.h>

#include "ruleset-make.h"
#include "trace-drop.h"

#define NOW 1234567890123456789ULL

/* 10.9.0.2 > 10.9.0.1, 100 bytes of UDP with a port; its headers alone. */
static const uint8_t network[20] = { 0x45, 0, 0,  100, 0, 1, 0,	 0, 64, 17,
				     0,	   0, 10, 9,   0, 2, 10, 9, 0,	1 };
static const uint8_t transport[8] = { 0x9c, 0x40, 0, 53, 0, 80, 0, 0 };

static struct trace_ways ways;

/* The packet meets the rule 3 of "input", or the policy; then it has no more.
 */
static void trace(uint64_t handle, const char *table, struct drop_event *ret,
		  struct packet_bytes *ret_bytes)
{
	struct ruleset *rs = make_ruleset(7);
	const struct trace_way *way;
	struct trace_message m = {
		.type = handle ? TRACE_RULE : TRACE_POLICY,
		.id = 1,
		.family = NFPROTO_INET,
		.table = table,
		.chain = "input",
		.rule_handle = handle,
		.verdict = NF_DROP,
		.iif = 4,
		.oif = 5,
		.network = { .data = network, .len = sizeof(network) },
		.transport = { .data = transport, .len = sizeof(transport) },
	};

	make_chain(rs, "input", NF_INET_LOCAL_IN);
	make_rule(rs, "input", 3, NULL, NULL);
	trace_ways_init(&ways);
	way = trace_ways_add(&ways, &m, rs);
	assert_non_null(way);
	trace_drop_init(way, &m, 7, NOW, ret, ret_bytes);
	ruleset_unref(rs);
}

static void test_rule(void **state)
{
	struct packet_bytes bytes;
	struct drop_event ev;

	(void)state;
	trace(3, MADE_TABLE, &ev, &bytes);
	assert_int_equal(ev.origin, DROP_ORIGIN_SAMPLE);
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_TRACED);
	assert_int_equal(ev.timestamp_ns, NOW);
	assert_int_equal(ev.count, 1);
	assert_int_equal(ev.length, 100);
	assert_int_equal(ev.in.ifindex, 4);
	assert_int_equal(ev.out.ifindex, 5);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_RULE);
	assert_string_equal(ev.netfilter.family, "inet");
	assert_string_equal(ev.netfilter.table, MADE_TABLE);
	assert_string_equal(ev.netfilter.chain, "input");
	assert_string_equal(ev.netfilter.hook, "input");
	assert_int_equal(ev.netfilter.rule_handle, 3);
	assert_int_equal(ev.netfilter.generation, 7);
	assert_false(ev.netfilter.policy);
	assert_string_equal(ev.reason, "");
	assert_string_equal(ev.location, "");
	assert_int_equal(ev.packet.network, PACKET_NETWORK_IPV4);
	assert_int_equal(ev.packet.dport, 53);
	assert_int_equal(bytes.start, PACKET_START_NETWORK);
	assert_int_equal(bytes.len, sizeof(network) + sizeof(transport));
	assert_int_equal(bytes.orig_len, 100);
	assert_memory_equal(bytes.data, network, sizeof(network));
	drop_event_done(&ev);
}

static void test_policy(void **state)
{
	struct packet_bytes bytes;
	struct drop_event ev;

	(void)state;
	trace(0, MADE_TABLE, &ev, &bytes);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_POLICY);
	assert_true(ev.netfilter.policy);
	assert_int_equal(ev.netfilter.rule_handle, 0);
	drop_event_done(&ev);
}

/* The kernel names it all the same; but not the hook, which the ruleset does.
 */
static void test_unknown_table(void **state)
{
	struct packet_bytes bytes;
	struct drop_event ev;

	(void)state;
	trace(3, "new", &ev, &bytes);
	assert_string_equal(ev.netfilter.table, "new");
	assert_int_equal(ev.netfilter.table_handle, 0);
	assert_string_equal(ev.netfilter.hook, "");
	drop_event_done(&ev);
}

/* The header has the length without itself. */
static void test_ipv6(void **state)
{
	uint8_t head[40] = { 0x60, 0, 0, 0, 0, 60, 17, 64 };
	struct trace_message m = {
		.type = TRACE_RULE,
		.family = NFPROTO_INET,
		.table = MADE_TABLE,
		.chain = "input",
		.rule_handle = 3,
		.verdict = NF_DROP,
		.network = { .data = head, .len = sizeof(head) },
		.transport = { .data = transport, .len = sizeof(transport) },
	};
	struct ruleset *rs = make_ruleset(7);
	const struct trace_way *way;
	struct packet_bytes bytes;
	struct drop_event ev;

	(void)state;
	trace_ways_init(&ways);
	way = trace_ways_add(&ways, &m, rs);
	assert_non_null(way);
	trace_drop_init(way, &m, 7, NOW, &ev, &bytes);
	assert_int_equal(ev.length, 100);
	assert_int_equal(ev.packet.network, PACKET_NETWORK_IPV6);
	assert_int_equal(ev.packet.dport, 53);
	drop_event_done(&ev);
	ruleset_unref(rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_unknown_table),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
