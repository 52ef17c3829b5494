/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow.h"
#include "output-text.h"
#include "util.h"

/* 2025-11-23 20:33:20.123456789 UTC. */
#define WHEN UINT64_C(1763930000123456789)

static const struct term plain = { .utf8 = true };
static const struct term ascii = { .utf8 = false };
static const struct term colored = { .utf8 = true, .color = true };

/* Compares what @ev becomes, without its line end. */
static void assert_line(const struct term *term, const struct drop_event *ev,
			const char *expected)
{
	_cleanup_free_ char *text = NULL;
	struct text_output out;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	text_output_init(&out, term, true);
	text_output_print_event(&out, f, ev);
	fclose(f);
	assert_true(len > 0 && text[len - 1] == '\n');
	text[len - 1] = '\0';
	assert_string_equal(text, expected);
}

#define SET(member, value) strcpy(member, value)

static void make_tcp(struct drop_event *ev)
{
	drop_event_init(ev);
	ev->timestamp_ns = WHEN;
	SET(ev->reason, "NETFILTER_DROP");
	SET(ev->location, "nft_do_chain+0x5a0/0x680 [nf_tables]");
	ev->in.ifindex = 2;
	SET(ev->in.name, "eth0");
	ev->length = 74;
	ev->packet = (struct packet){
		.has = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL |
		       PACKET_HAS_PORTS | PACKET_HAS_TCP_FLAGS,
		.network = PACKET_NETWORK_IPV4,
		.protocol = 6,
		.sport = 40000,
		.dport = 80,
		.tcp_flags = 0x02,
	};
	inet_pton(AF_INET, "10.9.0.2", &ev->packet.saddr);
	inet_pton(AF_INET, "10.9.0.1", &ev->packet.daddr);
}

static void test_tcp(void **state)
{
	struct drop_event ev;

	(void)state;
	make_tcp(&ev);
	assert_line(&plain, &ev,
		    "20:33:20.123456  NETFILTER_DROP  eth0      "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "nft_do_chain+0x5a0/0x680 [nf_tables]");
}

/* An entry of the log says its day by itself. */
static void test_log(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct text_output out;
	struct drop_event ev;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	make_tcp(&ev);
	ev.count = 7;
	text_output_init(&out, &plain, true);
	out.is_log = true;
	text_output_print_event(&out, f, &ev);
	ev.timestamp_ns += UINT64_C(86400000000000);
	text_output_print_event(&out, f, &ev);
	text_output_print_note(&out, f, ev.timestamp_ns, STYLE_DIM, "a note");
	fclose(f);
	assert_string_equal(
		text,
		"2025-11-23 20:33:20          7  NETFILTER_DROP  eth0      "
		"10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		"nft_do_chain+0x5a0/0x680 [nf_tables]\n"
		"2025-11-24 20:33:20          7  NETFILTER_DROP  eth0      "
		"10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		"nft_do_chain+0x5a0/0x680 [nf_tables]\n"
		"-- 2025-11-24 20:33:20 a note --\n");
}

static void test_unknown(void **state)
{
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	assert_line(&plain, &ev,
		    "-                -               -         "
		    "- > -                                        -  -");
	/* As in another program's summary mode. */
	ev.timestamp_ns = WHEN;
	ev.count = 12;
	SET(ev.location, "tcp_v4_rcv+0x1/0x2");
	assert_line(&plain, &ev,
		    "20:33:20.123456  -               -         "
		    "- > -                                        -  "
		    "tcp_v4_rcv+0x1/0x2  count=12");
}

static void test_devices(void **state)
{
	struct drop_event ev;

	(void)state;
	make_tcp(&ev);
	SET(ev.out.name, "br0");
	assert_line(&plain, &ev,
		    "20:33:20.123456  NETFILTER_DROP  eth0>br0  "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "nft_do_chain+0x5a0/0x680 [nf_tables]");
	ev.in.name[0] = '\0';
	assert_line(&plain, &ev,
		    "20:33:20.123456  NETFILTER_DROP  if2>br0   "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "nft_do_chain+0x5a0/0x680 [nf_tables]");
	ev.in.ifindex = 0;
	assert_line(&plain, &ev,
		    "20:33:20.123456  NETFILTER_DROP  >br0      "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "nft_do_chain+0x5a0/0x680 [nf_tables]");
}

