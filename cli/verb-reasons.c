/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop reasons: what the drop reasons mean, from libnfdrop's own table. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "escape.h"
#include "message.h"
#include "output-json.h"
#include "output.h"
#include "reason.h"
#include "verb.h"
#include "wrap.h"

static const struct release {
	const char *name;
	size_t offset;
} releases[] = {
	{ "6.12", offsetof(struct reason, code_6_12) },
	{ "7.3", offsetof(struct reason, code_7_3) },
};

static uint32_t code_of(const struct reason *reason, size_t release)
{
	uint32_t code;

	memcpy(&code, (const char *)reason + releases[release].offset,
	       sizeof(code));
	return code;
}

static void print_row(const struct reason *reason, const struct term *term,
		      int name_width, int subsystem_width, FILE *f)
{
	fprintf(f, "%s%-*s%s %-*s ", term_style(term, STYLE_WARN), name_width,
		reason->name, term_reset(term, STYLE_WARN), subsystem_width,
		reason->subsystem);
	wrap_print(f, reason->explanation,
		   (unsigned)(name_width + subsystem_width + 2), term->width);
}

static void print_table(const struct options *options, const struct term *term,
			FILE *f)
{
	int name_width = 0, subsystem_width = 0;
	const struct reason *reason;

	for (size_t i = 0; (reason = reason_at(i)); i++) {
		name_width = MAX(name_width, (int)strlen(reason->name));
		subsystem_width =
			MAX(subsystem_width, (int)strlen(reason->subsystem));
	}
	/* A name longer than that moves its line; the rest keep their room. */
	name_width = MIN(name_width, 32);
	if (!options->no_legend)
		fprintf(f, "%s%-*s %-*s %s%s\n", term_style(term, STYLE_BOLD),
			name_width, "NAME", subsystem_width, "SUBSYSTEM",
			"EXPLANATION", term_reset(term, STYLE_BOLD));
	for (size_t i = 0; (reason = reason_at(i)); i++)
		print_row(reason, term, name_width, subsystem_width, f);
}

static void print_codes(const struct reason *reason, FILE *f)
{
	const char *separator = "";
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		known |= code_of(reason, i) != REASON_CODE_NONE;
	fprintf(f, "    Code: ");
	for (size_t i = 0; known && i < ARRAY_SIZE(releases); i++) {
		uint32_t code = code_of(reason, i);

		if (code == REASON_CODE_NONE)
			fprintf(f, "%snone in Linux %s", separator,
				releases[i].name);
		else
			fprintf(f, "%s%" PRIu32 " (0x%" PRIx32 ") in Linux %s",
				separator, code, code, releases[i].name);
		separator = ", ";
	}
	fprintf(f, "%s\n",
		known ? "" : "none; of kernels with nfdrop's patches only");
}

static void print_full(const struct reason *reason, const struct term *term,
		       FILE *f)
{
	fprintf(f, "%s%s%s (%s)\n    ", term_style(term, STYLE_WARN),
		reason->name, term_reset(term, STYLE_WARN), reason->subsystem);
	wrap_print(f, reason->explanation, 4, term->width);
	print_codes(reason, f);
}

static struct json_object *to_json(const struct reason *reason)
{
	struct json_object *json = json_object_new_object();
	struct json_object *codes = json_object_new_object();

	json_object_object_add(json, "name",
			       json_object_new_string(reason->name));
	json_object_object_add(json, "subsystem",
			       json_object_new_string(reason->subsystem));
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		if (code_of(reason, i) != REASON_CODE_NONE)
			json_object_object_add(
				codes, releases[i].name,
				json_object_new_uint64(code_of(reason, i)));
	json_object_object_add(json, "codes", codes);
	json_object_object_add(json, "explanation",
			       json_object_new_string(reason->explanation));
	return json;
}

static void tell_unknown(const char *name)
{
	const struct reason *near = reason_suggest(name);
	char shown[128];

	escape_string(name, shown, sizeof(shown));
	if (near)
		message_print("no reason \"%s\" is known; did you mean \"%s\"?",
			      shown, near->name);
	else
		message_print("no reason \"%s\" is known; \"nfdrop reasons\" "
			      "lists those that are",
			      shown);
}

/* Prints those of @names that are known; returns how many are not. */
static size_t print_named(const struct term *term, char **names,
			  struct json_object *array, FILE *f)
{
	size_t n_unknown = 0;
	bool first = true;

	for (; *names; names++) {
		const struct reason *reason = reason_find(*names);

		if (!reason) {
			tell_unknown(*names);
			n_unknown++;
			continue;
		}
		if (array) {
			json_object_array_add(array, to_json(reason));
			continue;
		}
		if (!first)
			fputc('\n', f);
		first = false;
		print_full(reason, term, f);
	}
	return n_unknown;
}

static int run_reasons(const struct options *options, char **arguments)
{
	struct json_object *array = NULL;
	struct output out;
	size_t n_unknown = 0;
	struct term term;
	int r;

	term_init(&term, STDOUT_FILENO, options->color);
	r = output_init(&out);
	if (r < 0)
		return r;
	if (options->json != JSON_OFF)
		array = json_object_new_array();
	if (*arguments)
		n_unknown = print_named(&term, arguments, array, out.f);
	else if (!array)
		print_table(options, &term, out.f);
	else
		for (size_t i = 0; i < reason_count(); i++)
			json_object_array_add(array, to_json(reason_at(i)));
	if (array)
		r = output_json(out.f, array, options->json);
	json_object_put(array);
	if (r >= 0)
		r = output_page(&out, &term, options->no_pager);
	output_done(&out);
	if (r < 0)
		return message_output_failed(r);
	return n_unknown > 0 ? STATUS_FAILURE : STATUS_FINE;
}

static const struct option_def reasons_options[] = {
	{ 0, "no-legend", NULL, "Do not print the columns' titles",
	  option_set_no_legend },
};

const struct verb verb_reasons = {
	.name = "reasons",
	.arguments = "[NAME...]",
	.max_arguments = SIZE_MAX,
	.summary = "Explain drop reasons, all or those named.",
	.options = reasons_options,
	.n_options = ARRAY_SIZE(reasons_options),
	.run = run_reasons,
};
