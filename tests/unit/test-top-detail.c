/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "top-detail.h"
#include "top-listing.h"
#include "top-place.h"
#include "util.h"

#define S    1000000000ULL
#define REAL (1763930000 * S)

static struct top_detail d;
static struct top_table rules;
static struct drop_event ev;

#define RULE(handle)                                                      \
	"{\"netns\":{\"inum\":9,\"cookie\":1,\"name\":\"init\"},"         \
	"\"kind\":\"nft-rule\",\"family\":\"inet\",\"table\":\"filter\"," \
	"\"chain\":\"c\",\"rule_handle\":" #handle ",\"hook\":\"input\"," \
	"\"reason\":\"NFT_RULE\",\"counted\":\"kernel\",\"packets\":5"

static void set_flow(uint8_t source, uint16_t port, unsigned int handle)
{
	drop_event_init(&ev);
	ev.count = 1;
	ev.length = 60;
	ev.timestamp_ns = REAL;
	strcpy(ev.reason, "NFT_RULE");
	ev.netns.inum = 9;
	ev.netns.cookie = 1;
	strcpy(ev.netns.name, "init");
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev.netfilter.family, "inet");
	strcpy(ev.netfilter.table, "filter");
	strcpy(ev.netfilter.chain, "c");
	strcpy(ev.netfilter.hook, "input");
	ev.netfilter.rule_handle = handle;
	ev.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			PACKET_HAS_PROTOCOL;
	ev.packet.network = PACKET_NETWORK_IPV4;
	memcpy(&ev.packet.saddr.v4, "\x0a\x09\x00", 3);
	((uint8_t *)&ev.packet.saddr.v4)[3] = source;
	ev.packet.protocol = 17;
	ev.packet.dport = port;
}

static int setup(void **state)
{
	struct json_object *json = json_tokener_parse("[" RULE(7) "}]");
	int r;

	(void)state;
	top_table_init(&rules, 10, 1);
	top_table_begin(&rules);
	top_listing_take(&rules, TOP_BY_RULE, json);
	json_object_put(json);
	top_detail_init(&d);
	set_flow(2, 53, 7);
	assert_false(top_detail_take_drop(&d, &ev));
	r = top_detail_open(&d, TOP_BY_RULE, rules.rows[0], 3);
	return r;
}

static int teardown(void **state)
{
	(void)state;
	top_detail_done(&d);
	top_table_done(&rules);
	return 0;
}

static const struct top_row *find(enum top_by by, const char *key)
{
	return top_table_find(&d.tables[by], key, strlen(key));
}

static void test_drops(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		set_flow((uint8_t)(i % 4), (uint16_t)(1000 + i), 7);
		assert_true(top_detail_take_drop(&d, &ev));
		/* Its neighbour's are not its. */
		set_flow(9, 9, 8);
		assert_false(top_detail_take_drop(&d, &ev));
	}
	top_detail_tick(&d, 2 * S, REAL);
	assert_int_equal(d.seen, 100);
	assert_int_equal(d.tables[TOP_BY_SOURCE].n_rows, 4);
	assert_int_equal(d.tables[TOP_BY_PORT].n_rows, 100);
	assert_int_equal(d.tables[TOP_BY_RULE].n_rows, 0);
	assert_int_equal(find(TOP_BY_SOURCE, "10.9.0.3")->shown.packets, 25);
	assert_int_equal(find(TOP_BY_SOURCE, "10.9.0.3")->shown.bytes, 1500);
	/* The last ones, the last first. */
	assert_int_equal(d.n_packets, TOP_PACKETS_MAX);
	assert_non_null(strstr(top_detail_packet(&d, 0)->flow, ":1099 udp"));
	assert_non_null(strstr(top_detail_packet(&d, 63)->flow, ":1036 udp"));
	assert_null(top_detail_packet(&d, 64));
	assert_null(d.rule);
	ev.netfilter.rule = strdup("udp dport 53 drop");
	ev.netfilter.rule_handle = 7;
	assert_true(top_detail_take_drop(&d, &ev));
	assert_string_equal(d.rule, "udp dport 53 drop");
	drop_event_done(&ev);
}

