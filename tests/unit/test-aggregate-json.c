/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "aggregate-json.h"
#include "util.h"

static struct aggregate a;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	return 0;
}

static struct losses losses;

static void assert_page(const struct rules_query *query, const char *expected)
{
	struct json_object *page = aggregate_to_json(&a, query, &losses);

	assert_non_null(page);
	assert_string_equal(
		json_object_to_json_string_ext(page, JSON_C_TO_STRING_PLAIN),
		expected);
	json_object_put(page);
}

#define TOTALS(n, bytes, by_events)                                 \
	"\"since\":0,\"total\":{\"packets\":" n ",\"bytes\":" bytes \
	"},\"by_events\":{" by_events "},\"other\":{\"packets\":0," \
	"\"bytes\":0},\"lost\":{\"packets\":0,\"messages\":0,"      \
	"\"kernel_queue\":0,\"socket\":0},"
#define NONE	"\"packets\":0,\"bytes\":0"
#define NOTHING "{" TOTALS("0", "0", NONE) "\"rules\":[]}"

static void test_empty(void **state)
{
	(void)state;
	assert_page(&(struct rules_query){ 0 }, NOTHING);
	assert_page(&(struct rules_query){ .first = UINT64_MAX }, NOTHING);
}

#define RATES "\"rate\":0.000,\"rate_1min\":0.000,\"rate_15min\":0.000"

static void test_members(void **state)
{
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.count = 3;
	ev.timestamp_ns = 5;
	ev.has = DROP_HAS_REASON_CODE | DROP_HAS_UID;
	ev.reason_code = 262145;
	strcpy(ev.reason, "NFT_RULE");
	ev.netns.cookie = 1;
	ev.netns.inum = 4026531840;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev.netfilter.family, "inet");
	strcpy(ev.netfilter.table, "t\xff");
	strcpy(ev.netfilter.chain, "c\"\x1b");
	strcpy(ev.netfilter.hook, "input");
	ev.netfilter.rule_handle = 7;
	ev.netfilter.table_handle = 4;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	aggregate_add(&a, &ev, 180);
	/* Nearly nothing is known. */
	drop_event_init(&ev);
	ev.timestamp_ns = 6;
	ev.has = DROP_HAS_QUEUE;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	ev.netfilter.kind = DROP_KIND_QUEUE;
	strcpy(ev.netfilter.by, "f");
	aggregate_add(&a, &ev, 60);
	/* No place in netfilter, but one in the code. */
	drop_event_init(&ev);
	ev.timestamp_ns = 7;
	ev.length = 100;
	ev.netns.cookie = 9;
	ev.netns.inum = 17;
	strcpy(ev.reason, "NO_SOCKET");
	strcpy(ev.location, "f+0x1/0x2");
	aggregate_add_event(&a, &ev, false);
	assert_page(
		&(struct rules_query){ 0 },
		"{" TOTALS(
			"5", "340",
			"\"packets\":1,\"bytes\":100") "\"rules\":["
						       "{\"netns\":{\"inum\":4026531840,\"cookie\":1,"
						       "\"name\":\"init\"},\"kind\":\"nft-rule\","
						       "\"family\":\"inet\",\"table\":\"t\xef\xbf\xbd\","
						       "\"table_handle\":4,"
						       "\"chain\":\"c\\\"\\u001b\",\"rule_handle\":7,"
						       "\"hook\":\"input\",\"reason\":\"NFT_RULE\","
						       "\"reason_code\":262145,\"origin\":\"software\","
						       "\"attribution\":\"exact\",\"counted\":\"kernel\","
						       "\"lower_bound\":false,\"packets\":3,\"bytes\":180,"
						       "\"samples\":0,\"first_seen\":5,\"last_seen\":5," RATES
						       "},"
						       "{\"kind\":\"queue\",\"by\":\"f\",\"queue\":0,"
						       "\"origin\":\"software\",\"attribution\":\"exact\","
						       "\"counted\":\"kernel\",\"lower_bound\":false,"
						       "\"packets\":1,\"bytes\":60,"
						       "\"samples\":0,\"first_seen\":6,\"last_seen\":6," RATES
						       "},"
						       "{\"netns\":{\"inum\":17,\"cookie\":9},"
						       "\"reason\":\"NO_SOCKET\",\"location\":\"f+0x1\\/0x2\","
						       "\"origin\":\"software\",\"attribution\":\"none\","
						       "\"counted\":\"events\",\"lower_bound\":false,"
						       "\"packets\":1,\"bytes\":100,"
						       "\"samples\":1,\"first_seen\":7,\"last_seen\":7," RATES
						       "}]}");
}

