/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec.h"
#include "proto.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

static int decode_text(const char *text, struct drop_event *ret)
{
	struct json_object *json;
	int r;

	assert_int_equal(json_parse_object(text, strlen(text), &json), 0);
	memset(ret, 0xa5, sizeof(*ret));
	r = event_from_json(json, ret);
	json_object_put(json);
	return r;
}

static void assert_json(const struct drop_event *ev, const char *expected)
{
	struct json_object *json = event_to_json(ev);

	assert_non_null(json);
	assert_string_equal(json_object_to_json_string_ext(
				    json,
				    JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE),
			    expected);
	json_object_put(json);
}

/* Every key, in the protocol's order. */
static const char sample_text[] =
	"{\"timestamp_ns\":1763930000123456789,\"origin\":\"hardware\","
	"\"attribution\":\"exact\",\"count\":3,\"reason\":\"NFT_RULE\","
	"\"reason_code\":262145,\"subsystem\":\"netfilter\","
	"\"location\":\"nft_do_chain+0x5a0/0x680\","
	"\"trap\":{\"name\":\"ttl_value_is_too_small\","
	"\"group\":\"l3_drops\"},"
	"\"netns\":{\"inum\":4026531840,\"cookie\":18446744073709551615,"
	"\"name\":\"init\"},"
	"\"in\":{\"ifindex\":2,\"name\":\"eth0\"},"
	"\"out\":{\"ifindex\":3,\"name\":\"br0\"},\"length\":60,"
	"\"packet\":{\"network\":\"ipv4\",\"transport\":\"tcp\","
	"\"saddr\":\"10.9.0.2\",\"daddr\":\"10.9.0.1\",\"sport\":40000,"
	"\"dport\":80,\"tcp_flags\":\"S\",\"icmp_type\":8,\"icmp_code\":5,"
	"\"arp_operation\":1,\"ttl\":64,\"fragment_offset\":1480,"
	"\"ethertype\":2048,\"smac\":\"02:00:5e:ab:cd:ef\","
	"\"dmac\":\"ff:ff:ff:ff:ff:ff\",\"vlans\":[4095,7],"
	"\"truncated\":true},"
	"\"netfilter\":{\"kind\":\"nft-rule\",\"hook\":\"input\","
	"\"family\":\"inet\",\"table\":\"filter\",\"table_handle\":3,"
	"\"chain\":\"incoming\",\"rule_handle\":7,"
	"\"rule\":\"ip saddr 10.9.0.2 counter drop\",\"comment\":\"no more\","
	"\"by\":\"lookup\",\"set\":\"blocked\",\"element\":\"10.9.0.2\",\"policy\":true,"
	"\"errno\":1,\"generation\":12,\"mark\":4294967295,\"queue\":9,"
	"\"ct_id\":77,\"ct_state\":\"new\"},"
	"\"process\":{\"uid\":1000,\"unit\":\"nginx.service\"}}";

static void test_everything(void **state)
{
	struct drop_event ev, back;

	(void)state;
	sample_event(&ev);
	assert_json(&ev, sample_text);
	assert_int_equal(decode_text(sample_text, &back), 0);
	assert_true(event_equal(&ev, &back));
	drop_event_done(&ev);
	drop_event_done(&back);
}

#define BASE   "{\"origin\":\"software\",\"attribution\":\"none\""
#define PACKET BASE ",\"packet\":{"
#define NF     BASE ",\"netfilter\":{"

