/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "rule-json.h"
#include "ruleset-make.h"

static struct correlate correlate;
static struct json_object *reply;

static int setup(void **state)
{
	(void)state;
	correlate_init(&correlate, true);
	reply = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_object_put(reply);
	correlate_done(&correlate);
	return 0;
}

static struct rule_query query_of(const char *chain, uint64_t handle)
{
	return (struct rule_query){
		.family = "inet",
		.table = MADE_TABLE,
		.chain = chain,
		.handle = handle,
		.around = 1,
	};
}

static const char *ask(const struct rule_query *query)
{
	json_object_put(reply);
	reply = rule_to_json(&correlate, query);
	assert_non_null(reply);
	return json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PLAIN);
}

static const char *ask_rule(const char *chain, uint64_t handle)
{
	struct rule_query query = query_of(chain, handle);

	return ask(&query);
}

static int64_t number(const char *key)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(reply, key, &value)
		       ? json_object_get_int64(value)
		       : -1;
}

/* Five rules in a base chain, the third of which leads on. */
static struct ruleset *sample(uint32_t generation)
{
	struct ruleset *rs = make_ruleset(generation);

	make_chain(rs, "in", 1);
	make_chain(rs, "sub", -1);
	for (uint64_t i = 1; i <= 5; i++)
		make_rule(rs, "in", i, i == 3 ? "jump sub" : "drop",
			  i == 3 ? "sub" : NULL);
	make_rule(rs, "sub", 6, "six", NULL);
	return rs;
}

#define UNKNOWN "{\"netns\":{\"name\":\"init\"},\"known\":false}"

static void test_unknown(void **state)
{
	struct rule_query query = query_of("in", 1);

	(void)state;
	assert_string_equal(ask_rule("in", 1), UNKNOWN);
	rulesets_set(&correlate.rulesets, sample(1));
	assert_string_equal(ask_rule("in", 99), UNKNOWN);
	assert_string_equal(ask_rule("none", 0), UNKNOWN);
	query.family = "ip";
	assert_string_equal(ask(&query), UNKNOWN);
	query.family = "nonsense\x1b";
	assert_string_equal(ask(&query), UNKNOWN);
	query = query_of("in", 1);
	query.table_handle = MADE_HANDLE + 1;
	assert_string_equal(ask(&query), UNKNOWN);
	/* A namespace that nothing is known of. */
	query.table_handle = 0;
	query.inum = 4;
	assert_string_equal(ask(&query), UNKNOWN);
}

#define CHAIN                                                                \
	"\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"table_handle\":5," \
	"\"chain\":\"in\",\"type\":\"filter\",\"hook\":\"input\","           \
	"\"priority\":0,\"policy\":\"accept\"},"
#define RULE(n)                                     \
	"{\"rule_handle\":" n ",\"rule\":\"drop\"," \
	"\"may_drop\":false}"
#define JUMP                                        \
	"{\"rule_handle\":3,\"rule\":\"jump sub\"," \
	"\"jump\":\"sub\",\"may_drop\":false}"
#define PATHS                                                           \
	"\"paths\":[{\"steps\":[{\"chain\":\"in\",\"type\":\"filter\"," \
	"\"hook\":\"input\",\"priority\":0,\"policy\":\"accept\"}]}],"  \
	"\"more_paths\":false}"
#define KNOWN                                                  \
	"{\"netns\":{\"name\":\"init\"},\"known\":true," CHAIN \
	"\"current\":true,\"generation\":1,"

