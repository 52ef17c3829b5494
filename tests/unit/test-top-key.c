/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "packet.h"
#include "support.h"
#include "top-key.h"
#include "top-place.h"
#include "util.h"

static struct top_key key;

static void from_json(enum top_by by, const char *text)
{
	static struct json_object *json;

	/* The key's texts belong to it. */
	json_object_put(json);
	json = text ? json_tokener_parse(text) : NULL;
	if (json)
		top_key_from_json(by, json, &key);
}

static int teardown(void **state)
{
	(void)state;
	from_json(TOP_BY_RULE, NULL);
	return 0;
}

#define NETNS "\"netns\":{\"inum\":17,\"cookie\":1,\"name\":\"init\"}"
#define TABLE "\"family\":\"inet\",\"table\":\"filter\",\"chain\":\"c\""

static void test_rule_names(void **state)
{
	static const struct {
		const char *json;
		const char *name;
	} cases[] = {
		{ "{" NETNS "," TABLE ",\"kind\":\"nft-rule\","
		  "\"rule_handle\":7}",
		  "inet filter c handle 7" },
		{ "{" NETNS "," TABLE ",\"kind\":\"nft-policy\"}",
		  "inet filter c policy" },
		{ "{" TABLE ",\"kind\":\"xt-rule\",\"rule_handle\":3}",
		  "inet filter c rule 3" },
		{ "{\"netns\":{\"inum\":18,\"cookie\":5}," TABLE
		  ",\"kind\":\"nft-chain\"}",
		  "inet filter c nft-chain  netns=inum:18" },
		{ "{\"netns\":{\"inum\":18,\"name\":\"blue\"},"
		  "\"kind\":\"queue\",\"queue\":0}",
		  "queue 0  netns=blue" },
		{ "{\"kind\":\"conntrack\",\"by\":\"ftp\"}", "conntrack ftp" },
		{ "{\"location\":\"udp_rcv+0x1/0x2 [udp]\"}", "udp_rcv" },
		{ "{\"trap\":\"ttl\"}", "ttl" },
		{ "{" TABLE ",\"kind\":\"nft-policy\","
		  "\"attribution\":\"inferred\"}",
		  "inet filter c policy  attribution=inferred" },
		{ "{}", "-" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		from_json(TOP_BY_RULE, cases[i].json);
		assert_string_equal(key.text[TOP_TEXT_NAME], cases[i].name);
		assert_int_equal(key.len, strlen(key.key));
		assert_true(key.place_len < key.match_len &&
			    key.match_len < key.len);
	}
}

static void test_rule_texts(void **state)
{
	(void)state;
	from_json(TOP_BY_RULE, "{" TABLE ",\"kind\":\"nft-rule\","
			       "\"rule_handle\":7,\"reason\":\"NFT_RULE\","
			       "\"hook\":\"input\",\"rule\":\"tcp drop\"}");
	assert_string_equal(key.text[TOP_TEXT_REASON], "NFT_RULE");
	assert_string_equal(key.text[TOP_TEXT_HOOK], "input");
	assert_string_equal(key.text[TOP_TEXT_RULE], "tcp drop");
	assert_int_equal(key.handle, 7);
	from_json(TOP_BY_RULE, "{" TABLE "}");
	assert_null(key.text[TOP_TEXT_REASON]);
	assert_null(key.text[TOP_TEXT_RULE]);
}

/* What one of them differs in makes another key. */
static void test_rule_keys(void **state)
{
	static const char *const rules[] = {
		"{" TABLE "}",
		"{" NETNS "," TABLE "}",
		"{\"family\":\"ip\",\"table\":\"filter\",\"chain\":\"c\"}",
		"{\"family\":\"inet\",\"table\":\"filterc\"}",
		"{\"family\":\"inet\",\"table\":\"filter c\"}",
		"{" TABLE ",\"kind\":\"nft-rule\"}",
		"{" TABLE ",\"rule_handle\":1}",
		"{" TABLE ",\"hook\":\"input\"}",
		"{" TABLE ",\"reason\":\"X\"}",
		"{" TABLE ",\"reason_code\":1}",
		"{" TABLE ",\"by\":\"x\"}",
		"{" TABLE ",\"queue\":0}",
		"{" TABLE ",\"queue\":1}",
		"{" TABLE ",\"location\":\"x\"}",
		"{" TABLE ",\"trap\":\"x\"}",
		"{" TABLE ",\"table_handle\":1}",
		"{" TABLE ",\"counted\":\"kernel\"}",
		"{" TABLE ",\"origin\":\"hardware\"}",
		"{" TABLE ",\"attribution\":\"exact\"}",
	};
	char keys[ARRAY_SIZE(rules)][256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		from_json(TOP_BY_RULE, rules[i]);
		strcpy(keys[i], key.key);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(keys[i], keys[j]);
	}
}

/* A drop tells of the same rule what nfdropd's listing does. */
static void test_rule_from_event(void **state)
{
	char match[TOP_KEY_MAX], name[TOP_KEY_MAX];
	struct drop_event ev;
	size_t len;

	(void)state;
	from_json(TOP_BY_RULE,
		  "{" NETNS "," TABLE ",\"table_handle\":4,"
		  "\"kind\":\"nft-rule\",\"rule_handle\":7,"
		  "\"hook\":\"input\",\"reason\":\"NFT_RULE\","
		  "\"reason_code\":262145,\"counted\":\"kernel\","
		  "\"origin\":\"software\",\"attribution\":\"exact\"}");
	len = key.match_len;
	memcpy(match, key.key, len);
	strcpy(name, key.name);
	drop_event_init(&ev);
	ev.has = DROP_HAS_REASON_CODE;
	ev.reason_code = 262145;
	ev.netns.inum = 17;
	ev.netns.cookie = 1;
	strcpy(ev.netns.name, "init");
	strcpy(ev.reason, "NFT_RULE");
	strcpy(ev.location, "nft_do_chain+0x1/0x2");
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev.netfilter.family, "inet");
	strcpy(ev.netfilter.table, "filter");
	strcpy(ev.netfilter.chain, "c");
	strcpy(ev.netfilter.hook, "input");
	strcpy(ev.netfilter.by, "immediate");
	ev.netfilter.table_handle = 4;
	ev.netfilter.rule_handle = 7;
	top_key_from_event(TOP_BY_RULE, &ev, &key);
	assert_int_equal(key.match_len, len);
	assert_memory_equal(key.key, match, len);
	assert_string_equal(key.name, name);
	ev.netfilter.rule_handle = 8;
	top_key_from_event(TOP_BY_RULE, &ev, &key);
	assert_int_equal(key.match_len, len);
	assert_memory_not_equal(key.key, match, len);
	drop_event_done(&ev);
}