/* Texts that come back as they were: a field alone, and its extremes. */
static const char *const same[] = {
	BASE "}",
	"{\"timestamp_ns\":18446744073709551615,\"origin\":\"software\","
	"\"attribution\":\"traced\"}",
	"{\"origin\":\"hardware\",\"attribution\":\"inferred\"}",
	BASE ",\"count\":0}",
	BASE ",\"count\":18446744073709551615}",
	BASE ",\"reason\":\"X\"}",
	BASE ",\"reason_code\":0}",
	BASE ",\"reason_code\":4294967295}",
	BASE ",\"location\":\"a\\\"\\\\\\n/\\u0001\"}",
	BASE ",\"trap\":{\"group\":\"l2_drops\"}}",
	BASE ",\"netns\":{\"name\":\"caf\xc3\xa9\"}}",
	BASE ",\"netns\":{\"cookie\":18446744073709551615}}",
	BASE ",\"in\":{\"name\":\"123456789012345\"}}",
	BASE ",\"out\":{\"ifindex\":4294967295}}",
	BASE ",\"length\":4294967295}",
	PACKET "\"network\":\"ipv6\",\"saddr\":\"::1\",\"daddr\":\"fe80::\"}}",
	PACKET "\"network\":\"arp\",\"saddr\":\"10.0.0.1\","
	       "\"daddr\":\"0.0.0.0\"}}",
	PACKET "\"transport\":\"icmpv6\"}}",
	PACKET "\"transport\":\"253\"}}",
	PACKET "\"sport\":0,\"dport\":65535}}",
	PACKET "\"tcp_flags\":\".\"}}",
	PACKET "\"icmp_type\":0,\"icmp_code\":255}}",
	PACKET "\"arp_operation\":65535}}",
	PACKET "\"ttl\":0}}",
	PACKET "\"fragment_offset\":0}}",
	PACKET "\"ethertype\":35063}}",
	PACKET "\"smac\":\"00:00:00:00:00:00\","
	       "\"dmac\":\"01:23:45:67:89:ab\"}}",
	PACKET "\"vlans\":[0,1,2,4095]}}",
	PACKET "\"truncated\":true}}",
	NF "\"kind\":\"bpf\"}}",
	NF "\"rule_handle\":18446744073709551615}}",
	NF "\"policy\":false}}",
	NF "\"errno\":1}}",
	NF "\"mark\":0,\"queue\":0}}",
	BASE ",\"process\":{\"uid\":0}}",
	BASE ",\"process\":{\"unit\":\"x\"}}",
};

static void test_both_ways(void **state)
{
	struct drop_event ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		if (decode_text(same[i], &ev) < 0)
			fail_msg("refused %s", same[i]);
		assert_json(&ev, same[i]);
		drop_event_done(&ev);
	}
}

/* Read, but written differently: absent, null, unknown, of any order. */
static void test_lenient(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{}", BASE "}" },
		{ "{\"x\":1,\"y\":{\"z\":[]},\"origin\":\"software\"}",
		  BASE "}" },
		{ "{\"count\":1,\"timestamp_ns\":0,\"reason\":\"\"}",
		  BASE "}" },
		{ "{\"in\":{},\"packet\":{},\"netfilter\":{\"set\":\"\"}}",
		  BASE "}" },
		{ "{\"packet\":{\"truncated\":false,\"vlans\":[]}}", BASE "}" },
		/* A network's addresses, in any order of the keys. */
		{ "{\"packet\":{\"daddr\":\"::2\",\"saddr\":\"::1\","
		  "\"network\":\"ipv6\"}}",
		  PACKET "\"network\":\"ipv6\",\"saddr\":\"::1\","
			 "\"daddr\":\"::2\"}}" },
		{ "{\"packet\":{\"transport\":\"17\"}}",
		  PACKET "\"transport\":\"udp\"}}" },
		/* Varlink's ?type: null is absent. */
		{ "{\"reason\":null,\"timestamp_ns\":null,\"in\":null,"
		  "\"packet\":{\"vlans\":null,\"truncated\":null},"
		  "\"netfilter\":{\"rule\":null,\"policy\":null}}",
		  BASE "}" },
	};
	struct drop_event ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (decode_text(cases[i].text, &ev) < 0)
			fail_msg("refused %s", cases[i].text);
		assert_json(&ev, cases[i].expected);
		drop_event_done(&ev);
	}
}