static void test_rule(void **state)
{
	struct drop_event ev;

	(void)state;
	make_tcp(&ev);
	SET(ev.reason, "NFT_RULE");
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	SET(ev.netfilter.hook, "input");
	SET(ev.netfilter.family, "inet");
	SET(ev.netfilter.table, "filter");
	SET(ev.netfilter.chain, "input");
	ev.netfilter.rule_handle = 7;
	ev.netfilter.rule = strdup("tcp dport 80 drop comment \"no \\ web\"");
	ev.netfilter.errnum = 1;
	/* The initial namespace and a plain verdict are no news. */
	SET(ev.netns.name, "init");
	SET(ev.netfilter.by, "immediate");
	ev.has |= DROP_HAS_UID | DROP_HAS_MARK | DROP_HAS_QUEUE;
	ev.netfilter.mark = 0x10;
	ev.netfilter.queue = 0;
	ev.process.unit = strdup("nginx.service");
	ev.packet.n_vlans = 2;
	ev.packet.vlans[0] = 10;
	ev.packet.vlans[1] = 20;
	assert_line(&plain, &ev,
		    "20:33:20.123456  NFT_RULE        eth0      "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "nft_do_chain+0x5a0/0x680 [nf_tables]  kind=nft-rule "
		    "hook=input family=inet table=filter chain=input handle=7 "
		    "rule=\"tcp dport 80 drop comment \\\"no \\\\ web\\\"\" "
		    "errno=EPERM queue=0 mark=0x10 uid=0 "
		    "unit=nginx.service vlan=10,20");
	drop_event_done(&ev);
}

static void test_inferred(void **state)
{
	struct drop_event ev;

	(void)state;
	make_tcp(&ev);
	ev.attribution = DROP_ATTRIBUTION_INFERRED;
	ev.netfilter.kind = DROP_KIND_NFT_POLICY;
	ev.netfilter.policy = true;
	SET(ev.netfilter.chain, "input");
	SET(ev.netfilter.by, "lookup");
	ev.netns.inum = 4026532008;
	assert_line(&plain, &ev,
		    "20:33:20.123456  NETFILTER_DROP  eth0      "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "nft_do_chain+0x5a0/0x680 [nf_tables]  kind=nft-policy "
		    "attribution=inferred chain=input policy=drop "
		    "by=lookup netns=inum:4026532008");
}

static void test_trap(void **state)
{
	struct drop_event ev;

	(void)state;
	make_tcp(&ev);
	ev.origin = DROP_ORIGIN_HARDWARE;
	ev.reason[0] = ev.location[0] = '\0';
	SET(ev.trap, "blackhole_route");
	SET(ev.trap_group, "l3_drops");
	assert_line(&plain, &ev,
		    "20:33:20.123456  -               eth0      "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  -  "
		    "trap=blackhole_route group=l3_drops");
}

/* Names are another namespace's owner's: no byte of them moves a cursor. */
static void test_hostile(void **state)
{
	struct drop_event ev;

	(void)state;
	make_tcp(&ev);
	SET(ev.reason, "\x1b[2J");
	SET(ev.in.name, "a\nb\xc2\x9b");
	SET(ev.location, "x\r\xff");
	SET(ev.netfilter.table, "t\" uid=0 \xe2\x80\xae");
	SET(ev.netfilter.chain, "\xc3\xa9t\xc3\xa9");
	ev.netfilter.rule = strdup("\x07\x7f");
	assert_line(&plain, &ev,
		    "20:33:20.123456  \\x1b[2J         a\\x0ab\\xc2\\x9b  "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "x\\x0d\\xff  table=\"t\\\" uid=0 \\xe2\\x80\\xae\" "
		    "chain=\"\xc3\xa9t\xc3\xa9\" rule=\"\\x07\\x7f\"");
	assert_line(&ascii, &ev,
		    "20:33:20.123456  \\x1b[2J         a\\x0ab\\xc2\\x9b  "
		    "10.9.0.2:40000 > 10.9.0.1:80 tcp S          74  "
		    "x\\x0d\\xff  table=\"t\\\" uid=0 \\xe2\\x80\\xae\" "
		    "chain=\"\\xc3\\xa9t\\xc3\\xa9\" rule=\"\\x07\\x7f\"");
	drop_event_done(&ev);
}

static void test_color(void **state)
{
	struct drop_event ev;

	(void)state;
	make_tcp(&ev);
	SET(ev.netns.name, "red");
	assert_line(&colored, &ev,
		    "\x1b[2m20:33:20.123456\x1b[0m  "
		    "\x1b[33mNETFILTER_DROP\x1b[0m  eth0      "
		    "\x1b[1m10.9.0.2:40000 > 10.9.0.1:80 tcp S\x1b[0m    "
		    "      74  "
		    "\x1b[2mnft_do_chain+0x5a0/0x680 [nf_tables]\x1b[0m  "
		    "\x1b[36mnetns\x1b[0m=red");
}

static void test_long_rule(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct drop_event ev;
	struct text_output out;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	make_tcp(&ev);
	ev.netfilter.rule = malloc(100000);
	assert_non_null(ev.netfilter.rule);
	memset(ev.netfilter.rule, 1, 99999);
	ev.netfilter.rule[99999] = '\0';
	text_output_init(&out, &plain, true);
	text_output_print_event(&out, f, &ev);
	fclose(f);
	assert_true(len < 4096);
	assert_string_equal(text + len - 5, "...\"\n");
	drop_event_done(&ev);
}

