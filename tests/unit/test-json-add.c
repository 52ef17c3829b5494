/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
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
	assert_true(json_add_flag(object, "b", false));
	assert_true(json_add_float(object, "f", 1.0 / 3));
	assert_true(json_add_text(object, "t", "a\xff\"\x1b"));
	assert_true(json_add_counts(object, "c", 1, 2));
	assert_true(json_add_netns(object, "ns", 3, 4, ""));
	assert_string_equal(
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		"{\"n\":18446744073709551615,\"b\":false,\"f\":0.333,"
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

/* {"a":N} has 7 bytes for a digit. */
static struct json_object *seven(void)
{
	return json_tokener_parse("{\"a\":1}");
}

static void test_append(void **state)
{
	struct json_object *array = json_object_new_array();
	size_t room = 15;

	(void)state;
	assert_int_equal(json_append(array, seven(), &room), 1);
	assert_int_equal(room, 8);
	assert_int_equal(json_append(array, seven(), &room), 1);
	assert_int_equal(room, 1);
	assert_int_equal(json_append(array, seven(), &room), 0);
	assert_int_equal(room, 1);
	assert_int_equal(json_append(array, NULL, &room), -ENOMEM);
	assert_int_equal(json_object_array_length(array), 2);
	json_object_put(array);
}

/* A reply without anything would be asked for again and again. */
static void test_append_first(void **state)
{
	struct json_object *array = json_object_new_array();
	size_t room = 3;

	(void)state;
	assert_int_equal(json_append(array, seven(), &room), 1);
	assert_int_equal(room, 0);
	assert_int_equal(json_append(array, seven(), &room), 0);
	assert_int_equal(json_object_array_length(array), 1);
	json_object_put(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_first),
	};

	return cmocka_run_group_tests_name("json-add", tests, NULL, NULL);
}
