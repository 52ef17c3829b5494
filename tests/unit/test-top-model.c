/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "top-model.h"
#include "util.h"

#define S 1000000000ULL
/* Some time of the day, in both clocks. */
#define NOW  (5000 * S)
#define REAL (1763930000 * S)

static struct top_model m;

static int setup(void **state)
{
	(void)state;
	top_model_init(&m, 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	top_model_done(&m);
	return 0;
}

/* What a kernel counted of a rule, in a listing. */
struct count {
	unsigned int handle;
	uint64_t packets;
};

static void take_page(const struct count *counts, size_t n, uint64_t last_ns)
{
	struct json_object *page = json_object_new_object();
	struct json_object *rules = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 "{\"netns\":{\"inum\":9,\"cookie\":1,"
			 "\"name\":\"init\"},\"kind\":\"nft-rule\","
			 "\"family\":\"inet\",\"table\":\"filter\","
			 "\"chain\":\"input\",\"rule_handle\":%u,"
			 "\"hook\":\"input\",\"reason\":\"NFT_RULE\","
			 "\"packets\":%llu,\"bytes\":%llu,"
			 "\"first_seen\":%llu,\"last_seen\":%llu}",
			 counts[i].handle,
			 (unsigned long long)counts[i].packets,
			 (unsigned long long)counts[i].packets * 60,
			 (unsigned long long)(REAL - 3600 * S),
			 (unsigned long long)last_ns);
		json_object_array_add(rules, json_tokener_parse(text));
	}
	json_object_object_add(page, "counting", json_object_new_boolean(1));
	json_object_object_add(page, "rules", rules);
	top_model_take_rules(&m, page, 0);
	json_object_put(page);
}

/* A refresh, @after seconds from the beginning. */
static void refresh(const struct count *counts, size_t n, unsigned int after)
{
	top_model_begin_rules(&m);
	take_page(counts, n, REAL + after * S);
	top_model_end_rules(&m);
	top_model_tick(&m, NOW + after * S, REAL + after * S);
	assert_int_equal(top_model_arrange(&m, 10), 0);
}

