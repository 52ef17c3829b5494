/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expectations are what "systemd-analyze timestamp" of systemd 252 says. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "util.h"
#include "when.h"

#define SECOND 1000000ULL
/* Thu 2026-11-26 01:41:07.5 UTC */
#define NOW (1795657267 * SECOND + SECOND / 2)
/* Thu 2026-11-26 00:00:00 UTC */
#define TODAY (1795651200 * SECOND)
#define DAY   (86400 * SECOND)
#define HOUR  (3600 * SECOND)

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

struct sample_time {
	const char *text;
	uint64_t usec;
};

static void assert_times(const char *zone, size_t n,
			 const struct sample_time *cases)
{
	set_zone(zone);
	for (size_t i = 0; i < n; i++) {
		uint64_t usec = 0;
		int r = when_parse(cases[i].text, NOW, &usec);

		if (r != 0 || usec != cases[i].usec)
			print_error("%s: %d, %" PRIu64 "\n", cases[i].text, r,
				    usec);
		assert_int_equal(r, 0);
		assert_int_equal(usec, cases[i].usec);
	}
}

static void test_utc(void **state)
{
	static const struct sample_time cases[] = {
		{ "now", NOW },
		{ "today", TODAY },
		{ "yesterday", TODAY - DAY },
		{ "tomorrow", TODAY + DAY },
		{ "yesterday UTC", TODAY - DAY },
		{ "-1h", NOW - HOUR },
		{ "+1h", NOW + HOUR },
		{ "-5", NOW - 5 * SECOND },
		{ "-5min", NOW - 300 * SECOND },
		{ "-1h30min", NOW - HOUR - 1800 * SECOND },
		{ "-1 h 30 min", NOW - HOUR - 1800 * SECOND },
		{ "- 1h", NOW - HOUR },
		{ "-1.5h", NOW - HOUR - 1800 * SECOND },
		{ "-.5s", NOW - SECOND / 2 },
		{ "-1M", NOW - 2629800 * SECOND },
		{ "-1m", NOW - 60 * SECOND },
		{ "-1y", NOW - 31557600 * SECOND },
		{ "-2 weeks", NOW - 14 * DAY },
		{ "-100y", 0 },
		{ "1h ago", NOW - HOUR },
		{ "1 h 30 ago", NOW - HOUR - 30 * SECOND },
		{ "2 days ago", NOW - 2 * DAY },
		{ "3h left", NOW + 3 * HOUR },
		{ "@1764072000", 1764072000 * SECOND },
		{ "@1764072000.25", 1764072000 * SECOND + SECOND / 4 },
		{ "2026-11-25", TODAY - DAY },
		{ "26-11-25", TODAY - DAY },
		{ "2026-11-25 10:00", TODAY - DAY + 10 * HOUR },
		{ "2026-11-25  10:00", TODAY - DAY + 10 * HOUR },
		{ "2026-11-25 10:00 UTC", TODAY - DAY + 10 * HOUR },
		{ "2026-11-25 10:00:30",
		  TODAY - DAY + 10 * HOUR + 30 * SECOND },
		{ "2026-11-25 10:00:60",
		  TODAY - DAY + 10 * HOUR + 60 * SECOND },
		{ "2026-11-25 10:00:30.5",
		  TODAY - DAY + 10 * HOUR + 30 * SECOND + SECOND / 2 },
		{ "Wed 2026-11-25", TODAY - DAY },
		{ "wednesday 2026-11-25 10:00", TODAY - DAY + 10 * HOUR },
		{ "10:00", TODAY + 10 * HOUR },
		{ "10:00:01", TODAY + 10 * HOUR + SECOND },
		{ "10:00 UTC", TODAY + 10 * HOUR },
		/* The 31st of February. */
		{ "2026-02-31", 1772496000 * SECOND },
	};

	(void)state;
	assert_times("UTC", ARRAY_SIZE(cases), cases);
}

/* Five and a half hours ahead, where it is half past seven. */
static void test_local(void **state)
{
	static const struct sample_time cases[] = {
		{ "today", TODAY - 5 * HOUR - HOUR / 2 },
		{ "10:00", TODAY + 4 * HOUR + HOUR / 2 },
		{ "10:00 UTC", TODAY + 10 * HOUR },
		{ "2026-11-25 10:00 IST", TODAY - DAY + 4 * HOUR + HOUR / 2 },
		{ "-1h", NOW - HOUR },
	};

	(void)state;
	assert_times("IST-5:30", ARRAY_SIZE(cases), cases);
}

/* A day of 23 hours: yesterday's midnight is 47 hours before tomorrow's. */
static void test_summer(void **state)
{
	static const struct {
		const char *text;
		uint64_t second;
	} cases[] = {
		{ "2026-03-29", 1774738800 },
		{ "2026-03-30", 1774821600 },
		{ "2026-03-29 04:00", 1774749600 },
	};
	uint64_t usec;

	(void)state;
	set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(when_parse(cases[i].text, NOW, &usec), 0);
		assert_int_equal(usec, cases[i].second * SECOND);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"x",
		"yesterda",
		"yesterday x",
		"-",
		"+",
		"@",
		"-x",
		"-1x",
		"-1hx",
		"--1h",
		"-1h-1h",
		"- ",
		"-1h ago",
		"ago",
		" ago",
		"x ago",
		"infinity",
		"-infinity",
		"2026-11-25 24:00",
		"2026-11-25 10:60",
		"2026-13-01",
		"2026-11-32",
		"2026-11",
		"2026-11-25T10:00",
		"2026-11-25 10:00:30.",
		"2026-11-25 10:00:30.x",
		"2026-11-25 10:00 XYZ",
		"Tue 2026-11-25",
		"Wed",
		"Wed yesterday",
		"10",
		"10:00.5",
		"@99999999999999999999",
		"@253402300800",
		"+9999y",
		"-1.5.5h",
		"-.",
		"-1h .",
		"2026-11-25 10:00 ../UTC",
		"1960-01-01",
		"2026-11-25 10:00 \033[31m",
	};
	uint64_t usec;

	(void)state;
	set_zone("UTC");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = when_parse(cases[i], NOW, &usec);

		if (r != -EINVAL)
			print_error("\"%s\": %d, %" PRIu64 "\n", cases[i], r,
				    usec);
		assert_int_equal(r, -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utc),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_summer),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
