/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "entry-drops.h"
#include "util.h"

static struct aggregate a;
static struct entry entry;
static const struct losses none;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	entry_done(&entry);
	aggregate_done(&a);
	return 0;
}

/* The value of the only field of that name, or NULL. */
static const char *value(const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name);

	for (size_t i = 0; i < entry.n_fields; i++) {
		const char *text = entry.fields[i].text;

		assert_int_equal(strlen(text), entry.fields[i].len);
		if (strncmp(text, name, len) != 0 || text[len] != '=')
			continue;
		assert_null(found);
		found = text + len + 1;
	}
	return found;
}

static void make(struct drop_event *ev)
{
	drop_event_init(ev);
	ev->attribution = DROP_ATTRIBUTION_EXACT;
	ev->timestamp_ns = 3000000000;
	ev->length = 60;
	strcpy(ev->reason, "NFT_RULE");
	ev->netns.cookie = 1;
	ev->netns.inum = 42;
	ev->netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev->netfilter.family, "inet");
	strcpy(ev->netfilter.table, "filter");
	strcpy(ev->netfilter.chain, "input");
	strcpy(ev->netfilter.hook, "input");
	ev->netfilter.table_handle = 3;
	ev->netfilter.rule_handle = 7;
	ev->packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			 PACKET_HAS_PROTOCOL;
	ev->packet.network = PACKET_NETWORK_IPV4;
	ev->packet.protocol = IPPROTO_UDP;
	ev->packet.saddr.v4.s_addr = htonl(0x0a090002);
	ev->packet.daddr.v4.s_addr = htonl(0x0a090001);
	ev->packet.sport = 40000;
	ev->packet.dport = 53;
}

static void test_rule(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	for (int i = 0; i < 3; i++)
		aggregate_add_event(&a, &ev, true);
	ev.packet.saddr.v4.s_addr = htonl(0x0a090003);
	ev.packet.sport = 40001;
	aggregate_add_event(&a, &ev, true);
	ev.count = 4;
	ev.timestamp_ns = 4000000000;
	aggregate_add(&a, &ev, 240);
	entry_of_rule(&entry, a.rules[0], 5, 2000000);
	assert_false(entry.failed);
	assert_int_equal(entry.packets, 4);
	assert_int_equal(entry.bytes, 240);
	assert_string_equal(value("MESSAGE_ID"),
			    journal_type_to_id(JOURNAL_DROPS));
	assert_string_equal(value("PRIORITY"), "6");
	assert_string_equal(value("MESSAGE"),
			    "4 packets dropped by inet filter input handle 7 "
			    "(NFT_RULE)");
	assert_string_equal(value("NFDROP_PACKETS"), "4");
	assert_string_equal(value("NFDROP_BYTES"), "240");
	assert_string_equal(value("NFDROP_RATE"), "2.000");
	assert_string_equal(value("NFDROP_INTERVAL_USEC"), "2000000");
	assert_string_equal(value("NFDROP_FIRST_USEC"), "3000000");
	assert_string_equal(value("NFDROP_LAST_USEC"), "4000000");
	assert_string_equal(value("NFDROP_COUNTED"), "kernel");
	assert_string_equal(value("NFDROP_SAMPLES"), "4");
	assert_string_equal(value("NFDROP_TOP_SOURCES"),
			    "10.9.0.2 3, 10.9.0.3 1");
	assert_string_equal(value("NFDROP_TABLE"), "filter");
	assert_string_equal(value("NFDROP_TABLE_HANDLE"), "3");
	assert_string_equal(value("NFDROP_RULE_HANDLE"), "7");
	assert_string_equal(value("NFDROP_NETNS"), "init");
	/* The last one. */
	assert_string_equal(value("NFDROP_SADDR"), "10.9.0.3");
	assert_string_equal(value("NFDROP_SPORT"), "40001");
	assert_string_equal(value("NFDROP_PROTO"), "udp");
	assert_string_equal(value("NFDROP_LENGTH"), "60");
	assert_null(value("NFDROP_UID"));
	assert_null(value("NFDROP_IN"));
}

