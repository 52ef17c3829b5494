/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop explain: one drop or rule in full. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "ask.h"
#include "codec.h"
#include "escape.h"
#include "explain-ask.h"
#include "explain-subject.h"
#include "explain-view.h"
#include "message.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "verb.h"

#define ARGUMENTS_MAX 128

DEFINE_CLEANUP(struct json_object *, json_object_put)

static bool put(struct json_object *object, const char *key,
		struct json_object *value)
{
	if (object && value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

/* {"key": ["value"]}, unless it is unknown. */
static bool put_term(struct json_object *filter, const char *key,
		     const char *value)
{
	struct json_object *array;

	if (value[0] == '\0')
		return true;
	array = json_object_new_array();
	if (array &&
	    json_object_array_add(array, json_object_new_string(value)) < 0) {
		json_object_put(array);
		return false;
	}
	return put(filter, key, array);
}

/* --- one subject ---------------------------------------------------------- */

static int print(const struct options *options,
		 const struct explanation *explanation)
{
	_cleanup_(cleanup_json_object_put) struct json_object *json = NULL;
	struct output out;
	struct term term;
	int r;

	term_init(&term, STDOUT_FILENO, options->color);
	r = output_init(&out);
	if (r < 0)
		return r;
	if (options->json != JSON_OFF) {
		json = explain_view_json(explanation);
		r = json ? output_json(out.f, json, options->json) : -ENOMEM;
	} else {
		explain_view_print(explanation, &term, options->utc, out.f);
	}
	if (r >= 0)
		r = output_page(&out, &term, options->no_pager);
	output_done(&out);
	return r < 0 ? message_output_failed(r) : STATUS_FINE;
}

/*
 * Whose name it is, where no family was given: ip, as for nft(8), or the first
 * of the others that has one.
 */
static int find_family(const struct options *options, struct drop_event *ev,
		       struct answer *rule)
{
	static const char *const others[] = { "inet", "ip6", "arp", "bridge",
					      "netdev" };
	char *family = ev->netfilter.family;
	size_t size = sizeof(ev->netfilter.family);
	int r = STATUS_FINE;

	for (size_t i = 0; i < ARRAY_SIZE(others) && r == STATUS_FINE; i++) {
		if (json_object_get_boolean(
			    json_find(rule->parameters, "known")))
			return STATUS_FINE;
		copy_string(family, size, others[i], SIZE_MAX);
		answer_done(rule);
		r = explain_ask_rule(options->socket, ev, rule);
	}
	if (r == STATUS_FINE &&
	    !json_object_get_boolean(json_find(rule->parameters, "known")))
		copy_string(family, size, "ip", SIZE_MAX);
	return r;
}

/* "ip t c handle 7" */
static void name_rule(const struct drop_event *ev, char *buf, size_t size)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	char name[3 * DROP_NAME_MAX + 64], which[32] = "";

	if (nf->rule_handle)
		snprintf(which, sizeof(which), " %s %" PRIu64,
			 nf->kind == DROP_KIND_NONE ||
					 nf->kind == DROP_KIND_NFT_RULE
				 ? "handle"
				 : "rule",
			 nf->rule_handle);
	else if (nf->policy)
		snprintf(which, sizeof(which), " policy");
	snprintf(name, sizeof(name), "%s%s%s %s%s%s%s", nf->family,
		 nf->family[0] ? " " : "", nf->table, nf->chain, which,
		 ev->netns.name[0] ? " netns=" : "", ev->netns.name);
	escape_string(name, buf, size);
}

static int tell_unknown(struct drop_event *ev, bool any_family)
{
	bool elsewhere = ev->netns.name[0] || ev->netns.inum;
	char name[1024];

	if (any_family)
		ev->netfilter.family[0] = '\0';
	name_rule(ev, name, sizeof(name));
	message_print("nfdropd knows no \"%s\"; \"nfdrop rules --all\" lists "
		      "what can drop%s",
		      name,
		      elsewhere ? ", in another network namespace once it "
				  "dropped something"
				: "");
	return STATUS_FAILURE;
}

/* One asked for without a kind, which is of iptables or the like. */
static void take_kind(struct drop_event *ev)
{
	struct drop_netfilter *nf = &ev->netfilter;
	bool is_ebt = strcmp(nf->family, "bridge") == 0;

	if (nf->kind != DROP_KIND_NONE)
		return;
	if (nf->rule_handle)
		nf->kind = is_ebt ? DROP_KIND_EBT_RULE : DROP_KIND_XT_RULE;
	else
		nf->kind = is_ebt ? DROP_KIND_EBT_POLICY : DROP_KIND_XT_POLICY;
}

static int explain(const struct options *options, struct drop_event *ev,
		   bool is_drop, bool any_family)
{
	_cleanup_(cleanup_json_object_put) struct json_object *counts = NULL;
	_cleanup_(answer_done) struct answer rule = { 0 }, page = { 0 };
	struct explanation explanation = { .event = ev, .is_drop = is_drop };
	const char *message;
	int r;

	if (explain_is_in_chain(ev)) {
		r = explain_ask_rule(options->socket, ev, &rule);
		if (r == STATUS_FINE && any_family)
			r = find_family(options, ev, &rule);
		if (r != STATUS_FINE)
			return r;
		explanation.rule = rule.parameters;
		if (json_find(rule.parameters, "read_ns"))
			take_kind(ev);
	}
	if (explain_is_counted(ev)) {
		r = explain_ask_counts(options->socket, ev, &counts, &page);
		if (r != STATUS_FINE)
			return r;
		explanation.counts = counts;
		/* Its counter was read meanwhile. */
		if (explanation.rule) {
			explanation.rule = NULL;
			answer_done(&rule);
			r = explain_ask_rule(options->socket, ev, &rule);
			if (r != STATUS_FINE)
				return r;
			explanation.rule = rule.parameters;
		}
		message = json_find_string(page.parameters, "message");
		explanation.not_counted = message[0] ? message : NULL;
	}
	/* A rule that is nowhere, and dropped nothing, was a mistake. */
	if (!is_drop &&
	    !json_object_get_boolean(json_find(rule.parameters, "known")) &&
	    (!counts || json_object_array_length(counts) == 0))
		return tell_unknown(ev, any_family);
	return print(options, &explanation);
}

/* NULL without memory. */
static struct json_object *newest_parameters(const struct options *options,
					     const struct subject *subject)
{
	const struct drop_event *ev = &subject->event;
	struct json_object *parameters = json_object_new_object();
	struct json_object *filter = filter_to_json(options->filter);
	char netns[DROP_NAME_MAX];

	copy_string(netns, sizeof(netns), ev->netns.name, SIZE_MAX);
	if (ev->netns.inum)
		snprintf(netns, sizeof(netns), "inum:%" PRIu32,
			 ev->netns.inum);
	if (put(parameters, "filter", filter) &&
	    put_term(filter, "source", subject->source) &&
	    put_term(filter, "destination", subject->destination) &&
	    put_term(filter, "sport", subject->sport) &&
	    put_term(filter, "dport", subject->dport) &&
	    put_term(filter, "reason", ev->reason) &&
	    put_term(filter, "table", ev->netfilter.table) &&
	    put_term(filter, "chain", ev->netfilter.chain) &&
	    put_term(filter, "netns", netns))
		return parameters;
	json_object_put(parameters);
	return NULL;
}

/* The newest drop that passes the filter of @subject and of the options. */
static int explain_newest(const struct options *options,
			  const struct subject *subject)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		newest_parameters(options, subject);
	_cleanup_(answer_done) struct answer answer = { 0 };
	struct json_object *found;
	struct drop_event ev;
	int r;

