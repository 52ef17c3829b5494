/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <string.h>

#include "connection.h"
#include "measures.h"
#include "rule-place.h"
#include "rules-view.h"
#include "util.h"

#define REASON_WIDTH 14
#define HOOK_WIDTH   11
#define SHOWN_MAX    1100
/* What does not fit is cut. */
#define TEXT_MAX     4096

/* Padded to @width, and two spaces. */
static void print_text(const struct term *term, int width, enum style style,
		       const char *text, FILE *f)
{
	fprintf(f, "%s%s%s%*s  ", term_style(term, style), text,
		term_reset(term, style), MAX(width - (int)strlen(text), 0), "");
}

static void print_member(const struct term *term, struct json_object *rule,
			 const char *key, int width, enum style style, FILE *f)
{
	const char *text = json_find_string(rule, key);
	char shown[SHOWN_MAX];

	if (text[0])
		text = term_escape(term, text, shown, sizeof(shown));
	print_text(term, width, style, text[0] ? text : "-", f);
}

static void print_legend(const struct term *term, FILE *f)
{
	measures_print_legend(term, f);
	print_text(term, REASON_WIDTH, STYLE_BOLD, "REASON", f);
	print_text(term, HOOK_WIDTH, STYLE_BOLD, "HOOK", f);
	fprintf(f, "%sWHERE%s\n", term_style(term, STYLE_BOLD),
		term_reset(term, STYLE_BOLD));
}

/* As nft prints it, behind the place; nothing where it is not known. */
static void print_rule_text(const struct term *term, struct json_object *rule,
			    FILE *f)
{
	const char *text = json_find_string(rule, "rule");
	char shown[TEXT_MAX];

	if (text[0])
		fprintf(f, "  %s%s%s", term_style(term, STYLE_DIM),
			term_escape(term, text, shown, sizeof(shown)),
			term_reset(term, STYLE_DIM));
}

void rules_view_print(struct json_object *rules, bool legend, bool utc,
		      const struct term *term, FILE *f)
{
	char place[RULE_PLACE_MAX];

	if (legend)
		print_legend(term, f);
	for (size_t n = 0; n < json_object_array_length(rules); n++) {
		struct json_object *rule = json_object_array_get_idx(rules, n);

		measures_print(term, rule, utc, f);
		print_member(term, rule, "reason", REASON_WIDTH, STYLE_WARN, f);
		print_member(term, rule, "hook", HOOK_WIDTH, STYLE_NONE, f);
		fputs(rule_place(term, rule, place), f);
		print_rule_text(term, rule, f);
		fputc('\n', f);
	}
}
