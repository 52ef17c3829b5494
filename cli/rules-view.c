/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "measures.h"
#include "rule-place.h"
#include "rules-view.h"
#include "util.h"
#include "wrap.h"

#define REASON_WIDTH 14
#define HOOK_WIDTH   11
/* So that what is before a narrow terminal's second line fits. */
#define COUNTER_WIDTH 8
#define SHOWN_MAX     1100
/* What does not fit is cut. */
#define TEXT_MAX 8192

/* Below this many columns, hook and rule have a line of their own. */
#define ONE_LINE_WIDTH 150
#define SECOND_INDENT  12

/* Padded to @width, and two spaces. Returns the columns. */
static unsigned print_text(const struct term *term, int width, enum style style,
			   const char *text, FILE *f)
{
	int len = (int)strlen(text), space = MAX(width - len, 0);

	fputs(term_style(term, style), f);
	fputs(text, f);
	fprintf(f, "%s%*s  ", term_reset(term, style), space, "");
	return (unsigned)(len + space + 2);
}

static const char *member(const struct term *term, struct json_object *rule,
			  const char *key, char buf[SHOWN_MAX])
{
	const char *text = json_find_string(rule, key);

	strcpy(buf, "-");
	if (text[0])
		term_escape(term, text, buf, SHOWN_MAX);
	return buf;
}

static bool is_narrow(const struct term *term)
{
	return term->width && term->width < ONE_LINE_WIDTH;
}

static bool has_counters(struct json_object *rules)
{
	for (size_t i = 0; i < json_object_array_length(rules); i++)
		if (json_find(json_object_array_get_idx(rules, i), "counter"))
			return true;
	return false;
}

/* To the right. Returns the columns. */
static unsigned print_counter(const struct term *term, enum style style,
			      const char *text, FILE *f)
{
	int space = MAX(COUNTER_WIDTH - (int)strlen(text), 0);

	fprintf(f, "%*s%s%s%s  ", space, "", term_style(term, style), text,
		term_reset(term, style));
	return (unsigned)((int)strlen(text) + space + 2);
}

static const char *format_counter(struct json_object *rule, char buf[32])
{
	strcpy(buf, "-");
	if (json_find(rule, "counter/packets"))
		snprintf(buf, 32, "%" PRIu64,
			 json_find_uint64(rule, "counter/packets"));
	return buf;
}

/* Behind @column; last in its line where that is narrow. Returns the column. */
static unsigned print_reason(const struct term *term, enum style style,
			     const char *reason, unsigned column, FILE *f)
{
	if (!is_narrow(term))
		return column +
		       print_text(term, REASON_WIDTH, style, reason, f);
	fprintf(f, "%s%s%s\n%*s", term_style(term, style), reason,
		term_reset(term, style), SECOND_INDENT, "");
	return SECOND_INDENT;
}

static void print_legend(const struct term *term, bool counters, FILE *f)
{
	measures_print_legend(term, f);
	if (counters)
		print_counter(term, STYLE_BOLD, "COUNTER", f);
	print_reason(term, STYLE_BOLD, "REASON", 0, f);
	print_text(term, HOOK_WIDTH, STYLE_BOLD, "HOOK", f);
	fprintf(f, "%sWHERE%s\n", term_style(term, STYLE_BOLD),
		term_reset(term, STYLE_BOLD));
}

/* The rule as nft prints it, behind the place; below it where it is long. */
static void print_where(const struct term *term, struct json_object *rule,
			unsigned column, FILE *f)
{
	const char *text = json_find_string(rule, "rule");
	char where[RULE_PLACE_MAX + TEXT_MAX + 64], shown[TEXT_MAX];

	rule_place(term, rule, where);
	if (text[0]) {
		strcat(where, "  ");
		strcat(where, term_style(term, STYLE_DIM));
		strcat(where, term_escape(term, text, shown, sizeof(shown)));
		strcat(where, term_reset(term, STYLE_DIM));
	}
	wrap_print(f, where, column, term->width);
}

void rules_view_print(struct json_object *rules, bool legend, bool utc,
		      const struct term *term, FILE *f)
{
	bool counters = has_counters(rules);

	if (legend)
		print_legend(term, counters, f);
	for (size_t n = 0; n < json_object_array_length(rules); n++) {
		struct json_object *rule = json_object_array_get_idx(rules, n);
		char shown[SHOWN_MAX], counter[32];
		unsigned column;

		column = measures_print(term, rule, utc, f);
		if (counters)
			column += print_counter(term, STYLE_NONE,
						format_counter(rule, counter),
						f);
		column = print_reason(term, STYLE_WARN,
				      member(term, rule, "reason", shown),
				      column, f);
		column += print_text(term, HOOK_WIDTH, STYLE_NONE,
				     member(term, rule, "hook", shown), f);
		print_where(term, rule, column, f);
	}
}
