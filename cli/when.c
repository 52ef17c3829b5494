/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "util.h"
#include "when.h"

#define USEC   1000000ULL
#define MINUTE (60 * USEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
/* As systemd has them: a year is 365.25 days, a month a twelfth of it. */
#define MONTH (2629800 * USEC)
#define YEAR  (31557600 * USEC)
/* The year 9999, as systemd has it. */
#define USEC_MAX (253402300799ULL * USEC)

static const struct {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "seconds", USEC }, { "second", USEC },    { "sec", USEC },
	{ "s", USEC },	     { "minutes", MINUTE }, { "minute", MINUTE },
	{ "min", MINUTE },   { "months", MONTH },   { "month", MONTH },
	{ "M", MONTH },	     { "msec", 1000 },	    { "ms", 1000 },
	{ "m", MINUTE },     { "hours", HOUR },	    { "hour", HOUR },
	{ "hr", HOUR },	     { "h", HOUR },	    { "days", DAY },
	{ "day", DAY },	     { "d", DAY },	    { "weeks", 7 * DAY },
	{ "week", 7 * DAY }, { "w", 7 * DAY },	    { "years", YEAR },
	{ "year", YEAR },    { "y", YEAR },	    { "usec", 1 },
	{ "us", 1 },	     { "µs", 1 },
};

static const char *skip_space(const char *s)
{
	return s + strspn(s, " \t\n\r");
}

/* A unit, which is not part of a longer word; a second when there is none. */
static const char *parse_unit(const char *s, uint64_t *ret)
{
	size_t len = strcspn(s, " \t\n\r0123456789.");

	*ret = USEC;
	if (len == 0)
		return *s == '.' ? NULL : s;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len &&
		    strncmp(units[i].name, s, len) == 0) {
			*ret = units[i].usec;
			return s + len;
		}
	return NULL;
}

static const char *parse_digits(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return NULL;
	*ret = v;
	return s;
}

/* "5", "1.5", ".5" of @unit. */
static int add_number(uint64_t whole, const char *fraction, uint64_t unit,
		      uint64_t *sum)
{
	uint64_t usec, part = unit;

	if (__builtin_mul_overflow(whole, unit, &usec) ||
	    __builtin_add_overflow(*sum, usec, sum))
		return -EINVAL;
	for (; *fraction >= '0' && *fraction <= '9'; fraction++) {
		part /= 10;
		*sum += part * (uint64_t)(*fraction - '0');
	}
	return *sum > USEC_MAX ? -EINVAL : 0;
}

int when_parse_span(const char *text, uint64_t *ret)
{
	const char *s = skip_space(text);
	uint64_t sum = 0;

	if (*s == '\0')
		return -EINVAL;
	for (; *s; s = skip_space(s)) {
		uint64_t whole, unit;
		const char *start = s, *fraction = "";
		bool digits;

		s = parse_digits(s, &whole);
		if (!s)
			return -EINVAL;
		digits = s != start;
		if (*s == '.') {
			fraction = ++s;
			s += strspn(s, "0123456789");
			digits |= s != fraction;
		}
		if (!digits)
			return -EINVAL;
		s = parse_unit(skip_space(s), &unit);
		if (!s || add_number(whole, fraction, unit, &sum) < 0)
			return -EINVAL;
	}
	*ret = sum;
	return 0;
}

static int before(uint64_t now, uint64_t span, uint64_t *ret)
{
	*ret = now > span ? now - span : 0;
	return 0;
}

static int after(uint64_t now, uint64_t span, uint64_t *ret)
{
	if (now > USEC_MAX - span)
		return -EINVAL;
	*ret = now + span;
	return 0;
}

/* "... ago", "... left": the length without the word, or 0. */
static size_t ends_with(const char *text, const char *word)
{
	size_t len = strlen(text), n = strlen(word);

	return len > n && strcmp(text + len - n, word) == 0 ? len - n : 0;
}

/* "-1h", "+1h", "@17", "1h ago", "1h left"; 1: it is none of these. */
static int parse_relative(const char *text, uint64_t now, uint64_t *ret)
{
	char copy[128];
	uint64_t span;
	size_t len;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	if (strchr("+-@", text[0])) {
		if (when_parse_span(text + 1, &span) < 0)
			return -EINVAL;
		if (text[0] == '@')
			return after(0, span, ret);
		return text[0] == '-' ? before(now, span, ret)
				      : after(now, span, ret);
	}
	len = ends_with(text, " ago");
	if (len == 0)
		len = ends_with(text, " left");
	if (len == 0)
		return 1;
	copy[len] = '\0';
	if (when_parse_span(copy, &span) < 0)
		return -EINVAL;
	return strcmp(text + len, " ago") == 0 ? before(now, span, ret)
					       : after(now, span, ret);
}

/* What a zone's name does to mktime(3). */
struct zone {
	bool utc;
	char name[64]; /* "": the local one */
};

static bool is_zone_name(const char *name)
{
	char path[128];

	/* "Europe/Berlin"; no way out of the folder. */
	if (!isupper((unsigned char)name[0]) || strstr(name, ".."))
		return false;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	return access(path, R_OK) == 0;
}

