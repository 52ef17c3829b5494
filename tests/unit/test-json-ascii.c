/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "json-ascii.h"
#include "proto.h"
#include "support.h"
#include "util.h"

/* Not a byte more than the text. */
static int convert(const char *text, char **ret, size_t *ret_len)
{
	size_t len = strlen(text);
	char *copy = copy_bytes(text, len);
	int r = json_to_ascii(copy, len, ret, ret_len);

	free(copy);
	return r;
}

static void test_escapes(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" },
		{ "{}", "{}" },
		{ "{\"a\":\"\\\\n\"}", "{\"a\":\"\\\\n\"}" },
		{ "\"\xc2\x80\"", "\"\\u0080\"" },
		{ "\"caf\xc3\xa9\"", "\"caf\\u00e9\"" },
		{ "\"\\\\\xc3\xa9\"", "\"\\\\\\u00e9\"" },
		{ "\"\xe2\x82\xac\xef\xbf\xbf\"", "\"\\u20ac\\uffff\"" },
		{ "\"\xf0\x90\x80\x80\"", "\"\\ud800\\udc00\"" },
		{ "\"\xf4\x8f\xbf\xbf\"", "\"\\udbff\\udfff\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *ascii = NULL;
		size_t len = 0;

		assert_int_equal(convert(cases[i].text, &ascii, &len), 0);
		assert_string_equal(ascii, cases[i].expected);
		assert_int_equal(len, strlen(cases[i].expected));
		free(ascii);
	}
}

static void test_refuses(void **state)
{
	static const char *const cases[] = {
		"\"\xff\"",	"\"\x80\"",	    "\"\xc3\"",
		"\"\xc3",	"\"\xc0\xaf\"",	    "\"\xed\xa0\x80\"",
		"\"\\\xc3\xa9", "\"\\\\\\\xc3\xa9", "\"\xf4\x90\x80\x80\"",
	};
	char *ascii = NULL;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(convert(cases[i], &ascii, &len), -EBADMSG);
	assert_null(ascii);
}

/* What json-c makes of it are the same characters, in keys as in values. */
static void test_same_object(void **state)
{
	static const char *const texts[] = {
		"caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\xa5!",
		"\xc2\xba",    "\x7f",	       "a\xf4\x8f\xbf\xbf",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct json_object *root = NULL, *value;
		char json[64];

		snprintf(json, sizeof(json), "{\"%s\":\"x%s\"}", texts[i],
			 texts[i]);
		assert_int_equal(json_parse_object(json, strlen(json), &root),
				 0);
		assert_true(json_object_object_get_ex(root, texts[i], &value));
		assert_string_equal(json_object_get_string(value) + 1,
				    texts[i]);
		json_object_put(root);
	}
}

/* A character that stands outside of a string is none of JSON's. */
static void test_outside(void **state)
{
	static const char *const texts[] = {
		"\xef\xbb\xbf{}",
		"{}\xc2\xa0",
		"{\xc3\xa9:1}",
		"{\"a\":\xc3\xa9}",
	};
	struct json_object *root = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(json_parse_object(texts[i], strlen(texts[i]),
						   &root),
				 -EBADMSG);
	assert_null(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_same_object),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests_name("json-ascii", tests, NULL, NULL);
}