static void test_pause(void **state)
{
	(void)state;
	assert_true(top_detail_take_drop(&d, &ev));
	d.paused = true;
	assert_false(top_detail_take_drop(&d, &ev));
	top_detail_tick(&d, 2 * S, REAL);
	assert_false(find(TOP_BY_SOURCE, "10.9.0.2")->ticked);
	assert_int_equal(d.n_packets, 1);
}

/* Who the heaviest are, nfdropd knows for longer than this looks. */
static void test_heaviest(void **state)
{
	struct json_object *page =
		json_tokener_parse("{\"rules\":[" RULE(6) "}," RULE(
			7) ",\"heaviest\":{\"samples\":900,\"sources\":["
			   "{\"address\":\"10.9.0.2\",\"packets\":700,\"error\":3},"
			   "{\"address\":\"10.9.0.5\",\"packets\":200,\"error\":0}],"
			   "\"ports\":[{\"protocol\":\"udp\",\"port\":53,"
			   "\"packets\":900,\"error\":0}]}}]}");
	struct json_object *later = json_tokener_parse("{\"rules\":[" RULE(
		7) ",\"heaviest\":{\"sources\":["
		   "{\"address\":\"10.9.0.2\",\"packets\":800},"
		   "{\"address\":\"10.9.0.6\",\"packets\":300}]}}]}");

	(void)state;
	assert_true(top_detail_take_drop(&d, &ev));
	top_detail_take_heaviest(&d, page);
	top_detail_tick(&d, 2 * S, REAL);
	assert_int_equal(find(TOP_BY_SOURCE, "10.9.0.2")->shown.packets, 700);
	assert_false(find(TOP_BY_SOURCE, "10.9.0.2")->has_rate);
	assert_int_equal(find(TOP_BY_PORT, "udp 53")->shown.packets, 900);
	/* What is seen is in there. */
	assert_true(top_detail_take_drop(&d, &ev));
	assert_int_equal(find(TOP_BY_SOURCE, "10.9.0.2")->latest.packets, 700);
	assert_true(d.told[TOP_BY_SOURCE]);
	assert_false(d.told[TOP_BY_PROCESS]);
	top_detail_take_heaviest(&d, later);
	top_detail_tick(&d, 4 * S, REAL + 2 * S);
	assert_float_equal(find(TOP_BY_SOURCE, "10.9.0.2")->rate, 50, 0.01);
	/* One that only now is among them did not come at once. */
	assert_false(find(TOP_BY_SOURCE, "10.9.0.6")->has_rate);
	assert_null(find(TOP_BY_SOURCE, "10.9.0.5"));
	json_object_put(page);
	json_object_put(later);
}

static void test_stats(void **state)
{
	struct json_object *reply = json_tokener_parse(
		"{\"rows\":[{\"uid\":0,\"packets\":4,\"bytes\":9}]}");
	struct json_object *odd = json_tokener_parse("{\"rows\":{}}");

	(void)state;
	top_detail_take_stats(&d, TOP_BY_PROCESS, odd);
	assert_false(d.told[TOP_BY_PROCESS]);
	top_detail_take_stats(&d, TOP_BY_PROCESS, reply);
	top_detail_tick(&d, 2 * S, REAL);
	assert_int_equal(find(TOP_BY_PROCESS, "uid 0")->shown.bytes, 9);
	json_object_put(reply);
	json_object_put(odd);
}

