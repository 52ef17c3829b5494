/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain-next.h"
#include "support.h"
#include "util.h"

#define SET(member, text) copy_string(member, sizeof(member), text, SIZE_MAX)

static struct drop_event ev;
static struct explain_next_about about = { .ev = &ev };

/* A line a command. */
static const char *commands(void)
{
	static char text[16384];
	char command[EXPLAIN_NEXT_MAX];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; explain_next(&about, i, command); i++) {
		assert_in_range(i, 0, 20);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n",
				       command);
	}
	return text;
}

static int setup(void **state)
{
	(void)state;
	drop_event_init(&ev);
	about = (struct explain_next_about){ .ev = &ev };
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	SET(ev.netfilter.family, "inet");
	SET(ev.netfilter.table, "filter");
	SET(ev.netfilter.chain, "input");
	ev.netfilter.rule_handle = 7;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	drop_event_done(&ev);
	return 0;
}

#define LIST	"nft -a list chain inet filter input\n"
#define MONITOR "nfdrop monitor --table=filter --chain=input"

static void test_nft(void **state)
{
	(void)state;
	assert_string_equal(commands(), LIST MONITOR "\n");
	SET(ev.netfilter.set, "bad");
	assert_string_equal(commands(),
			    LIST "nft list set inet filter bad\n" MONITOR "\n");
	/* It has no name that can be asked for. */
	SET(ev.netfilter.set, "__set0");
	assert_string_equal(commands(), LIST MONITOR "\n");
	/* Asked for by name. */
	ev.netfilter.kind = DROP_KIND_NONE;
	assert_string_equal(commands(), LIST MONITOR "\n");
}

static void test_gone(void **state)
{
	(void)state;
	about.gone = true;
	assert_string_equal(commands(), "nft -a list ruleset\n" MONITOR "\n");
	about.same_text = 12;
	assert_string_equal(commands(),
			    "nfdrop explain inet filter input handle 12\n"
			    "nft -a list ruleset\n" MONITOR "\n");
}

static void test_netns(void **state)
{
	(void)state;
	ev.netns.inum = 17;
	ev.netns.cookie = 77;
	about.same_text = 12;
	/* Where to type it cannot be told. */
	assert_string_equal(commands(), "");
	SET(ev.netns.name, "blue");
	assert_string_equal(
		commands(),
		"nfdrop explain inet filter input handle 12 netns=blue\n"
		"ip netns exec blue " LIST MONITOR " --netns=blue\n");
	SET(ev.netns.name, "docker-1.scope");
	assert_string_equal(commands(),
			    "nfdrop explain inet filter input handle 12 "
			    "netns=docker-1.scope\n" MONITOR
			    " --netns=docker-1.scope\n");
	SET(ev.netns.name, "a;b");
	assert_string_equal(commands(), "");
	/* Ours, whatever its name. */
	ev.netns.cookie = 1;
	about.same_text = 0;
	assert_string_equal(commands(), LIST MONITOR "\n");
	/* By name alone. */
	ev.netns.cookie = 0;
	ev.netns.inum = 0;
	SET(ev.netns.name, "init");
	assert_string_equal(commands(), LIST MONITOR "\n");
	SET(ev.netns.name, "blue");
	assert_string_equal(commands(), "ip netns exec blue " LIST MONITOR
					" --netns=blue\n");
}

/* Nothing that a shell would run, and no option. */
static void test_hostile(void **state)
{
	static const char *const names[] = {
		"$(reboot)", "a b", "a;b",  "`x`",  "-f",  "a\n",
		"a'b",	     "*",   "\x1b", "\xff", "a|b",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		SET(ev.netfilter.chain, names[i]);
		assert_string_equal(commands(), "");
	}
}

static void test_long(void **state)
{
	(void)state;
	memset(ev.netfilter.table, 'a', DROP_NAME_MAX - 1);
	memset(ev.netfilter.chain, 'b', DROP_NAME_MAX - 1);
	memset(ev.netfilter.set, 'c', DROP_NAME_MAX - 1);
	memset(ev.netns.name, 'd', DROP_NAME_MAX - 1);
	memset(ev.netfilter.family, 'e', sizeof(ev.netfilter.family) - 1);
	about.same_text = UINT64_MAX;
	assert_in_range(strlen(commands()), 3000, 5000);
}