static void test_notices(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct text_output out;
	struct drop_event ev;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	text_output_init(&out, &plain, true);
	text_output_print_legend(&out, f);
	text_output_print_lost(&out, f, 1000, 200, 34);
	text_output_print_lost(&out, f, 0, 0, 1);
	drop_event_init(&ev);
	SET(ev.reason, "NO_SOCKET");
	ev.timestamp_ns = WHEN;
	text_output_print_event(&out, f, &ev);
	/* The next day, and once more in the same second. */
	ev.timestamp_ns += UINT64_C(86400000000000);
	text_output_print_event(&out, f, &ev);
	text_output_print_event(&out, f, &ev);
	fclose(f);
	assert_string_equal(
		text, "TIME             REASON          DEVICES   "
		      "FLOW                                    LENGTH  WHERE\n"
		      "-- 1234 drops not shown: kernel queue 1000, socket 200, "
		      "this client 34 --\n"
		      "-- 1 drop not shown: kernel queue 0, socket 0, "
		      "this client 1 --\n"
		      "20:33:20.123456  NO_SOCKET       -         "
		      "- > -                                        -  -\n"
		      "-- 2025-11-24 --\n"
		      "20:33:20.123456  NO_SOCKET       -         "
		      "- > -                                        -  -\n"
		      "20:33:20.123456  NO_SOCKET       -         "
		      "- > -                                        -  -\n");
}

static void assert_flow(const struct packet *p, const char *expected)
{
	char buf[FLOW_MAX];

	assert_string_equal(flow_to_string(p, buf), expected);
}

static void test_flow_ipv6(void **state)
{
	struct packet p = {
		.has = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL |
		       PACKET_HAS_PORTS,
		.network = PACKET_NETWORK_IPV6,
		.protocol = 17,
		.sport = 53,
		.dport = 40000,
	};

	(void)state;
	inet_pton(AF_INET6, "2001:db8::2", &p.saddr);
	inet_pton(AF_INET6, "2001:db8::1", &p.daddr);
	assert_flow(&p, "[2001:db8::2]:53 > [2001:db8::1]:40000 udp");
	p.has &= ~PACKET_HAS_PORTS;
	p.has |= PACKET_HAS_FRAGMENT;
	p.fragment_offset = 1480;
	assert_flow(&p, "2001:db8::2 > 2001:db8::1 udp fragment 1480");
	p.has = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL | PACKET_HAS_ICMP;
	p.protocol = 58;
	p.icmp_type = 135;
	assert_flow(&p, "2001:db8::2 > 2001:db8::1 icmpv6 nd-neighbor-solicit");
	p.icmp_type = 200;
	p.icmp_code = 1;
	assert_flow(&p, "2001:db8::2 > 2001:db8::1 icmpv6 type 200 code 1");
}

static void test_flow_ipv4(void **state)
{
	struct packet p = {
		.has = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL | PACKET_HAS_ICMP,
		.network = PACKET_NETWORK_IPV4,
		.protocol = 1,
		.icmp_type = 8,
	};

	(void)state;
	inet_pton(AF_INET, "10.9.0.2", &p.saddr);
	inet_pton(AF_INET, "10.9.0.1", &p.daddr);
	assert_flow(&p, "10.9.0.2 > 10.9.0.1 icmp echo-request");
	p.icmp_type = 3;
	p.icmp_code = 3;
	assert_flow(&p,
		    "10.9.0.2 > 10.9.0.1 icmp destination-unreachable code 3");
	p.has = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL;
	p.protocol = 253;
	assert_flow(&p, "10.9.0.2 > 10.9.0.1 protocol 253");
	p.protocol = 6;
	p.has |= PACKET_HAS_TRUNCATED;
	assert_flow(&p, "10.9.0.2 > 10.9.0.1 tcp cut");
	p.has = PACKET_HAS_TRUNCATED;
	assert_flow(&p, "- > - ipv4 cut");
}

static void test_flow_other(void **state)
{
	struct packet p = {
		.has = PACKET_HAS_ADDRS | PACKET_HAS_ARP | PACKET_HAS_ETHERNET,
		.network = PACKET_NETWORK_ARP,
		.arp_operation = 1,
		.smac = { 2, 0, 0, 0, 0, 2 },
		.dmac = { 1, 0x80, 0xc2, 0, 0, 14 },
	};

	(void)state;
	inet_pton(AF_INET, "10.9.0.2", &p.saddr);
	inet_pton(AF_INET, "10.9.0.1", &p.daddr);
	assert_flow(&p, "10.9.0.2 > 10.9.0.1 arp request");
	p.arp_operation = 2;
	assert_flow(&p, "10.9.0.2 > 10.9.0.1 arp reply");
	p.arp_operation = 9;
	assert_flow(&p, "10.9.0.2 > 10.9.0.1 arp operation 9");
	p.network = PACKET_NETWORK_OTHER;
	p.has = PACKET_HAS_ETHERNET | PACKET_HAS_ETHERTYPE;
	p.ethertype = 0x88cc;
	assert_flow(&p, "02:00:00:00:00:02 > 01:80:c2:00:00:0e "
			"ethertype 0x88cc");
	p.has = 0;
	p.network = PACKET_NETWORK_NONE;
	assert_flow(&p, "- > -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_inferred),
		cmocka_unit_test(test_trap),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_long_rule),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_flow_ipv6),
		cmocka_unit_test(test_flow_ipv4),
		cmocka_unit_test(test_flow_other),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
