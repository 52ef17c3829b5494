/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stats-key.h"
#include "util.h"

static void make(struct drop_event *ev)
{
	drop_event_init(ev);
	ev->has = DROP_HAS_UID | DROP_HAS_QUEUE;
	ev->attribution = DROP_ATTRIBUTION_EXACT;
	strcpy(ev->reason, "R");
	strcpy(ev->subsystem, "s");
	strcpy(ev->location, "f+0x1");
	ev->netns.inum = 17;
	ev->netns.cookie = 9;
	strcpy(ev->netns.name, "blue");
	ev->netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev->netfilter.family, "inet");
	strcpy(ev->netfilter.table, "t");
	strcpy(ev->netfilter.chain, "c");
	strcpy(ev->netfilter.hook, "input");
	strcpy(ev->netfilter.by, "b");
	ev->netfilter.rule_handle = 7;
	ev->netfilter.queue = 3;
	ev->in.ifindex = 2;
	strcpy(ev->in.name, "eth0");
	ev->out.ifindex = 3;
	ev->packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			 PACKET_HAS_PROTOCOL;
	ev->packet.network = PACKET_NETWORK_IPV4;
	ev->packet.protocol = IPPROTO_UDP;
	ev->packet.dport = 53;
	ev->packet.saddr.v4.s_addr = htonl(0x0a000001);
	ev->packet.daddr.v4.s_addr = htonl(0x0a000002);
	ev->process.unit = (char *)(uintptr_t) "u.service";
}

/* A change of the event that @key is about, and what the key then says. */
static const struct {
	enum stat_key key;
	const char *json;
	const char *unknown; /* of an empty event */
} cases[] = {
	{ STAT_NETNS,
	  "{\"netns\":{\"inum\":17,\"cookie\":9,\"name\":\"blue\"}}", "{}" },
	{ STAT_REASON, "{\"reason\":\"R\"}", "{}" },
	{ STAT_SUBSYSTEM, "{\"subsystem\":\"s\"}", "{}" },
	{ STAT_KIND, "{\"kind\":\"nft-rule\"}", "{}" },
	{ STAT_FAMILY, "{\"family\":\"inet\"}", "{}" },
	{ STAT_TABLE, "{\"table\":\"t\"}", "{}" },
	{ STAT_CHAIN, "{\"chain\":\"c\"}", "{}" },
	{ STAT_RULE,
	  "{\"netns\":{\"inum\":17,\"cookie\":9,\"name\":\"blue\"},"
	  "\"kind\":\"nft-rule\",\"family\":\"inet\",\"table\":\"t\","
	  "\"chain\":\"c\",\"rule_handle\":7,\"by\":\"b\",\"queue\":3}",
	  "{}" },
	{ STAT_HOOK, "{\"hook\":\"input\"}", "{}" },
	{ STAT_LOCATION, "{\"location\":\"f+0x1\"}", "{}" },
	{ STAT_ATTRIBUTION, "{\"attribution\":\"exact\"}",
	  "{\"attribution\":\"none\"}" },
	{ STAT_ORIGIN, "{\"origin\":\"software\"}",
	  "{\"origin\":\"software\"}" },
	{ STAT_IN, "{\"in\":{\"ifindex\":2,\"name\":\"eth0\"}}", "{}" },
	{ STAT_OUT, "{\"out\":{\"ifindex\":3}}", "{}" },
	{ STAT_PROTOCOL, "{\"protocol\":\"udp\"}", "{}" },
	{ STAT_SOURCE, "{\"source\":\"10.0.0.1\"}", "{}" },
	{ STAT_DESTINATION, "{\"destination\":\"10.0.0.2\"}", "{}" },
	{ STAT_DPORT, "{\"dport\":53}", "{}" },
	{ STAT_UID, "{\"uid\":0}", "{}" },
	{ STAT_UNIT, "{\"unit\":\"u.service\"}", "{}" },
};

static void assert_json(enum stat_key key, const struct drop_event *ev,
			const char *expected)
{
	struct json_object *object = json_object_new_object();

	assert_true(stats_key_to_json(key, ev, object));
	assert_string_equal(
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		expected);
	json_object_put(object);
}

static bool is_same(enum stat_key key, const struct drop_event *a,
		    const struct drop_event *b)
{
	struct stats_value x = { .len = 0 }, y = { .len = 0 };

	stats_key_append(key, a, &x);
	stats_key_append(key, b, &y);
	return x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
}

/* Every key is told, and what is told differently is another group. */
static void test_keys(void **state)
{
	struct drop_event ev, same, empty;

	(void)state;
	make(&ev);
	make(&same);
	drop_event_init(&empty);
	assert_int_equal(ARRAY_SIZE(cases), _STAT_KEY_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum stat_key key = cases[i].key;

		assert_int_equal(key, i);
		assert_json(key, &ev, cases[i].json);
		assert_json(key, &empty, cases[i].unknown);
		assert_true(is_same(key, &ev, &same));
		assert_int_equal(is_same(key, &ev, &empty),
				 strcmp(cases[i].json, cases[i].unknown) == 0);
	}
}

/* Zero is not unknown, and an address has a family. */
static void test_zero(void **state)
{
	struct drop_event zero, unknown;

	(void)state;
	drop_event_init(&zero);
	drop_event_init(&unknown);
	zero.has = DROP_HAS_UID;
	zero.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			  PACKET_HAS_PROTOCOL;
	zero.packet.network = PACKET_NETWORK_IPV4;
	assert_false(is_same(STAT_UID, &zero, &unknown));
	assert_false(is_same(STAT_DPORT, &zero, &unknown));
	assert_false(is_same(STAT_PROTOCOL, &zero, &unknown));
	assert_false(is_same(STAT_SOURCE, &zero, &unknown));
	unknown = zero;
	unknown.packet.network = PACKET_NETWORK_IPV6;
	assert_false(is_same(STAT_SOURCE, &zero, &unknown));
	unknown.packet.network = PACKET_NETWORK_ARP;
	assert_true(is_same(STAT_SOURCE, &zero, &unknown));
	/* Without a transport, the network; a number without a name. */
	unknown.packet.has = 0;
	assert_json(STAT_PROTOCOL, &unknown, "{\"protocol\":\"arp\"}");
	zero.packet.protocol = 253;
	assert_json(STAT_PROTOCOL, &zero, "{\"protocol\":\"253\"}");
}

/* All keys with the longest names fit. */
static void test_longest(void **state)
{
	struct stats_value value = { .len = 0 };
	char unit[DROP_NAME_MAX];
	struct drop_event ev;

	(void)state;
	make(&ev);
#define FILL(text)                               \
	do {                                     \
		memset(text, 'x', sizeof(text)); \
		text[sizeof(text) - 1] = '\0';   \
	} while (0)
	FILL(ev.reason);
	FILL(ev.subsystem);
	FILL(ev.location);
	FILL(ev.netfilter.family);
	FILL(ev.netfilter.table);
	FILL(ev.netfilter.chain);
	FILL(ev.netfilter.hook);
	FILL(ev.netfilter.by);
	FILL(ev.in.name);
	FILL(ev.out.name);
	FILL(unit);
	ev.process.unit = unit;
	for (int i = 0; i < _STAT_KEY_MAX; i++)
		stats_key_append((enum stat_key)i, &ev, &value);
	assert_true(value.len < sizeof(value.data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests_name("stats-key", tests, NULL, NULL);
}