static const char *const wrong[] = {
	"{\"timestamp_ns\":\"1\"}",
	"{\"timestamp_ns\":-1}",
	"{\"timestamp_ns\":1.5}",
	"{\"timestamp_ns\":true}",
	"{\"origin\":\"Software\"}",
	"{\"origin\":1}",
	"{\"attribution\":\"\"}",
	"{\"count\":[]}",
	"{\"reason\":1}",
	"{\"reason\":\"a\\u0000b\"}",
	"{\"reason\":[\"X\"]}",
	"{\"reason_code\":4294967296}",
	"{\"reason_code\":18446744073709551615}",
	"{\"reason_code\":-4294967295}",
	"{\"length\":4294967296}",
	"{\"in\":\"eth0\"}",
	"{\"in\":[]}",
	"{\"in\":{\"ifindex\":4294967296}}",
	"{\"in\":{\"name\":\"1234567890123456\"}}",
	"{\"netns\":{\"inum\":4294967296}}",
	"{\"trap\":1}",
	"{\"packet\":1}",
	"{\"packet\":{\"network\":\"ipv5\"}}",
	"{\"packet\":{\"transport\":\"256\"}}",
	"{\"packet\":{\"transport\":\"-1\"}}",
	"{\"packet\":{\"transport\":6}}",
	"{\"packet\":{\"saddr\":\"10.0.0\"}}",
	"{\"packet\":{\"saddr\":\"::1\"}}",
	"{\"packet\":{\"saddr\":\"10.0.0.1\"}}",
	"{\"packet\":{\"network\":\"ipv6\",\"saddr\":\"10.0.0.1\"}}",
	"{\"packet\":{\"sport\":65536}}",
	"{\"packet\":{\"ttl\":256}}",
	"{\"packet\":{\"icmp_type\":256}}",
	"{\"packet\":{\"tcp_flags\":\"X\"}}",
	"{\"packet\":{\"smac\":\"\"}}",
	"{\"packet\":{\"smac\":\"00:00:00:00:00\"}}",
	"{\"packet\":{\"smac\":\"00:00:00:00:00:0g\"}}",
	"{\"packet\":{\"smac\":\"00-00-00-00-00-00\"}}",
	"{\"packet\":{\"smac\":\"+1:-1: 1:00:00:00\"}}",
	"{\"packet\":{\"smac\":\"  1:2:03:04:05:06\"}}",
	"{\"packet\":{\"smac\":\"00:00:00:00:00:000\"}}",
	"{\"packet\":{\"vlans\":[1,2,3,4,5]}}",
	"{\"packet\":{\"vlans\":[4096]}}",
	"{\"packet\":{\"vlans\":[-1]}}",
	"{\"packet\":{\"vlans\":[\"1\"]}}",
	"{\"packet\":{\"vlans\":[null]}}",
	"{\"packet\":{\"vlans\":{}}}",
	"{\"packet\":{\"truncated\":1}}",
	"{\"netfilter\":{\"kind\":\"iptables\"}}",
	"{\"netfilter\":{\"rule\":1}}",
	"{\"netfilter\":{\"rule\":\"a\\u0000\"}}",
	"{\"netfilter\":{\"policy\":\"yes\"}}",
	"{\"process\":{\"uid\":-1}}",
	/* What was read before must not leak. */
	"{\"netfilter\":{\"rule\":\"x\"},\"process\":{\"unit\":1}}",
};

static void test_wrong(void **state)
{
	struct drop_event ev, empty;

	(void)state;
	drop_event_init(&empty);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (decode_text(wrong[i], &ev) != -EINVAL)
			fail_msg("accepted %s", wrong[i]);
		assert_true(event_equal(&ev, &empty));
	}
	assert_int_equal(event_from_json(NULL, &ev), -EINVAL);
}

