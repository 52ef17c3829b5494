/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stats.h"
#include "util.h"

static struct aggregate a;
static struct stats_query query;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	query = (struct stats_query){ .limit = STATS_LIMIT };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	return 0;
}

/* One packet of @source that rule @handle of chain @chain dropped. */
static void drop(const char *chain, uint64_t handle, uint32_t source,
		 uint64_t count, bool counted)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.timestamp_ns = 100 + handle;
	ev.count = count;
	ev.length = 10;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	strcpy(ev.reason, "NFT_RULE");
	strcpy(ev.netfilter.table, "t");
	strcpy(ev.netfilter.chain, chain);
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.netfilter.rule_handle = handle;
	ev.packet.has = PACKET_HAS_ADDRS;
	ev.packet.network = PACKET_NETWORK_IPV4;
	ev.packet.saddr.v4.s_addr = htonl(source);
	assert_true(aggregate_add_event(&a, &ev, counted));
	/* Twice as much, since events were lost. */
	ev.count = 2 * count;
	if (counted)
		assert_true(aggregate_add(&a, &ev, 20 * count));
}

static struct json_object *ask(void)
{
	const struct losses losses = { .kernel_queue = 1, .socket = 2 };
	struct json_object *json = stats_to_json(&a, &query, &losses, 77);

	assert_non_null(json);
	return json;
}

static void assert_at(struct json_object *json, const char *path,
		      const char *expected)
{
	struct json_object *value = NULL;

	if (json_pointer_get(json, path, &value) < 0)
		fail_msg("no %s in %s", path, json_object_get_string(json));
	assert_string_equal(
		json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN),
		expected);
}

#define RATES "\"rate\":0.000,\"rate_1min\":0.000,\"rate_15min\":0.000"

static void test_by_rule(void **state)
{
	struct json_object *json;

	(void)state;
	drop("a", 1, 1, 1, true);
	drop("b", 2, 1, 5, true);
	drop("a", 3, 2, 2, true);
	stats_query_add(&query, STAT_CHAIN);
	stats_query_add(&query, STAT_CHAIN);
	assert_int_equal(query.n_by, 1);
	assert_false(stats_query_is_sampled(&query));
	json = ask();
	assert_at(json, "/sampled", "false");
	assert_at(json, "/rows",
		  "[{\"chain\":\"b\",\"packets\":10,\"bytes\":100,"
		  "\"first_seen\":102,\"last_seen\":102," RATES "},"
		  "{\"chain\":\"a\",\"packets\":6,\"bytes\":60,"
		  "\"first_seen\":101,\"last_seen\":103," RATES "}]");
	assert_at(json, "/groups", "2");
	assert_at(json, "/rest", "{\"packets\":0,\"bytes\":0}");
	assert_at(json, "/total", "{\"packets\":16,\"bytes\":160}");
	assert_at(json, "/since", "77");
	assert_at(json, "/lost",
		  "{\"packets\":0,\"messages\":0,\"kernel_queue\":1,"
		  "\"socket\":2}");
	json_object_put(json);
}

/* Sums of what was seen as events; the rows, rest and other are the total. */
static void test_sampled(void **state)
{
	struct json_object *json;

	(void)state;
	drop("a", 1, 1, 1, true);
	drop("b", 2, 1, 5, true);
	drop("a", 3, 2, 2, true);
	stats_query_add(&query, STAT_SOURCE);
	assert_true(stats_query_is_sampled(&query));
	query.limit = 1;
	json = ask();
	assert_at(json, "/sampled", "true");
	assert_at(json, "/rows",
		  "[{\"source\":\"0.0.0.1\",\"packets\":6,\"bytes\":60,"
		  "\"first_seen\":101,\"last_seen\":102," RATES "}]");
	assert_at(json, "/groups", "2");
	assert_at(json, "/rest", "{\"packets\":2,\"bytes\":20}");
	assert_at(json, "/total", "{\"packets\":8,\"bytes\":80}");
	json_object_put(json);
}

static void test_two_keys(void **state)
{
	struct json_object *json;

	(void)state;
	drop("a", 1, 1, 1, false);
	drop("b", 2, 1, 5, false);
	drop("a", 3, 1, 2, false);
	stats_query_add(&query, STAT_SOURCE);
	stats_query_add(&query, STAT_CHAIN);
	json = ask();
	assert_at(json, "/groups", "2");
	assert_at(json, "/rows/0/chain", "\"b\"");
	assert_at(json, "/rows/0/source", "\"0.0.0.1\"");
	assert_at(json, "/rows/1/packets", "3");
	json_object_put(json);
}

static struct filter *filter_of(const char *key, const char *value)
{
	struct filter *filter;
	char error[256];

	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_add(filter, key, value, error, sizeof(error)),
			 0);
	return filter;
}

/* A filter of packets makes it sampled, one of rules does not. */
static void test_filter(void **state)
{
	struct filter *filter = filter_of("chain", "a");
	struct json_object *json;

	(void)state;
	drop("a", 1, 1, 1, true);
	drop("b", 2, 1, 5, true);
	drop("a", 3, 2, 2, true);
	stats_query_add(&query, STAT_REASON);
	query.filter = filter;
	json = ask();
	assert_at(json, "/sampled", "false");
	assert_at(json, "/rows/0/packets", "6");
	json_object_put(json);
	filter_free(filter);
	filter = filter_of("source", "0.0.0.2");
	query.filter = filter;
	json = ask();
	assert_at(json, "/sampled", "true");
	assert_at(json, "/groups", "1");
	assert_at(json, "/rows/0/packets", "2");
	assert_at(json, "/total/packets", "8");
	json_object_put(json);
	filter_free(filter);
}

static void test_empty(void **state)
{
	struct json_object *json;

	(void)state;
	stats_query_add(&query, STAT_DPORT);
	json = ask();
	assert_at(json, "/rows", "[]");
	assert_at(json, "/groups", "0");
	json_object_put(json);
	/* Sampled only, and not told by the kernel yet. */
	drop("a", 1, 1, 0, true);
	query.n_by = 0;
	stats_query_add(&query, STAT_REASON);
	json = ask();
	assert_at(json, "/rows", "[]");
	json_object_put(json);
}

/* With the longest names it is cut to what a reply can have. */
static void test_large(void **state)
{
	char name[DROP_NAME_MAX];
	struct json_object *json, *rows;

	(void)state;
	memset(name, 1, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint64_t i = 0; i < 1000; i++)
		drop(name, i, (uint32_t)i, 1, false);
	stats_query_add(&query, STAT_RULE);
	query.limit = STATS_LIMIT_MAX;
	json = ask();
	assert_true(strlen(json_object_to_json_string(json)) < 512 << 10);
	assert_at(json, "/groups", "1000");
	json_object_object_get_ex(json, "rows", &rows);
	assert_in_range(json_object_array_length(rows), 100, 999);
	json_object_put(json);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_by_rule), TEST(test_sampled), TEST(test_two_keys),
		TEST(test_filter),  TEST(test_empty),	TEST(test_large),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
