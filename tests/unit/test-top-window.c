/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "connection.h"
#include "top-model.h"
#include "util.h"

#define S      1000000000ULL
#define NOW    (5000 * S)
#define REAL   (1763930000 * S)

#define N      1000
#define HEIGHT 10
#define ASK    8192

/*
 * What nfdropd counts: rule number i has handle i + 1 and place[i] in the
 * order, whatever that is by.
 */
static size_t place[N], at[N]; /* the reverse */
static unsigned int room;      /* rules in a reply */
static struct top_model m;
static unsigned int seconds;

static void move_rule(size_t number, size_t to)
{
	size_t from = place[number];

	for (; from < to; from++)
		at[from] = at[from + 1];
	for (; from > to; from--)
		at[from] = at[from - 1];
	at[to] = number;
	for (size_t i = 0; i < N; i++)
		place[at[i]] = i;
}

static int setup(void **state)
{
	(void)state;
	top_model_init(&m, 7);
	m.window.on = true;
	m.height = HEIGHT;
	room = N;
	seconds = 0;
	for (size_t i = 0; i < N; i++)
		place[i] = at[i] = i;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	top_model_done(&m);
	return 0;
}

static struct json_object *make_rule(size_t i)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"kind\":\"nft-rule\",\"family\":\"inet\",\"table\":\"t\","
		 "\"chain\":\"c\",\"rule_handle\":%zu,\"packets\":%zu,"
		 "\"rate_now\":1.5,\"byte_rate_now\":90,\"number\":%zu,"
		 "\"first_seen\":%" PRIu64 "}",
		 i + 1, N - i + 10 * seconds, i, (uint64_t)(REAL - 3600 * S));
	return json_tokener_parse(text);
}

static void add(struct json_object *object, const char *key, uint64_t n)
{
	json_object_object_add(object, key, json_object_new_uint64(n));
}

/* The place that is to be in the reply, N for none; see rules-query.h. */
static size_t find(struct json_object *look, bool *found)
{
	struct json_object *rule = json_find(look, "rule");
	const char *search = json_find_string(look, "search");
	size_t from = rule ? place[json_object_get_uint64(rule)] : N;
	size_t handle;

	if (sscanf(search, "handle %zu", &handle) != 1)
		return from;
	*found = handle >= 1 && handle <= N;
	return *found ? place[handle - 1] : from;
}

static struct json_object *reply_to(struct json_object *ask)
{
	struct json_object *root = json_object_new_object();
	struct json_object *look = json_object_new_object();
	struct json_object *rules = json_object_new_array();
	size_t limit = json_find_uint64(ask, "limit");
	size_t first = MIN(json_find_uint64(ask, "first"), N - limit), here, i;
	bool found = false;

	here = find(json_find(ask, "look"), &found);
	if (here < N && (here < first || here >= first + limit))
		first = MIN(here - MIN(here, limit / 2), N - limit);
	for (i = first; i < first + MIN(limit, room); i++)
		json_object_array_add(rules, make_rule(at[i]));
	add(look, "first", first);
	add(look, "n_rules", N);
	if (here < N)
		add(look, "place", here);
	json_object_object_add(look, "found", json_object_new_boolean(found));
	if (i < N)
		add(root, "next", i);
	json_object_object_add(root, "counting", json_object_new_boolean(true));
	json_object_object_add(root, "look", look);
	json_object_object_add(root, "rules", rules);
	return root;
}

/* A question and its answer; how many parts it had. */
static unsigned int look(char asked[ASK])
{
	uint64_t part = 0, next;
	unsigned int n = 0;
	bool more;

	do {
		char text[ASK];
		struct json_object *ask, *reply;

		top_window_ask(&m, part, text, sizeof(text));
		if (asked && part == 0)
			strcpy(asked, text);
		ask = json_tokener_parse(text);
		reply = reply_to(ask);
		more = top_window_take(&m, reply, part, &next);
		part = next;
		json_object_put(ask);
		json_object_put(reply);
	} while (++n < 100 && more);
	assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
	return n;
}

static void refresh(void)
{
	look(NULL);
	top_model_tick(&m, NOW + seconds * S, REAL + seconds * S);
	seconds += 2;
	assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
	assert_false(top_model_awaits(&m));
}

/* As far as the model asks for more. */
static void answer(void)
{
	assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
	for (int i = 0; top_model_awaits(&m); i++) {
		assert_true(i < 3);
		look(NULL);
	}
}

/* The screen has the order's rows from @top, one of which is selected. */
static void assert_screen(size_t top, size_t cursor)
{
	const struct top_row *row = top_model_selected(&m);

	assert_int_equal(m.n_rows, N);
	assert_int_equal(m.top, top);
	assert_int_equal(m.from, top);
	assert_int_equal(m.to, top + HEIGHT);
	for (size_t i = m.from; i < m.to; i++) {
		assert_int_equal(m.rows[i]->handle, at[i] + 1);
		assert_true(m.rows[i]->ticked);
	}
	assert_int_equal(m.cursor, cursor);
	assert_non_null(row);
	assert_int_equal(row->handle, at[cursor] + 1);
}