static void test_known(void **state)
{
	struct rule_query query = query_of("in", 2);

	(void)state;
	rulesets_set(&correlate.rulesets, sample(1));
	assert_string_equal(ask(&query),
			    KNOWN "\"place\":1,\"rules\":[" RULE("1") "," RULE(
				    "2") "," JUMP
					 "],\"n_rules\":5,\"first\":0," PATHS);
	/* At the ends of the chain. */
	assert_string_equal(ask_rule("in", 1),
			    KNOWN "\"place\":0,\"rules\":[" RULE("1") "," RULE(
				    "2") "],\"n_rules\":5,\"first\":0," PATHS);
	assert_string_equal(ask_rule("in", 5),
			    KNOWN "\"place\":4,\"rules\":[" RULE("4") "," RULE(
				    "5") "],\"n_rules\":5,\"first\":3," PATHS);
	query.around = 0;
	query.handle = 4;
	assert_string_equal(ask(&query),
			    KNOWN "\"place\":3,\"rules\":[" RULE(
				    "4") "],"
					 "\"n_rules\":5,\"first\":3," PATHS);
	query.around = UINT32_MAX;
	ask(&query);
	assert_int_equal(json_object_array_length(
				 json_object_object_get(reply, "rules")),
			 5);
}

/* The policy is behind the last rule; so is the chain alone. */
static void test_policy(void **state)
{
	(void)state;
	rulesets_set(&correlate.rulesets, sample(1));
	assert_string_equal(ask_rule("in", 0),
			    KNOWN "\"rules\":[" RULE("5") "],\"n_rules\":5,"
							  "\"first\":4," PATHS);
}

static void test_way(void **state)
{
	const char *text;

	(void)state;
	rulesets_set(&correlate.rulesets, sample(1));
	text = ask_rule("sub", 6);
	assert_non_null(strstr(
		text, "\"paths\":[{\"steps\":[{\"chain\":\"in\",\"type\":"
		      "\"filter\",\"hook\":\"input\",\"priority\":0,\"policy\":"
		      "\"accept\",\"rule_handle\":3,\"rule\":\"jump sub\","
		      "\"jump\":\"sub\",\"may_drop\":false},{\"chain\":\"sub\"}"
		      "]}],\"more_paths\":false}"));
}

/* A rule that is gone is told as it was when it was there last. */
static void test_gone(void **state)
{
	struct ruleset *reloaded = make_ruleset(4);

	(void)state;
	rulesets_set(&correlate.rulesets, sample(2));
	rulesets_set(&correlate.rulesets, sample(3));
	make_chain(reloaded, "in", 1);
	make_rule(reloaded, "in", 11, "another", NULL);
	make_rule(reloaded, "in", 12, "drop", NULL);
	rulesets_set(&correlate.rulesets, reloaded);
	ask_rule("in", 2);
	assert_int_equal(number("known"), 1);
	assert_int_equal(number("current"), 0);
	assert_int_equal(number("generation"), 3);
	assert_int_equal(number("same_text"), 12);
	/* No rule of that text, no chain of that name. */
	ask_rule("in", 3);
	assert_int_equal(number("current"), 0);
	assert_int_equal(number("same_text"), -1);
	ask_rule("sub", 6);
	assert_int_equal(number("current"), 0);
	assert_int_equal(number("same_text"), -1);
	/* One that is there has no other. */
	ask_rule("in", 12);
	assert_int_equal(number("current"), 1);
	assert_int_equal(number("same_text"), -1);
}

