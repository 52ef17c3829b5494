/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop rules: what each rule and policy dropped, counted by the kernel. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "connection.h"
#include "escape.h"
#include "message.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "rules-view.h"
#include "verb.h"

/* More than nfdropd ever has: whoever answers, the pages come to an end. */
#define PAGES_MAX 4096

/* The last page, and the rules of all of them. */
struct rules {
	struct json_object *list;
	struct answer answer;
};

static void rules_done(struct rules *rules)
{
	json_object_put(rules->list);
	answer_done(&rules->answer);
}

static int take_page(struct rules *rules)
{
	struct json_object *page = json_find(rules->answer.parameters, "rules");
	size_t n = 0;

	if (json_object_is_type(page, json_type_array))
		n = json_object_array_length(page);
	for (size_t i = 0; i < n; i++) {
		struct json_object *rule = json_object_array_get_idx(page, i);

		if (json_object_array_add(rules->list, json_object_get(rule)) <
		    0) {
			json_object_put(rule);
			return -ENOMEM;
		}
	}
	return 0;
}

/* As connection_ask(); an answer that is an error ends it. */
static int ask(const char *socket, struct rules *ret)
{
	uint64_t first = 0, next = 0;
	int r;

	ret->list = json_object_new_array();
	if (!ret->list)
		return -ENOMEM;
	for (int i = 0; i < PAGES_MAX; i++) {
		char parameters[64];

		answer_done(&ret->answer);
		snprintf(parameters, sizeof(parameters),
			 "{\"first\":%" PRIu64 "}", first);
		r = connection_ask(socket, PROTO_MONITOR ".GetRules",
				   parameters, CONNECTION_TIMEOUT_MS,
				   &ret->answer);
		if (r < 0 || ret->answer.error)
			return r;
		r = take_page(ret);
		if (r < 0)
			return r;
		next = json_find_uint64(ret->answer.parameters, "next");
		if (next <= first)
			return 0;
		first = next;
	}
	return -EBADMSG;
}

/* Most packets first; of the same number the earlier first. */
static int compare_rules(const void *a, const void *b)
{
	struct json_object *x = *(struct json_object *const *)a;
	struct json_object *y = *(struct json_object *const *)b;
	uint64_t p = json_find_uint64(x, "packets");
	uint64_t q = json_find_uint64(y, "packets");

	if (p != q)
		return p < q ? 1 : -1;
	p = json_find_uint64(x, "first_seen");
	q = json_find_uint64(y, "first_seen");
	return (p > q) - (p < q);
}

/* What is in no line of the table. */
static void print_rest(struct json_object *page, const struct term *term,
		       FILE *f)
{
	static const struct {
		const char *path;
		const char *text;
	} rests[] = {
		{ "other/packets", "packets of rules past nfdropd's bound" },
		{ "lost/packets", "packets that the kernel had no room to "
				  "count by rule" },
		{ "lost/messages", "messages that were lost, with counts or "
				   "perhaps with counts" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rests); i++) {
		uint64_t n = json_find_uint64(page, rests[i].path);

		if (n > 0)
			fprintf(f, "%s-- not shown: %" PRIu64 " %s --%s\n",
				term_style(term, STYLE_BAD), n, rests[i].text,
				term_reset(term, STYLE_BAD));
	}
}

static int print(const struct options *options, const struct rules *rules)
{
	struct output out;
	struct term term;
	int r;

	term_init(&term, STDOUT_FILENO, options->color);
	r = output_init(&out);
	if (r < 0)
		return r;
	if (options->json != JSON_OFF) {
		r = output_json(out.f, rules->list, options->json);
	} else {
		if (json_object_array_length(rules->list) > 0)
			rules_view_print(rules->list, !options->no_legend,
					 options->utc, &term, out.f);
		print_rest(rules->answer.parameters, &term, out.f);
	}
	if (r >= 0)
		r = output_page(&out, &term, options->no_pager);
	output_done(&out);
	return r < 0 ? message_output_failed(r) : STATUS_FINE;
}

/* No counts at all, and none to come, is a failure. */
static int tell_state(const struct rules *rules)
{
	struct json_object *page = rules->answer.parameters;
	bool empty = json_object_array_length(rules->list) == 0;
	char message[512];

	if (json_object_get_boolean(json_find(page, "counting"))) {
		if (empty)
			message_print("no rule or policy dropped a packet "
				      "since nfdropd started");
		return STATUS_FINE;
	}
	message_print("%s", escape_string(json_find_string(page, "message"),
					  message, sizeof(message)));
	return empty ? STATUS_FAILURE : STATUS_FINE;
}

static int run_rules(const struct options *options, char **arguments)
{
	_cleanup_(rules_done) struct rules rules = { 0 };
	char sentence[768];
	int r, status;

	(void)arguments;
	r = ask(options->socket, &rules);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		connection_explain(r, options->socket, sentence,
				   sizeof(sentence));
	else if (rules.answer.error)
		connection_explain_answer(rules.answer.error,
					  rules.answer.parameters, sentence,
					  sizeof(sentence));
	if (r < 0 || rules.answer.error) {
		message_print("%s", sentence);
		return STATUS_FAILURE;
	}
	json_object_array_sort(rules.list, compare_rules);
	status = tell_state(&rules);
	r = print(options, &rules);
	return r != STATUS_FINE ? r : status;
}

static const struct option_def rules_options[] = {
	{ 0, "no-legend", NULL, "Do not print the columns' titles",
	  option_set_no_legend },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
};

const struct verb verb_rules = {
	.name = "rules",
	.summary = "Show how much each rule and policy dropped.",
	.options = rules_options,
	.n_options = ARRAY_SIZE(rules_options),
	.run = run_rules,
};
