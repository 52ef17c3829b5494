/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <strings.h>

#include "config-value.h"
#include "util.h"

#define DIGITS "0123456789"
#define BLANKS " \t"

#define USEC   UINT64_C(1)
#define MSEC   (1000 * USEC)
#define SEC    (1000 * MSEC)
#define MIN_   (60 * SEC)
#define HOUR   (60 * MIN_)
#define DAY    (24 * HOUR)

static const struct unit {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "us", USEC },	       { "usec", USEC },    { "\xc2\xb5s", USEC },
	{ "\xce\xbcs", USEC }, { "ms", MSEC },	    { "msec", MSEC },
	{ "s", SEC },	       { "sec", SEC },	    { "second", SEC },
	{ "seconds", SEC },    { "m", MIN_ },	    { "min", MIN_ },
	{ "minute", MIN_ },    { "minutes", MIN_ }, { "h", HOUR },
	{ "hr", HOUR },	       { "hour", HOUR },    { "hours", HOUR },
	{ "d", DAY },	       { "day", DAY },	    { "days", DAY },
	{ "w", 7 * DAY },      { "week", 7 * DAY }, { "weeks", 7 * DAY },
};

/* Takes the digits at *@s; there must be one. */
static int take_number(const char **s, uint64_t *ret)
{
	uint64_t n = 0;
	const char *at = *s;

	if (*at < '0' || *at > '9')
		return -EINVAL;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*at - '0'), &n))
			return -ERANGE;
	*s = at;
	*ret = n;
	return 0;
}

int config_parse_number(const char *s, uint64_t *ret)
{
	uint64_t n;
	int r;

	r = take_number(&s, &n);
	if (r < 0)
		return r;
	if (*s != '\0')
		return -EINVAL;
	*ret = n;
	return 0;
}

int config_parse_size(const char *s, uint64_t *ret)
{
	static const char suffixes[] = "KMGT";
	const char *suffix;
	uint64_t n;
	int r;

	r = take_number(&s, &n);
	if (r < 0)
		return r;
	s += strspn(s, BLANKS);
	suffix = *s != '\0' ? strchr(suffixes, *s) : NULL;
	if (suffix) {
		s++;
		if (__builtin_mul_overflow(
			    n, UINT64_C(1) << (10 * (suffix - suffixes + 1)),
			    &n))
			return -ERANGE;
	} else if (*s == 'B') {
		s++;
	}
	if (*s != '\0')
		return -EINVAL;
	*ret = n;
	return 0;
}

/* The unit of @len bytes at @s; without any, the second. 0: there is none. */
static uint64_t unit_usec(const char *s, size_t len)
{
	if (len == 0)
		return SEC;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len &&
		    memcmp(units[i].name, s, len) == 0)
			return units[i].usec;
	return 0;
}

/* Takes "1.5h" at *@s. */
static int take_span(const char **s, uint64_t *ret)
{
	uint64_t whole = 0, unit, usec, part = 0, scale = 1;
	const char *fraction = NULL;
	size_t n_digits = 0, len;
	int r;

	r = take_number(s, &whole);
	if (r < 0)
		return r;
	if (**s == '.') {
		fraction = ++*s;
		n_digits = strspn(fraction, DIGITS);
		if (n_digits == 0)
			return -EINVAL;
		*s += n_digits;
	}
	*s += strspn(*s, BLANKS);
	len = strcspn(*s, BLANKS DIGITS);
	unit = unit_usec(*s, len);
	if (unit == 0)
		return -EINVAL;
	*s += len;
	/* Of a week's fraction no more than this fits, nor is of any use. */
	for (size_t i = 0; i < MIN(n_digits, (size_t)6); i++) {
		part = part * 10 + (uint64_t)(fraction[i] - '0');
		scale *= 10;
	}
	if (__builtin_mul_overflow(whole, unit, &usec) ||
	    __builtin_add_overflow(usec, unit * part / scale, &usec))
		return -ERANGE;
	*ret = usec;
	return 0;
}

int config_parse_span(const char *s, uint64_t *ret)
{
	uint64_t sum = 0, part;
	int r;

	do {
		r = take_span(&s, &part);
		if (r < 0)
			return r;
		if (__builtin_add_overflow(sum, part, &sum))
			return -ERANGE;
		s += strspn(s, BLANKS);
	} while (*s != '\0');
	*ret = sum;
	return 0;
}

int config_parse_bool(const char *s, bool *ret)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "1", true },	    { "yes", true }, { "y", true },
		{ "true", true },   { "t", true },   { "on", true },
		{ "0", false },	    { "no", false }, { "n", false },
		{ "false", false }, { "f", false },  { "off", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(s, words[i].word) == 0) {
			*ret = words[i].value;
			return 0;
		}
	return -EINVAL;
}