/* Names as long as they can be; one byte more is refused. */
static void test_lengths(void **state)
{
	static const struct {
		const char *object, *key;
		size_t max;
	} cases[] = {
		{ NULL, "reason", DROP_REASON_MAX },
		{ NULL, "subsystem", DROP_REASON_MAX },
		{ NULL, "location", DROP_LOCATION_MAX },
		{ "trap", "name", DROP_TRAP_MAX },
		{ "out", "name", IFNAMSIZ },
		{ "netns", "name", DROP_NAME_MAX },
		{ "netfilter", "hook", 16 },
		{ "netfilter", "table", DROP_NAME_MAX },
		{ "netfilter", "comment", DROP_COMMENT_MAX },
		{ "netfilter", "element", DROP_NAME_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t more = 0; more < 2; more++) {
			size_t len = cases[i].max - 1 + more;
			struct drop_event ev;
			char text[1024], x[512];

			memset(x, 'x', len);
			x[len] = '\0';
			if (cases[i].object)
				snprintf(text, sizeof(text),
					 "{\"%s\":{\"%s\":\"%s\"}}",
					 cases[i].object, cases[i].key, x);
			else
				snprintf(text, sizeof(text), "{\"%s\":\"%s\"}",
					 cases[i].key, x);
			assert_int_equal(decode_text(text, &ev),
					 more ? -EINVAL : 0);
			drop_event_done(&ev);
		}
}

/*
 * Names that are no UTF-8, as long as the kernel lets them be: the text is
 * UTF-8, and whoever reads it gets an event and not an error.
 */
static void test_broken_names(void **state)
{
	static const char *const names[] = { "\xff", "\xc3", "\xe2\x82",
					     "\xed\xa0\x80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct drop_event ev, back;
		struct json_object *json;
		const char *text;

		sample_event(&ev);
		for (size_t j = 0; j < sizeof(ev.in.name) - 1; j++)
			ev.in.name[j] = names[i][j % strlen(names[i])];
		for (size_t j = 0; j < sizeof(ev.netfilter.table) - 1; j++)
			ev.netfilter.table[j] = names[i][j % strlen(names[i])];
		ev.in.name[sizeof(ev.in.name) - 1] = '\0';
		ev.netfilter.table[sizeof(ev.netfilter.table) - 1] = '\0';
		ev.process.unit[0] = '\xff';
		json = event_to_json(&ev);
		assert_non_null(json);
		text = json_object_to_json_string(json);
		assert_true(utf8_is_valid(text));
		assert_int_equal(event_from_json(json, &back), 0);
		assert_true(event_is_utf8(&back));
		assert_int_not_equal(back.in.name[0], '\0');
		assert_true(strlen(back.netfilter.table) > 240);
		assert_string_equal(back.process.unit,
				    "\xef\xbf\xbdginx.service");
		json_object_put(json);
		drop_event_done(&ev);
		drop_event_done(&back);
	}
}

/* Unknown and empty are one: what is written again has neither. */
static void test_empty_text(void **state)
{
	struct drop_event ev;

	(void)state;
	assert_int_equal(decode_text("{\"netfilter\":{\"rule\":\"\"},"
				     "\"process\":{\"unit\":\"\"}}",
				     &ev),
			 0);
	assert_null(ev.netfilter.rule);
	assert_null(ev.process.unit);
	drop_event_done(&ev);
}

/* A network without a name, and one that was cut off before it. */
static void test_networks(void **state)
{
	static const struct {
		const char *text;
		enum packet_network network;
	} cases[] = {
		{ "{\"packet\":{\"ethertype\":35020}}", PACKET_NETWORK_OTHER },
		{ "{\"packet\":{\"ethertype\":2048}}", PACKET_NETWORK_NONE },
		{ "{\"packet\":{\"ethertype\":2054}}", PACKET_NETWORK_NONE },
		{ "{\"packet\":{\"ethertype\":34525}}", PACKET_NETWORK_NONE },
		{ "{\"packet\":{\"network\":\"ipv6\",\"ethertype\":34525}}",
		  PACKET_NETWORK_IPV6 },
		{ "{\"packet\":{}}", PACKET_NETWORK_NONE },
	};
	struct drop_event ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(decode_text(cases[i].text, &ev), 0);
		assert_int_equal(ev.packet.network, cases[i].network);
	}
}

static void test_encoder(void **state)
{
	struct event_encoder *enc;
	struct drop_event ev, other;
	const char *text;
	size_t len;

	(void)state;
	assert_int_equal(event_encoder_new(&enc), 0);
	sample_event(&ev);
	drop_event_init(&other);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(event_encoder_encode(enc, &ev, &text, &len),
				 0);
		assert_int_equal(len, sizeof(sample_text) - 1);
		assert_string_equal(text, sample_text);
		assert_int_equal(event_encoder_encode(enc, &other, &text, &len),
				 0);
		assert_string_equal(text, BASE "}");
		assert_int_equal(len, strlen(text));
	}
	drop_event_done(&ev);
	event_encoder_free(enc);
	event_encoder_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_broken_names),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_empty_text),
		cmocka_unit_test(test_encoder),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
