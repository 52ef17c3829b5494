/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json-add.h"

static void test_members(void **state)
{
	struct json_object *object = json_object_new_object();

	(void)state;
	assert_true(json_add_number(object, "n", UINT64_MAX));
	assert_true(json_add_float(object, "f", 1.0 / 3));
	assert_true(json_add_text(object, "t", "a\xff\"\x1b"));
	assert_true(json_add_counts(object, "c", 1, 2));
	assert_true(json_add_netns(object, "ns", 3, 4, ""));
	assert_string_equal(
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		"{\"n\":18446744073709551615,\"f\":0.333,"
		"\"t\":\"a\xef\xbf\xbd\\\"\\u001b\","
		"\"c\":{\"packets\":1,\"bytes\":2},"
		"\"ns\":{\"inum\":3,\"cookie\":4}}");
	json_object_put(object);
}

/* What is unknown is no member, and no error. */
static void test_unknown(void **state)
{
	struct json_object *object = json_object_new_object();

	(void)state;
	assert_true(json_add_text(object, "t", ""));
	assert_true(json_add_text(object, "t", NULL));
	assert_true(json_add_netns(object, "ns", 3, 0, "x"));
	assert_int_equal(json_object_object_length(object), 0);
	/* Memory is out. */
	assert_false(json_add(object, "v", NULL));
	assert_false(json_add_number(NULL, "v", 1));
	assert_int_equal(json_object_object_length(object), 0);
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("json-add", tests, NULL, NULL);
}