static void test_xt(void **state)
{
	(void)state;
	ev.netfilter.kind = DROP_KIND_XT_RULE;
	SET(ev.netfilter.family, "ip6");
	assert_string_equal(commands(), "ip6tables-legacy -t filter -nvL input "
					"--line-numbers\n" MONITOR "\n");
	SET(ev.netfilter.family, "ip");
	assert_non_null(strstr(commands(), "iptables-legacy -t filter"));
	ev.netfilter.kind = DROP_KIND_EBT_POLICY;
	assert_non_null(strstr(commands(), "ebtables-legacy -t filter -L inp"));
}

/* Without netfilter it is the reason that says where to look. */
static void test_reasons(void **state)
{
	static const struct {
		const char *reason, *commands;
	} cases[] = {
		{ "NO_SOCKET", "ss -unap sport = :53\n"
			       "nfdrop monitor --reason=NO_SOCKET\n" },
		{ "SOCKET_RCVBUFF",
		  "ss -unmap sport = :53\n"
		  "nfdrop monitor --reason=SOCKET_RCVBUFF\n" },
		{ "NETFILTER_DROP",
		  "nfdrop rules --all\nnft list ruleset\n"
		  "nfdrop monitor --reason=NETFILTER_DROP\n" },
		{ "IP_RPFILTER",
		  "ip route get 10.9.0.2\n"
		  "cat /proc/sys/net/ipv4/conf/eth0.5/rp_filter\n"
		  "nfdrop monitor --reason=IP_RPFILTER\n" },
		{ "IP_INNOROUTES",
		  "ip route get 10.9.0.1 from 10.9.0.2 iif eth0.5\n"
		  "nfdrop monitor --reason=IP_INNOROUTES\n" },
		{ "UDP_CSUM", "ethtool -S eth0.5\n"
			      "nfdrop monitor --reason=UDP_CSUM\n" },
		/* There is no device that it went out by. */
		{ "QDISC_DROP", "nfdrop monitor --reason=QDISC_DROP\n" },
		{ "a\x1b", "" },
		{ "", "" },
	};

	(void)state;
	drop_event_init(&ev);
	ev.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			PACKET_HAS_PROTOCOL;
	ev.packet.network = PACKET_NETWORK_IPV4;
	ev.packet.protocol = IPPROTO_UDP;
	ev.packet.dport = 53;
	inet_pton(AF_INET, "10.9.0.2", &ev.packet.saddr);
	inet_pton(AF_INET, "10.9.0.1", &ev.packet.daddr);
	SET(ev.in.name, "eth0.5");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SET(ev.reason, cases[i].reason);
		assert_string_equal(commands(), cases[i].commands);
	}
	/* Nothing is known of the packet. */
	ev.packet.has = 0;
	SET(ev.reason, "NO_SOCKET");
	assert_string_equal(commands(), "nfdrop monitor --reason=NO_SOCKET\n");
	SET(ev.reason, "IP_RPFILTER");
	ev.in.name[0] = '\0';
	assert_string_equal(commands(),
			    "nfdrop monitor --reason=IP_RPFILTER\n");
}

/* Each kind has something, or nothing that can be told. */
static void test_kinds(void **state)
{
	(void)state;
	SET(ev.reason, "X");
	for (int kind = 0; kind < _DROP_KIND_MAX; kind++) {
		ev.netfilter.kind = (enum drop_kind)kind;
		assert_true(strlen(commands()) > 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nft),	    TEST(test_gone),  TEST(test_netns),
		TEST(test_hostile), TEST(test_long),  TEST(test_xt),
		TEST(test_reasons), TEST(test_kinds),
	};

	return cmocka_run_group_tests_name("explain-next", tests, NULL, NULL);
}