/* The handles of the rows from the first, as text. */
static const char *order(void)
{
	static char text[256];

	text[0] = '\0';
	assert_int_equal(m.from, m.top);
	for (size_t i = m.from; i < m.to; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%d", i > m.from ? " " : "", (int)m.rows[i]->handle);
	return text;
}

static unsigned int selected(void)
{
	struct top_row *row = top_model_selected(&m);

	assert_non_null(row);
	return (unsigned int)row->handle;
}

static const struct count first[] = { { 1, 100 }, { 2, 300 }, { 3, 200 } };
static const struct count second[] = { { 1, 180 }, { 2, 310 }, { 3, 240 } };

static void test_rates(void **state)
{
	struct top_row *row;

	(void)state;
	refresh(first, 3, 0);
	/* Nothing is known to grow yet; so it is by packets. */
	assert_string_equal(order(), "2 3 1");
	assert_false(m.rows[0]->has_rate);
	refresh(second, 3, 2);
	assert_string_equal(order(), "1 3 2");
	row = m.rows[m.from];
	assert_true(row->has_rate);
	assert_float_equal(row->rate, 40, 0.01);
	assert_float_equal(row->byte_rate, 2400, 0.01);
	assert_int_equal(row->shown.packets, 180);
	assert_float_equal(row->trend[0], 40, 0.01);
	assert_true(row->trend[1] < 0);
}

/* Reports come each second, asked for or not: rates are over their times. */
static void test_report_times(void **state)
{
	struct count counts[] = { { 1, 100 } };

	(void)state;
	refresh(counts, 1, 0);
	top_model_begin_rules(&m);
	counts[0].packets = 130;
	take_page(counts, 1, REAL + 3 * S);
	top_model_end_rules(&m);
	top_model_tick(&m, NOW + 2 * S, REAL + 3 * S);
	top_model_arrange(&m, 10);
	assert_float_equal(m.rows[0]->rate, 10, 0.01);
	/* No report since, and none is due. */
	top_model_begin_rules(&m);
	take_page(counts, 1, REAL + 3 * S);
	top_model_end_rules(&m);
	top_model_tick(&m, NOW + 3 * S, REAL + 4 * S);
	assert_float_equal(m.rows[0]->rate, 10, 0.01);
	/* One was due. */
	top_model_begin_rules(&m);
	take_page(counts, 1, REAL + 3 * S);
	top_model_end_rules(&m);
	top_model_tick(&m, NOW + 4 * S, REAL + 5 * S);
	assert_float_equal(m.rows[0]->rate, 0, 0.01);
}

/* What begins anew does not go backwards; what is gone is gone. */
static void test_restart(void **state)
{
	static const struct count anew[] = { { 1, 20 }, { 2, 0 } };

	(void)state;
	refresh(first, 3, 0);
	refresh(second, 3, 2);
	top_model_set_away(&m, "It went.", REAL + 3 * S);
	assert_string_equal(m.away, "It went.");
	assert_int_equal(m.away_real_ns, REAL + 3 * S);
	/* What was there is still shown, and since when it is away. */
	assert_string_equal(order(), "1 3 2");
	top_model_set_away(&m, "Nobody listens.", REAL + 5 * S);
	assert_string_equal(m.away, "Nobody listens.");
	assert_int_equal(m.away_real_ns, REAL + 3 * S);
	top_model_set_away(&m, NULL, REAL + 7 * S);
	assert_string_equal(m.away, "");
	refresh(anew, 2, 7);
	assert_string_equal(order(), "1 2");
	assert_float_equal(m.rows[m.from]->rate, 4, 0.01);
	assert_float_equal(m.rows[m.from + 1]->rate, 0, 0.01);
}

/* A rule that is new grew from nothing; one that was only not listed did not.
 */
static void test_new_rows(void **state)
{
	struct json_object *stats = json_tokener_parse(
		"{\"sampled\":true,\"rest\":{\"packets\":5},\"rows\":["
		"{\"source\":\"10.9.0.2\",\"packets\":1000,\"bytes\":60000,"
		"\"first_seen\":1763920000000000000,"
		"\"last_seen\":1763930000000000000,\"rate\":1.5},"
		"{\"source\":\"10.9.0.3\",\"packets\":8,\"bytes\":480,"
		"\"first_seen\":1763930002000000000,"
		"\"last_seen\":1763930002000000000}]}");
	struct json_object *none = json_tokener_parse("{\"rows\":[]}");

	(void)state;
	top_model_set_by(&m, TOP_BY_SOURCE);
	top_model_take_stats(&m, TOP_BY_SOURCE, none);
	top_model_tick(&m, NOW, REAL);
	top_model_take_stats(&m, TOP_BY_SOURCE, stats);
	top_model_tick(&m, NOW + 2 * S, REAL + 2 * S);
	assert_int_equal(top_model_arrange(&m, 10), 0);
	assert_int_equal(m.n_rows, 2);
	assert_string_equal(m.rows[0]->text[TOP_TEXT_NAME], "10.9.0.3");
	assert_float_equal(m.rows[0]->rate, 4, 0.01);
	assert_string_equal(m.rows[1]->text[TOP_TEXT_NAME], "10.9.0.2");
	assert_float_equal(m.rows[1]->rate, 1.5, 0.01);
	assert_float_equal(m.rows[1]->byte_rate, 90, 0.01);
	assert_true(m.sampled[TOP_BY_SOURCE]);
	assert_int_equal(m.total_packets, 1013);
	json_object_put(stats);
	json_object_put(none);
}

static void test_sorting(void **state)
{
	(void)state;
	refresh(first, 3, 0);
	refresh(second, 3, 2);
	m.order.column = TOP_COLUMN_PACKETS;
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "2 3 1");
	m.order.invert = true;
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "1 3 2");
	m.order.invert = false;
	m.order.column = TOP_COLUMN_NAME;
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "1 2 3");
	/* As < and > do, of what is shown in this width and can be sorted. */
	top_model_move_order(&m, 1, 80);
	assert_int_equal(m.order.column, TOP_COLUMN_RATE);
	top_model_move_order(&m, 1, 80);
	assert_int_equal(m.order.column, TOP_COLUMN_PACKETS);
	top_model_move_order(&m, -1, 80);
	top_model_move_order(&m, -1, 80);
	assert_int_equal(m.order.column, TOP_COLUMN_NAME);
	top_model_move_order(&m, -1, 80);
	assert_int_equal(m.order.column, TOP_COLUMN_REASON);
	top_model_move_order(&m, -1, 200);
	assert_int_equal(m.order.column, TOP_COLUMN_LAST);
}

static void test_filter(void **state)
{
	(void)state;
	refresh(first, 3, 0);
	top_model_set_filter(&m, "HANDLE 2");
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "2");
	/* Shares are of everything. */
	assert_int_equal(m.total_packets, 600);
	top_model_set_filter(&m, "nft_r");
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "2 3 1");
	top_model_set_filter(&m, "nothing has this");
	top_model_arrange(&m, 10);
	assert_int_equal(m.n_rows, 0);
	assert_null(top_model_selected(&m));
	top_model_move(&m, 1);
	top_model_select_last(&m);
	assert_false(top_model_search(&m, 1));
	top_model_set_filter(&m, "");
	top_model_arrange(&m, 10);
	assert_int_equal(m.n_rows, 3);
}

