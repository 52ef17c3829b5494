/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "top-columns.h"
#include "top-text.h"
#include "util.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare_reals(double a, double b)
{
	return (a < b) - (a > b);
}

/* What is unknown comes last. */
static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcmp(a, b);
}

static void format_rate(const struct top_cell_context *context,
			const struct top_row *row, char *buf, size_t size)
{
	(void)context, (void)size;
	if (row->has_rate)
		top_format_rate(row->rate, buf);
}

static int compare_rate(const struct top_row *a, const struct top_row *b)
{
	return compare_reals(a->rate, b->rate);
}

static void format_told(float rate, char *buf)
{
	if (rate >= 0)
		top_format_rate((double)rate, buf);
}

static void format_rate_1min(const struct top_cell_context *context,
			     const struct top_row *row, char *buf, size_t size)
{
	(void)context, (void)size;
	format_told(row->shown.told[1], buf);
}

static int compare_rate_1min(const struct top_row *a, const struct top_row *b)
{
	return compare_reals((double)a->shown.told[1],
			     (double)b->shown.told[1]);
}

static void format_rate_15min(const struct top_cell_context *context,
			      const struct top_row *row, char *buf, size_t size)
{
	(void)context, (void)size;
	format_told(row->shown.told[2], buf);
}

static int compare_rate_15min(const struct top_row *a, const struct top_row *b)
{
	return compare_reals((double)a->shown.told[2],
			     (double)b->shown.told[2]);
}

static void format_packets(const struct top_cell_context *context,
			   const struct top_row *row, char *buf, size_t size)
{
	char number[TOP_NUMBER_MAX];

	/* "at least", where some may be missing */
	snprintf(buf, size, "%s%s",
		 !row->shown.lower_bound ? ""
		 : context->term->utf8	 ? "≥"
					 : ">=",
		 top_format_count(row->shown.packets, number));
}

static int compare_packets(const struct top_row *a, const struct top_row *b)
{
	return compare_numbers(a->shown.packets, b->shown.packets);
}

static void format_counter(const struct top_cell_context *context,
			   const struct top_row *row, char *buf, size_t size)
{
	(void)context, (void)size;
	if (row->shown.has_counter)
		top_format_count(row->shown.counter, buf);
}

static int compare_counter(const struct top_row *a, const struct top_row *b)
{
	return compare_numbers(a->shown.counter, b->shown.counter);
}

static void format_byte_rate(const struct top_cell_context *context,
			     const struct top_row *row, char *buf, size_t size)
{
	(void)context, (void)size;
	if (row->has_rate)
		top_format_bytes(row->byte_rate, buf);
}

static int compare_byte_rate(const struct top_row *a, const struct top_row *b)
{
	return compare_reals(a->byte_rate, b->byte_rate);
}

static void format_bytes(const struct top_cell_context *context,
			 const struct top_row *row, char *buf, size_t size)
{
	(void)context, (void)size;
	top_format_bytes((double)row->shown.bytes, buf);
}

static int compare_bytes(const struct top_row *a, const struct top_row *b)
{
	return compare_numbers(a->shown.bytes, b->shown.bytes);
}

static void format_share(const struct top_cell_context *context,
			 const struct top_row *row, char *buf, size_t size)
{
	if (context->total_packets > 0 && !row->is_beside)
		snprintf(buf, size, "%.1f%%",
			 100.0 * (double)row->shown.packets /
				 (double)context->total_packets);
}

static void format_trend(const struct top_cell_context *context,
			 const struct top_row *row, char *buf, size_t size)
{
	double values[TOP_TREND], max = 0;

	for (size_t i = 0; i < TOP_TREND; i++) {
		values[i] = (double)row->trend[TOP_TREND - 1 - i];
		max = MAX(max, values[i]);
	}
	if (row->has_rate && size >= TOP_SPARKLINE_MAX(TOP_TREND))
		top_format_sparkline(context->term, values, TOP_TREND, max,
				     buf);
}

static void format_ago(const struct top_cell_context *context, uint64_t ns,
		       char *buf)
{
	if (ns > 0)
		top_format_span(
			context->real_ns > ns ? context->real_ns - ns : 0, buf);
}

static void format_first(const struct top_cell_context *context,
			 const struct top_row *row, char *buf, size_t size)
{
	(void)size;
	format_ago(context, row->shown.first_ns, buf);
}

