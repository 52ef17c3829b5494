/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "place.h"
#include "util.h"

#define EMPTY                                                            \
	.netns = "", .kind = "", .family = "", .table = "", .chain = "", \
	.by = "", .location = "", .trap = "", .attribution = "", .origin = ""

static const struct place nothing = { EMPTY };

static void assert_name(const struct place *p, bool whole, const char *name)
{
	char buf[PLACE_NAME_MAX];

	assert_string_equal(place_to_name(p, whole, buf, sizeof(buf)), name);
}

static void test_location(void **state)
{
	struct place p = nothing;

	(void)state;
	p.location = "f+0x1/0x2 [m]";
	assert_name(&p, true, "f+0x1/0x2 [m]");
	assert_name(&p, false, "f");
	p.trap = "ttl";
	assert_name(&p, false, "f ttl");
}

static void test_numbers(void **state)
{
	struct place p = nothing;

	(void)state;
	assert_name(&p, true, "-");
	p.has_queue = true;
	p.by = "f";
	assert_name(&p, true, "f 0");
	p.queue = UINT64_MAX;
	assert_name(&p, true, "f 18446744073709551615");
	p.inum = 10;
	assert_name(&p, true, "f 18446744073709551615  netns=inum:10");
}

/* Another one may be called so. */
static void test_initial(void **state)
{
	static const struct {
		struct place place;
		bool is;
	} cases[] = {
		{ { EMPTY }, true },
		{ { EMPTY, .inum = 9 }, false },
		{ { EMPTY, .inum = 9, .cookie = 1 }, true },
		{ { EMPTY, .inum = 9, .cookie = 2 }, false },
	};
	struct place p = nothing;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(place_is_initial(&cases[i].place),
				 cases[i].is);
	p.netns = "init";
	assert_true(place_is_initial(&p));
	p.cookie = 77;
	assert_name(&p, true, "-  netns=init");
}

/* Cut at every length, with its end. */
static void test_short(void **state)
{
	struct place p = nothing;
	char whole[PLACE_NAME_MAX], buf[64];

	(void)state;
	p.family = "inet";
	p.table = "filter";
	p.kind = "nft-rule";
	p.handle = 12345;
	p.attribution = "traced";
	place_to_name(&p, true, whole, sizeof(whole));
	assert_string_equal(whole,
			    "inet filter handle 12345  attribution=traced");
	p.origin = "sample";
	place_to_name(&p, true, whole, sizeof(whole));
	assert_string_equal(whole, "inet filter handle 12345  "
				   "attribution=traced  origin=sample");
	for (size_t size = 1; size < sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		place_to_name(&p, true, buf, size);
		assert_int_equal(strlen(buf), MIN(strlen(whole), size - 1));
		assert_memory_equal(buf, whole, strlen(buf));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_location),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
