/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "top-text.h"
#include "util.h"

#define MARKS_MAX 2 /* on one character */

const char *top_format_rate(double rate, char buf[TOP_NUMBER_MAX])
{
	static const char units[] = "kMGT";
	size_t i = 0;

	if (rate < 99999.5) {
		snprintf(buf, TOP_NUMBER_MAX, "%.*f",
			 rate > 0 && rate < 9.95 ? 1 : 0, rate);
		return buf;
	}
	for (rate /= 1000; rate >= 999.5 && i < sizeof(units) - 2; i++)
		rate /= 1000;
	snprintf(buf, TOP_NUMBER_MAX, "%.*f%c", rate < 99.95 ? 1 : 0,
		 MIN(rate, 9999), units[i]);
	return buf;
}

const char *top_format_bytes(double bytes, char buf[TOP_NUMBER_MAX])
{
	static const char units[] = "KMGTPE";
	size_t i = 0;

	if (bytes < 1023.5) {
		snprintf(buf, TOP_NUMBER_MAX, "%.0f", bytes);
		return buf;
	}
	for (bytes /= 1024; bytes >= 1023.5 && i < sizeof(units) - 2; i++)
		bytes /= 1024;
	snprintf(buf, TOP_NUMBER_MAX, "%.*f%c", bytes < 99.95 ? 1 : 0,
		 MIN(bytes, 9999), units[i]);
	return buf;
}

const char *top_format_count(uint64_t n, char buf[TOP_NUMBER_MAX])
{
	static const char units[] = " kMGT";
	size_t i = 0;

	for (; n > 9999999999ULL && i < sizeof(units) - 2; i++)
		n /= 1000;
	snprintf(buf, TOP_NUMBER_MAX, "%" PRIu64, n);
	if (i > 0)
		strncat(buf, &units[i], 1);
	return buf;
}

const char *top_format_span(uint64_t ns, char buf[TOP_NUMBER_MAX])
{
	static const struct {
		uint64_t seconds;
		uint64_t below; /* is used for less than that many */
		char unit;
	} units[] = {
		{ 1, 100, 's' },
		{ 60, 100, 'm' },
		{ 3600, 48, 'h' },
		{ 86400, UINT64_MAX, 'd' },
	};
	uint64_t seconds = ns / 1000000000;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (seconds / units[i].seconds < units[i].below) {
			snprintf(buf, TOP_NUMBER_MAX, "%" PRIu64 "%c",
				 seconds / units[i].seconds, units[i].unit);
			break;
		}
	return buf;
}

const char *top_format_sparkline(const struct term *term, const double *values,
				 size_t n, double max, char *buf)
{
	static const char *const blocks[] = { "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	static const char ascii[] = "_.-=+*#@";
	char *end = buf;

	for (size_t i = 0; i < n; i++) {
		double share = max > 0 ? values[i] / max : 0;
		size_t level = 0;

		if (values[i] < 0) {
			*end++ = ' ';
			continue;
		}
		/* What is not zero does not look like it. */
		if (values[i] > 0)
			level = MIN(1 + (size_t)(MIN(share, 1) * 6.99), 7);
		if (term->utf8)
			end = stpcpy(end, blocks[level]);
		else
			*end++ = ascii[level];
	}
	*end = '\0';
	return buf;
}

/* A character of the text, as it is shown. */
struct piece {
	size_t in; /* bytes of the text */
	const char *out;
	size_t len;
	unsigned int width;
	char hex[64];
};

static void piece_escape(struct piece *piece, const char *s)
{
	size_t used = 0;

	for (size_t i = 0; i < piece->in; i++)
		used += (size_t)snprintf(piece->hex + used,
					 sizeof(piece->hex) - used, "\\x%02x",
					 (unsigned char)s[i]);
	piece->out = piece->hex;
	piece->len = used;
	piece->width = (unsigned int)used;
}

static void take_piece(const char *s, unsigned int *marks, struct piece *ret)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, s, MB_LEN_MAX, &state);
	int width;

	if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
		ret->in = 1;
		piece_escape(ret, s);
		return;
	}
	ret->in = n;
	width = wcwidth(c);
	*marks = width == 0 ? *marks + 1 : 0;
	if (width < 0 || *marks > MARKS_MAX) {
		piece_escape(ret, s);
		return;
	}
	ret->out = s;
	ret->len = n;
	ret->width = (unsigned int)width;
}

unsigned int top_fit(const struct term *term, const char *text,
		     unsigned int width, char *buf, size_t size)
{
	const char *more = term->utf8 ? "…" : "~";
	size_t used = 0, cut = 0;
	/* A mark at the beginning would join what stands before. */
	unsigned int column = 0, cut_column = 0, marks = MARKS_MAX;

	while (*text) {
		struct piece piece;

		take_piece(text, &marks, &piece);
		if (column + piece.width > width ||
		    used + piece.len + strlen(more) >= size) {
			if (width == 0) {
				buf[0] = '\0';
				return 0;
			}
			strcpy(buf + cut, more);
			return cut_column + 1;
		}
		memcpy(buf + used, piece.out, piece.len);
		used += piece.len;
		column += piece.width;
		text += piece.in;
		if (column + 1 <= width) {
			cut = used;
			cut_column = column;
		}
	}
	buf[used] = '\0';
	return column;
}