static int compare_first(const struct top_row *a, const struct top_row *b)
{
	return compare_numbers(a->shown.first_ns, b->shown.first_ns);
}

static void format_last(const struct top_cell_context *context,
			const struct top_row *row, char *buf, size_t size)
{
	(void)size;
	format_ago(context, row->shown.last_ns, buf);
}

static int compare_last(const struct top_row *a, const struct top_row *b)
{
	return compare_numbers(a->shown.last_ns, b->shown.last_ns);
}

static void format_text(const struct top_cell_context *context,
			const char *text, char *buf, size_t size)
{
	if (text)
		term_escape(context->term, text, buf, size);
}

static void format_reason(const struct top_cell_context *context,
			  const struct top_row *row, char *buf, size_t size)
{
	format_text(context, row->text[TOP_TEXT_REASON], buf, size);
}

static int compare_reason(const struct top_row *a, const struct top_row *b)
{
	return compare_texts(a->text[TOP_TEXT_REASON],
			     b->text[TOP_TEXT_REASON]);
}

static void format_hook(const struct top_cell_context *context,
			const struct top_row *row, char *buf, size_t size)
{
	format_text(context, row->text[TOP_TEXT_HOOK], buf, size);
}

static int compare_hook(const struct top_row *a, const struct top_row *b)
{
	return compare_texts(a->text[TOP_TEXT_HOOK], b->text[TOP_TEXT_HOOK]);
}

/* Where it is, then what it says. */
static void format_name(const struct top_cell_context *context,
			const struct top_row *row, char *buf, size_t size)
{
	size_t len;

	format_text(context, row->text[TOP_TEXT_NAME], buf, size);
	len = strlen(buf);
	if (!row->text[TOP_TEXT_RULE] || size - len < 16)
		return;
	strcpy(buf + len, "  ");
	format_text(context, row->text[TOP_TEXT_RULE], buf + len + 2,
		    size - len - 2);
}

static int compare_name(const struct top_row *a, const struct top_row *b)
{
	return compare_texts(a->text[TOP_TEXT_NAME], b->text[TOP_TEXT_NAME]);
}

