/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules-query.h"
#include "util.h"

#define S 1000000000ULL

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

static struct aggregate_rule *add(const char *chain, uint64_t handle,
				  uint64_t packets)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.netns.cookie = 1;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	strcpy(ev.netfilter.family, "inet");
	strcpy(ev.netfilter.table, "filter");
	copy_string(ev.netfilter.chain, sizeof(ev.netfilter.chain), chain,
		    SIZE_MAX);
	ev.netfilter.rule_handle = handle;
	ev.count = packets;
	assert_true(aggregate_add(&a, &ev, packets * 60));
	return a.rules[a.n_rules - 1];
}

/* The numbers of what a reply has, as text. */
static const char *look_at(const struct rules_query *query,
			   struct rules_view *view)
{
	static char text[512];
	size_t limit = rules_query_limit(query);

	rules_view_done(view);
	assert_int_equal(rules_view_make(&a, query, view), 0);
	text[0] = '\0';
	for (size_t i = view->first; i < view->n && i < view->first + limit;
	     i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%u", i > view->first ? " " : "", view->numbers[i]);
	return text;
}

static void assert_look(const struct rules_look *look, const char *expected)
{
	const struct rules_query query = { .look = look };
	struct rules_view view = { 0 };

	assert_string_equal(look_at(&query, &view), expected);
	rules_view_done(&view);
}

/*
 * Four rules, of which 0 and 3 are the same in everything but their numbers,
 * and 2 has no texts.
 */
static void fill(void)
{
	static const struct {
		const char *chain, *hook, *reason;
		uint64_t handle, packets, first_ns, last_ns;
		float rate, one, fifteen, now, bytes_now;
	} rules[] = {
		{ "b", "input", "R2", 10, 5, 100, 300, 2, 3, 1, 7, 1 },
		{ "a", "output", "R1", 9, 9, 200, 200, 1, 2, 3, 0.25F, 2 },
		{ "c", "", "", 2, 5, 300, 100, 0, 1, 2, 0.5F, 3 },
		{ "b", "input", "R2", 10, 5, 100, 300, 2, 3, 1, 7, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		/* In the order of bytes, as their packets. */
		struct aggregate_rule *rule =
			add(rules[i].chain, 100 + i, rules[i].packets);

		rule->rule_handle = rules[i].handle;
		strcpy(rule->hook, rules[i].hook);
		strcpy(rule->reason, rules[i].reason);
		rule->first_ns = rules[i].first_ns;
		rule->last_ns = rules[i].last_ns;
		rule->rates.last = rules[i].rate;
		rule->rates.one = rules[i].one;
		rule->rates.fifteen = rules[i].fifteen;
		rule->pace.rate = rules[i].now;
		rule->pace.byte_rate = rules[i].bytes_now;
	}
}

/* By every key, the same ones by packets and then by number; and inverted. */
static void test_orders(void **state)
{
	static const struct {
		enum rules_order order;
		const char *rules, *inverted;
	} cases[_RULES_BY_MAX] = {
		{ RULES_BY_PACKETS, "1 0 2 3", "3 2 0 1" },
		{ RULES_BY_BYTES, "1 0 2 3", "3 2 0 1" },
		{ RULES_BY_RATE, "0 3 1 2", "2 1 3 0" },
		{ RULES_BY_RATE_1MIN, "0 3 1 2", "2 1 3 0" },
		{ RULES_BY_RATE_15MIN, "1 2 0 3", "3 0 2 1" },
		{ RULES_BY_RATE_NOW, "0 3 2 1", "1 2 3 0" },
		{ RULES_BY_BYTE_RATE_NOW, "2 1 0 3", "3 0 1 2" },
		{ RULES_BY_FIRST_SEEN, "2 1 0 3", "3 0 1 2" },
		{ RULES_BY_LAST_SEEN, "0 3 1 2", "2 1 3 0" },
		/* None has one. */
		{ RULES_BY_COUNTER, "1 0 2 3", "3 2 0 1" },
		{ RULES_BY_HANDLE, "2 1 0 3", "3 0 1 2" },
		{ RULES_BY_REASON, "1 0 3 2", "2 3 0 1" },
		{ RULES_BY_HOOK, "0 3 1 2", "2 1 3 0" },
		{ RULES_BY_NAME, "1 0 3 2", "2 3 0 1" },
	};

	(void)state;
	fill();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rules_look look = { .order = cases[i].order };

		assert_int_equal(cases[i].order, i);
		assert_look(&look, cases[i].rules);
		look.invert = true;
		assert_look(&look, cases[i].inverted);
	}
}

/* Rules 0 to 19 have 20 to 1 packets; odd ones are of another chain. */
static void fill_many(void)
{
	for (uint64_t i = 0; i < 20; i++)
		add(i % 2 ? "odd" : "even", i + 1, 20 - i);
}

static void test_bounds(void **state)
{
	static const struct rules_look look = { 0 };
	static const struct {
		uint64_t first;
		uint32_t limit;
		size_t begins;
		const char *rules;
	} cases[] = {
		{ 0, 3, 0, "0 1 2" },
		{ 18, 3, 18, "18 19" },
		/* Past the end is the end. */
		{ 20, 3, 17, "17 18 19" },
		{ UINT64_MAX, 2, 18, "18 19" },
		{ UINT64_MAX, 1000, 0,
		  "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19" },
	};
	struct rules_view view = { 0 };

	(void)state;
	fill_many();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct rules_query query = {
			.first = cases[i].first,
			.limit = cases[i].limit,
			.look = &look,
		};

		assert_string_equal(look_at(&query, &view), cases[i].rules);
		assert_int_equal(view.first, cases[i].begins);
		assert_int_equal(view.n, 20);
		assert_true(view.place == RULES_NOWHERE);
	}
	rules_view_done(&view);
}

