/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "escape.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

static void test_texts(void **state)
{
	static const struct {
		const char *s, *expected;
	} cases[] = {
		{ "", "" },
		{ "eth0", "eth0" },
		{ "a b~", "a b~" },
		{ "\\", "\\\\" },
		{ "\\x1b", "\\\\x1b" },
		{ "\033[31m", "\\x1b[31m" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
		{ "\x7f", "\\x7f" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		/* C1: CSI and NEL, as characters and as bytes. */
		{ "\xc2\x9b"
		  "1m",
		  "\\xc2\\x9b1m" },
		{ "\xc2\x85", "\\xc2\\x85" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\x9b", "\\x9b" },
		/* Text that is shown in another order than it has. */
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },
		{ "\xe2\x80\x8e\xe2\x80\x8f",
		  "\\xe2\\x80\\x8e\\xe2\\x80\\x8f" },
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
		{ "\xe2\x81\xa6\xe2\x81\xa9",
		  "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
		{ "\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa" },
		{ "\xd8\x9c", "\\xd8\\x9c" },
		{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_ptr_equal(escape_string(cases[i].s, buf, sizeof(buf)),
				 buf);
		assert_string_equal(buf, cases[i].expected);
	}
}

static void test_every_byte(void **state)
{
	char buf[8], expected[8];

	(void)state;
	for (int i = 1; i < 256; i++) {
		char s[2] = { (char)i, '\0' };

		escape_string(s, buf, sizeof(buf));
		if (i >= 0x20 && i < 0x7f && i != '\\')
			snprintf(expected, sizeof(expected), "%c", i);
		else if (i == '\\')
			snprintf(expected, sizeof(expected), "\\\\");
		else
			snprintf(expected, sizeof(expected), "\\x%02x", i);
		assert_string_equal(buf, expected);
	}
}

static void test_cut(void **state)
{
	static const struct {
		const char *s;
		size_t size;
		const char *expected;
	} cases[] = {
		{ "1234567", 8, "1234567" },
		{ "12345678", 8, "1234..." },
		{ "123456789", 9, "12345..." },
		/* Not in the middle of an escape or a character. */
		{ "\1\2", 9, "\\x01\\x02" },
		{ "\1\2", 8, "\\x01..." },
		{ "\1\2\3", 9, "\\x01..." },
		{ "12\1\2", 9, "12..." },
		{ "12\1\2", 10, "12\\x01..." },
		{ "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 9,
		  "\xe2\x82\xac..." },
		{ "\xf0\x80\x80\x80"
		  "abcdefgh",
		  8, "\\xf0..." },
		{ "\xe2\x80\xae"
		  "abc",
		  12, "..." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *buf = malloc(cases[i].size);

		assert_non_null(buf);
		escape_string(cases[i].s, buf, cases[i].size);
		assert_string_equal(buf, cases[i].expected);
		free(buf);
	}
}

/* Every size and every beginning of a nasty name: printable and in bounds. */
static void test_sizes(void **state)
{
	static const char nasty[] = "a\\\033\xe2\x82\xac\xe2\x80\xae\xff\xf0"
				    "\x9f\x98\x80\xc2\x9b-eth0\n\xf0\x9f";

	(void)state;
	for (size_t len = 0; len < sizeof(nasty); len++)
		for (size_t size = 8; size < 100; size++) {
			char *buf = malloc(size);
			char *s = strndup(nasty, len);

			assert_non_null(buf);
			assert_non_null(s);
			escape_string(s, buf, size);
			assert_true(strlen(buf) < size);
			assert_true(utf8_is_valid(buf));
			for (const char *p = buf; *p; p++)
				assert_true((unsigned char)*p >= 0x20 &&
					    *p != 0x7f);
			free(s);
			free(buf);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
