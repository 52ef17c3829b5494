/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop explain: one drop or rule in full. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "ask.h"
#include "codec.h"
#include "escape.h"
#include "explain-subject.h"
#include "explain-view.h"
#include "message.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "verb.h"

#define AROUND	     5
#define ARGUMENTS_MAX 64
#define LINE_BYTES    65536

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
	if (array && json_object_array_add(array,
					   json_object_new_string(value)) < 0) {
		json_object_put(array);
		return false;
	}
	return put(filter, key, array);
}

/* --- the rule's surroundings ---------------------------------------------- */

static bool put_netns(struct json_object *object, const struct drop_netns *n)
{
	struct json_object *netns;

	if (n->inum == 0)
		return true;
	netns = json_object_new_object();
	if (!put(netns, "inum", json_object_new_uint64(n->inum)) ||
	    !put(netns, "cookie", json_object_new_uint64(n->cookie))) {
		json_object_put(netns);
		return false;
	}
	return put(object, "netns", netns);
}

/* The parameters of GetRule, or NULL without memory. */
static struct json_object *rule_parameters(const struct drop_event *ev)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	struct json_object *root = json_object_new_object();
	struct json_object *rule = json_object_new_object();

	if (!put(root, "rule", rule) ||
	    !put(root, "around", json_object_new_int(AROUND)) ||
	    !put_netns(rule, &ev->netns) ||
	    !put(rule, "family", json_object_new_string(nf->family)) ||
	    !put(rule, "table", json_object_new_string(nf->table)) ||
	    !put(rule, "chain", json_object_new_string(nf->chain)) ||
	    (nf->table_handle &&
	     !put(rule, "table_handle",
		  json_object_new_uint64(nf->table_handle))) ||
	    (nf->rule_handle &&
	     !put(rule, "rule_handle",
		  json_object_new_uint64(nf->rule_handle)))) {
		json_object_put(root);
		return NULL;
	}
	return root;
}

static bool is_of_nft(const struct drop_event *ev)
{
	switch (ev->netfilter.kind) {
	case DROP_KIND_NONE: /* asked for by name */
	case DROP_KIND_NFT_RULE:
	case DROP_KIND_NFT_POLICY:
	case DROP_KIND_NFT_CHAIN:
		return ev->netfilter.table[0] && ev->netfilter.chain[0] &&
		       ev->netfilter.family[0];
	default:
		return false;
	}
}

/* --- what it dropped ------------------------------------------------------ */

static bool is_same(struct json_object *rule, const struct drop_event *ev)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	const char *kind = json_find_string(rule, "kind");
	uint64_t handle = json_find_uint64(rule, "rule_handle");
	uint64_t table = json_find_uint64(rule, "table_handle");
	uint64_t cookie = json_find_uint64(rule, "netns/cookie");

	return strcmp(json_find_string(rule, "family"), nf->family) == 0 &&
	       strcmp(json_find_string(rule, "table"), nf->table) == 0 &&
	       strcmp(json_find_string(rule, "chain"), nf->chain) == 0 &&
	       (nf->table_handle == 0 || table == nf->table_handle) &&
	       (ev->netns.cookie ? cookie == ev->netns.cookie
				 : strcmp(json_find_string(rule, "netns/name"),
					  "init") == 0) &&
	       handle == nf->rule_handle &&
	       (handle != 0 || !nf->policy || strstr(kind, "-policy"));
}

/* Of all that is counted, what this rule or policy dropped. */
static int find_counts(const char *socket, const struct drop_event *ev,
		       struct json_object **ret)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		json_object_new_object();
	_cleanup_(cleanup_json_object_put) struct json_object *all =
		json_object_new_array();
	_cleanup_(cleanup_json_object_put) struct json_object *found =
		json_object_new_array();
	_cleanup_(answer_done) struct answer answer = { 0 };
	int r;

	if (!parameters || !all || !found)
		return -ENOMEM;
	r = ask_pages(socket, PROTO_MONITOR ".GetRules", parameters, "rules",
		      all, &answer);
	if (r != STATUS_FINE)
		return r;
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *rule = json_object_array_get_idx(all, i);

		if (!is_same(rule, ev))
			continue;
		if (json_object_array_add(found, json_object_get(rule)) < 0) {
			json_object_put(rule);
			return -ENOMEM;
		}
	}
	*ret = TAKE_PTR(found);
	return STATUS_FINE;
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

static int explain(const struct options *options, const struct drop_event *ev,
		   bool is_drop)
{
	_cleanup_(cleanup_json_object_put) struct json_object *counts = NULL;
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		NULL;
	_cleanup_(answer_done) struct answer rule = { 0 };
	struct explanation explanation = { .event = ev, .is_drop = is_drop };
	int r;

	if (is_of_nft(ev)) {
		parameters = rule_parameters(ev);
		if (!parameters)
			return -ENOMEM;
		r = ask(options->socket, PROTO_MONITOR ".GetRule", parameters,
			&rule);
		if (r != STATUS_FINE)
			return r;
		explanation.rule = rule.parameters;
	}
	if (ev->netfilter.table[0] &&
	    (ev->netfilter.rule_handle || ev->netfilter.policy)) {
		r = find_counts(options->socket, ev, &counts);
		if (r != STATUS_FINE)
			return r;
		explanation.counts = counts;
	}
	r = print(options, &explanation);
	/* A rule that is nowhere, and dropped nothing, was a mistake. */
	if (r == STATUS_FINE && !is_drop &&
	    !json_object_get_boolean(json_find(rule.parameters, "known")) &&
	    (!counts || json_object_array_length(counts) == 0))
		return STATUS_FAILURE;
	return r;
}

/* The newest drop that passes the filter of @subject and of the options. */
static int explain_newest(const struct options *options,
			  const struct subject *subject)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		json_object_new_object();
	_cleanup_(answer_done) struct answer answer = { 0 };
	struct json_object *filter = filter_to_json(options->filter), *found;
	struct drop_event ev;
	int r;

	if (!put(parameters, "filter", filter) ||
	    !put_term(filter, "source", subject->source) ||
	    !put_term(filter, "destination", subject->destination) ||
	    !put_term(filter, "sport", subject->sport) ||
	    !put_term(filter, "dport", subject->dport))
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
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	r = explain(options, &ev, true);
	drop_event_done(&ev);
	return r;
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
	r = subject.kind == SUBJECT_FLOW
		    ? explain_newest(options, &subject)
		    : explain(options, &subject.event,
			      subject.kind == SUBJECT_EVENT);
	subject_done(&subject);
	return r;
}

/* Each line of standard input. */
static int explain_lines(const struct options *options)
{
	static char line[LINE_BYTES];
	int r, status = STATUS_FINE;
	bool first = true;

	while (fgets(line, sizeof(line), stdin)) {
		char *arguments[] = { line, NULL };

		line[strcspn(line, "\n")] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		if (!first && options->json == JSON_OFF)
			puts("");
		fflush(stdout);
		first = false;
		r = explain_arguments(options, arguments);
		if (r < 0)
			return r;
		status = MAX(status, r);
	}
	return status;
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
	.options = explain_options,
	.n_options = ARRAY_SIZE(explain_options),
	.filters = FILTER_OF_EVENT,
	.run = run_explain,
};
