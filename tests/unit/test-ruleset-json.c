/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "json-add.h"
#include "ruleset-json.h"
#include "ruleset-make.h"

static struct correlate correlate;

static int setup(void **state)
{
	(void)state;
	correlate_init(&correlate, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	correlate_done(&correlate);
	return 0;
}

static void assert_page(uint64_t first, const char *expected)
{
	struct json_object *page = ruleset_to_json(&correlate, first);

	assert_non_null(page);
	assert_string_equal(
		json_object_to_json_string_ext(page, JSON_C_TO_STRING_PLAIN),
		expected);
	json_object_put(page);
}

static void drops(struct rule *rule)
{
	rule->may_drop = true;
}

static void test_empty(void **state)
{
	(void)state;
	assert_page(0, "{\"rules\":[]}");
	assert_page(UINT64_MAX, "{\"rules\":[]}");
	rulesets_set(&correlate.rulesets, make_ruleset(7));
	assert_page(0, "{\"rules\":[],\"generation\":7}");
}

#define PLACE(c)                                                                \
	"\"family\":\"inet\",\"table\":\"t\",\"table_handle\":5,\"chain\":\"" c \
	"\","
#define BASE(policy)                                                                 \
	"\"type\":\"filter\",\"hook\":\"input\",\"priority\":0,\"policy\":\"" policy \
	"\""
#define INIT "{\"netns\":{\"name\":\"init\"},"

/* What may drop, and policies that do. */
static void test_rules(void **state)
{
	struct ruleset *rs = make_ruleset(3);
	struct rule *rule;

	(void)state;
	make_chain(rs, "in", 1);
	make_chain(rs, "sub", -1);
	make_chain(rs, "closed", 1);
	rs->tables[0]->chains[2]->policy_drop = true;
	rs->tables[0]->chains[2]->devices = strdup("eth0, e\x1b\xff");
	/* Of no base chain it means nothing. */
	rs->tables[0]->chains[1]->policy_drop = true;
	make_rule(rs, "in", 1, "accept", NULL);
	drops(make_rule(rs, "in", 2, "a \"b\"\x1b[2J\xff drop", NULL));
	make_rule(rs, "in", 3, "goto sub", "sub");
	rule = make_rule(rs, "sub", 4, NULL, "in");
	rule->comment = strdup("no text");
	rule->is_goto = true;
	drops(rule);
	rulesets_set(&correlate.rulesets, rs);
	assert_page(
		0,
		"{\"rules\":[" INIT "\"kind\":\"nft-rule\"," PLACE("in") BASE(
			"accept") ",\"rule_handle\":2,\"rule\":"
				  "\"a \\\"b\\\"\\u001b[2J\xef\xbf\xbd "
				  "drop\",\"may_drop\":true}," INIT
				  "\"kind\":\"nft-rule\"," PLACE(
					  "sub") "\"rule_handle\":4,\"comment\":\"no text\",\"goto\":"
						 "\"in\",\"may_drop\":true}," INIT
						 "\"kind\":\"nft-policy\"," PLACE(
							 "closed")
							 BASE("drop") ","
								      "\"devices\":\"eth0, e\\u001b\xef\xbf\xbd\"}],"
								      "\"generation\":3}");
	assert_page(2, "{\"rules\":[" INIT
		       "\"kind\":\"nft-policy\"," PLACE("closed")
			       BASE("drop") ",\"devices\":\"eth0, "
					    "e\\u001b\xef\xbf\xbd\"}]"
					    ",\"generation\":3}");
	assert_page(3, "{\"rules\":[],\"generation\":3}");
}

static void see_netns(uint64_t cookie, uint32_t inum, const char *name,
		      struct ruleset *rs)
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
	if (rs)
		rulesets_set(&netns->rulesets, rs);
}

/* Others' rules come after ours, and may be there without ours. */
static void test_netns(void **state)
{
	struct ruleset *rs = make_ruleset(9);

	(void)state;
	make_chain(rs, "in", 1);
	drops(make_rule(rs, "in", 2, "drop", NULL));
	see_netns(77, 10, "init", rs);
	see_netns(78, 11, "", NULL);
	assert_page(0, "{\"rules\":[{\"netns\":{\"inum\":10,\"cookie\":77,"
		       "\"name\":\"init\"},\"kind\":\"nft-rule\"," PLACE("in")
			       BASE("accept") ",\"rule_handle\":2,"
					      "\"rule\":\"drop\","
					      "\"may_drop\":true}]}");
}

/* Each is in one page, in their order, and pages are not too long. */
static void walk(size_t n, size_t text_len)
{
	struct ruleset *rs = make_ruleset(1);
	char *text = calloc(1, text_len + 1);
	uint64_t first = 0, handle = 1;
	size_t pages = 0;

	memset(text, 1, text_len);
	make_chain(rs, "in", 1);
	rs->tables[0]->chains[0]->policy_drop = true;
	for (size_t i = 1; i <= n; i++)
		drops(make_rule(rs, "in", i, text, NULL));
	rulesets_set(&correlate.rulesets, rs);
	for (;;) {
		struct json_object *page = ruleset_to_json(&correlate, first);
		struct json_object *rules, *next;
		size_t len;

		assert_non_null(page);
		rules = json_object_object_get(page, "rules");
		len = json_object_array_length(rules);
		assert_in_range(len, 1, RULESET_JSON_PAGE);
		for (size_t i = 0; i < len && handle <= n; i++)
			assert_int_equal(
				json_object_get_uint64(json_object_object_get(
					json_object_array_get_idx(rules, i),
					"rule_handle")),
				handle++);
		assert_in_range(strlen(json_object_to_json_string_ext(
					page, JSON_C_TO_STRING_PLAIN)),
				1, 512 << 10);
		pages++;
		next = json_object_object_get(page, "next");
		if (!next) {
			json_object_put(page);
			break;
		}
		assert_int_equal(json_object_get_uint64(next), first + len);
		first += len;
		json_object_put(page);
	}
	assert_int_equal(handle, n + 1);
	printf("%zu rules of %zu bytes: %zu pages\n", n, text_len, pages);
	free(text);
}

static void test_pages(void **state)
{
	(void)state;
	/* With the policy. */
	walk(RULESET_JSON_PAGE - 1, 4);
	walk(RULESET_JSON_PAGE, 4);
	walk(3 * RULESET_JSON_PAGE + 7, 4);
}

static void test_long_texts(void **state)
{
	(void)state;
	walk(200, 4096);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_empty), TEST(test_rules),	 TEST(test_netns),
		TEST(test_pages), TEST(test_long_texts),
	};

	return cmocka_run_group_tests_name("ruleset-json", tests, NULL, NULL);
}