/* What was dropped before it was opened stands before what came since. */
static void test_recent(void **state)
{
	static const unsigned int handles[] = { 7, 8, 7, 7 };
	struct json_object *reply = json_object_new_object();
	struct json_object *events = json_object_new_array();

	(void)state;
	assert_true(top_detail_take_drop(&d, &ev));
	for (unsigned int i = 0; i < ARRAY_SIZE(handles); i++) {
		set_flow(2, (uint16_t)(100 + i), handles[i]);
		/* The first is the one that came. */
		ev.timestamp_ns = REAL - i * S;
		json_object_array_add(events, event_to_json(&ev));
	}
	json_object_array_add(events, json_object_new_int(7));
	json_object_object_add(reply, "events", events);
	top_detail_take_recent(&d, reply);
	assert_int_equal(d.n_packets, 3);
	assert_non_null(strstr(top_detail_packet(&d, 0)->flow, ":53 udp"));
	assert_non_null(strstr(top_detail_packet(&d, 1)->flow, ":102 udp"));
	assert_non_null(strstr(top_detail_packet(&d, 2)->flow, ":103 udp"));
	assert_int_equal(d.seen, 1);
	json_object_put(reply);
}

static void test_chain(void **state)
{
	struct json_object *reply = json_tokener_parse(
		"{\"current\":false,\"first\":1,\"n_rules\":3,"
		"\"chain\":{\"policy\":\"drop\"},\"rules\":["
		"{\"rule_handle\":7,\"rule\":\"tcp drop\"},"
		"{\"rule_handle\":9}]}");
	struct json_object *unknown = json_tokener_parse("{\"known\":false}");
	struct json_object *name = top_place_to_rule_name(d.key);

	(void)state;
	assert_string_equal(
		json_object_to_json_string_ext(name, JSON_C_TO_STRING_PLAIN),
		"{\"netns\":{\"cookie\":1,\"inum\":9},"
		"\"family\":\"inet\",\"table\":\"filter\","
		"\"chain\":\"c\",\"rule_handle\":7}");
	assert_null(top_place_to_rule_name("1\x1f"));
	top_chain_take(&d.chain, reply);
	top_chain_take(&d.chain, unknown);
	assert_int_equal(d.chain.n_rules, 3);
	assert_true(d.chain.gone);
	assert_string_equal(d.chain.rules[0].text, "tcp drop");
	assert_null(d.chain.rules[1].text);
	assert_int_equal(d.chain.rules[1].handle, 9);
	assert_string_equal(d.chain.rules[2].text, "policy drop");
	assert_int_equal(d.chain.rules[2].handle, 0);
	json_object_put(reply);
	json_object_put(unknown);
	json_object_put(name);
}

/* Another row begins with nothing; answers for the last one are late. */
static void test_reopen(void **state)
{
	uint64_t serial = d.serial;

	(void)state;
	assert_true(top_detail_take_drop(&d, &ev));
	assert_int_equal(top_detail_open(&d, TOP_BY_RULE, rules.rows[0], 3), 0);
	assert_true(d.serial != serial);
	assert_int_equal(d.seen, 0);
	assert_int_equal(d.n_packets, 0);
	assert_int_equal(d.tables[TOP_BY_SOURCE].n_rows, 0);
	serial = d.serial;
	top_detail_close(&d);
	assert_false(d.open);
	assert_true(d.serial != serial);
	assert_false(top_detail_take_drop(&d, &ev));
}

static void test_lists(void **state)
{
	bool seen[_TOP_BY_MAX + 1] = { false };
	enum top_by by;
	size_t n = 0;

	(void)state;
	d.by = TOP_BY_PORT;
	while ((by = top_detail_list(&d, n++)) != _TOP_BY_MAX) {
		assert_false(seen[by]);
		seen[by] = true;
	}
	assert_true(seen[TOP_BY_RULE] && seen[TOP_BY_SOURCE]);
	assert_false(seen[TOP_BY_PORT]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_drops),  TEST(test_pause),  TEST(test_heaviest),
		TEST(test_stats),  TEST(test_reopen), TEST(test_lists),
		TEST(test_recent), TEST(test_chain),
	};

	return cmocka_run_group_tests_name("top-detail", tests, NULL, NULL);
}
