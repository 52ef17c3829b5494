/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rules-all.h"
#include "util.h"

static struct filter *filter;

static int setup(void **state)
{
	(void)state;
	return filter_new(&filter);
}

static int teardown(void **state)
{
	(void)state;
	filter_free(filter);
	return 0;
}

static void assert_all(const char *counted, const char *ruleset,
		       const char *expected)
{
	struct json_object *rules = json_tokener_parse(counted);
	struct json_object *all = json_tokener_parse(ruleset);
	struct json_object *wanted = json_tokener_parse(expected);

	assert_non_null(rules);
	assert_non_null(all);
	assert_non_null(wanted);
	assert_int_equal(rules_all_add(rules, all, filter, true), 0);
	assert_string_equal(json_object_to_json_string(rules),
			    json_object_to_json_string(wanted));
	json_object_put(wanted);
	json_object_put(all);
	json_object_put(rules);
}

#define INIT "\"netns\":{\"inum\":40,\"cookie\":1,\"name\":\"init\"},"
#define OURS "\"netns\":{\"name\":\"init\"},"
#define THEIRS(c, name) \
	"\"netns\":{\"inum\":7,\"cookie\":" c ",\"name\":\"" name "\"},"
#define TABLE(h) "\"family\":\"ip\",\"table\":\"t\",\"table_handle\":" h ","
#define RULE(n)	 "\"chain\":\"c\",\"rule_handle\":" n
#define ZERO	 ",\"attribution\":\"exact\",\"packets\":0,\"bytes\":0,\"rate\":0}"
#define KIND	 "\"kind\":\"nft-rule\","
#define POLICY	 "\"kind\":\"nft-policy\"," TABLE("5") "\"chain\":\"c\""

static void test_union(void **state)
{
	(void)state;
	assert_all("[]", "[]", "[]");
	assert_all("[{" INIT TABLE("5") RULE("1") ",\"packets\":9}]",
		   "[{" OURS KIND TABLE("5")
			   RULE("1") "},{" OURS KIND TABLE("5")
				   RULE("2") ",\"rule\":\"drop\",\"comment\":"
					     "\"x\",\"may_drop\":true}]",
		   "[{" INIT TABLE("5")
			   RULE("1") ",\"packets\":9},{" OURS KIND TABLE("5")
				   RULE("2") ",\"rule\":\"drop\","
					     "\"comment\":\"x\"" ZERO "]");
}

/* What a rule is by: its namespace, table and handle; not its chain's name. */
static void test_keys(void **state)
{
	(void)state;
	/* Another table's, another namespace's, also one that is called init.
	 */
	assert_all("[{" INIT TABLE("5") RULE("1") "}]",
		   "[{" OURS KIND TABLE("6")
			   RULE("1") "},"
				     "{" THEIRS("77", "init") KIND TABLE("5")
					     RULE("1") "}]",
		   "[{" INIT TABLE("5") RULE("1") "},"
						  "{" OURS KIND TABLE("6")
							  RULE("1") ZERO
		   ","
		   "{" THEIRS("77", "init") KIND TABLE("5") RULE("1") ZERO "]");
	assert_all("[{" THEIRS("77", "") TABLE("5") RULE("1") "}]",
		   "[{" THEIRS("77", "blue") KIND TABLE("5") RULE("1") "}]",
		   "[{" THEIRS("77", "") TABLE("5") RULE("1") "}]");
	assert_all(
		"[{" INIT TABLE("5") "\"chain\":\"old\",\"rule_handle\":1}]",
		"[{" OURS KIND TABLE("5") RULE("1") "}]",
		"[{" INIT TABLE("5") "\"chain\":\"old\",\"rule_handle\":1}]");
	/* At several hooks, or for several reasons. */
	assert_all("[{" INIT TABLE("5")
			   RULE("1") ",\"hook\":\"input\"},"
				     "{" INIT TABLE("5")
					     RULE("1") ",\"hook\":\"output\"}]",
		   "[{" OURS KIND TABLE("5") RULE("1") "}]",
		   "[{" INIT TABLE("5")
			   RULE("1") ",\"hook\":\"input\"},"
				     "{" INIT TABLE("5") RULE(
					     "1") ",\"hook\":\"output\"}]");
}

static void test_policies(void **state)
{
	(void)state;
	assert_all("[{" INIT POLICY "}]", "[{" OURS POLICY "}]",
		   "[{" INIT POLICY "}]");
	/* Neither a chain that dropped without a rule, nor another's policy. */
	assert_all(
		"[{" INIT "\"kind\":\"nft-chain\"," TABLE(
			"5") "\"chain\":\"c\"},{" INIT
			     "\"kind\":\"nft-policy\"," TABLE(
				     "5") "\"chain\":\"d\"}]",
		"[{" OURS POLICY "}]",
		"[{" INIT "\"kind\":\"nft-chain\"," TABLE(
			"5") "\"chain\":\"c\"},{" INIT
			     "\"kind\":\"nft-policy\"," TABLE(
				     "5") "\"chain\":\"d\"},{" OURS POLICY ZERO
					  "]");
}

static void test_filter(void **state)
{
	char error[128];

	(void)state;
	assert_int_equal(
		filter_add(filter, "chain", "c*", error, sizeof(error)), 0);
	assert_all("[]",
		   "[{" OURS KIND TABLE("5") RULE(
			   "1") "},"
				"{" OURS KIND TABLE(
					"5") "\"chain\":\"d\"},7,"
					     "{\"family\":7,\"chain\":\"c\"}]",
		   "[{" OURS KIND TABLE("5") RULE("1") ZERO "]");
	/* What it says of reasons is not known of what did not drop. */
	assert_int_equal(filter_add(filter, "reason", "NFT_RULE", error,
				    sizeof(error)),
			 0);
	assert_all("[]", "[{" OURS KIND TABLE("5") RULE("1") "}]", "[]");
}

/* Where drops are not counted by rule, nobody knows. */
static void test_not_counted(void **state)
{
	struct json_object *rules = json_object_new_array();
	struct json_object *all =
		json_tokener_parse("[{" OURS KIND TABLE("5") RULE("1") "}]");

	(void)state;
	assert_int_equal(rules_all_add(rules, all, filter, false), 0);
	assert_string_equal(
		json_object_to_json_string_ext(rules, JSON_C_TO_STRING_PLAIN),
		"[{" OURS KIND TABLE("5") RULE("1") ",\"attribution\":"
						    "\"exact\"}]");
	json_object_put(all);
	json_object_put(rules);
}

/* Whoever answers, it is no crash. */
static void test_odd(void **state)
{
	(void)state;
	assert_all("[7,null,[],{\"netns\":7}]", "[]",
		   "[7,null,[],{\"netns\":7}]");
	assert_all("[]", "[{\"netns\":[],\"chain\":{},\"rule_handle\":-1}]",
		   "[{\"netns\":[],\"chain\":{},\"rule_handle\":-1" ZERO "]");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_union),  TEST(test_keys),	   TEST(test_policies),
		TEST(test_filter), TEST(test_not_counted), TEST(test_odd),
	};

	return cmocka_run_group_tests_name("rules-all", tests, NULL, NULL);
}