/* A rule's own counter: beside drops, and by itself. */
static void test_counter(void **state)
{
	struct rule *rule = rule_new(7);
	struct drop_event ev;

	(void)state;
	assert_non_null(rule);
	rule->text = strdup("udp dport 53 counter drop");
	rule->counter = rule_counter_new(&(struct rule_counts){ 1000, 64000 });
	make(&ev);
	aggregate_add(&a, &ev, 60);
	a.rules[0]->rule = rule_ref(rule);
	entry_of_rule(&entry, a.rules[0], 5, 1000000);
	assert_string_equal(value("NFDROP_PACKETS"), "1");
	assert_string_equal(value("NFDROP_COUNTER_PACKETS"), "1000");
	assert_string_equal(value("NFDROP_COUNTER_BYTES"), "64000");
	assert_null(value("NFDROP_COUNTER_ADDED_PACKETS"));
	entry_done(&entry);

	ev.attribution = DROP_ATTRIBUTION_COUNTER;
	ev.reason[0] = '\0';
	ev.count = 12;
	aggregate_add_counter(&a, &ev, 720, rule, 1);
	assert_int_equal(a.n_rules, 2);
	entry_of_rule(&entry, a.rules[1], 5, 2000000);
	assert_false(entry.failed);
	assert_int_equal(entry.packets, 0);
	assert_int_equal(entry.bytes, 0);
	assert_string_equal(value("MESSAGE_ID"),
			    journal_type_to_id(JOURNAL_COUNTER));
	assert_string_equal(value("MESSAGE"),
			    "12 packets counted by the counter of inet filter "
			    "input handle 7  attribution=counter: udp dport 53 "
			    "counter drop");
	assert_string_equal(value("NFDROP_COUNTER_ADDED_PACKETS"), "12");
	assert_string_equal(value("NFDROP_COUNTER_ADDED_BYTES"), "720");
	assert_string_equal(value("NFDROP_COUNTER_PACKETS"), "1000");
	assert_string_equal(value("NFDROP_RATE"), "6.000");
	assert_string_equal(value("NFDROP_COUNTED"), "counter");
	assert_string_equal(value("NFDROP_ATTRIBUTION"), "counter");
	assert_null(value("NFDROP_PACKETS"));
	assert_null(value("NFDROP_BYTES"));
	assert_null(value("NFDROP_SADDR"));
	rule_unref(rule);
}

/* As many senders as wanted; none at all, if so. */
static void test_sources(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	for (uint32_t i = 1; i <= 3; i++) {
		ev.packet.saddr.v4.s_addr = htonl(0x0a090000 + i);
		for (uint32_t j = 0; j < 5 - i; j++)
			aggregate_add_event(&a, &ev, true);
	}
	entry_of_rule(&entry, a.rules[0], 2, 1000000);
	assert_string_equal(value("NFDROP_TOP_SOURCES"),
			    "10.9.0.1 4, 10.9.0.2 3");
	entry_done(&entry);
	entry_of_rule(&entry, a.rules[0], 0, 1000000);
	assert_null(value("NFDROP_TOP_SOURCES"));
	assert_null(value("NFDROP_TOP_SADDR"));
	entry_done(&entry);
	entry_of_rule(&entry, a.rules[0], 1000, 1000000);
	assert_string_equal(value("NFDROP_TOP_SOURCES"),
			    "10.9.0.1 4, 10.9.0.2 3, 10.9.0.3 2");
}

/* The next interval has its own sums, senders and times. */
static void test_next(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	ev.count = 10;
	aggregate_add_event(&a, &ev, false);
	interval_mark(&a, &none);
	ev.count = 2;
	ev.timestamp_ns = 90000000000;
	ev.packet.saddr.v4.s_addr = htonl(0x0a090009);
	aggregate_add_event(&a, &ev, false);
	entry_of_rule(&entry, a.rules[0], 5, 1000000);
	assert_string_equal(value("NFDROP_PACKETS"), "2");
	assert_string_equal(value("NFDROP_BYTES"), "120");
	assert_string_equal(value("NFDROP_COUNTED"), "events");
	assert_string_equal(value("NFDROP_FIRST_USEC"), "90000000");
	assert_string_equal(value("NFDROP_TOP_SOURCES"), "10.9.0.9 2");
}

/* Where none was seen for long, the last packet is of another time. */
static void test_no_sample(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	aggregate_add_event(&a, &ev, true);
	aggregate_add(&a, &ev, 60);
	interval_mark(&a, &none);
	ev.timestamp_ns = 90000000000;
	aggregate_add(&a, &ev, 60);
	entry_of_rule(&entry, a.rules[0], 5, 1000000);
	assert_string_equal(value("NFDROP_PACKETS"), "1");
	assert_string_equal(value("NFDROP_SAMPLES"), "0");
	assert_null(value("NFDROP_SADDR"));
	assert_null(value("NFDROP_TOP_SOURCES"));
}

