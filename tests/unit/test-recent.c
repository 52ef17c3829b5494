/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "json-add.h"
#include "recent.h"
#include "support.h"
#include "util.h"

#define MS   1000000ULL
#define KEPT 1024

static struct recent recent;

static int setup(void **state)
{
	(void)state;
	return recent_init(&recent, KEPT);
}

static int teardown(void **state)
{
	(void)state;
	recent_done(&recent);
	return 0;
}

/* A drop at that time, of that length. */
static void emit(uint64_t timestamp_ns, uint32_t length)
{
	struct drop_event ev;

	sample_event(&ev);
	ev.timestamp_ns = timestamp_ns;
	ev.length = length;
	recent.sink.ops->emit(&recent.sink, &ev, NULL);
	drop_event_done(&ev);
}

/* "3,2,1": the lengths, newest first. */
static const char *lengths(const struct filter *filter, size_t limit)
{
	static char text[8192];
	struct json_object *root = recent_to_json(&recent, filter, limit);
	struct json_object *events;
	size_t at = 0;

	assert_non_null(root);
	events = json_object_object_get(root, "events");
	text[0] = '\0';
	for (size_t i = 0; i < json_object_array_length(events); i++)
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "%s%d", i ? "," : "",
			json_object_get_int(json_object_object_get(
				json_object_array_get_idx(events, i),
				"length")));
	json_object_put(root);
	return text;
}

static void test_empty(void **state)
{
	(void)state;
	assert_string_equal(lengths(NULL, 30), "");
}

static void test_newest_first(void **state)
{
	struct losses losses = { 0 };

	(void)state;
	emit(1, 1);
	emit(2, 2);
	recent.sink.ops->lost(&recent.sink, &losses);
	emit(3, 3);
	assert_string_equal(lengths(NULL, 30), "3,2,1");
	assert_string_equal(lengths(NULL, 2), "3,2");
	assert_string_equal(lengths(NULL, 0), "");
}

static void test_copies(void **state)
{
	struct json_object *root;
	struct json_object *event;

	(void)state;
	emit(5, 60);
	root = recent_to_json(&recent, NULL, 1);
	event = json_object_array_get_idx(
		json_object_object_get(root, "events"), 0);
	assert_string_equal(
		json_object_get_string(json_object_object_get(
			json_object_object_get(event, "netfilter"), "rule")),
		"ip saddr 10.9.0.2 counter drop");
	assert_string_equal(
		json_object_get_string(json_object_object_get(
			json_object_object_get(event, "process"), "unit")),
		"nginx.service");
	json_object_put(root);
}

static void test_filter(void **state)
{
	struct filter *filter;
	char error[128];

	(void)state;
	emit(1, 1);
	emit(2, 2);
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(
		filter_add(filter, "dport", "81", error, sizeof(error)), 0);
	assert_string_equal(lengths(filter, 30), "");
	assert_int_equal(
		filter_add(filter, "dport", "80", error, sizeof(error)), 0);
	assert_string_equal(lengths(filter, 30), "2,1");
	filter_free(filter);
}

/* The oldest go, and nothing else. */
static void test_ring(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= KEPT + 2; i++) {
		struct drop_event ev;

		drop_event_init(&ev);
		ev.timestamp_ns = i * 200 * MS;
		ev.length = i;
		recent.sink.ops->emit(&recent.sink, &ev, NULL);
	}
	assert_int_equal(recent.n_events, KEPT);
	assert_string_equal(lengths(NULL, 2), "1026,1025");
	assert_non_null(strstr(lengths(NULL, KEPT), ",4,3"));
	assert_null(strstr(lengths(NULL, KEPT), ",4,3,"));
}

/* As many as one wants. */
static void test_few(void **state)
{
	(void)state;
	recent_done(&recent);
	assert_int_equal(recent_init(&recent, 3), 0);
	for (uint32_t i = 1; i <= 5; i++)
		emit(i * 200 * MS, i);
	assert_string_equal(lengths(NULL, 30), "5,4,3");
}

/* A flood leaves what was there before. */
static void test_flood(void **state)
{
	uint64_t now = 1000 * MS;

	(void)state;
	emit(now, 1);
	now += 500 * MS;
	for (uint32_t i = 0; i < 10000; i++)
		emit(now + i, 100 + i);
	assert_int_equal(recent.n_events, 1 + RECENT_BURST);
	assert_string_equal(lengths(NULL, 1), "227");
	/* The same tenth of a second, to the last nanosecond. */
	emit(now + 100 * MS - 1, 9);
	assert_string_equal(lengths(NULL, 1), "227");
	emit(now + 100 * MS, 8);
	assert_string_equal(lengths(NULL, 1), "8");
}

/* A clock that was set back does not end it. */
static void test_clock(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < RECENT_BURST; i++)
		emit(1000 * MS, 1);
	emit(500 * MS, 2);
	assert_string_equal(lengths(NULL, 1), "2");
	emit(0, 3);
	assert_string_equal(lengths(NULL, 1), "3");
}

/* As many as there is room for in a reply, and one at least. */
static void test_room(void **state)
{
	struct drop_event ev;
	struct json_object *root;
	size_t n;

	(void)state;
	drop_event_init(&ev);
	ev.netfilter.rule = malloc(65537);
	assert_non_null(ev.netfilter.rule);
	memset(ev.netfilter.rule, 1, 65536);
	ev.netfilter.rule[65536] = '\0';
	for (uint32_t i = 0; i < 30; i++)
		recent.sink.ops->emit(&recent.sink, &ev, NULL);
	drop_event_done(&ev);
	root = recent_to_json(&recent, NULL, 30);
	n = json_object_array_length(json_object_object_get(root, "events"));
	assert_int_equal(n, JSON_ROOM / (6 * 65536));
	assert_in_range(strlen(json_object_to_json_string_ext(
				root, JSON_C_TO_STRING_PLAIN)),
			1, 512 << 10);
	json_object_put(root);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),  TEST(test_newest_first), TEST(test_copies),
		TEST(test_filter), TEST(test_ring),	    TEST(test_flood),
		TEST(test_few),	   TEST(test_clock),	    TEST(test_room),
	};

	return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