static void test_selection(void **state)
{
	(void)state;
	refresh(first, 3, 0);
	/* Until it is moved, it is whichever is the first. */
	assert_int_equal(selected(), 2);
	refresh(second, 3, 2);
	assert_int_equal(selected(), 1);
	top_model_move(&m, 1);
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 3);
	/* From now on it is that one, wherever it goes. */
	m.order.column = TOP_COLUMN_NAME;
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 3);
	assert_int_equal(m.cursor, 2);
	m.order.invert = true;
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 3);
	assert_int_equal(m.cursor, 0);
	/* It is kept while a filter hides it. */
	top_model_set_filter(&m, "handle 1");
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 1);
	top_model_set_filter(&m, "");
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 3);
	top_model_move(&m, 100);
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 1);
	top_model_move(&m, -100);
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 3);
	/* It goes away: the row in its place. */
	refresh(second, 2, 4);
	assert_int_equal(selected(), 2);
	/* Another grouping has another first row, and this one is forgotten. */
	top_model_set_by(&m, TOP_BY_REASON);
	top_model_set_by(&m, TOP_BY_RULE);
	top_model_arrange(&m, 10);
	assert_int_equal(m.cursor, 0);
}

static void test_scrolling(void **state)
{
	struct count counts[50];

	(void)state;
	for (unsigned int i = 0; i < 50; i++)
		counts[i] = (struct count){ 100 + i, 1000 - i };
	refresh(counts, 50, 0);
	assert_string_equal(order(), "100 101 102 103 104 105 106 107 108 109");
	top_model_move(&m, 10);
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "101 102 103 104 105 106 107 108 109 110");
	assert_int_equal(selected(), 110);
	top_model_select_last(&m);
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "140 141 142 143 144 145 146 147 148 149");
	assert_int_equal(selected(), 149);
	/* The screen grows: it is full when it can be. */
	top_model_arrange(&m, 12);
	assert_int_equal(m.top, 38);
	top_model_arrange(&m, 100);
	assert_int_equal(m.top, 0);
	assert_int_equal(m.to, 50);
	assert_int_equal(selected(), 149);
	top_model_select_first(&m);
	top_model_arrange(&m, 3);
	assert_string_equal(order(), "100 101 102");
}

static void test_search(void **state)
{
	struct count counts[40];

	(void)state;
	for (unsigned int i = 0; i < 40; i++)
		counts[i] = (struct count){ 1 + i, 1000 - i };
	refresh(counts, 40, 0);
	assert_false(top_model_search(&m, 1));
	top_model_set_search(&m, "Handle 1");
	/* The one that is selected will do. */
	assert_true(top_model_search(&m, 0));
	assert_int_equal(selected(), 1);
	assert_true(top_model_search(&m, 1));
	assert_int_equal(selected(), 10);
	assert_true(top_model_search(&m, 1));
	assert_int_equal(selected(), 11);
	top_model_arrange(&m, 10);
	assert_int_equal(selected(), 11);
	assert_true(top_model_search(&m, -1));
	assert_true(top_model_search(&m, -1));
	assert_int_equal(selected(), 1);
	/* Round the end. */
	assert_true(top_model_search(&m, -1));
	assert_int_equal(selected(), 19);
	assert_true(top_model_search(&m, 1));
	assert_int_equal(selected(), 1);
	top_model_set_search(&m, "handle 4x");
	assert_false(top_model_search(&m, 0));
	assert_int_equal(selected(), 1);
}

/* Paused, what is shown stands still; afterwards nothing is missing. */
static void test_pause(void **state)
{
	static const struct count third[] = {
		{ 1, 180 }, { 2, 1310 }, { 3, 240 }, { 4, 1 }
	};

	(void)state;
	refresh(first, 3, 0);
	refresh(second, 3, 2);
	m.paused = true;
	refresh(third, 4, 4);
	assert_string_equal(order(), "1 3 2");
	assert_int_equal(m.rows[m.to - 1]->shown.packets, 310);
	assert_int_equal(m.real_ns, REAL + 2 * S);
	/* One can go on looking at it in another way. */
	m.order.column = TOP_COLUMN_NAME;
	top_model_arrange(&m, 10);
	assert_string_equal(order(), "1 2 3");
	m.order.column = TOP_COLUMN_RATE;
	m.paused = false;
	refresh(third, 4, 12);
	assert_string_equal(order(), "2 3 1 4");
	assert_float_equal(m.rows[m.from]->rate, 100, 0.01);
}