/* Line ends, escape sequences and broken UTF-8 are data, and no message. */
static void test_hostile(void **state)
{
	struct drop_event ev;
	char text[16384];

	(void)state;
	make(&ev);
	strcpy(ev.netfilter.table, "a\nMESSAGE=forged\033[31m\xff");
	memset(ev.netfilter.chain, '\033', DROP_NAME_MAX - 1);
	ev.netfilter.chain[DROP_NAME_MAX - 1] = '\0';
	aggregate_add(&a, &ev, 60);
	a.rules[0]->netns_cookie = 99;
	a.rules[0]->netns_name = strdup("n\nNFDROP_PACKETS=9");
	a.rules[0]->rule = rule_new(7);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	/* Two bytes each, over the end. */
	for (size_t i = 4001; i < 4200; i += 2)
		memcpy(text + i, "\u00e9", 2);
	a.rules[0]->rule->text = strdup(text);
	entry_of_rule(&entry, a.rules[0], 5, 1000000);
	assert_false(entry.failed);
	assert_string_equal(value("NFDROP_TABLE"),
			    "a\nMESSAGE=forged\033[31m\uFFFD");
	assert_string_equal(value("NFDROP_NETNS"), "n\nNFDROP_PACKETS=9");
	assert_string_equal(value("NFDROP_PACKETS"), "1");
	assert_int_equal(strlen(value("NFDROP_RULE")), ENTRY_VALUE_MAX - 2);
	assert_string_equal(value("NFDROP_RULE") + ENTRY_VALUE_MAX - 7,
			    "\u00e9...");
	assert_non_null(strstr(value("MESSAGE"),
			       "inet a\\x0aMESSAGE=forged\\x1b[31m\\xff"));
	for (const char *c = value("MESSAGE"); *c; c++)
		assert_true((unsigned char)*c >= 0x20);
}

static void test_places(void **state)
{
	static const struct {
		enum drop_kind kind;
		const char *table, *by, *location, *message;
	} cases[] = {
		{ DROP_KIND_NFT_POLICY, "t", "", "",
		  "1 packet dropped by inet t input policy (NFT_RULE)" },
		{ DROP_KIND_XT_RULE, "t", "", "",
		  "1 packet dropped by inet t input rule 7 (NFT_RULE)" },
		{ DROP_KIND_CONNTRACK, "", "nf_conntrack_in", "",
		  "1 packet dropped by conntrack nf_conntrack_in (NFT_RULE)" },
		{ DROP_KIND_NONE, "", "", "f+0x1/0x2",
		  "1 packet dropped by f+0x1/0x2 (NFT_RULE)" },
		{ DROP_KIND_NONE, "", "", "",
		  "1 packet dropped by an unknown place (NFT_RULE)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct drop_event ev;

		make(&ev);
		ev.netfilter.kind = cases[i].kind;
		strcpy(ev.netfilter.table, cases[i].table);
		strcpy(ev.netfilter.by, cases[i].by);
		strcpy(ev.location, cases[i].location);
		if (cases[i].table[0] == '\0') {
			ev.netfilter.family[0] = ev.netfilter.chain[0] = '\0';
			ev.netfilter.rule_handle = 0;
		} else if (cases[i].kind == DROP_KIND_NFT_POLICY) {
			ev.netfilter.rule_handle = 0;
		}
		aggregate_add(&a, &ev, 60);
		entry_done(&entry);
		entry_of_rule(&entry, a.rules[i], 5, 1000000);
		assert_string_equal(value("MESSAGE"), cases[i].message);
	}
}

static void test_rest(void **state)
{
	const struct interval_rest rest = {
		.counts = { 30, 3000 },
		.n_rules = 4,
		.other = { 10, 1000 },
	};

	(void)state;
	entry_of_rest(&entry, &rest, 200, 1000000);
	assert_string_equal(value("MESSAGE"),
			    "30 packets more dropped by 4 rules and reasons "
			    "past the bound of 200 entries in an interval, 10 "
			    "of them by rules that nfdropd had no room for");
	assert_string_equal(value("NFDROP_PACKETS"), "30");
	assert_string_equal(value("NFDROP_BYTES"), "3000");
	assert_string_equal(value("NFDROP_RULES"), "4");
}

static void test_losses(void **state)
{
	const struct losses lost = { .kernel_queue = 1,
				     .socket = 2,
				     .rule_packets = 3,
				     .rule_messages = 4 };

	(void)state;
	entry_of_losses(&entry, &lost, 1000000);
	assert_string_equal(value("PRIORITY"), "4");
	assert_string_equal(value(JOURNAL_LOST_QUEUE), "1");
	assert_string_equal(value(JOURNAL_LOST_SOCKET), "2");
	assert_string_equal(value(JOURNAL_LOST_PACKETS), "3");
	assert_string_equal(value(JOURNAL_LOST_MESSAGES), "4");
	/* It is nothing to be added up with what was dropped. */
	assert_null(value("NFDROP_PACKETS"));
}

static void test_packet(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev);
	strcpy(ev.netns.name, "init");
	entry_of_packet(&entry, &ev, 12);
	assert_string_equal(value("MESSAGE"),
			    "Packet dropped by inet filter input handle 7 "
			    "(NFT_RULE)");
	assert_string_equal(value("NFDROP_SKIPPED"), "12");
	assert_string_equal(value("NFDROP_SADDR"), "10.9.0.2");
	assert_null(value("NFDROP_PACKETS"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sources, setup, teardown),
		cmocka_unit_test_setup_teardown(test_next, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_sample, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_losses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packet, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
