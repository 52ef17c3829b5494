/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aggregate-json.h"
#include "util.h"

static struct aggregate a;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	return 0;
}

static void assert_page(uint64_t first, const char *expected)
{
	struct json_object *page = aggregate_to_json(&a, first);

	assert_non_null(page);
	assert_string_equal(
		json_object_to_json_string_ext(page, JSON_C_TO_STRING_PLAIN),
		expected);
	json_object_put(page);
}

#define NOTHING                                                            \
	"{\"total\":{\"packets\":0,\"bytes\":0},\"other\":{\"packets\":0," \
	"\"bytes\":0},\"rules\":[]}"

static void test_empty(void **state)
{
	(void)state;
	assert_page(0, NOTHING);
	assert_page(UINT64_MAX, NOTHING);
}

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
	aggregate_add(&a, &ev, 180);
	/* Nearly nothing is known. */
	drop_event_init(&ev);
	ev.timestamp_ns = 6;
	ev.has = DROP_HAS_QUEUE;
	ev.netfilter.kind = DROP_KIND_QUEUE;
	strcpy(ev.netfilter.by, "f");
	aggregate_add(&a, &ev, 60);
	assert_page(0, "{\"total\":{\"packets\":4,\"bytes\":240},"
		       "\"other\":{\"packets\":0,\"bytes\":0},\"rules\":["
		       "{\"netns\":{\"inum\":4026531840,\"cookie\":1,"
		       "\"name\":\"init\"},\"kind\":\"nft-rule\","
		       "\"family\":\"inet\",\"table\":\"t\xef\xbf\xbd\","
		       "\"chain\":\"c\\\"\\u001b\",\"rule_handle\":7,"
		       "\"hook\":\"input\",\"reason\":\"NFT_RULE\","
		       "\"reason_code\":262145,\"attribution\":\"exact\","
		       "\"packets\":3,\"bytes\":180,\"first_seen\":5,"
		       "\"last_seen\":5},"
		       "{\"kind\":\"queue\",\"by\":\"f\",\"queue\":0,"
		       "\"attribution\":\"exact\",\"packets\":1,\"bytes\":60,"
		       "\"first_seen\":6,\"last_seen\":6}]}");
}

/* Page by page each rule comes once, and no page is too long to be sent. */
static void test_pages(void **state)
{
	uint64_t first = 0, n_pages = 0, packets = 0, n = 0;
	struct json_object *page, *rules, *next, *value;
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.netns.cookie = UINT64_MAX;
	memset(ev.netfilter.table, 1, sizeof(ev.netfilter.table) - 1);
	memset(ev.netfilter.chain, 1, sizeof(ev.netfilter.chain) - 1);
	memset(ev.reason, 1, sizeof(ev.reason) - 1);
	ev.netfilter.table[DROP_NAME_MAX - 1] = '\0';
	ev.netfilter.chain[DROP_NAME_MAX - 1] = '\0';
	ev.reason[DROP_REASON_MAX - 1] = '\0';
	for (uint64_t i = 0; i < 5 * AGGREGATE_PAGE / 2; i++) {
		ev.netfilter.rule_handle = i * 7919 % 1000 + UINT64_MAX / 2;
		ev.count = i;
		aggregate_add(&a, &ev, i);
	}
	do {
		page = aggregate_to_json(&a, first);
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
		first = 0;
		if (json_object_object_get_ex(page, "next", &next))
			first = json_object_get_uint64(next);
		json_object_put(page);
		n_pages++;
	} while (first > 0);
	assert_int_equal(n_pages, 3);
	assert_int_equal(n, a.n_rules);
	assert_int_equal(packets, a.total.packets);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_members),
		TEST(test_pages),
	};

	return cmocka_run_group_tests_name("aggregate-json", tests, NULL, NULL);
}