static void test_screen(void **state)
{
	char asked[ASK];

	(void)state;
	assert_int_equal(look(asked), 1);
	assert_string_equal(asked, "{\"first\":0,\"limit\":26,\"look\":"
				   "{\"sort\":\"rate\",\"invert\":false}}");
	assert_screen(0, 0);
	/* No more than that is known, and its rates are as told. */
	assert_int_equal(m.tables[TOP_BY_RULE].n_rows, 26);
	assert_float_equal(m.rows[0]->rate, 1.5, 0.001);
	assert_float_equal(m.rows[0]->byte_rate, 90, 0.001);
	refresh();
	refresh();
	assert_float_equal(m.rows[0]->rate, 10, 0.001);
	look(asked);
	assert_string_equal(asked, "{\"first\":0,\"limit\":26,\"look\":"
				   "{\"sort\":\"rate_now\",\"invert\":false}}");
}

static void test_moves(void **state)
{
	(void)state;
	refresh();
	for (size_t i = 1; i < 100; i++) {
		top_model_move(&m, 1);
		answer();
		assert_screen(i < HEIGHT ? 0 : i - HEIGHT + 1, i);
	}
	top_model_move(&m, 10);
	assert_true(top_model_awaits(&m));
	/* Until there is an answer, what was seen is there still. */
	assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
	assert_int_equal(m.to - m.from, HEIGHT);
	assert_null(top_model_selected(&m));
	answer();
	assert_screen(100, 109);
	top_model_move(&m, -50);
	answer();
	assert_screen(59, 59);
	top_model_select_last(&m);
	answer();
	assert_screen(N - HEIGHT, N - 1);
	top_model_move(&m, 5);
	answer();
	assert_screen(N - HEIGHT, N - 1);
	top_model_select_first(&m);
	answer();
	assert_screen(0, 0);
}

/* It is the rule that is selected, wherever it is. */
static void test_follow(void **state)
{
	char asked[ASK];

	(void)state;
	refresh();
	top_model_move(&m, 3);
	refresh();
	assert_screen(0, 3);
	move_rule(3, 700);
	look(asked);
	assert_non_null(strstr(asked, "\"rule\":3"));
	assert_int_equal(top_model_selected(&m)->handle, 4);
	assert_int_equal(m.cursor, 700);
	refresh();
	assert_screen(m.top, 700);
	/* Another way of looking, and back. */
	m.order.column = TOP_COLUMN_NAME;
	assert_true(top_model_awaits(&m));
	move_rule(3, 40);
	answer();
	assert_screen(m.top, 40);
	m.order.invert = true;
	assert_true(top_model_awaits(&m));
	look(asked);
	assert_non_null(strstr(asked, "\"sort\":\"name\",\"invert\":true"));
	top_model_set_filter(&m, "a\"b");
	assert_true(top_model_awaits(&m));
	look(asked);
	assert_non_null(strstr(asked, "\"text\":\"a\\\"b\""));
	assert_false(top_model_awaits(&m));
	/* The first row is whichever is the first. */
	top_model_select_first(&m);
	answer();
	move_rule(at[0], 10);
	refresh();
	assert_screen(0, 0);
}

static void test_search(void **state)
{
	(void)state;
	refresh();
	top_model_set_search(&m, "handle 501");
	assert_true(top_model_search(&m, 0));
	assert_true(top_model_awaits(&m));
	answer();
	assert_false(m.window.failed);
	assert_screen(m.top, 500);
	top_model_set_search(&m, "handle 0");
	assert_true(top_model_search(&m, 1));
	answer();
	assert_true(m.window.failed);
	assert_screen(m.top, 500);
	/* The next answer is of something else. */
	top_model_move(&m, 1);
	answer();
	assert_screen(m.top, 501);
}

/* What was asked before a key says nothing of it. */
static void test_late_answer(void **state)
{
	struct json_object *ask, *reply;
	char text[ASK];
	uint64_t next;

	(void)state;
	refresh();
	top_window_ask(&m, 0, text, sizeof(text));
	top_model_select_last(&m);
	ask = json_tokener_parse(text);
	reply = reply_to(ask);
	assert_false(top_window_take(&m, reply, 0, &next));
	assert_true(top_model_awaits(&m));
	answer();
	assert_screen(N - HEIGHT, N - 1);
	json_object_put(ask);
	json_object_put(reply);
}

