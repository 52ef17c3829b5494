/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "measures.h"
#include "output.h"
#include "util.h"

static struct output out;

static int setup(void **state)
{
	(void)state;
	return output_init(&out);
}

static int teardown(void **state)
{
	(void)state;
	output_done(&out);
	return 0;
}

static void assert_printed(const char *expected)
{
	assert_int_equal(fflush(out.f), 0);
	assert_string_equal(out.text, expected);
	output_done(&out);
	assert_int_equal(output_init(&out), 0);
}

static void assert_row(const char *json, unsigned width, const char *expected)
{
	const struct term term = { .width = width };
	struct json_object *row = json_tokener_parse(json);

	measures_print(&term, row, true, out.f);
	json_object_put(row);
	assert_printed(expected);
}

#define ROW                                                                 \
	"{\"packets\":102,\"bytes\":6120,\"rate\":12.34,\"rate_1min\":100," \
	"\"rate_15min\":99.97,\"last_seen\":1763930000123456789,"           \
	"\"lower_bound\":"

static void test_row(void **state)
{
	const struct term narrow = { .width = MEASURES_WIDE - 1 };
	const struct term wide = { .width = MEASURES_WIDE };

	(void)state;
	measures_print_legend(&narrow, out.f);
	assert_printed("   PACKETS         BYTES    RATE  LAST SEEN       "
		       "     ");
	assert_row(ROW "false}", 80,
		   "       102          6120    12.3  2025-11-23 20:33:20  ");
	/* No terminal, and one that is wide. */
	measures_print_legend(&wide, out.f);
	assert_printed("   PACKETS         BYTES    RATE    1MIN   15MIN  "
		       "LAST SEEN            ");
	assert_row(ROW "true}", 0,
		   "     >=102          6120    12.3     100     100  "
		   "2025-11-23 20:33:20  ");
	assert_row("{}", 80,
		   "         -             -       -  -                    ");
}

static void assert_rest(const char *json, bool sampled, uint64_t n_more,
			const char *expected)
{
	const struct term term = { 0 };
	struct json_object *page = json_tokener_parse(json);

	measures_print_rest(&term, page, sampled, n_more, 7 * n_more, out.f);
	json_object_put(page);
	assert_printed(expected);
}

#define LOST                                      \
	"\"lost\":{\"packets\":1,\"messages\":2," \
	"\"kernel_queue\":3,\"socket\":4}"
#define EVENTS                                                              \
	"-- perhaps not counted: 7 drops that were lost as events: kernel " \
	"queue 3, socket 4 --\n"
#define KERNEL                                                             \
	"-- not shown: 1 packet that the kernel had no room to count by "  \
	"rule --\n"                                                        \
	"-- not shown: 2 messages that were lost, with counts or perhaps " \
	"with counts --\n"

/* Together they are more than a number holds. */
#define MANY                                                    \
	"{\"counted\":\"events\",\"lost\":{\"kernel_queue\":3," \
	"\"socket\":18446744073709551615}}"

/* Each loss is told where it is one. */
static void test_rest(void **state)
{
	(void)state;
	assert_rest("{}", false, 0, "");
	assert_rest("{" LOST ",\"counted\":\"kernel\","
		    "\"by_events\":{\"packets\":0}}",
		    false, 0, KERNEL);
	assert_rest("{" LOST ",\"counted\":\"kernel\","
		    "\"by_events\":{\"packets\":1}}",
		    false, 0, EVENTS KERNEL);
	assert_rest("{" LOST ",\"counted\":\"events\"}", false, 0,
		    EVENTS KERNEL);
	assert_rest("{" LOST "}", true, 0, EVENTS);
	assert_rest(MANY, false, 0,
		    "-- perhaps not counted: 18446744073709551615 drops that "
		    "were lost as events: kernel queue 3, socket "
		    "18446744073709551615 --\n");
	assert_rest("{\"other\":{\"packets\":5}}", false, 3,
		    "-- 3 more lines, of 21 packets --\n"
		    "-- not shown: 5 packets of rules past nfdropd's bound "
		    "--\n");
	assert_rest("{\"other\":{\"packets\":5}}", true, 0,
		    "-- not shown: 5 packets of flows that were forgotten to "
		    "make room --\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = { TEST(test_row), TEST(test_rest) };

	return cmocka_run_group_tests_name("measures", tests, NULL, NULL);
}