/* Elsewhere in the kernel it is the place. */
static void test_place_from_event(void **state)
{
	char match[TOP_KEY_MAX];
	struct drop_event ev;
	size_t len;

	(void)state;
	from_json(TOP_BY_RULE, "{\"reason\":\"NO_SOCKET\","
			       "\"location\":\"udp_rcv+0x1/0x2\","
			       "\"counted\":\"events\"}");
	len = key.match_len;
	memcpy(match, key.key, len);
	drop_event_init(&ev);
	strcpy(ev.reason, "NO_SOCKET");
	strcpy(ev.location, "udp_rcv+0x1/0x2");
	top_key_from_event(TOP_BY_RULE, &ev, &key);
	assert_int_equal(key.match_len, len);
	assert_memory_equal(key.key, match, len);
	drop_event_done(&ev);
}

static void test_stats(void **state)
{
	static const struct {
		enum top_by by;
		const char *json;
		const char *name;
	} cases[] = {
		{ TOP_BY_REASON, "{\"reason\":\"X\"}", "X" },
		{ TOP_BY_SOURCE, "{\"source\":\"fd00::1\"}", "fd00::1" },
		{ TOP_BY_DESTINATION, "{\"destination\":\"10.0.0.1\"}",
		  "10.0.0.1" },
		{ TOP_BY_PORT, "{\"protocol\":\"tcp\",\"dport\":80}",
		  "tcp 80" },
		{ TOP_BY_PORT, "{\"protocol\":\"icmp\"}", "icmp" },
		{ TOP_BY_PORT, "{\"dport\":0}", "0" },
		{ TOP_BY_INTERFACE,
		  "{\"in\":{\"ifindex\":2,\"name\":\"eth0\"}}", "eth0" },
		{ TOP_BY_INTERFACE,
		  "{\"in\":{\"ifindex\":2},\"out\":{\"name\":\"br0\"}}",
		  "if2>br0" },
		{ TOP_BY_INTERFACE,
		  "{\"out\":{\"name\":\"br0\"},\"netns\":{\"inum\":9}}",
		  ">br0  netns=inum:9" },
		{ TOP_BY_INTERFACE, "{\"netns\":{\"inum\":9}}", "-" },
		{ TOP_BY_NETNS, "{\"netns\":{\"inum\":9}}", "inum:9" },
		{ TOP_BY_NETNS, "{\"netns\":{\"inum\":9,\"name\":\"a\"}}",
		  "a" },
		{ TOP_BY_PROCESS, "{\"unit\":\"a.service\",\"uid\":0}",
		  "a.service  uid 0" },
		{ TOP_BY_PROCESS, "{\"uid\":1000}", "uid 1000" },
		{ TOP_BY_SOURCE, "{\"source\":7}", "-" },
	};

	struct json_object *hitter;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		from_json(cases[i].by, cases[i].json);
		assert_string_equal(key.key, cases[i].name);
		assert_string_equal(key.text[TOP_TEXT_NAME], cases[i].name);
		assert_int_equal(key.match_len, key.len);
	}
	hitter = json_tokener_parse("{\"protocol\":\"udp\",\"port\":53}");
	top_key_from_hitter(TOP_BY_PORT, hitter, &key);
	json_object_put(hitter);
	assert_string_equal(key.key, "udp 53");
}

