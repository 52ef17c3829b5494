/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recall.h"
#include "util.h"

/* What a rule and a flow keep of an event is what the event had. */
static void test_same(void **state)
{
	const struct flow_key *key;
	const struct flow *flow;
	struct drop_event ev, got;
	struct aggregate a;

	(void)state;
	aggregate_init(&a, 1);
	drop_event_init(&ev);
	ev.has = DROP_HAS_REASON_CODE | DROP_HAS_UID | DROP_HAS_MARK;
	ev.attribution = DROP_ATTRIBUTION_TRACED;
	ev.reason_code = 262145;
	strcpy(ev.reason, "NFT_RULE");
	ev.netns.cookie = 1;
	ev.netns.inum = 17;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev.netfilter.family, "inet");
	strcpy(ev.netfilter.table, "t");
	ev.netfilter.table_handle = 5;
	strcpy(ev.netfilter.chain, "c");
	strcpy(ev.netfilter.hook, "output");
	ev.netfilter.rule_handle = 7;
	ev.in.ifindex = 2;
	strcpy(ev.in.name, "eth0");
	ev.out.ifindex = 3;
	strcpy(ev.out.name, "eth1");
	ev.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			PACKET_HAS_PROTOCOL;
	ev.packet.network = PACKET_NETWORK_IPV6;
	ev.packet.protocol = IPPROTO_UDP;
	ev.packet.dport = 53;
	ev.packet.saddr.v6.s6_addr[15] = 1;
	ev.packet.daddr.v6.s6_addr[15] = 2;
	ev.process.uid = 1000;
	ev.process.unit = (char *)(uintptr_t) "a.service";
	aggregate_add_event(&a, &ev, true);

	recall_rule(a.rules[0], &got);
	assert_int_equal(got.has, DROP_HAS_REASON_CODE);
	assert_int_equal(got.attribution, DROP_ATTRIBUTION_TRACED);
	assert_int_equal(got.reason_code, 262145);
	assert_string_equal(got.reason, "NFT_RULE");
	assert_string_equal(got.subsystem, "netfilter");
	assert_string_equal(got.netns.name, "init");
	assert_int_equal(got.netns.inum, 17);
	assert_int_equal(got.netfilter.kind, DROP_KIND_NFT_RULE);
	assert_string_equal(got.netfilter.family, "inet");
	assert_string_equal(got.netfilter.table, "t");
	assert_int_equal(got.netfilter.table_handle, 5);
	assert_string_equal(got.netfilter.chain, "c");
	assert_string_equal(got.netfilter.hook, "output");
	assert_int_equal(got.netfilter.rule_handle, 7);
	assert_null(got.process.unit);

	flow = flows_at(&a.flows, 0, &key);
	recall_flow(key, flow, &got);
	assert_int_equal(got.has, DROP_HAS_REASON_CODE | DROP_HAS_UID);
	assert_string_equal(got.in.name, "eth0");
	assert_int_equal(got.out.ifindex, 3);
	assert_int_equal(got.packet.has, ev.packet.has);
	assert_int_equal(got.packet.dport, 53);
	assert_memory_equal(&got.packet.saddr, &ev.packet.saddr, 16);
	assert_memory_equal(&got.packet.daddr, &ev.packet.daddr, 16);
	assert_int_equal(got.process.uid, 1000);
	assert_string_equal(got.process.unit, "a.service");
	assert_string_equal(got.netfilter.chain, "c");
	aggregate_done(&a);
}

/* Nothing of the flow before stays. */
static void test_next_flow(void **state)
{
	struct flow flow = { .unit = (char *)(uintptr_t) "a.service" };
	struct flow_key key = { .has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS,
				.has_uid = 1,
				.uid = 5,
				.dport = 9,
				.in = 1,
				.in_name = "x" };
	struct aggregate_rule rule = { .origin = DROP_ORIGIN_HARDWARE,
				       .trap = "ttl_expired" };
	struct drop_event got;

	(void)state;
	recall_rule(&rule, &got);
	recall_flow(&key, &flow, &got);
	flow = (struct flow){ 0 };
	key = (struct flow_key){ 0 };
	recall_flow(&key, &flow, &got);
	assert_int_equal(got.has, 0);
	assert_int_equal(got.packet.has, 0);
	assert_int_equal(got.packet.dport, 0);
	assert_int_equal(got.in.ifindex, 0);
	assert_string_equal(got.in.name, "");
	assert_null(got.process.unit);
	assert_string_equal(got.trap, "ttl_expired");
	assert_int_equal(got.origin, DROP_ORIGIN_HARDWARE);
	assert_string_equal(got.netns.name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_next_flow),
	};

	return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
