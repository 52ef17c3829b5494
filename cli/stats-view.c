/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "connection.h"
#include "measures.h"
#include "rule-place.h"
#include "stats-view.h"
#include "util.h"

#define CELL_MAX RULE_PLACE_MAX
/* Wider ones move what is behind them. */
#define WIDTH_MAX 48

static void cell_text(const struct term *term, struct json_object *row,
		      const char *key, char *buf)
{
	const char *text = json_find_string(row, key);

	if (text[0])
		term_escape(term, text, buf, CELL_MAX);
}

static void cell_number(const struct term *term, struct json_object *row,
			const char *key, char *buf)
{
	(void)term;
	if (json_object_is_type(json_find(row, key), json_type_int))
		snprintf(buf, CELL_MAX, "%" PRIu64, json_find_uint64(row, key));
}

static void cell_netns(const struct term *term, struct json_object *row,
		       const char *key, char *buf)
{
	(void)key;
	rule_place_netns(term, row, buf, CELL_MAX);
}

static void cell_rule(const struct term *term, struct json_object *row,
		      const char *key, char *buf)
{
	(void)key;
	rule_place(term, row, buf);
}

static void cell_port(const struct term *term, struct json_object *row,
		      const char *key, char *buf)
{
	struct json_object *port = json_find(row, key);
	uint64_t ifindex = json_find_uint64(port, "ifindex");

	cell_text(term, port, "name", buf);
	if (buf[0] == '\0' && ifindex > 0)
		snprintf(buf, CELL_MAX, "if%" PRIu64, ifindex);
}

/* Those that are no text. */
static void (*const formats[_STAT_KEY_MAX])(const struct term *term,
					    struct json_object *row,
					    const char *key, char *buf) = {
	[STAT_NETNS] = cell_netns,  [STAT_RULE] = cell_rule,
	[STAT_IN] = cell_port,	    [STAT_OUT] = cell_port,
	[STAT_DPORT] = cell_number, [STAT_UID] = cell_number,
};

static const char *format(const struct term *term, struct json_object *row,
			  enum stat_key key, char *buf)
{
	buf[0] = '\0';
	(formats[key] ? formats[key] : cell_text)(
		term, row, stat_key_to_string((int)key), buf);
	return buf[0] ? buf : "-";
}

static void format_title(enum stat_key key, char *buf, size_t size)
{
	copy_string(buf, size, stat_key_to_string((int)key), SIZE_MAX);
	for (char *c = buf; *c; c++)
		*c = (char)toupper((unsigned char)*c);
}

/* As wide as the widest that is not too wide. */
static size_t find_width(struct json_object *rows, enum stat_key key,
			 const struct term *term)
{
	size_t width = strlen(stat_key_to_string((int)key));
	char cell[CELL_MAX];

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		size_t len = strlen(format(
			term, json_object_array_get_idx(rows, i), key, cell));

		if (len <= WIDTH_MAX)
			width = MAX(width, len);
	}
	return width;
}

/* The last has nothing behind it to be padded for. */
static void print_cell(const struct term *term, enum style style,
		       const char *text, size_t width, bool last, FILE *f)
{
	size_t len = strlen(text);

	fprintf(f, "%s%s%s", term_style(term, style), text,
		term_reset(term, style));
	if (last)
		fputc('\n', f);
	else
		fprintf(f, "%*s  ", (int)(len < width ? width - len : 0), "");
}

#define HOST_WIDTH 12

/* All have one where there is more than one machine. */
static void print_host(const struct term *term, struct json_object *row,
		       FILE *f)
{
	char cell[CELL_MAX] = "";

	if (!json_find(row, "host"))
		return;
	cell_text(term, row, "host", cell);
	print_cell(term, STYLE_NONE, cell[0] ? cell : "-", HOST_WIDTH, false,
		   f);
}

void stats_view_print(struct json_object *rows, const enum stat_key *by,
		      size_t n_by, bool legend, bool utc,
		      const struct term *term, FILE *f)
{
	bool hosts = json_find(json_object_array_get_idx(rows, 0), "host");
	size_t widths[_STAT_KEY_MAX];
	char cell[CELL_MAX];

	for (size_t k = 0; k < n_by; k++)
		widths[k] = find_width(rows, by[k], term);
	if (legend)
		measures_print_legend(term, f);
	if (legend && hosts)
		print_cell(term, STYLE_BOLD, "HOST", HOST_WIDTH, false, f);
	for (size_t k = 0; legend && k < n_by; k++) {
		format_title(by[k], cell, sizeof(cell));
		print_cell(term, STYLE_BOLD, cell, widths[k], k + 1 == n_by, f);
	}
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		measures_print(term, row, utc, f);
		print_host(term, row, f);
		for (size_t k = 0; k < n_by; k++)
			print_cell(term, STYLE_NONE,
				   format(term, row, by[k], cell), widths[k],
				   k + 1 == n_by, f);
	}
}