static const struct top_column_info columns[_TOP_COLUMN_MAX] = {
	[TOP_COLUMN_RATE] = {
		.title = "RATE/S",
		.word = "rate",
		.order = "rate_now",
		.help = "Packets a second, in the last delay",
		.key = 'r',
		.width = -7,
		.sortable = true,
		.style = STYLE_BOLD,
		.format = format_rate,
		.compare = compare_rate,
	},
	[TOP_COLUMN_RATE_1MIN] = {
		.title = "1MIN",
		.word = "rate_1min",
		.help = "Packets a second, averaged over a minute",
		.key = 'm',
		.width = -7,
		.from_width = 140,
		.sortable = true,
		.format = format_rate_1min,
		.compare = compare_rate_1min,
	},
	[TOP_COLUMN_RATE_15MIN] = {
		.title = "15MIN",
		.word = "rate_15min",
		.help = "Packets a second, averaged over 15 minutes",
		.key = 'M',
		.width = -7,
		.from_width = 140,
		.sortable = true,
		.format = format_rate_15min,
		.compare = compare_rate_15min,
	},
	[TOP_COLUMN_PACKETS] = {
		.title = "PACKETS",
		.word = "packets",
		.help = "Packets, since nfdropd counts",
		.key = 'p',
		.width = -11,
		.sortable = true,
		.format = format_packets,
		.compare = compare_packets,
	},
	[TOP_COLUMN_COUNTER] = {
		.title = "COUNTER",
		.word = "counter",
		.help = "The rule's own counter, as nft has it",
		.width = -11,
		.from_width = 120,
		.rules_only = true,
		.counters_only = true,
		.sortable = true,
		.format = format_counter,
		.compare = compare_counter,
	},
	[TOP_COLUMN_BYTE_RATE] = {
		.title = "BYTES/S",
		.word = "byte_rate",
		.order = "byte_rate_now",
		.help = "Bytes a second, in the last delay",
		.key = 'B',
		.width = -8,
		.from_width = 120,
		.sortable = true,
		.format = format_byte_rate,
		.compare = compare_byte_rate,
	},
	[TOP_COLUMN_BYTES] = {
		.title = "BYTES",
		.word = "bytes",
		.help = "Bytes; K is 1024",
		.key = 'b',
		.width = -6,
		.from_width = 60,
		.sortable = true,
		.format = format_bytes,
		.compare = compare_bytes,
	},
	[TOP_COLUMN_SHARE] = {
		.title = "SHARE",
		.word = "share",
		.order = "packets",
		.help = "Part of all packets of the table",
		.width = -6,
		.from_width = 120,
		.format = format_share,
		.compare = compare_packets,
	},
	[TOP_COLUMN_TREND] = {
		.title = "TREND",
		.word = "trend",
		.order = "rate_now",
		.help = "Rates of the last 16 delays",
		.width = TOP_TREND,
		.from_width = 110,
		.style = STYLE_KEY,
		.format = format_trend,
		.compare = compare_rate,
	},
	[TOP_COLUMN_FIRST] = {
		.title = "FIRST",
		.word = "first_seen",
		.help = "How long ago the first packet was",
		.key = 'f',
		.width = -6,
		.from_width = 120,
		.sortable = true,
		.style = STYLE_DIM,
		.format = format_first,
		.compare = compare_first,
	},
	[TOP_COLUMN_LAST] = {
		.title = "LAST",
		.word = "last_seen",
		.help = "How long ago the last packet was",
		.key = 'l',
		.width = -5,
		.sortable = true,
		.style = STYLE_DIM,
		.format = format_last,
		.compare = compare_last,
	},
	[TOP_COLUMN_REASON] = {
		.title = "REASON",
		.word = "reason",
		.help = "Why; nfdrop reasons explains it",
		.key = 'e',
		.width = 10,
		.from_width = 70,
		.rules_only = true,
		.sortable = true,
		.style = STYLE_WARN,
		.format = format_reason,
		.compare = compare_reason,
	},
	[TOP_COLUMN_HOOK] = {
		.title = "HOOK",
		.word = "hook",
		.help = "Where in netfilter",
		.key = 'o',
		.width = 11,
		.from_width = 100,
		.rules_only = true,
		.sortable = true,
		.format = format_hook,
		.compare = compare_hook,
	},
	[TOP_COLUMN_NAME] = {
		.title = "WHERE",
		.word = "name",
		.help = "Which rule, source, ...",
		.key = 'w',
		.width = 0,
		.sortable = true,
		.format = format_name,
		.compare = compare_name,
	},
};

const struct top_column_info *top_column_info(enum top_column column)
{
	return &columns[column];
}

const char *top_column_to_string(enum top_column column)
{
	return column < _TOP_COLUMN_MAX ? columns[column].word : NULL;
}

enum top_column top_column_from_string(const char *word)
{
	int i = 0;

	while (i < _TOP_COLUMN_MAX - 1 && strcmp(columns[i].word, word) != 0)
		i++;
	return (enum top_column)i;
}

const char *top_column_order(enum top_column column, bool now)
{
	const char *order = columns[column].order;

	if (!order)
		return columns[column].word;
	return now || strcmp(order, "packets") == 0 ? order : "rate";
}

bool top_column_is_shown(enum top_column column, const struct top_table *t,
			 enum top_by by, unsigned int width)
{
	return (width == 0 || width >= columns[column].from_width) &&
	       (!columns[column].counters_only || t->has_counters) &&
	       (!columns[column].rules_only || by == TOP_BY_RULE);
}

static int compare_bytes_of(const char *a, size_t a_len, const char *b,
			    size_t b_len)
{
	int r = memcmp(a, b, MIN(a_len, b_len));

	return r != 0 ? r : (a_len > b_len) - (a_len < b_len);
}

/* The handles of a chain are numbers, though the key is text. */
static int compare_keys(const struct top_row *a, const struct top_row *b)
{
	int r = compare_bytes_of(a->key, a->place_len, b->key, b->place_len);

	if (r == 0)
		r = compare_numbers(b->handle, a->handle);
	return r != 0 ? r
		      : compare_bytes_of(a->key, a->key_len, b->key,
					 b->key_len);
}

int top_column_compare(enum top_column column, bool invert,
		       const struct top_row *a, const struct top_row *b)
{
	int r = columns[column].compare(a, b);

	if (r == 0)
		r = compare_packets(a, b);
	if (r == 0)
		r = compare_keys(a, b);
	return invert ? -r : r;
}