	if (!parameters)
		return -ENOMEM;
	r = ask(options->socket, PROTO_MONITOR ".GetEvents", parameters,
		&answer);
	if (r != STATUS_FINE)
		return r;
	found = json_find(answer.parameters, "events");
	if (!json_object_is_type(found, json_type_array) ||
	    json_object_array_length(found) == 0) {
		message_print("%s; wait for one with \"nfdrop monitor\"",
			      subject->source[0] ||
					      !filter_is_empty(options->filter)
				      ? "no such drop is among the last that "
					"nfdropd saw"
				      : "nfdropd saw no drop yet");
		return STATUS_FAILURE;
	}
	r = event_from_json(json_object_array_get_idx(found, 0), &ev);
	if (r == -EINVAL) {
		message_print("what nfdropd answered is no drop: it is of "
			      "another version than nfdrop");
		return STATUS_FAILURE;
	}
	if (r < 0)
		return r;
	r = explain(options, &ev, true, false);
	drop_event_done(&ev);
	return r;
}

static int explain_subject(const struct options *options,
			   struct subject *subject)
{
	if (subject->kind == SUBJECT_FLOW)
		return explain_newest(options, subject);
	if (!filter_is_empty(options->filter)) {
		message_print("filters choose a drop, and %s was given; see "
			      "nfdrop explain --help",
			      subject->kind == SUBJECT_RULE ? "a rule" : "one");
		return STATUS_USAGE;
	}
	return explain(options, &subject->event, subject->kind == SUBJECT_EVENT,
		       subject->any_family);
}

