/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "output.h"
#include "stats-view.h"
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

static void assert_table(const char *json, const enum stat_key *by, size_t n_by,
			 const char *expected)
{
	const struct term term = { .utf8 = true, .width = 80 };
	struct json_object *rows = json_tokener_parse(json);

	assert_non_null(rows);
	stats_view_print(rows, by, n_by, true, true, &term, out.f);
	assert_int_equal(fflush(out.f), 0);
	assert_string_equal(out.text, expected);
	json_object_put(rows);
}

#define TITLES "   PACKETS         BYTES    RATE  LAST SEEN            "
#define CELLS  "         5            10     0.0  -                    "
#define COUNTS "\"packets\":5,\"bytes\":10"

static void test_columns(void **state)
{
	static const enum stat_key by[] = { STAT_SOURCE, STAT_DPORT, STAT_IN,
					    STAT_NETNS };

	(void)state;
	assert_table("[{\"source\":\"10.9.0.2\",\"dport\":53,"
		     "\"in\":{\"ifindex\":2,\"name\":\"eth0\"},"
		     "\"netns\":{\"name\":\"init\",\"inum\":1}," COUNTS "},"
		     "{\"source\":\"fd00::1\",\"in\":{\"ifindex\":3},"
		     "\"netns\":{\"inum\":17}," COUNTS "}]",
		     by, ARRAY_SIZE(by),
		     TITLES "SOURCE    DPORT  IN    NETNS\n" CELLS
			    "10.9.0.2  53     eth0  init\n" CELLS
			    "fd00::1   -      if3   inum:17\n");
}

/* User 0 is one; what is odd is unknown; what is too wide moves the rest. */
static void test_odd(void **state)
{
	static const enum stat_key by[] = { STAT_TABLE, STAT_UID };

	(void)state;
	assert_table("[{\"table\":\"t\\u001b[2J\",\"uid\":0," COUNTS "},"
		     "{\"table\":7,\"uid\":\"x\"," COUNTS "},"
		     "{\"table\":\"0123456789012345678901234567890123456789"
		     "0123456789\"," COUNTS "}]",
		     by, ARRAY_SIZE(by),
		     TITLES "TABLE     UID\n" CELLS "t\\x1b[2J  0\n" CELLS
			    "-         -\n" CELLS
			    "0123456789012345678901234567890123456789"
			    "0123456789  -\n");
}

static void test_rule(void **state)
{
	static const enum stat_key by[] = { STAT_RULE };

	(void)state;
	assert_table("[{\"kind\":\"nft-rule\",\"family\":\"inet\","
		     "\"table\":\"t\",\"chain\":\"c\",\"rule_handle\":7,"
		     "\"netns\":{\"name\":\"init\"}," COUNTS "},"
		     "{" COUNTS "}]",
		     by, ARRAY_SIZE(by),
		     TITLES "RULE\n" CELLS "inet t c handle 7\n" CELLS "-\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_columns),
		TEST(test_odd),
		TEST(test_rule),
	};

	return cmocka_run_group_tests_name("stats-view", tests, NULL, NULL);
}