static struct json_object *get(struct json_object *json, const char *path)
{
	struct json_object *value = NULL;

	if (json_pointer_get(json, path, &value) < 0)
		fail_msg("no %s", path);
	return value;
}

static void assert_lower_bounds(bool by_kernel, bool by_events)
{
	const struct rules_query query = { 0 };
	struct json_object *page = aggregate_to_json(&a, &query, &losses);

	assert_int_equal(
		json_object_get_boolean(get(page, "/rules/0/lower_bound")),
		by_kernel);
	assert_int_equal(
		json_object_get_boolean(get(page, "/rules/1/lower_bound")),
		by_events);
	json_object_put(page);
}

/* What was lost of events is in the kernel's counts, and the other way. */
static void test_lower_bounds(void **state)
{
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	aggregate_add(&a, &ev, 60);
	aggregate_add_event(&a, &ev, false);
	assert_lower_bounds(false, false);
	losses.kernel_queue = 1;
	assert_lower_bounds(false, true);
	losses = (struct losses){ .socket = 1, .sessions = 3 };
	assert_lower_bounds(false, true);
	losses = (struct losses){ .rule_packets = 1 };
	assert_lower_bounds(true, false);
	losses = (struct losses){ .rule_messages = 1 };
	assert_lower_bounds(true, false);
	losses = (struct losses){ 0 };
}

/* On request, the heaviest first, and not more of them than wanted. */
static void test_heaviest(void **state)
{
	struct rules_query query = { .heaviest = 2 };
	struct json_object *page;
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.packet.network = PACKET_NETWORK_IPV4;
	ev.packet.protocol = IPPROTO_UDP;
	ev.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
			PACKET_HAS_PROTOCOL;
	for (uint32_t i = 1; i <= 3; i++) {
		ev.packet.saddr.v4.s_addr = htonl(0x0a000000 + i);
		ev.packet.dport = (uint16_t)(50 + i);
		ev.count = i;
		aggregate_add_event(&a, &ev, false);
	}
	page = aggregate_to_json(&a, &query, &losses);
	assert_string_equal(
		json_object_to_json_string_ext(get(page, "/rules/0/heaviest"),
					       JSON_C_TO_STRING_PLAIN),
		"{\"samples\":6,\"sources\":["
		"{\"address\":\"10.0.0.3\",\"packets\":3,\"error\":0},"
		"{\"address\":\"10.0.0.2\",\"packets\":2,\"error\":0}],"
		"\"destinations\":["
		"{\"address\":\"0.0.0.0\",\"packets\":6,\"error\":0}],"
		"\"ports\":["
		"{\"protocol\":\"udp\",\"port\":53,\"packets\":3,\"error\":0},"
		"{\"protocol\":\"udp\",\"port\":52,\"packets\":2,\"error\":0}"
		"]}");
	json_object_put(page);
	query.heaviest = 0;
	page = aggregate_to_json(&a, &query, &losses);
	assert_null(json_object_object_get(get(page, "/rules/0"), "heaviest"));
	json_object_put(page);
}

/* Pages are of those that the filter lets through. */
static void test_filter(void **state)
{
	struct rules_query query = { 0 };
	struct json_object *page;
	struct filter *filter;
	struct drop_event ev;
	char error[256];

	(void)state;
	drop_event_init(&ev);
	for (uint64_t i = 0; i < 3 * RULES_LIMIT; i++) {
		strcpy(ev.netfilter.table, i % 3 ? "other" : "mine");
		strcpy(ev.reason, "NFT_RULE");
		ev.netfilter.rule_handle = i + 1;
		aggregate_add(&a, &ev, 1);
	}
	assert_int_equal(filter_new(&filter), 0);
	filter_add(filter, "table", "m*", error, sizeof(error));
	filter_add(filter, "subsystem", "netfilter", error, sizeof(error));
	query.filter = filter;
	page = aggregate_to_json(&a, &query, &losses);
	assert_int_equal(json_object_array_length(get(page, "/rules")),
			 RULES_LIMIT);
	for (size_t i = 0; i < RULES_LIMIT; i++)
		assert_string_equal(
			json_object_get_string(json_object_object_get(
				json_object_array_get_idx(get(page, "/rules"),
							  i),
				"table")),
			"mine");
	/* All of everybody. */
	assert_int_equal(json_object_get_int(get(page, "/total/packets")),
			 3 * RULES_LIMIT);
	json_object_put(page);
	filter_free(filter);
}

/* Text of @size - 1 bytes, each of them six in JSON. */
static void fill(char *text, size_t size)
{
	memset(text, 1, size - 1);
	text[size - 1] = '\0';
}

