/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop rules: what each rule and policy dropped, and each reason. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>

#include "connection.h"
#include "escape.h"
#include "measures.h"
#include "message.h"
#include "order.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "rules-view.h"
#include "verb.h"

/* More than nfdropd ever has: whoever answers, the pages come to an end. */
#define PAGES_MAX 4096

/* Of each rule's heaviest senders, in JSON. */
#define HEAVIEST 10

/* The last page, and the rules of all of them. */
struct rules {
	struct json_object *list;
	struct answer answer;
	/* Not in the list any more. */
	uint64_t n_more;
	uint64_t more; /* packets */
	bool only_rules;
	uint64_t no_rule; /* packets */
};

DEFINE_CLEANUP(struct json_object *, json_object_put)

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

/* The parameters of a page, or NULL without memory. Takes @filter. */
static struct json_object *make_parameters(uint64_t first, bool heaviest,
					   struct json_object *filter)
{
	struct json_object *parameters = json_object_new_object();

	if (!parameters) {
		json_object_put(filter);
		return NULL;
	}
	json_object_object_add(parameters, "first",
			       json_object_new_uint64(first));
	if (filter)
		json_object_object_add(parameters, "filter", filter);
	if (heaviest)
		json_object_object_add(parameters, "heaviest",
				       json_object_new_int(HEAVIEST));
	return parameters;
}

static int ask_page(const struct options *options, uint64_t first,
		    struct answer *ret)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		NULL;
	struct json_object *filter = NULL;

	if (!filter_is_empty(options->filter)) {
		filter = filter_to_json(options->filter);
		if (!filter)
			return -ENOMEM;
	}
	parameters = make_parameters(first, options->json != JSON_OFF, filter);
	if (!parameters)
		return -ENOMEM;
	return connection_ask(options->socket, PROTO_MONITOR ".GetRules",
			      json_object_to_json_string(parameters),
			      CONNECTION_TIMEOUT_MS, ret);
}

/* As connection_ask(); an answer that is an error ends it. */
static int ask(const struct options *options, struct rules *ret)
{
	uint64_t first = 0, next = 0;
	int r;

	ret->list = json_object_new_array();
	if (!ret->list)
		return -ENOMEM;
	for (int i = 0; i < PAGES_MAX; i++) {
		answer_done(&ret->answer);
		r = ask_page(options, first, &ret->answer);
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

/* Where the kernel tells rules, what has none is not asked for. */
static void leave_rules(const struct options *options, struct rules *rules)
{
	struct json_object *page = rules->answer.parameters;
	size_t i = 0;

	if (options->reasons ||
	    !json_object_get_boolean(json_find(page, "counting")))
		return;
	rules->only_rules = true;
	while (i < json_object_array_length(rules->list)) {
		struct json_object *rule =
			json_object_array_get_idx(rules->list, i);

		if (json_find(rule, "kind") || json_find(rule, "table")) {
			i++;
			continue;
		}
		rules->no_rule += json_find_uint64(rule, "packets");
		json_object_array_del_idx(rules->list, i, 1);
	}
}

/* Leaves the first @n, all of them when it is 0. */
static void cut(struct rules *rules, uint64_t n)
{
	size_t len = json_object_array_length(rules->list);

	if (n == 0 || n >= len)
		return;
	for (size_t i = (size_t)n; i < len; i++)
		rules->more += json_find_uint64(
			json_object_array_get_idx(rules->list, i), "packets");
	rules->n_more = len - n;
	json_object_array_del_idx(rules->list, (size_t)n, len - (size_t)n);
}

static void print_no_rule(const struct term *term, uint64_t packets, FILE *f)
{
	if (packets > 0)
		fprintf(f,
			"%s-- not shown: %" PRIu64 " packets that no rule "
			"dropped, see --reasons --%s\n",
			term_style(term, STYLE_DIM), packets,
			term_reset(term, STYLE_DIM));
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
		measures_print_rest(&term, rules->answer.parameters, false,
				    rules->n_more, rules->more, out.f);
		print_no_rule(&term, rules->no_rule, out.f);
	}
	if (r >= 0)
		r = output_page(&out, &term, options->no_pager);
	output_done(&out);
	return r < 0 ? message_output_failed(r) : STATUS_FINE;
}

static void tell_empty(const struct options *options, struct json_object *page,
		       bool only_rules)
{
	char since[64];

	measures_time(json_find_uint64(page, "since"), options->utc, since,
		      sizeof(since));
	message_print("%s%s%s%s",
		      only_rules ? "no rule or policy dropped a packet"
				 : "nothing was dropped",
		      filter_is_empty(options->filter)
			      ? ""
			      : " that these filters let through",
		      since[0] ? " since " : "", since);
}

/* No counts at all, and none to come, is a failure. */
static int tell_state(const struct options *options, const struct rules *rules)
{
	struct json_object *page = rules->answer.parameters;
	bool empty = json_object_array_length(rules->list) == 0;
	bool counting = json_find_string(page, "counted")[0] != '\0';
	const char *why = json_find_string(page, "message");
	char message[512];

	if (why[0])
		message_print("%s",
			      escape_string(why, message, sizeof(message)));
	if (empty && counting)
		tell_empty(options, page, rules->only_rules);
	return empty && !counting ? STATUS_FAILURE : STATUS_FINE;
}

static int run_rules(const struct options *options, char **arguments)
{
	_cleanup_(rules_done) struct rules rules = { 0 };
	char sentence[768];
	int r, status;

	(void)arguments;
	r = ask(options, &rules);
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
	leave_rules(options, &rules);
	order_sort(rules.list, options->sort ? options->sort : "packets");
	status = tell_state(options, &rules);
	cut(&rules, options->lines);
	r = print(options, &rules);
	return r != STATUS_FINE ? r : status;
}

static const struct option_def rules_options[] = {
	{ 'n', "lines", "N", "Print the first N only", option_set_lines },
	{ 0, "sort", "KEY", "packets (default), bytes, rate, last_seen, ...",
	  option_set_sort },
	{ 0, "reasons", NULL, "Also what no rule dropped, by reason",
	  option_set_reasons },
	{ 0, "no-legend", NULL, "Do not print the columns' titles",
	  option_set_no_legend },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
};

const struct verb verb_rules = {
	.name = "rules",
	.summary = "Show how much each rule, policy and reason dropped.",
	.options = rules_options,
	.n_options = ARRAY_SIZE(rules_options),
	.filters = FILTER_OF_RULE,
	.run = run_rules,
};
