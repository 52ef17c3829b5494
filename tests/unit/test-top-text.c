/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "top-text.h"
#include "util.h"

static const struct term utf8 = { .utf8 = true };
static const struct term ascii = { .utf8 = false };

static int setup(void **state)
{
	(void)state;
	return setlocale(LC_ALL, "C.UTF-8") ? 0 : -1;
}

static void test_rate(void **state)
{
	static const struct {
		double rate;
		const char *text;
	} cases[] = {
		{ 0, "0" },	    { 0.04, "0.0" },	 { 0.5, "0.5" },
		{ 9.94, "9.9" },    { 9.96, "10" },	 { 12.3, "12" },
		{ 99999, "99999" }, { 99999.6, "100k" }, { 123456, "123k" },
		{ 999600, "1.0M" }, { 4.56e6, "4.6M" },	 { 1.5e9, "1.5G" },
		{ 1e18, "9999T" },
	};
	char buf[TOP_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(top_format_rate(cases[i].rate, buf),
				    cases[i].text);
}

static void test_bytes(void **state)
{
	static const struct {
		double bytes;
		const char *text;
	} cases[] = {
		{ 0, "0" },	  { 1023, "1023" },    { 1023.6, "1.0K" },
		{ 1536, "1.5K" }, { 102400, "100K" },  { 1048576, "1.0M" },
		{ 5e15, "4.4P" }, { 1.8e19, "15.6E" },
	};
	char buf[TOP_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(top_format_bytes(cases[i].bytes, buf),
				    cases[i].text);
}

static void test_count(void **state)
{
	char buf[TOP_NUMBER_MAX];

	(void)state;
	assert_string_equal(top_format_count(0, buf), "0");
	assert_string_equal(top_format_count(9999999999, buf), "9999999999");
	assert_string_equal(top_format_count(10000000000, buf), "10000000k");
	assert_string_equal(top_format_count(UINT64_MAX, buf), "18446744T");
}

static void test_span(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0s" },	  { 99, "99s" },       { 100, "1m" },
		{ 5999, "99m" },  { 6000, "1h" },      { 172799, "47h" },
		{ 172800, "2d" }, { 8640000, "100d" },
	};
	char buf[TOP_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(
			top_format_span(cases[i].seconds * 1000000000, buf),
			cases[i].text);
}

static void test_sparkline(void **state)
{
	static const double values[] = { -1, 0, 0.001, 50, 100, 200 };
	char buf[TOP_SPARKLINE_MAX(ARRAY_SIZE(values))];

	(void)state;
	assert_string_equal(top_format_sparkline(&utf8, values,
						 ARRAY_SIZE(values), 100, buf),
			    " ▁▂▅██");
	assert_string_equal(top_format_sparkline(&ascii, values,
						 ARRAY_SIZE(values), 100, buf),
			    " _.+@@");
	assert_string_equal(top_format_sparkline(&utf8, values, 2, 0, buf),
			    " ▁");
}

static void assert_fit(const struct term *term, const char *text,
		       unsigned int width, const char *shown,
		       unsigned int columns)
{
	char buf[256];

	assert_int_equal(top_fit(term, text, width, buf, sizeof(buf)), columns);
	assert_string_equal(buf, shown);
}

static void test_fit(void **state)
{
	(void)state;
	assert_fit(&utf8, "", 5, "", 0);
	assert_fit(&utf8, "abcde", 5, "abcde", 5);
	assert_fit(&utf8, "abcdef", 5, "abcd…", 5);
	assert_fit(&ascii, "abcdef", 5, "abcd~", 5);
	assert_fit(&utf8, "abcdef", 1, "…", 1);
	assert_fit(&utf8, "abcdef", 0, "", 0);
	assert_fit(&utf8, "äöü", 3, "äöü", 3);
	/* Two columns each: half of one is not shown. */
	assert_fit(&utf8, "防火墙", 6, "防火墙", 6);
	assert_fit(&utf8, "防火墙", 5, "防火…", 5);
	assert_fit(&utf8, "防火墙", 4, "防…", 3);
}

/* Marks have no width, and a name of nothing else would be a tower of them. */
static void test_marks(void **state)
{
	(void)state;
	assert_fit(&utf8, "e\xcc\x81x", 2, "e\xcc\x81x", 2);
	assert_fit(&utf8, "e\xcc\x81\xcc\x81\xcc\x81", 20,
		   "e\xcc\x81\xcc\x81\\xcc\\x81", 9);
	/* Nor do they join what stands before the text. */
	assert_fit(&utf8, "\xcc\x81x", 20, "\\xcc\\x81x", 9);
	/* A zero width joiner, and a byte that is no character. */
	assert_fit(&utf8, "\xff", 20, "\\xff", 4);
}

static void test_fit_room(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(top_fit(&utf8, "abcdefgh", 100, buf, sizeof(buf)), 5);
	assert_string_equal(buf, "abcd…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_sparkline),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_fit_room),
	};

	return cmocka_run_group_tests_name("top-text", tests, setup, NULL);
}