/* The same names from a drop. */
static void test_events(void **state)
{
	static const struct {
		enum top_by by;
		const char *name;
	} cases[] = {
		{ TOP_BY_REASON, "NO_SOCKET" },
		{ TOP_BY_SOURCE, "10.9.0.2" },
		{ TOP_BY_DESTINATION, "10.9.0.1" },
		{ TOP_BY_PORT, "udp 53" },
		{ TOP_BY_INTERFACE, "eth0>if3" },
		{ TOP_BY_NETNS, "init" },
		{ TOP_BY_PROCESS, "a.service  uid 0" },
	};
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	for (int by = 1; by < _TOP_BY_MAX; by++) {
		top_key_from_event((enum top_by)by, &ev, &key);
		assert_string_equal(key.key, "-");
	}
	strcpy(ev.reason, "NO_SOCKET");
	ev.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			PACKET_HAS_PROTOCOL;
	ev.packet.network = PACKET_NETWORK_IPV4;
	memcpy(&ev.packet.saddr.v4, "\x0a\x09\x00\x02", 4);
	memcpy(&ev.packet.daddr.v4, "\x0a\x09\x00\x01", 4);
	ev.packet.protocol = 17;
	ev.packet.dport = 53;
	strcpy(ev.in.name, "eth0");
	ev.out.ifindex = 3;
	strcpy(ev.netns.name, "init");
	ev.has = DROP_HAS_UID;
	ev.process.unit = strdup("a.service");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		top_key_from_event(cases[i].by, &ev, &key);
		assert_string_equal(key.key, cases[i].name);
	}
	drop_event_done(&ev);
}

static void assert_filter(enum top_by by, const char *json,
			  const char *expected)
{
	char buf[1024];
	const char *filter;

	from_json(by, json);
	filter = top_key_filter(by, key.key, buf, sizeof(buf));
	if (expected)
		assert_string_equal(filter, expected);
	else
		assert_null(filter);
}