static int explain_arguments(const struct options *options,
			     char *const *arguments)
{
	struct subject subject;
	char error[1024];
	int r;

	r = subject_parse(arguments, &subject, error, sizeof(error));
	if (r == -EINVAL) {
		message_print("%s", error);
		return STATUS_USAGE;
	}
	if (r < 0)
		return r;
	r = explain_subject(options, &subject);
	subject_done(&subject);
	return r;
}

/* --- standard input ------------------------------------------------------- */

/*
 * The next that is not nothing, in @text of SUBJECT_TEXT_MAX: a line, or those
 * of an object. 1; 0 at the end; -E2BIG; or what reading says.
 */
static int read_subject(char *text)
{
	size_t len = 0;

	text[0] = '\0';
	while (fgets(text + len, (int)(SUBJECT_TEXT_MAX - len), stdin)) {
		if (len == 0 && subject_is_none(text))
			continue;
		len += strlen(text + len);
		if (len == SUBJECT_TEXT_MAX - 1 && text[len - 1] != '\n')
			return -E2BIG;
		if (!subject_is_begun(text))
			return 1;
	}
	if (ferror(stdin))
		return errno ? -errno : -EIO;
	return len > 0;
}

static int explain_lines(const struct options *options)
{
	static char text[SUBJECT_TEXT_MAX];
	char *arguments[] = { text, NULL };
	int r, status = STATUS_FINE;

	for (bool first = true; (r = read_subject(text)) > 0; first = false) {
		if (!first && options->json == JSON_OFF)
			puts("");
		fflush(stdout);
		r = explain_arguments(options, arguments);
		if (r < 0)
			return r;
		status = MAX(status, r);
	}
	if (r == 0)
		return status;
	message_print("standard input: %s",
		      r == -E2BIG ? "a line is too long" : strerror(-r));
	return STATUS_FAILURE;
}

static int run_explain(const struct options *options, char **arguments)
{
	static const struct subject any;

	if (!arguments[0])
		return explain_newest(options, &any);
	if (strcmp(arguments[0], "-") == 0 && !arguments[1])
		return explain_lines(options);
	return explain_arguments(options, arguments);
}

static const struct option_def explain_options[] = {
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
};

const struct verb verb_explain = {
	.name = "explain",
	.arguments = "[RULE | FLOW | DROP | -]",
	.max_arguments = ARGUMENTS_MAX,
	.summary = "Tell one drop or one rule in full.",
	.more = "\nWithout an argument, the last drop that passes the "
		"filters. Otherwise\n"
		"  RULE  as in nfdrop rules: inet filter input handle 7, or inet "
		"filter input\n"
		"        policy, or a whole chain: inet filter input\n"
		"  FLOW  the last drop of it, as in nfdrop monitor:\n"
		"        '10.9.0.2:40000 > 10.9.0.1:80', in quotes\n"
		"  DROP  a line of nfdrop monitor --json=short, in quotes\n"
		"  -     lines of nfdrop monitor, from standard input\n",
	.options = explain_options,
	.n_options = ARRAY_SIZE(explain_options),
	.filters = FILTER_OF_EVENT,
	.run = run_explain,
};