/* "nft replace" keeps the handle: which rule is meant says the generation. */
static void test_replaced(void **state)
{
	struct rule_query query = query_of("in", 7);
	struct ruleset *rs;
	struct rule *rule;

	(void)state;
	for (uint32_t i = 2; i <= 4; i++) {
		rs = make_ruleset(i);
		make_chain(rs, "in", 1);
		make_rule(rs, "in", 7, i == 3 ? "three" : "other", NULL);
		rulesets_set(&correlate.rulesets, rs);
	}
	/* The newest that has it, without a generation. */
	assert_non_null(strstr(ask(&query), "\"rule\":\"other\""));
	assert_int_equal(number("current"), 1);
	assert_int_equal(number("generation"), 4);
	query.generation = 3;
	assert_non_null(strstr(ask(&query), "\"rule\":\"three\""));
	assert_int_equal(number("current"), 0);
	assert_int_equal(number("replaced"), 1);
	assert_int_equal(number("generation"), 3);
	assert_int_equal(number("same_text"), -1);
	/* The same again. */
	query.generation = 2;
	ask(&query);
	assert_int_equal(number("current"), 1);
	assert_int_equal(number("replaced"), -1);
	assert_int_equal(number("generation"), 4);
	/* One that was not read, before, between and behind them. */
	query.generation = 1;
	ask(&query);
	assert_int_equal(number("current"), 1);
	query.generation = 9;
	ask(&query);
	assert_int_equal(number("current"), 1);
	/* A chain has no generation, but what it is now. */
	query.handle = 0;
	query.generation = 3;
	ask(&query);
	assert_int_equal(number("current"), 1);
	assert_int_equal(number("generation"), 4);
	/* Without texts it is the rule itself that counts. */
	rs = ruleset_copy(correlate.rulesets.current);
	assert_non_null(rs);
	rs->generation = 5;
	rulesets_set(&correlate.rulesets, rs);
	rule = rs->tables[0]->chains[0]->rules[0];
	free(TAKE_PTR(rule->text));
	query.handle = 7;
	query.generation = 4;
	ask(&query);
	assert_int_equal(number("current"), 1);
	query.generation = 3;
	ask(&query);
	assert_int_equal(number("replaced"), 1);
}

/* Some generations are the same but for what is not kept, or is nfdropd's. */
static void test_same_generations(void **state)
{
	struct rule_query query = query_of("in", 7);
	struct ruleset *rs;

	(void)state;
	for (uint32_t i = 1; i <= 2; i++) {
		rs = make_ruleset(i);
		make_chain(rs, "in", 1);
		make_rule(rs, "in", 7, i == 1 ? "one" : "two", NULL);
		rulesets_set(&correlate.rulesets, rs);
	}
	assert_null(strstr(ask(&query), "unchanged_since"));
	rs = ruleset_copy(correlate.rulesets.current);
	assert_non_null(rs);
	rs->generation = 6;
	rs->n_same = 4;
	rs->n_own = 3;
	rulesets_set(&correlate.rulesets, rs);
	/* Each of them has the second rule. */
	for (query.generation = 2; query.generation <= 6; query.generation++) {
		assert_non_null(strstr(ask(&query), "\"rule\":\"two\""));
		assert_int_equal(number("current"), 1);
		assert_int_equal(number("generation"), 6);
		assert_int_equal(number("unchanged_since"), 3);
	}
	query.generation = 1;
	assert_non_null(strstr(ask(&query), "\"rule\":\"one\""));
	assert_int_equal(number("replaced"), 1);
	assert_int_equal(number("generation"), 1);
	assert_int_equal(number("unchanged_since"), -1);
}

static struct correlate_netns *see_netns(uint64_t cookie, uint32_t inum,
					 const char *name)
{
	struct drop_event ev;
	struct correlate_netns *netns;

	drop_event_init(&ev);
	ev.netns.cookie = cookie;
	ev.netns.inum = inum;
	correlate_event(&correlate, &ev);
	netns = correlate_find_netns(&correlate, cookie, inum);
	assert_non_null(netns);
	strcpy(netns->name, name);
	rulesets_set(&netns->rulesets, sample(inum));
	return netns;
}