/* A name that means something else in a filter is none. */
static void test_filters(void **state)
{
	(void)state;
	assert_filter(TOP_BY_RULE, "{" NETNS "," TABLE "}",
		      "{\"table\":[\"filter\"],\"chain\":[\"c\"]}");
	assert_filter(TOP_BY_RULE,
		      "{\"family\":\"ip\",\"table\":\"*\",\"chain\":\"c\"}",
		      NULL);
	assert_filter(TOP_BY_RULE,
		      "{\"family\":\"ip\",\"table\":\"t\","
		      "\"chain\":\"!c\"}",
		      NULL);
	assert_filter(TOP_BY_RULE,
		      "{\"family\":\"ip\",\"table\":\"t\\u001fx\","
		      "\"chain\":\"\\\"\"}",
		      "{\"table\":[\"t\"],\"chain\":[\"x\"]}");
	assert_filter(TOP_BY_RULE, "{\"kind\":\"queue\"}", NULL);
	assert_filter(TOP_BY_SOURCE, "{\"source\":\"10.9.0.2\"}",
		      "{\"source\":[\"10.9.0.2\"]}");
	assert_filter(TOP_BY_SOURCE, "{}", NULL);
	assert_filter(TOP_BY_PORT, "{\"protocol\":\"udp\",\"dport\":53}",
		      "{\"protocol\":[\"udp\"],\"dport\":[\"53\"]}");
	assert_filter(TOP_BY_PORT, "{\"protocol\":\"icmp\"}",
		      "{\"protocol\":[\"icmp\"]}");
	assert_filter(TOP_BY_PORT, "{}", NULL);
	assert_filter(TOP_BY_NETNS, "{\"netns\":{\"inum\":9}}",
		      "{\"netns\":[\"inum:9\"]}");
	assert_filter(TOP_BY_NETNS, "{\"netns\":{\"name\":\"a b\"}}", NULL);
	assert_filter(TOP_BY_PROCESS, "{\"uid\":0}", NULL);
}

/* The longest names, and more than that. */
static void test_long(void **state)
{
	struct json_object *rule = json_object_new_object();
	static char name[TOP_KEY_MAX * 2];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	json_object_object_add(rule, "table", json_object_new_string(name));
	json_object_object_add(rule, "chain", json_object_new_string(name));
	top_key_from_json(TOP_BY_RULE, rule, &key);
	assert_int_equal(key.len, TOP_KEY_MAX - 1);
	assert_int_equal(strlen(key.name), TOP_KEY_MAX - 1);
	assert_true(key.place_len <= key.match_len && key.match_len <= key.len);
	json_object_put(rule);
}

static void test_has_chain(void **state)
{
	static const struct {
		const char *json;
		bool has;
	} cases[] = {
		{ "{" NETNS "," TABLE "}", true },
		{ "{" TABLE "}", true },
		{ "{" NETNS ",\"kind\":\"queue\"}", false },
		{ "{}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct top_row row = { .key = key.key };

		from_json(TOP_BY_RULE, cases[i].json);
		row.place_len = key.place_len;
		assert_int_equal(top_row_has_chain(&row), cases[i].has);
	}
}

static void test_words(void **state)
{
	(void)state;
	for (int i = 0; i < _TOP_BY_MAX; i++) {
		enum top_by by = (enum top_by)i;
		struct json_object *keys =
			json_tokener_parse(top_by_to_stats(by));

		assert_int_equal(top_by_from_string(top_by_to_string(by)), by);
		assert_true(json_object_is_type(keys, json_type_array));
		json_object_put(keys);
	}
	assert_null(top_by_to_string(_TOP_BY_MAX));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rule_names),
		TEST(test_rule_texts),
		TEST(test_rule_keys),
		TEST(test_rule_from_event),
		TEST(test_place_from_event),
		TEST(test_stats),
		TEST(test_events),
		TEST(test_filters),
		TEST(test_long),
		TEST(test_has_chain),
		TEST(test_words),
	};

	return cmocka_run_group_tests_name("top-key", tests, NULL, NULL);
}
