/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "order.h"
#include "util.h"

static void assert_order(const char *json, const char *name,
			 const char *expected)
{
	struct json_object *array = json_tokener_parse(json);
	char found[64] = "";

	order_sort(array, name);
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *value = json_object_object_get(
			json_object_array_get_idx(array, i), "n");

		strcat(found, json_object_get_string(value));
	}
	assert_string_equal(found, expected);
	json_object_put(array);
}

/* The largest first; then most packets; then the one seen earlier. */
static void test_order(void **state)
{
	static const char rows[] =
		"[{\"n\":\"a\",\"packets\":1,\"bytes\":30,\"rate\":0.5},"
		"{\"n\":\"b\",\"packets\":9007199254740993,\"bytes\":10},"
		"{\"n\":\"c\",\"packets\":9007199254740992,\"bytes\":10,"
		"\"rate\":2},"
		"{\"n\":\"d\",\"packets\":1,\"bytes\":30,\"first_seen\":5}]";

	(void)state;
	assert_order(rows, "packets", "bcad");
	assert_order(rows, "bytes", "adbc");
	assert_order(rows, "rate", "cabd");
	assert_order("[]", "packets", "");
	assert_order("[{\"n\":\"x\",\"rate\":\"y\"},{\"n\":\"z\",\"rate\":1}]",
		     "rate", "zx");
}

static void test_names(void **state)
{
	size_t i = 0;

	(void)state;
	assert_string_equal(order_name_at(0), "packets");
	while (order_name_at(i))
		i++;
	assert_int_equal(i, 7);
	assert_null(order_name_at(i + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
