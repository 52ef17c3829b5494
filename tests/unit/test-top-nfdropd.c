/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What top and nfdropd each do by themselves, they do alike: sort by each
 * column, and find texts. A pause would show it where they do not.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aggregate-json.h"
#include "top-model.h"
#include "util.h"

#define N    500
#define S    1000000000ULL
#define REAL (1763930000 * S)

static struct aggregate a;
static struct top_model m;

static const char *one_of(const char *const *words, unsigned int n)
{
	return words[(unsigned int)rand() % n];
}

/* Few values of each, so that there are many ties. */
static void add_rule(void)
{
	static const char *const words[] = { "", "a", "B", "ab", "input" };
	struct aggregate_rule *rule;
	struct drop_event ev;

	drop_event_init(&ev);
	ev.netns.cookie = (uint64_t)(rand() % 4) * 9;
	ev.netns.inum = 4026531840U + (uint32_t)ev.netns.cookie;
	ev.netfilter.kind = (enum drop_kind)(rand() % 4);
	strcpy(ev.netfilter.family, one_of(words, 4));
	strcpy(ev.netfilter.table, one_of(words, 4));
	strcpy(ev.netfilter.chain, one_of(words, 4));
	strcpy(ev.netfilter.hook, one_of(words, 5));
	strcpy(ev.reason, one_of(words, 4));
	ev.netfilter.rule_handle = (uint64_t)rand() % 20;
	ev.attribution = (enum drop_attribution)(rand() % 2);
	ev.count = 1 + (uint64_t)rand() % 3;
	ev.timestamp_ns = REAL + (uint64_t)(rand() % 4) * S;
	assert_true(aggregate_add(&a, &ev, ev.count * 60));
	rule = a.rules[a.n_rules - 1];
	rule->rates.last = (float)(rand() % 3);
	rule->rates.one = (float)(rand() % 3) / 2;
	rule->rates.fifteen = (float)(rand() % 3) / 4;
}

static struct json_object *ask(const struct rules_look *look)
{
	static const struct losses none;
	const struct rules_query query = { .look = look, .limit = N };
	struct json_object *reply = aggregate_to_json(&a, &query, &none);

	assert_non_null(reply);
	return reply;
}

static int setup(void **state)
{
	const struct rules_look all = { .order = RULES_BY_HANDLE };
	struct json_object *reply;

	(void)state;
	srand(7);
	aggregate_init(&a, 1);
	top_model_init(&m, 7);
	while (a.n_rules < N)
		add_rule();
	aggregate_look(&a, 100 * S, REAL);
	reply = ask(&all);
	top_model_begin_rules(&m);
	top_model_take_rules(&m, reply, 0);
	top_model_end_rules(&m);
	top_model_tick(&m, 100 * S, REAL + 60 * S);
	json_object_put(reply);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	top_model_done(&m);
	aggregate_done(&a);
	return 0;
}

/* The model has the rules of the reply, in its order. */
static void assert_alike(const struct rules_look *look)
{
	struct json_object *reply = ask(look), *rules;

	assert_int_equal(top_model_arrange(&m, N), 0);
	rules = json_object_object_get(reply, "rules");
	assert_int_equal(m.n_rows, json_object_array_length(rules));
	for (size_t i = 0; i < m.n_rows; i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);

		assert_int_equal(m.rows[i]->number,
				 json_object_get_uint64(json_object_object_get(
					 rule, "number")));
	}
	json_object_put(reply);
}

static void test_orders(void **state)
{
	char error[512];

	(void)state;
	for (int i = 0; i < _TOP_COLUMN_MAX; i++) {
		struct json_object *json = json_object_new_object();
		struct rules_look look;

		m.order.column = (enum top_column)i;
		json_object_object_add(json, "sort",
				       json_object_new_string(top_column_order(
					       m.order.column, true)));
		assert_int_equal(rules_look_from_json(json, &look, error,
						      sizeof(error)),
				 0);
		for (int invert = 0; invert < 2; invert++) {
			m.order.invert = look.invert = invert;
			assert_alike(&look);
		}
		json_object_put(json);
	}
}

static void test_texts(void **state)
{
	static const char *const texts[] = {
		"b",	 "A ab",	"handle 1",	"policy", "netns=inum:",
		"INPUT", "attribution", "a a handle 7", "-",	  "nothing",
	};
	struct rules_look look = { .order = RULES_BY_NAME };

	(void)state;
	m.order.column = TOP_COLUMN_NAME;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		look.text = texts[i];
		top_model_set_filter(&m, texts[i]);
		assert_alike(&look);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
	};

	return cmocka_run_group_tests_name("top-nfdropd", tests, NULL, NULL);
}
