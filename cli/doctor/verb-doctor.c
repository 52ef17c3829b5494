/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop doctor: why nothing, or not everything, is shown. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "doctor.h"
#include "message.h"
#include "output-json.h"
#include "output.h"
#include "verb.h"
#include "wrap.h"

#define NAME_WIDTH 10

static const struct mark {
	const char *utf8;
	const char *ascii;
	enum style style;
} marks[_FINDING_STATE_MAX] = {
	[FINDING_OK] = { "\xe2\x9c\x93", "+", STYLE_GOOD },
	[FINDING_PROBLEM] = { "\xe2\x9c\x97", "X", STYLE_BAD },
	[FINDING_NOTE] = { "!", "!", STYLE_WARN },
	[FINDING_UNKNOWN] = { "?", "?", STYLE_DIM },
};

static void print_finding(const char *name, const struct finding *finding,
			  const struct term *term, FILE *f)
{
	const struct mark *mark = &marks[finding->state];

	fprintf(f, "%s%s%s %-*s  ", term_style(term, mark->style),
		term->utf8 ? mark->utf8 : mark->ascii,
		term_reset(term, mark->style), NAME_WIDTH, name);
	wrap_print(f, finding->text, NAME_WIDTH + 4, term->width);
	if (finding->fix[0])
		fprintf(f, "%*s%s %s%s%s\n", NAME_WIDTH + 4, "",
			term->utf8 ? "\xe2\x86\x92" : "->",
			term_style(term, STYLE_BOLD), finding->fix,
			term_reset(term, STYLE_BOLD));
}

static void add_finding(struct json_object *array, const char *name,
			const struct finding *finding)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "check", json_object_new_string(name));
	json_object_object_add(json, "state",
			       json_object_new_string(finding_state_to_string(
				       finding->state)));
	json_object_object_add(json, "message",
			       json_object_new_string(finding->text));
	if (finding->fix[0])
		json_object_object_add(json, "fix",
				       json_object_new_string(finding->fix));
	json_object_array_add(array, json);
}

static void print_summary(size_t n_problems, const struct term *term, FILE *f)
{
	enum style style = n_problems ? STYLE_BAD : STYLE_GOOD;

	fprintf(f, "\n%s", term_style(term, style));
	if (n_problems == 0)
		fprintf(f, "No problem was found.");
	else
		fprintf(f, "%zu problem%s found; mend the first one first.",
			n_problems, n_problems == 1 ? " was" : "s were");
	fprintf(f, "%s\n", term_reset(term, style));
}

/* Returns the number of problems. */
static size_t run_checks(const struct doctor *d, const struct term *term,
			 struct json_object *array, FILE *f)
{
	const struct doctor_check *check;
	size_t n_problems = 0;

	for (size_t i = 0; (check = doctor_check_at(i)); i++) {
		struct finding finding;

		check->run(d, &finding);
		n_problems += finding.state == FINDING_PROBLEM;
		if (array)
			add_finding(array, check->name, &finding);
		else
			print_finding(check->name, &finding, term, f);
	}
	if (!array)
		print_summary(n_problems, term, f);
	return n_problems;
}

static int run_doctor(const struct options *options, char **arguments)
{
	struct doctor d = { .root = "", .socket = options->socket };
	struct json_object *array = NULL;
	struct output out;
	struct term term;
	size_t n_problems;
	int r;

	(void)arguments;
	term_init(&term, STDOUT_FILENO, options->color);
	r = output_init(&out);
	if (r < 0)
		return r;
	if (options->json != JSON_OFF)
		array = json_object_new_array();
	doctor_probe(&d);
	n_problems = run_checks(&d, &term, array, out.f);
	if (array)
		r = output_json(out.f, array, options->json);
	json_object_put(array);
	doctor_done(&d);
	if (r >= 0)
		r = output_page(&out, &term, options->no_pager);
	output_done(&out);
	if (r < 0 && r != -EPIPE)
		return message_output_failed(r);
	return n_problems > 0 ? STATUS_FAILURE : STATUS_FINE;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "Find out why nothing, or not everything, is shown.",
	.run = run_doctor,
};
