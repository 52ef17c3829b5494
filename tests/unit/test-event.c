/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support.h"
#include "util.h"

/* Whatever was in the memory before. */
static void test_init(void **state)
{
	struct drop_event ev, zero;

	(void)state;
	memset(&ev, 0xa5, sizeof(ev));
	drop_event_init(&ev);
	memset(&zero, 0, sizeof(zero));
	zero.count = 1;
	assert_true(event_equal(&ev, &zero));
	assert_int_equal(ev.pc, 0);
	drop_event_done(&ev);
}

static void test_done_twice(void **state)
{
	struct drop_event ev;

	(void)state;
	sample_event(&ev);
	drop_event_done(&ev);
	assert_null(ev.netfilter.rule);
	assert_null(ev.process.unit);
	drop_event_done(&ev);
}

static void test_copy(void **state)
{
	struct drop_event a, b;

	(void)state;
	sample_event(&a);
	a.pc = 42;
	memset(&b, 0xa5, sizeof(b));
	assert_int_equal(drop_event_copy(&b, &a), 0);
	assert_true(event_equal(&a, &b));
	assert_int_equal(b.pc, 42);
	assert_ptr_not_equal(a.netfilter.rule, b.netfilter.rule);
	assert_ptr_not_equal(a.process.unit, b.process.unit);

	/* Neither knows of the other. */
	a.netfilter.rule[0] = 'X';
	a.netfilter.table[0] = 'X';
	assert_string_equal(b.netfilter.rule, "ip saddr 10.9.0.2 counter drop");
	assert_string_equal(b.netfilter.table, "filter");
	drop_event_done(&a);
	assert_string_equal(b.process.unit, "nginx.service");
	drop_event_done(&b);
}

static void test_copy_of_empty(void **state)
{
	struct drop_event a, b;

	(void)state;
	drop_event_init(&a);
	assert_int_equal(drop_event_copy(&b, &a), 0);
	assert_null(b.netfilter.rule);
	assert_null(b.process.unit);
	assert_true(event_equal(&a, &b));
	drop_event_done(&b);
}

static void assert_words(const char *(*to)(int), int (*from)(const char *),
			 int max)
{
	for (int i = 0; i < max; i++) {
		assert_non_null(to(i));
		assert_int_equal(from(to(i)), i);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(to(i), to(j));
	}
	assert_null(to(-1));
	assert_null(to(max));
	assert_int_equal(from(""), -EINVAL);
	assert_int_equal(from("Software"), -EINVAL);
	assert_int_equal(from("nft-rule "), -EINVAL);
}

static void test_words(void **state)
{
	(void)state;
	assert_words(drop_origin_to_string, drop_origin_from_string,
		     _DROP_ORIGIN_MAX);
	assert_words(drop_attribution_to_string, drop_attribution_from_string,
		     _DROP_ATTRIBUTION_MAX);
	assert_words(drop_kind_to_string, drop_kind_from_string,
		     _DROP_KIND_MAX);
	/* The contract of the protocol. */
	assert_string_equal(drop_origin_to_string(DROP_ORIGIN_SOFTWARE),
			    "software");
	assert_string_equal(drop_attribution_to_string(DROP_ATTRIBUTION_EXACT),
			    "exact");
	assert_string_equal(drop_kind_to_string(DROP_KIND_NFT_POLICY),
			    "nft-policy");
}

static void test_copy_string(void **state)
{
	static const struct {
		const char *src;
		size_t len, size;
		const char *expected;
	} cases[] = {
		{ "eth0", 4, 16, "eth0" }, { "eth0", 5, 16, "eth0" },
		{ "eth0", 16, 5, "eth0" }, { "eth0", 16, 4, "eth" },
		{ "eth0", 16, 1, "" },	   { "eth0", 2, 16, "et" },
		{ "e\0h0", 4, 16, "e" },   { "", 0, 16, "" },
		{ "", SIZE_MAX, 16, "" },  { "abcdef", SIZE_MAX, 4, "abc" },
	};
	char dst[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n;

		memset(dst, '#', sizeof(dst));
		n = copy_string(dst, cases[i].size, cases[i].src, cases[i].len);
		assert_string_equal(dst, cases[i].expected);
		assert_int_equal(n, strlen(cases[i].expected));
		for (size_t j = cases[i].size; j < sizeof(dst); j++)
			assert_int_equal(dst[j], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_done_twice),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_copy_of_empty),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_copy_string),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
