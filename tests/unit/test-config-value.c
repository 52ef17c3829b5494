/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config-value.h"
#include "util.h"

/* @r is what the parser returns; @value is with 0 only. */
struct sample {
	const char *text;
	int r;
	uint64_t value;
};

#define UNTOUCHED 0xa5a5

static void check(int (*parse)(const char *s, uint64_t *ret),
		  const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = UNTOUCHED;
		int r = parse(samples[i].text, &value);

		if (r != samples[i].r)
			print_error("\"%s\"\n", samples[i].text);
		assert_int_equal(r, samples[i].r);
		assert_int_equal(value, r == 0 ? samples[i].value : UNTOUCHED);
	}
}

static void test_number(void **state)
{
	static const struct sample samples[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1K", -EINVAL, 0 },
	};

	(void)state;
	check(config_parse_number, samples, ARRAY_SIZE(samples));
}

static void test_size(void **state)
{
	static const struct sample samples[] = {
		{ "64", 0, 64 },
		{ "64B", 0, 64 },
		{ "64M", 0, 64 << 20 },
		{ "64 M", 0, 64 << 20 },
		{ "1K", 0, 1024 },
		{ "1G", 0, 1 << 30 },
		{ "2T", 0, UINT64_C(2) << 40 },
		{ "16777216T", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "M", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
		{ "1MB", -EINVAL, 0 },
		{ "1.5M", -EINVAL, 0 },
		{ "1M 1", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	(void)state;
	check(config_parse_size, samples, ARRAY_SIZE(samples));
}

static void test_span(void **state)
{
	static const struct sample samples[] = {
		{ "5", 0, 5000000 },
		{ "5s", 0, 5000000 },
		{ "5 s", 0, 5000000 },
		{ "1min", 0, 60000000 },
		{ "1min 30s", 0, 90000000 },
		{ "1min30s", 0, 90000000 },
		{ "1.5h", 0, UINT64_C(5400000000) },
		{ "0.25s", 0, 250000 },
		{ "0.0000001s", 0, 0 },
		{ "2h 5m 3sec 7ms 9us", 0, UINT64_C(7503007009) },
		{ "3 \xc2\xb5s", 0, 3 },
		{ "1d", 0, UINT64_C(86400000000) },
		{ "1 week", 0, UINT64_C(604800000000) },
		{ "1 2", 0, 3000000 },
		{ "s", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "1.", -EINVAL, 0 },
		{ ".5", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1parsec", -EINVAL, 0 },
		{ "infinity", -EINVAL, 0 },
		{ "99999999999999999999s", -ERANGE, 0 },
		{ "18446744073709552s", -ERANGE, 0 },
		{ "18446744073709s 18446744073709s", -ERANGE, 0 },
	};

	(void)state;
	check(config_parse_span, samples, ARRAY_SIZE(samples));
}

static void test_bool(void **state)
{
	static const char *const on[] = { "1", "yes", "y",   "true",
					  "t", "on",  "YES", "True" };
	static const char *const off[] = { "0", "no",  "n",   "false",
					   "f", "off", "OFF", "No" };
	static const char *const wrong[] = { "", "2", "yess", " yes", "ja" };
	bool value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
		value = false;
		assert_int_equal(config_parse_bool(on[i], &value), 0);
		assert_true(value);
		assert_int_equal(config_parse_bool(off[i], &value), 0);
		assert_false(value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(config_parse_bool(wrong[i], &value), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_bool),
	};

	return cmocka_run_group_tests_name("config-value", tests, NULL, NULL);
}
