/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "output.h"
#include "rules-view.h"
#include "util.h"

static struct output out;

static int setup(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C.UTF-8");
	return output_init(&out);
}

static int teardown(void **state)
{
	(void)state;
	output_done(&out);
	return 0;
}

static void assert_table_in(unsigned width, const char *json, bool legend,
			    const char *expected)
{
	struct json_object *rules = json_tokener_parse(json);
	struct term term = { .utf8 = true, .width = width };

	assert_non_null(rules);
	rules_view_print(rules, legend, true, &term, out.f);
	assert_int_equal(fflush(out.f), 0);
	assert_string_equal(out.text, expected);
	json_object_put(rules);
}

static void assert_table(const char *json, bool legend, const char *expected)
{
	assert_table_in(0, json, legend, expected);
}

#define COUNTS                               \
	"\"packets\":102,\"bytes\":6120,"    \
	"\"last_seen\":1763930000123456789," \
	"\"reason\":\"NFT_RULE\",\"hook\":\"input\","
#define CELLS                                                                                   \
	"       102          6120     0.0     0.0     0.0  2025-11-23 20:33:20  NFT_RULE      " \
	"  input        "
#define TABLE "\"family\":\"inet\",\"table\":\"filter\",\"chain\":\"c\","

static void test_places(void **state)
{
	(void)state;
	assert_table(
		"[{" COUNTS TABLE "\"kind\":\"nft-rule\",\"rule_handle\":7,"
		"\"netns\":{\"inum\":1,\"name\":\"init\"}},"
		"{" COUNTS TABLE "\"kind\":\"nft-policy\","
		"\"netns\":{\"inum\":17}},"
		"{" COUNTS TABLE "\"kind\":\"nft-chain\","
		"\"netns\":{\"inum\":17,\"name\":\"blue\"}},"
		"{" COUNTS TABLE "\"kind\":\"xt-rule\","
		"\"rule_handle\":3},"
		"{" COUNTS "\"kind\":\"queue\",\"queue\":0},"
		"{" COUNTS "\"kind\":\"conntrack\",\"by\":\"ftp\"}]",
		true,
		"   PACKETS         BYTES    RATE    1MIN   15MIN  LAST SEEN            REASON   "
		"       HOOK         WHERE\n" CELLS
		"inet filter c handle 7\n" CELLS
		"inet filter c policy  netns=inum:17\n" CELLS
		"inet filter c nft-chain  netns=blue\n" CELLS
		"inet filter c rule 3\n" CELLS "queue 0\n" CELLS
		"conntrack ftp\n");
}

/* Names of other people's rulesets do no harm, and what is odd is unknown. */
static void test_hostile(void **state)
{
	(void)state;
	assert_table(
		"[{\"table\":\"t\\u001b[2J\",\"chain\":\"\\u202e\","
		"\"reason\":1,\"hook\":[],\"last_seen\":\"x\","
		"\"netns\":{\"name\":\"\\u009b\"}},7,{}]",
		false,
		"         -             -       -       -       -  -                    -       "
		"        -            t\\x1b[2J \\xe2\\x80\\xae  "
		"netns=\\xc2\\x9b\n"
		"         -             -       -       -       -  -                    -       "
		"        -            -\n"
		"         -             -       -       -       -  -                    -       "
		"        -            -\n");
}

#define LONG                                                               \
	"\"rule\":\"ip saddr { 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4 }  " \
	"counter drop\""

/* Hook and rule have lines of their own. */
static void test_narrow(void **state)
{
	(void)state;
	assert_table_in(
		80,
		"[{" COUNTS TABLE "\"kind\":\"nft-rule\",\"rule_handle\":7,"
		"\"netns\":{\"inum\":17,\"name\":\"blue\"}," LONG "},{}]",
		true,
		"   PACKETS         BYTES    RATE  LAST SEEN            REASON\n"
		"            HOOK         WHERE\n"
		"       102          6120     0.0  2025-11-23 20:33:20  "
		"NFT_RULE\n"
		"            input        inet filter c handle 7  netns=blue  ip "
		"saddr {\n"
		"                         10.0.0.1, 10.0.0.2, 10.0.0.3, "
		"10.0.0.4 }  counter drop\n"
		"         -             -       -  -                    -\n"
		"            -            -\n");
}

/* In one line, and below where the rule stands. */
static void test_wide(void **state)
{
	(void)state;
	assert_table_in(150,
			"[{" COUNTS TABLE "\"kind\":\"nft-rule\","
			"\"rule_handle\":7," LONG "}]",
			false,
			CELLS "inet filter c handle 7  ip saddr { 10.0.0.1,\n"
			      "                                                "
			      "                                                "
			      "    10.0.0.2, 10.0.0.3, 10.0.0.4 }  counter "
			      "drop\n");
}

/* The longest names, escaped, fit. */
static void test_long(void **state)
{
	struct json_object *rules = json_object_new_array();
	struct json_object *rule = json_object_new_object();
	struct term term = { .utf8 = true };
	char name[256] = "", long_rule[4097] = "";

	memset(long_rule, 1, sizeof(long_rule) - 1);
	(void)state;
	memset(name, 1, sizeof(name) - 1);
	json_object_object_add(rule, "table", json_object_new_string(name));
	json_object_object_add(rule, "chain", json_object_new_string(name));
	json_object_object_add(rule, "kind",
			       json_object_new_string("nft-rule"));
	json_object_object_add(rule, "rule_handle",
			       json_object_new_uint64(UINT64_MAX));
	json_object_array_add(rules, rule);
	json_object_object_add(rule, "rule", json_object_new_string(long_rule));
	rules_view_print(rules, false, true, &term, out.f);
	assert_int_equal(fflush(out.f), 0);
	assert_non_null(strstr(out.text, "\\x01 handle 18446744073709551615"));
	json_object_put(rules);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_places),  TEST(test_narrow), TEST(test_wide),
		TEST(test_hostile), TEST(test_long),
	};

	return cmocka_run_group_tests_name("rules-view", tests, NULL, NULL);
}
