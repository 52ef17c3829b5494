/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rule-place.h"
#include "util.h"

#define TABLE "\"family\":\"inet\",\"table\":\"t\",\"chain\":\"c\","

/* What a rule has, and what is shown of it. */
static const struct {
	const char *json;
	const char *place;
} cases[] = {
	{ "{" TABLE "\"kind\":\"nft-rule\",\"rule_handle\":7}",
	  "inet t c handle 7" },
	{ "{" TABLE "\"kind\":\"nft-policy\"}", "inet t c policy" },
	{ "{" TABLE "\"kind\":\"xt-rule\",\"rule_handle\":3}",
	  "inet t c rule 3" },
	{ "{\"kind\":\"queue\",\"by\":\"f\",\"queue\":0}", "queue f 0" },
	{ "{\"location\":\"f+0x1/0x2 [m]\"}", "f+0x1/0x2 [m]" },
	{ "{\"trap\":\"ttl_expired\",\"origin\":\"hardware\"}", "ttl_expired" },
	{ "{" TABLE "\"kind\":\"nft-rule\",\"rule_handle\":7,"
	  "\"attribution\":\"inferred\",\"netns\":{\"inum\":17}}",
	  "inet t c handle 7  attribution=inferred  netns=inum:17" },
	{ "{" TABLE "\"attribution\":\"exact\",\"netns\":{\"name\":\"init\"}}",
	  "inet t c" },
	{ "{\"netns\":{\"name\":\"\\u001b\",\"inum\":17}}", "-  netns=\\x1b" },
	/* Another one may be called so. */
	{ "{\"netns\":{\"name\":\"init\",\"inum\":17,\"cookie\":77}}",
	  "-  netns=init" },
	{ "{\"netns\":{\"name\":\"init\",\"inum\":9,\"cookie\":1}}", "-" },
	{ "{}", "-" },
	{ "7", "-" },
	{ "{\"table\":7,\"chain\":\"\\u202e\"}", "\\xe2\\x80\\xae" },
};

static void test_places(void **state)
{
	const struct term term = { .utf8 = true };
	char buf[RULE_PLACE_MAX];

	(void)state;
	setlocale(LC_ALL, "C.UTF-8");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *rule = json_tokener_parse(cases[i].json);

		assert_string_equal(rule_place(&term, rule, buf),
				    cases[i].place);
		json_object_put(rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_places) };

	return cmocka_run_group_tests_name("rule-place", tests, NULL, NULL);
}