static void test_nothing(void **state)
{
	static const struct rules_look looks[] = {
		{ 0 },
		{ .has_rule = true, .rule = 7 },
		{ .has_rule = true, .rule = UINT64_MAX, .chain = true },
		{ .search = "", .step = -1 },
		{ .search = "x", .order = RULES_BY_NAME },
		{ .chain = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		assert_look(&looks[i], "");
	/* Without a rule there is no chain of it. */
	fill_many();
	assert_look(&looks[5], "");
}

/* The reply is moved to where the rule is. */
static void test_follow(void **state)
{
	static const struct {
		uint64_t first, rule;
		size_t begins, place;
	} cases[] = {
		{ 0, 0, 0, 0 },
		{ 0, 3, 0, 3 },
		{ 0, 4, 2, 4 },
		{ 10, 9, 7, 9 },
		{ 10, 13, 10, 13 },
		{ 0, 19, 16, 19 },
		{ 10, 1, 0, 1 },
		{ 99, 0, 0, 0 },
		{ 3, 20, 3, RULES_NOWHERE },
	};
	struct rules_view view = { 0 };

	(void)state;
	fill_many();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct rules_look look = {
			.has_rule = true,
			.rule = cases[i].rule,
		};
		const struct rules_query query = {
			.first = cases[i].first,
			.limit = 4,
			.look = &look,
		};

		look_at(&query, &view);
		assert_int_equal(view.first, cases[i].begins);
		assert_int_equal(view.place, cases[i].place);
	}
	rules_view_done(&view);
}

static void test_text(void **state)
{
	(void)state;
	fill();
	assert_look(&(struct rules_look){ .text = "" }, "1 0 2 3");
	assert_look(&(struct rules_look){ .text = "filter C" }, "2");
	assert_look(&(struct rules_look){ .text = "r2" }, "0 3");
	assert_look(&(struct rules_look){ .text = "OUTPUT" }, "1");
	assert_look(&(struct rules_look){ .text = "dport" }, "");
	a.rules[2]->rule = rule_new(2);
	a.rules[2]->rule->text = strdup("tcp dport 80 drop");
	assert_look(&(struct rules_look){ .text = "dport" }, "2");
	/* As it is shown, in one of its texts and not in two. */
	assert_look(&(struct rules_look){ .text = "filter a handle 9" }, "1");
	assert_look(&(struct rules_look){ .text = "R2input" }, "");
}

static void test_search(void **state)
{
	static const struct {
		const char *search;
		uint64_t from; /* 20: nowhere */
		int step;
		size_t place; /* RULES_NOWHERE: not found */
	} cases[] = {
		{ "odd", 2, 0, 3 },
		{ "odd", 3, 0, 3 },
		{ "odd", 3, 1, 5 },
		{ "odd", 3, -1, 1 },
		{ "odd", 1, -1, 19 },
		{ "odd", 19, 1, 1 },
		{ "odd", 20, 1, 1 },
		{ "even", 20, -1, 18 },
		/* Itself, round the end. */
		{ "handle 20", 19, 1, 19 },
		{ "nothing", 4, 1, RULES_NOWHERE },
	};
	struct rules_view view = { 0 };

	(void)state;
	fill_many();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct rules_look look = {
			.has_rule = true,
			.rule = cases[i].from,
			.search = cases[i].search,
			.step = cases[i].step,
		};
		const struct rules_query query = { .limit = 4, .look = &look };

		look_at(&query, &view);
		assert_int_equal(view.found, cases[i].place != RULES_NOWHERE);
		/* What is not found leaves the rule where it is. */
		assert_int_equal(view.place,
				 view.found ? cases[i].place : cases[i].from);
		assert_in_range(view.place, view.first, view.first + 3);
	}
	rules_view_done(&view);
}

