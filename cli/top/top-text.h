/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, spans of time, sparklines and text of a width, for top. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "term.h"

/* Room for a number or a span. */
#define TOP_NUMBER_MAX 24

/*
 * All return @buf. A rate has at most 6 characters: 0.5, 12, 99999, 123k,
 * 4.5M. Bytes have at most 5: 512, 1.5K, 12M (of 1024). A count is exact up
 * to ten digits, then 12345M. A span is 5s, 12m, 3h, 99d.
 */
const char *top_format_rate(double rate, char buf[TOP_NUMBER_MAX]);
const char *top_format_bytes(double bytes, char buf[TOP_NUMBER_MAX]);
const char *top_format_count(uint64_t n, char buf[TOP_NUMBER_MAX]);
const char *top_format_span(uint64_t ns, char buf[TOP_NUMBER_MAX]);

/* Bytes of a sparkline of @n cells, with the NUL. */
#define TOP_SPARKLINE_MAX(n) (3 * (n) + 1)

/*
 * A character for each value, oldest first, scaled to @max; below 0 is
 * unknown, a space. Without UTF-8 of " _.-=+*#". Returns @buf.
 */
const char *top_format_sparkline(const struct term *term, const double *values,
				 size_t n, double max, char *buf);

/*
 * Copies of @text, which is valid in the locale, what fits into @width columns
 * of a terminal, by wcwidth(3); with something that says so where it does not
 * all fit. Characters that have no width, but for two behind another, and
 * those that are none here become \xNN. Returns the columns that are used,
 * and the NUL-terminated text in @buf, cut to @size as well.
 */
unsigned int top_fit(const struct term *term, const char *text,
		     unsigned int width, char *buf, size_t size);