static void take_status(uint64_t events, uint64_t lost, unsigned int after)
{
	char text[256];
	struct json_object *status;

	snprintf(text, sizeof(text),
		 "{\"state\":\"active\",\"kernel\":\"6.12\",\"events\":%llu,"
		 "\"losses\":{\"kernel_queue\":%llu,\"sessions\":3}}",
		 (unsigned long long)events, (unsigned long long)lost);
	status = json_tokener_parse(text);
	top_model_take_status(&m, status, NOW + after * S);
	json_object_put(status);
	top_model_tick(&m, NOW + after * S, REAL + after * S);
}

static void test_head(void **state)
{
	double cells[4];

	(void)state;
	assert_true(m.head.rate < 0);
	take_status(1000, 10, 0);
	assert_true(m.head.rate < 0);
	assert_int_equal(m.head.losses[TOP_LOSS_KERNEL_QUEUE], 10);
	assert_int_equal(m.head.lost_since[TOP_LOSS_KERNEL_QUEUE], 0);
	/* What was lost on the way was dropped as well. */
	take_status(1100, 30, 2);
	assert_float_equal(m.head.rate, 60, 0.01);
	assert_int_equal(m.head.drops, 1130);
	assert_int_equal(m.head.lost_since[TOP_LOSS_KERNEL_QUEUE], 20);
	assert_int_equal(m.head.losses[TOP_LOSS_SESSIONS], 3);
	top_model_take_lost(&m, 7);
	take_status(1100, 30, 4);
	assert_float_equal(m.head.rate, 0, 0.01);
	assert_int_equal(m.head.losses[TOP_LOSS_HERE], 7);
	assert_int_equal(m.head.lost_since[TOP_LOSS_KERNEL_QUEUE], 0);
	top_history_get(&m.history, NOW + 4 * S, 1, cells, 4);
	assert_float_equal(cells[0], 60, 0.01);
	assert_float_equal(cells[1], 60, 0.01);
	assert_float_equal(cells[2], 0, 0.01);
	assert_float_equal(cells[3], 0, 0.01);
}

/* While nfdropd was away, nobody knows; afterwards it counts from 0 again. */
static void test_head_away(void **state)
{
	double cells[6];

	(void)state;
	take_status(1000, 0, 0);
	take_status(1100, 0, 1);
	top_model_set_away(&m, "It went.", REAL + 1 * S);
	assert_true(m.head.rate < 0);
	top_model_set_away(&m, NULL, REAL + 4 * S);
	take_status(5, 0, 4);
	assert_true(m.head.rate < 0);
	take_status(25, 0, 6);
	assert_float_equal(m.head.rate, 10, 0.01);
	top_history_get(&m.history, NOW + 6 * S, 1, cells, 6);
	assert_float_equal(cells[0], 100, 0.01);
	assert_true(cells[1] < 0 && cells[2] < 0 && cells[3] < 0);
	assert_float_equal(cells[4], 10, 0.01);
	assert_float_equal(cells[5], 10, 0.01);
}

/* An answer of anything is survived, and shown as far as it is understood. */
static void test_odd_answers(void **state)
{
	static const char *const pages[] = {
		"{}",
		"{\"rules\":7}",
		"{\"rules\":[7,null,[],{},{\"table\":[]}],\"counting\":1}",
		("{\"rules\":[{\"packets\":-1,\"bytes\":\"x\",\"netns\":9,"
		 "\"reason\":{}}]}"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct json_object *page = json_tokener_parse(pages[i]);

		assert_non_null(page);
		top_model_begin_rules(&m);
		top_model_take_rules(&m, page, 0);
		top_model_end_rules(&m);
		top_model_take_stats(&m, TOP_BY_PORT, page);
		top_model_take_status(&m, page, NOW + i);
		top_model_tick(&m, NOW + i, REAL);
		assert_int_equal(top_model_arrange(&m, 10), 0);
		json_object_put(page);
	}
	/* All the same row: nothing is known of any of them. */
	assert_int_equal(m.n_rows, 1);
	assert_string_equal(m.rows[0]->text[TOP_TEXT_NAME], "-");
	assert_string_equal(m.uncounted, "Nothing is counted by rule.");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rates),	TEST(test_report_times),
		TEST(test_restart),	TEST(test_new_rows),
		TEST(test_sorting),	TEST(test_filter),
		TEST(test_selection),	TEST(test_scrolling),
		TEST(test_search),	TEST(test_pause),
		TEST(test_head),	TEST(test_head_away),
		TEST(test_odd_answers),
	};

	return cmocka_run_group_tests_name("top-model", tests, NULL, NULL);
}
