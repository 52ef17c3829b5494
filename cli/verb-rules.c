/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop rules: what each rule and policy dropped, and each reason. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "ask.h"
#include "escape.h"
#include "log-history.h"
#include "measures.h"
#include "message.h"
#include "order.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "rules-all.h"
#include "rules-view.h"
#include "verb.h"

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

/* The parameters of a page, or NULL without memory. */
static struct json_object *make_parameters(const struct options *options)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		json_object_new_object();
	struct json_object *filter;

	if (!parameters)
		return NULL;
	if (!filter_is_empty(options->filter)) {
		filter = filter_to_json(options->filter);
		if (!filter ||
		    json_object_object_add(parameters, "filter", filter) < 0) {
			json_object_put(filter);
			return NULL;
		}
	}
	if (options->json != JSON_OFF)
		json_object_object_add(parameters, "heaviest",
				       json_object_new_int(HEAVIEST));
	return TAKE_PTR(parameters);
}

/* Those that could drop and did not. */
static int add_all(const struct options *options, struct rules *rules)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		json_object_new_object();
	_cleanup_(cleanup_json_object_put) struct json_object *ruleset =
		json_object_new_array();
	_cleanup_(answer_done) struct answer answer = { 0 };
	int r;

	if (!parameters || !ruleset)
		return -ENOMEM;
	r = ask_pages(options->socket, PROTO_MONITOR ".GetRuleset", parameters,
		      "rules", ruleset, &answer);
	return r == STATUS_FINE
		       ? rules_all_add(
				 rules->list, ruleset, options->filter,
				 json_object_get_boolean(json_find(
					 rules->answer.parameters, "counting")))
		       : r;
}

/* Packets that are in no other row. */
static uint64_t packets_of(struct json_object *rule)
{
	return strcmp(json_find_string(rule, "counted"), "counter") == 0
		       ? 0
		       : json_find_uint64(rule, "packets");
}

/* As ask_pages(). */
static int ask_rules(const struct options *options, struct rules *ret)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		make_parameters(options);
	int r;

	if (!parameters)
		return -ENOMEM;
	r = ask_rules_fresh(options->socket, parameters, &ret->list,
			    &ret->answer);
	return r == STATUS_FINE && options->all ? add_all(options, ret) : r;
}

/* The same from the journal, which knows what dropped and not what could. */
static int read_rules(const struct options *options, struct rules *ret)
{
	int r;

	if (options->all) {
		message_print("--all is of the ruleset as it is now: leave it "
			      "out, or --since and the like");
		return STATUS_USAGE;
	}
	r = log_history_read(options, NULL, 0, &ret->answer.parameters);
	if (r == STATUS_FINE)
		ret->list = json_object_get(
			json_find(ret->answer.parameters, "rules"));
	return r;
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
		rules->more +=
			packets_of(json_object_array_get_idx(rules->list, i));
	rules->n_more = len - n;
	json_object_array_del_idx(rules->list, (size_t)n, len - (size_t)n);
}

static void print_no_rule(const struct term *term, uint64_t packets, FILE *f)
{
	if (packets > 0)
		fprintf(f,
			"%s-- not shown: %" PRIu64 " packet%s that no rule "
			"dropped, see --reasons --%s\n",
			term_style(term, STYLE_DIM), packets,
			packets == 1 ? "" : "s", term_reset(term, STYLE_DIM));
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
	int r, status;

	(void)arguments;
	r = options_want_journal(options) ? read_rules(options, &rules)
					  : ask_rules(options, &rules);
	if (r != STATUS_FINE)
		return r;
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
	{ 0, "all", NULL, "Also rules and policies that dropped nothing",
	  option_set_all },
	{ 0, "reasons", NULL, "Also what no rule dropped, by reason",
	  option_set_reasons },
	{ 0, "no-legend", NULL, "Do not print the columns' titles",
	  option_set_no_legend },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
	JOURNAL_OPTION_DEFS,
};

const struct verb verb_rules = {
	.name = "rules",
	.summary = "Show how much each rule, policy and reason dropped.",
	.options = rules_options,
	.n_options = ARRAY_SIZE(rules_options),
	.filters = FILTER_OF_RULE,
	.run = run_rules,
};