static void test_chain(void **state)
{
	struct rules_look look = {
		.order = RULES_BY_HANDLE,
		.has_rule = true,
		.rule = 4,
		.chain = true,
	};

	(void)state;
	fill_many();
	assert_look(&look, "0 2 4 6 8 10 12 14 16 18");
	a.rules[0]->netns_cookie = 99;
	strcpy(a.rules[2]->table, "other");
	assert_look(&look, "4 6 8 10 12 14 16 18");
}

static void test_filter(void **state)
{
	static const struct rules_look look = { .text = "handle 1" };
	struct rules_query query = { .look = &look, .limit = 3 };
	struct rules_view view = { 0 };
	struct filter *filter;
	char error[256];

	(void)state;
	fill_many();
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(
		filter_add(filter, "chain", "odd", error, sizeof(error)), 0);
	query.filter = filter;
	/* Handles 10, 12, 14, ...; what is cut is counted. */
	assert_string_equal(look_at(&query, &view), "9 11 13");
	assert_int_equal(view.n, 5);
	query.first = 3;
	assert_string_equal(look_at(&query, &view), "15 17");
	assert_int_equal(view.first, 3);
	rules_view_done(&view);
	filter_free(filter);
}

static void test_json(void **state)
{
	static const struct {
		const char *json, *error;
		struct rules_look look;
	} cases[] = {
		{ "{}", NULL, { 0 } },
		{ "{\"sort\":null,\"rule\":null}", NULL, { 0 } },
		{ "{\"sort\":\"name\",\"invert\":true,\"rule\":7,"
		  "\"chain\":true,\"step\":-1}",
		  NULL,
		  { RULES_BY_NAME, true, NULL, true, 7, true, NULL, -1 } },
		{ "{\"step\":5}", NULL, { .step = 1 } },
		{ "{\"step\":-2}", "", { 0 } },
		{ "{\"rule\":-1}", "", { 0 } },
		{ "{\"rule\":1.5}", "", { 0 } },
		{ "{\"invert\":1}", "", { 0 } },
		{ "{\"text\":1}", "", { 0 } },
		{ "{\"x\":1}", "", { 0 } },
		{ "{\"sort\":\"\\u001b\"}",
		  "\"\\x1b\" is no order; there are packets, bytes, rate, "
		  "rate_1min, rate_15min, rate_now, byte_rate_now, "
		  "first_seen, last_seen, counter, handle, reason, hook, name",
		  { 0 } },
	};
	char error[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *json = json_tokener_parse(cases[i].json);
		struct rules_look look;
		int r = rules_look_from_json(json, &look, error, sizeof(error));

		assert_int_equal(r, cases[i].error ? -EINVAL : 0);
		assert_string_equal(error,
				    cases[i].error ? cases[i].error : "");
		if (r == 0) {
			assert_int_equal(look.order, cases[i].look.order);
			assert_int_equal(look.invert, cases[i].look.invert);
			assert_int_equal(look.has_rule, cases[i].look.has_rule);
			assert_int_equal(look.rule, cases[i].look.rule);
			assert_int_equal(look.chain, cases[i].look.chain);
			assert_int_equal(look.step, cases[i].look.step);
		}
		json_object_put(json);
	}
}

/* As long as it may be, and a byte more. */
static void test_long_text(void **state)
{
	char text[RULES_TEXT_MAX + 2];
	char error[512];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int more = 0; more < 2; more++) {
		struct json_object *json = json_object_new_object();
		struct rules_look look;

		json_object_object_add(json, more ? "search" : "text",
				       json_object_new_string_len(
					       text, RULES_TEXT_MAX + more));
		assert_int_equal(rules_look_from_json(json, &look, error,
						      sizeof(error)),
				 more ? -EINVAL : 0);
		json_object_put(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_search, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_long_text),
	};

	return cmocka_run_group_tests_name("rules-query", tests, NULL, NULL);
}
