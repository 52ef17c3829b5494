/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support.h"
#include "utf8.h"
#include "util.h"

static size_t encode(uint32_t c, char *s)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i > 1; i--) {
		s[i - 1] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	s[0] = (char)(lead[n] | c);
	s[n] = '\0';
	return n;
}

static void test_every_character(void **state)
{
	char s[5];
	uint32_t c;

	(void)state;
	for (uint32_t i = 1; i < 0x200000; i++) {
		size_t n = encode(i, s);
		bool valid = i <= 0x10ffff && (i < 0xd800 || i > 0xdfff);

		c = 0;
		if (utf8_decode(s, &c) != (valid ? n : 0) ||
		    (valid && c != i) || utf8_is_valid(s) != valid)
			fail_msg("U+%X", i);
	}
	assert_int_equal(utf8_decode("", &c), 1);
	assert_int_equal(c, 0);
	assert_true(utf8_is_valid(""));
}

static const char *const broken[] = {
	"\x80",
	"\xbf",
	"\xc0\x80",
	"\xc1\xbf",
	"\xe0\x80\x80",
	"\xe0\x9f\xbf",
	"\xf0\x80\x80\x80",
	"\xf0\x8f\xbf\xbf",
	"\xed\xa0\x80",
	"\xed\xbf\xbf",
	"\xf4\x90\x80\x80",
	"\xf5\x80\x80\x80",
	"\xf8\x88\x80\x80\x80",
	"\xfe",
	"\xff",
	"\xc3",
	"\xe2\x82",
	"\xf0\x9f\x98",
	"\xc3(",
	"\xe2(\xac",
	"\xe2\x82(",
	"\xf0\x9f(\x80",
};

/* On the heap with not a byte behind the NUL, for a checker to watch. */
static void test_broken(void **state)
{
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		char *s = copy_bytes(broken[i], strlen(broken[i]) + 1);

		assert_int_equal(utf8_decode(s, &c), 0);
		assert_false(utf8_is_valid(s));
		free(s);
	}
	assert_true(utf8_is_valid("caf\xc3\xa9 \xf0\x9f\x98\x80"));
	assert_false(utf8_is_valid("caf\xc3"));
	assert_false(utf8_is_valid("caf\xe9 au lait"));
}

#define BAD "\xef\xbf\xbd"

static void test_repair(void **state)
{
	static const struct {
		const char *s;
		size_t size;
		const char *expected;
	} cases[] = {
		{ "", 1, "" },
		{ "eth0", 5, "eth0" },
		{ "eth0", 4, "eth" },
		{ "caf\xc3\xa9", 6, "caf\xc3\xa9" },
		/* No half character at the end. */
		{ "caf\xc3\xa9", 5, "caf" },
		{ "\xff", 4, BAD },
		{ "\xff", 3, "" },
		{ "\xff\xff", 7, BAD BAD },
		{ "\xff\xff", 6, BAD },
		/* A byte each, and what is whole stays. */
		{ "a\xe2\x82z", 16, "a" BAD BAD "z" },
		{ "\xe2\x82\xac\x80", 16, "\xe2\x82\xac" BAD },
		{ "\xed\xa0\x80", 16, BAD BAD BAD },
	};
	char buf[17];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n;

		memset(buf, '#', sizeof(buf));
		n = utf8_repair(cases[i].s, buf, cases[i].size);
		assert_string_equal(buf, cases[i].expected);
		assert_int_equal(n, strlen(cases[i].expected));
		assert_int_equal(buf[cases[i].size], '#');
	}
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		utf8_repair(broken[i], buf, sizeof(buf));
		assert_true(utf8_is_valid(buf));
		assert_int_not_equal(buf[0], '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_repair),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
