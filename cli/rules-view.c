/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "connection.h"
#include "rules-view.h"
#include "util.h"

/* Three names of 255 bytes, each as \\xNN, and words between them. */
#define CELL_MAX 4096

static void append(char *buf, const char *format, ...) _printf_(2, 3);

static void append(char *buf, const char *format, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf + len, CELL_MAX - len, format, ap);
	va_end(ap);
}

/* A word of @buf from the rule's text at @path, harmless; none when unknown. */
static void append_text(const struct term *term, struct json_object *rule,
			const char *path, char *buf)
{
	const char *text = json_find_string(rule, path);
	char shown[1100];

	if (text[0])
		append(buf, "%s%s", buf[0] ? " " : "",
		       term_escape(term, text, shown, sizeof(shown)));
}

static void cell_packets(const struct term *term, struct json_object *rule,
			 bool utc, char *buf)
{
	(void)term, (void)utc;
	append(buf, "%" PRIu64, json_find_uint64(rule, "packets"));
}

static void cell_bytes(const struct term *term, struct json_object *rule,
		       bool utc, char *buf)
{
	(void)term, (void)utc;
	append(buf, "%" PRIu64, json_find_uint64(rule, "bytes"));
}

static void cell_last(const struct term *term, struct json_object *rule,
		      bool utc, char *buf)
{
	uint64_t ns = json_find_uint64(rule, "last_seen");
	time_t second = (time_t)(ns / 1000000000);
	struct tm tm;

	(void)term;
	if (ns > 0 &&
	    (utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
		strftime(buf, CELL_MAX, "%Y-%m-%d %H:%M:%S", &tm);
}

static void cell_reason(const struct term *term, struct json_object *rule,
			bool utc, char *buf)
{
	(void)utc;
	append_text(term, rule, "reason", buf);
}

static void cell_hook(const struct term *term, struct json_object *rule,
		      bool utc, char *buf)
{
	(void)utc;
	append_text(term, rule, "hook", buf);
}

static void append_netns(const struct term *term, struct json_object *rule,
			 char *buf)
{
	const char *name = json_find_string(rule, "netns/name");
	uint64_t inum = json_find_uint64(rule, "netns/inum");
	char shown[1100];

	if (strcmp(name, "init") == 0)
		return;
	if (name[0])
		append(buf, "  netns=%s",
		       term_escape(term, name, shown, sizeof(shown)));
	else if (inum > 0)
		append(buf, "  netns=inum:%" PRIu64, inum);
}

static void cell_where(const struct term *term, struct json_object *rule,
		       bool utc, char *buf)
{
	const char *kind = json_find_string(rule, "kind");
	uint64_t handle = json_find_uint64(rule, "rule_handle");

	(void)utc;
	append_text(term, rule, "family", buf);
	append_text(term, rule, "table", buf);
	append_text(term, rule, "chain", buf);
	if (handle > 0)
		append(buf, " %s %" PRIu64,
		       strncmp(kind, "nft-", 4) == 0 ? "handle" : "rule",
		       handle);
	else if (strstr(kind, "-policy"))
		append(buf, " policy");
	else
		append_text(term, rule, "kind", buf);
	append_text(term, rule, "by", buf);
	if (json_find(rule, "queue"))
		append(buf, " %" PRIu64, json_find_uint64(rule, "queue"));
	append_netns(term, rule, buf);
}

static const struct column {
	const char *title;
	int width; /* negative: to the right */
	enum style style;
	void (*format)(const struct term *term, struct json_object *rule,
		       bool utc, char *buf);
} columns[] = {
	{ "PACKETS", -10, STYLE_BOLD, cell_packets },
	{ "BYTES", -12, STYLE_NONE, cell_bytes },
	{ "LAST SEEN", 19, STYLE_DIM, cell_last },
	{ "REASON", 14, STYLE_WARN, cell_reason },
	{ "HOOK", 11, STYLE_NONE, cell_hook },
	{ "WHERE", 0, STYLE_NONE, cell_where },
};

static void print_cell(const struct term *term, size_t i, enum style style,
		       const char *text, FILE *f)
{
	int width = columns[i].width, space = abs(width) - (int)strlen(text);

	fprintf(f, "%s%*s%s%s%s%*s", i > 0 ? "  " : "",
		width < 0 ? MAX(space, 0) : 0, "", term_style(term, style),
		text, term_reset(term, style), width > 0 ? MAX(space, 0) : 0,
		"");
}

void rules_view_print(struct json_object *rules, bool legend, bool utc,
		      const struct term *term, FILE *f)
{
	for (size_t i = 0; legend && i < ARRAY_SIZE(columns); i++)
		print_cell(term, i, STYLE_BOLD, columns[i].title, f);
	if (legend)
		fputc('\n', f);
	for (size_t n = 0; n < json_object_array_length(rules); n++) {
		struct json_object *rule = json_object_array_get_idx(rules, n);

		for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
			char cell[CELL_MAX] = "";

			columns[i].format(term, rule, utc, cell);
			print_cell(term, i, columns[i].style,
				   cell[0] ? cell : "-", f);
		}
		fputc('\n', f);
	}
}