/* Long rules come in several replies, in between which one of them moves. */
static void test_parts(void **state)
{
	struct json_object *ask, *reply;
	char text[ASK];
	uint64_t next;

	(void)state;
	room = 10;
	assert_int_equal(look(NULL), 3);
	assert_screen(0, 0);
	assert_int_equal(m.window.n, 26);
	for (uint64_t part = 0;; part = next) {
		bool more;

		top_window_ask(&m, part, text, sizeof(text));
		ask = json_tokener_parse(text);
		reply = reply_to(ask);
		more = top_window_take(&m, reply, part, &next);
		json_object_put(ask);
		json_object_put(reply);
		if (!more)
			break;
		move_rule(at[5], 15);
	}
	/* Nobody is there twice. */
	for (size_t i = 0; i < m.window.n; i++)
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(m.window.rows[i],
					     m.window.rows[j]);
	refresh();
	assert_screen(0, 0);
}

static void take_all(void)
{
	struct json_object *page = json_object_new_object();
	struct json_object *rules = json_object_new_array();

	for (size_t i = 0; i < N; i++)
		json_object_array_add(rules, make_rule(i));
	json_object_object_add(page, "counting", json_object_new_boolean(true));
	json_object_object_add(page, "rules", rules);
	top_model_begin_rules(&m);
	top_model_take_rules(&m, page, 0);
	top_model_end_rules(&m);
	json_object_put(page);
}

static void test_pause(void **state)
{
	uint64_t packets;

	(void)state;
	m.order.column = TOP_COLUMN_PACKETS;
	refresh();
	refresh();
	top_model_move(&m, 2);
	top_model_set_paused(&m, true);
	/* Keys wait until all are there. */
	assert_true(top_model_awaits(&m));
	take_all();
	assert_false(top_model_awaits(&m));
	top_model_tick(&m, NOW + seconds * S, REAL + seconds * S);
	assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
	assert_screen(0, 2);
	packets = m.rows[2]->shown.packets;
	assert_int_equal(packets, N - 2 + 10 * seconds);
	/* That was all. */
	seconds += 2;
	top_model_tick(&m, NOW + seconds * S, REAL + seconds * S);
	assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
	assert_screen(0, 2);
	assert_int_equal(m.rows[2]->shown.packets, packets);
	top_model_select_last(&m);
	assert_false(top_model_awaits(&m));
	assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
	assert_screen(N - HEIGHT, N - 1);
	top_model_set_search(&m, "handle 500");
	assert_true(top_model_search(&m, 1));
	assert_int_equal(top_model_selected(&m)->handle, 500);
	top_model_set_paused(&m, false);
	refresh();
	assert_screen(m.top, 499);
	/* All the others are forgotten again. */
	assert_int_equal(m.tables[TOP_BY_RULE].n_rows, 26);
}

/* Another nfdropd has given the number to another rule. */
static void test_restart(void **state)
{
	char asked[ASK];

	(void)state;
	refresh();
	top_model_move(&m, 3);
	refresh();
	top_model_set_away(&m, "gone", REAL);
	assert_false(top_model_awaits(&m));
	top_model_set_away(&m, NULL, REAL);
	look(asked);
	assert_null(strstr(asked, "\"rule\""));
	assert_screen(0, 3);
	look(asked);
	assert_non_null(strstr(asked, "\"rule\":3"));
	/* Without having been away, for all that is known. */
	m.selected_number = 900;
	look(asked);
	assert_non_null(strstr(asked, "\"rule\":900"));
	assert_false(m.has_number);
	look(asked);
	assert_null(strstr(asked, "\"rule\""));
}

/* Nobody but nfdropd answers, but a wrong answer does no harm. */
static void test_nonsense(void **state)
{
	static const char *const replies[] = {
		"{}",
		"{\"look\":7,\"rules\":7,\"next\":7}",
		"{\"look\":{\"first\":18446744073709551615,\"n_rules\":3,"
		"\"place\":18446744073709551615},\"rules\":[{},{}]}",
		"{\"look\":{\"first\":5,\"n_rules\":2,\"place\":5},"
		"\"rules\":[{},7,null,{\"number\":-1}]}",
		"{\"look\":{\"first\":0,\"n_rules\":18446744073709551615},"
		"\"rules\":[{\"table\":\"t\"}],\"next\":1}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		struct json_object *reply = json_tokener_parse(replies[i]);
		char text[ASK];
		uint64_t next;

		refresh();
		top_model_select_last(&m);
		top_window_ask(&m, 0, text, sizeof(text));
		(void)top_window_take(&m, reply, 0, &next);
		assert_int_equal(top_model_arrange(&m, HEIGHT), 0);
		assert_true(m.from <= m.n_rows && m.to <= m.n_rows);
		for (size_t j = m.from; j < m.to; j++)
			assert_non_null(m.rows[j]);
		json_object_put(reply);
		top_model_select_first(&m);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_screen), TEST(test_moves),	   TEST(test_follow),
		TEST(test_search), TEST(test_late_answer), TEST(test_parts),
		TEST(test_pause),  TEST(test_restart),	   TEST(test_nonsense),
	};

	return cmocka_run_group_tests_name("top-window", tests, NULL, NULL);
}