/* By number, by both numbers, by name; one may be called as ours is. */
static void test_netns(void **state)
{
	struct rule_query query = query_of("in", 1);

	(void)state;
	rulesets_set(&correlate.rulesets, sample(1));
	see_netns(77, 10, "blue\xff");
	see_netns(78, 11, "init");
	see_netns(79, 12, "");
	query.inum = 10;
	ask(&query);
	assert_int_equal(number("generation"), 10);
	query.cookie = 78;
	ask(&query);
	assert_int_equal(number("known"), 0);
	query.inum = 11;
	ask(&query);
	assert_int_equal(number("generation"), 11);
	query.inum = 0;
	query.cookie = 0;
	query.netns = "blue\xef\xbf\xbd";
	ask(&query);
	assert_int_equal(number("generation"), 10);
	assert_non_null(
		strstr(ask(&query), "\"netns\":{\"inum\":10,\"cookie\":77,"));
	query.netns = "init";
	ask(&query);
	assert_int_equal(number("generation"), 1);
	query.netns = "green";
	ask(&query);
	assert_int_equal(number("known"), 0);
	/* Ours by its numbers. */
	query.netns = NULL;
	query.inum = 99;
	query.cookie = 1;
	ask(&query);
	assert_int_equal(number("generation"), 1);
}

/* Names that are no UTF-8 are asked for as they were told. */
static void test_odd_names(void **state)
{
	struct ruleset *rs = make_ruleset(1);
	struct rule_query query;

	(void)state;
	make_chain(rs, "c\xff\x1b", 1);
	make_chain(rs, "c", 1);
	make_rule(rs, "c\xff\x1b", 1, "r\xff", NULL);
	rulesets_set(&correlate.rulesets, rs);
	query = query_of("c\xef\xbf\xbd\x1b", 1);
	assert_non_null(strstr(ask(&query), "\"rule\":\"r\xef\xbf\xbd\""));
	query.chain = "c\xff\x1b";
	ask(&query);
	assert_int_equal(number("known"), 1);
	query.chain = "c\xef\xbf\xbd";
	ask(&query);
	assert_int_equal(number("known"), 0);
}

/* However long names and texts are, a reply is one. */
static void test_long(void **state)
{
	struct ruleset *rs = make_ruleset(1);
	struct rule_query query;
	char name[256], next[256], *text = calloc(1, 4097), *comment;
	size_t len;

	(void)state;
	comment = calloc(1, 129);
	memset(text, 1, 4096);
	memset(comment, 1, 128);
	memset(name, 1, 255);
	name[255] = '\0';
	for (unsigned i = 0; i < 17; i++) {
		snprintf(next, sizeof(next), "%03u", i);
		memcpy(name, next, 3);
		make_chain(rs, name, i == 0 ? 1 : -1);
	}
	for (unsigned i = 0; i < 16; i++)
		for (unsigned j = 0; j < 61; j++) {
			struct rule *rule;

			snprintf(next, sizeof(next), "%03u", i);
			memcpy(name, next, 3);
			memset(next, 1, 255);
			snprintf(next, 4, "%03u", i + 1);
			next[3] = 1;
			next[255] = '\0';
			rule = make_rule(rs, name, 1 + i * 61 + j, text, next);
			rule->comment = strdup(comment);
		}
	rulesets_set(&correlate.rulesets, rs);
	memset(name, 1, 255);
	memcpy(name, "016", 3);
	query = query_of(name, 0);
	query.around = RULE_AROUND_MAX;
	len = strlen(ask(&query));
	assert_int_equal(number("known"), 1);
	assert_in_range(json_object_array_length(
				json_object_object_get(reply, "paths")),
			1, 8);
	assert_in_range(len, 1, 512 << 10);
	memcpy(name, "015", 3);
	query.handle = 1 + 15 * 61 + 30;
	len = strlen(ask(&query));
	assert_int_equal(json_object_array_length(
				 json_object_object_get(reply, "rules")),
			 61);
	assert_in_range(len, 1, 512 << 10);
	free(text);
	free(comment);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_unknown), TEST(test_known),	  TEST(test_policy),
		TEST(test_way),	    TEST(test_gone),	  TEST(test_replaced),
		TEST(test_netns),   TEST(test_odd_names), TEST(test_long),
		TEST(test_same_generations),
	};

	return cmocka_run_group_tests_name("rule-json", tests, NULL, NULL);
}
