/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include "connection.h"
#include "measures.h"
#include "util.h"

#define CELL_MAX 64

const char *measures_time(uint64_t ns, bool utc, char *buf, size_t size)
{
	time_t second = (time_t)(ns / 1000000000);
	struct tm tm;

	buf[0] = '\0';
	if (ns > 0 &&
	    (utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
		strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

static void cell_packets(struct json_object *row, const char *key, bool utc,
			 char *buf)
{
	bool at_least = json_object_get_boolean(json_find(row, "lower_bound"));

	(void)utc;
	snprintf(buf, CELL_MAX, "%s%" PRIu64, at_least ? ">=" : "",
		 json_find_uint64(row, key));
}

static void cell_number(struct json_object *row, const char *key, bool utc,
			char *buf)
{
	(void)utc;
	snprintf(buf, CELL_MAX, "%" PRIu64, json_find_uint64(row, key));
}

static void cell_rate(struct json_object *row, const char *key, bool utc,
		      char *buf)
{
	double rate = json_find_double(row, key);

	(void)utc;
	/* The journal has no averages. */
	if (!json_find(row, key) && json_find(row, "rate"))
		return;
	snprintf(buf, CELL_MAX, rate < 99.95 ? "%.1f" : "%.0f", rate);
}

static void cell_time(struct json_object *row, const char *key, bool utc,
		      char *buf)
{
	measures_time(json_find_uint64(row, key), utc, buf, CELL_MAX);
}

static const struct column {
	const char *title;
	int width; /* negative: to the right */
	enum style style;
	bool wide;
	const char *key;
	void (*format)(struct json_object *row, const char *key, bool utc,
		       char *buf);
} columns[] = {
	{ "PACKETS", -10, STYLE_BOLD, false, "packets", cell_packets },
	{ "BYTES", -12, STYLE_NONE, false, "bytes", cell_number },
	{ "RATE", -6, STYLE_NONE, false, "rate", cell_rate },
	{ "1MIN", -6, STYLE_DIM, true, "rate_1min", cell_rate },
	{ "15MIN", -6, STYLE_DIM, true, "rate_15min", cell_rate },
	{ "LAST SEEN", 19, STYLE_DIM, false, "last_seen", cell_time },
};

static bool is_shown(const struct term *term, const struct column *column)
{
	return !column->wide || term->width == 0 ||
	       term->width >= MEASURES_WIDE;
}

/* Returns the columns. */
static unsigned print_cell(const struct term *term, const struct column *column,
			   enum style style, const char *text, FILE *f)
{
	int space = abs(column->width) - (int)strlen(text);

	fprintf(f, "%*s%s%s%s%*s  ", column->width < 0 ? MAX(space, 0) : 0, "",
		term_style(term, style), text, term_reset(term, style),
		column->width > 0 ? MAX(space, 0) : 0, "");
	return (unsigned)((int)strlen(text) + MAX(space, 0) + 2);
}

void measures_print_legend(const struct term *term, FILE *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (is_shown(term, &columns[i]))
			print_cell(term, &columns[i], STYLE_BOLD,
				   columns[i].title, f);
}

unsigned measures_print(const struct term *term, struct json_object *row,
			bool utc, FILE *f)
{
	bool known = json_find(row, "packets") != NULL;
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		char cell[CELL_MAX];

		if (!is_shown(term, &columns[i]))
			continue;
		cell[0] = '\0';
		if (known)
			columns[i].format(row, columns[i].key, utc, cell);
		n += print_cell(term, &columns[i], columns[i].style,
				cell[0] ? cell : "-", f);
	}
	return n;
}

/* @one, or @more of it, and then @text. */
static void print_line(const struct term *term, uint64_t n, const char *one,
		       const char *more, const char *text, FILE *f)
{
	if (n > 0)
		fprintf(f, "%s-- not shown: %" PRIu64 " %s %s --%s\n",
			term_style(term, STYLE_BAD), n, n == 1 ? one : more,
			text, term_reset(term, STYLE_BAD));
}

/* Where packets that nfdropd saw are counted. */
static void print_lost_events(const struct term *term, struct json_object *page,
			      FILE *f)
{
	uint64_t kernel = json_find_uint64(page, "lost/kernel_queue");
	uint64_t socket = json_find_uint64(page, "lost/socket");
	uint64_t sum = kernel + MIN(socket, UINT64_MAX - kernel);

	if (sum > 0)
		fprintf(f,
			"%s-- perhaps not counted: %" PRIu64 " %s lost as "
			"events: kernel queue %" PRIu64 ", socket %" PRIu64
			" --%s\n",
			term_style(term, STYLE_BAD), sum,
			sum == 1 ? "drop that was" : "drops that were", kernel,
			socket, term_reset(term, STYLE_BAD));
}

void measures_print_rest(const struct term *term, struct json_object *page,
			 bool sampled, uint64_t n_more, uint64_t more, FILE *f)
{
	bool by_events = json_find_uint64(page, "by_events/packets") > 0 ||
			 strcmp(json_find_string(page, "counted"), "events") ==
				 0;

	if (n_more > 0)
		fprintf(f,
			"%s-- %" PRIu64 " more line%s, of %" PRIu64
			" packet%s --%s\n",
			term_style(term, STYLE_DIM), n_more,
			n_more == 1 ? "" : "s", more, more == 1 ? "" : "s",
			term_reset(term, STYLE_DIM));
	print_line(term, json_find_uint64(page, "other/packets"), "packet",
		   "packets",
		   sampled ? "of flows that were forgotten to make room"
		   : json_find(page, "journal")
			   ? "of rules past the bound of entries"
			   : "of rules past nfdropd's bound",
		   f);
	if (sampled || by_events)
		print_lost_events(term, page, f);
	if (sampled)
		return;
	print_line(term, json_find_uint64(page, "lost/packets"), "packet",
		   "packets", "that the kernel had no room to count by rule",
		   f);
	print_line(term, json_find_uint64(page, "lost/messages"),
		   "message that was", "messages that were",
		   "lost, with counts or perhaps with counts", f);
}