static void assert_pages(uint32_t heaviest, size_t at_least, size_t at_most)
{
	struct rules_query query = { .heaviest = heaviest };
	uint64_t packets = 0, n = 0, pages = 0;
	struct json_object *page, *rules, *next, *value;

	do {
		page = aggregate_to_json(&a, &query, &losses);
		assert_non_null(page);
		assert_true(strlen(json_object_to_json_string(page)) <
			    512 << 10);
		json_object_object_get_ex(page, "rules", &rules);
		for (size_t i = 0; i < json_object_array_length(rules); i++) {
			json_object_object_get_ex(
				json_object_array_get_idx(rules, i), "packets",
				&value);
			packets += json_object_get_uint64(value);
			n++;
		}
		query.first = 0;
		if (json_object_object_get_ex(page, "next", &next))
			query.first = json_object_get_uint64(next);
		json_object_put(page);
		pages++;
	} while (query.first > 0);
	assert_in_range(pages, at_least, at_most);
	assert_int_equal(n, a.n_rules);
	assert_int_equal(packets, aggregate_total(&a).packets);
}

/* Page by page each rule comes once, and no page is too long to be sent. */
static void test_pages(void **state)
{
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.netns.cookie = UINT64_MAX;
	ev.has = DROP_HAS_QUEUE | DROP_HAS_REASON_CODE;
	fill(ev.netfilter.table, sizeof(ev.netfilter.table));
	fill(ev.netfilter.chain, sizeof(ev.netfilter.chain));
	fill(ev.netfilter.family, sizeof(ev.netfilter.family));
	fill(ev.netfilter.hook, sizeof(ev.netfilter.hook));
	fill(ev.reason, sizeof(ev.reason));
	fill(ev.trap, sizeof(ev.trap));
	ev.packet.network = PACKET_NETWORK_IPV6;
	ev.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PORTS;
	for (uint64_t i = 0; i < 5 * RULES_LIMIT / 2; i++) {
		ev.netfilter.rule_handle = i * 7919 % 1000 + UINT64_MAX / 2;
		for (uint32_t k = 0; k < HEAVIEST_CAPACITY; k++) {
			ev.count = UINT32_MAX + i + k;
			memset(&ev.packet.saddr, (int)(100 + k), 16);
			memset(&ev.packet.daddr, (int)(100 + k), 16);
			ev.packet.dport = (uint16_t)(60000 + k);
			aggregate_add_event(&a, &ev, false);
		}
	}
	assert_pages(0, 3, 5);
	/* Each is some 15 KiB. */
	assert_pages(HEAVIEST_CAPACITY, 6, 12);
}

/* What it is asked for, whose page comes to an end when there is no more room.
 */
static void test_look(void **state)
{
	static const struct rules_look look = { .text = "", .search = "c pol" };
	struct rules_query query = { .look = &look, .limit = 1, .first = 1 };
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.netfilter.kind = DROP_KIND_NFT_POLICY;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	for (int i = 0; i < 3; i++) {
		snprintf(ev.netfilter.chain, sizeof(ev.netfilter.chain), "%c",
			 'a' + i);
		ev.count = 1;
		aggregate_add(&a, &ev, 60);
	}
	a.rules[2]->pace.rate = 1.5F;
	a.rules[2]->pace.byte_rate = 90;
	assert_page(
		&query,
		"{\"look\":{\"first\":2,\"n_rules\":3,\"place\":2,"
		"\"found\":true}," TOTALS(
			"3", "180",
			NONE) "\"rules\":["
			      "{\"kind\":\"nft-policy\",\"chain\":\"c\","
			      "\"origin\":\"software\",\"attribution\":\"exact\","
			      "\"counted\":\"kernel\",\"lower_bound\":false,"
			      "\"packets\":1,\"bytes\":60,\"samples\":0,"
			      "\"first_seen\":0,\"last_seen\":0," RATES
			      ",\"number\":2,\"rate_now\":1.500,"
			      "\"byte_rate_now\":90.000}]}");
	/* One without a look is as it ever was, and no longer. */
	query = (struct rules_query){ .limit = 2, .first = 1 };
	{
		struct json_object *page =
			aggregate_to_json(&a, &query, &losses);
		struct json_object *rules =
			json_object_object_get(page, "rules");

		assert_int_equal(json_object_array_length(rules), 2);
		assert_null(json_object_object_get(page, "next"));
		assert_null(json_object_object_get(page, "look"));
		json_object_put(page);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),	 TEST(test_members),
		TEST(test_lower_bounds), TEST(test_heaviest),
		TEST(test_filter),	 TEST(test_pages),
		TEST(test_look),
	};

	return cmocka_run_group_tests_name("aggregate-json", tests, NULL, NULL);
}