/* Cuts the zone off @text. */
static void take_zone(char *text, struct zone *ret)
{
	char *word = strrchr(text, ' ');

	*ret = (struct zone){ 0 };
	if (!word)
		return;
	tzset();
	if (strcmp(word + 1, "UTC") == 0)
		ret->utc = true;
	else if (is_zone_name(word + 1) && strlen(word + 1) < sizeof(ret->name))
		strcpy(ret->name, word + 1);
	else if (!isalpha((unsigned char)word[1]) ||
		 (strcmp(word + 1, tzname[0]) != 0 &&
		  strcmp(word + 1, tzname[1]) != 0))
		return;
	*word = '\0';
}

static time_t make_time(struct tm *tm, const struct zone *zone)
{
	const char *tz = getenv("TZ");
	_cleanup_free_ char *saved = tz ? strdup(tz) : NULL;
	time_t t;

	if (zone->utc)
		return timegm(tm);
	if (zone->name[0]) {
		setenv("TZ", zone->name, 1);
		tzset();
	}
	tm->tm_isdst = -1;
	t = mktime(tm);
	if (zone->name[0]) {
		if (saved)
			setenv("TZ", saved, 1);
		else
			unsetenv("TZ");
		tzset();
	}
	return t;
}

/* -1: there is none. */
static int take_weekday(const char **text)
{
	static const char *const names[] = { "Sunday",	  "Monday",   "Tuesday",
					     "Wednesday", "Thursday", "Friday",
					     "Saturday" };
	size_t len = strcspn(*text, " ");

	for (int i = 0; (*text)[len] == ' ' && i < 7; i++)
		if ((len == 3 || len == strlen(names[i])) &&
		    strncasecmp(*text, names[i], len) == 0) {
			*text = skip_space(*text + len);
			return i;
		}
	return -1;
}

/* ".5" behind the seconds. */
static int parse_fraction(const char *s, uint64_t *ret)
{
	uint64_t part = USEC;

	*ret = 0;
	if (*s == '\0')
		return 0;
	if (*s != '.' || s[1] == '\0' ||
	    s[1 + strspn(s + 1, "0123456789")] != '\0')
		return -EINVAL;
	for (s++; *s; s++) {
		part /= 10;
		*ret += part * (uint64_t)(*s - '0');
	}
	return 0;
}

static int parse_date(const char *text, struct tm *tm, uint64_t *fraction)
{
	static const struct {
		const char *format;
		bool date, seconds, time;
	} formats[] = {
		{ "%y-%m-%d %H:%M:%S", true, true, true },
		{ "%Y-%m-%d %H:%M:%S", true, true, true },
		{ "%y-%m-%d %H:%M", true, false, true },
		{ "%Y-%m-%d %H:%M", true, false, true },
		{ "%y-%m-%d", true, false, false },
		{ "%Y-%m-%d", true, false, false },
		{ "%H:%M:%S", false, true, true },
		{ "%H:%M", false, false, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct tm copy = *tm;
		const char *end = strptime(text, formats[i].format, &copy);

		if (!end || (*end && !formats[i].seconds))
			continue;
		*fraction = 0;
		if (formats[i].seconds && parse_fraction(end, fraction) < 0)
			continue;
		if (!formats[i].seconds)
			copy.tm_sec = 0;
		if (!formats[i].time)
			copy.tm_hour = copy.tm_min = 0;
		*tm = copy;
		return 0;
	}
	return -EINVAL;
}

static int parse_day(const char *text, struct tm *tm)
{
	static const struct {
		const char *word;
		int days;
	} words[] = { { "today", 0 }, { "yesterday", -1 }, { "tomorrow", 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].word, text) == 0) {
			tm->tm_mday += words[i].days;
			tm->tm_sec = tm->tm_min = tm->tm_hour = 0;
			return 0;
		}
	return -EINVAL;
}

static int parse_absolute(const char *text, uint64_t now, uint64_t *ret)
{
	time_t second = (time_t)(now / USEC), t;
	uint64_t fraction = 0;
	struct zone zone;
	char copy[128];
	const char *s = copy;
	struct tm tm;
	int weekday;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	take_zone(copy, &zone);
	if (!(zone.utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
		return -EINVAL;
	weekday = take_weekday(&s);
	if ((weekday >= 0 || parse_day(s, &tm) < 0) &&
	    parse_date(s, &tm, &fraction) < 0)
		return -EINVAL;
	t = make_time(&tm, &zone);
	if (t < 0 || (uint64_t)t > USEC_MAX / USEC ||
	    (weekday >= 0 && tm.tm_wday != weekday))
		return -EINVAL;
	*ret = (uint64_t)t * USEC + fraction;
	return 0;
}

int when_parse(const char *text, uint64_t now, uint64_t *ret)
{
	int r;

	if (text[0] == '\0')
		return -EINVAL;
	if (strcmp(text, "now") == 0) {
		*ret = now;
		return 0;
	}
	r = parse_relative(text, now, ret);
	return r <= 0 ? r : parse_absolute(text, now, ret);
}
