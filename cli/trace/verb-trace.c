/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfdrop trace: the whole way of packets that match, as they come.
 *
 * Who ends it, by Ctrl-C say, ends the connection, and with it the trace.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "codec.h"
#include "connection.h"
#include "escape.h"
#include "message.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "stop.h"
#include "trace-view.h"
#include "verb.h"
#include "when.h"

/* Without a packet for this long, a person is told. */
#define HINT_AFTER_S 10

struct trace {
	const struct options *options;
	char *expression;
	struct nfdrop_client *client;
	struct term term;
	struct output out;
	uint64_t packets;
	bool began;
	bool hint; /* is yet to be given */
};

/* Returned, beside a negative errno, when the exit status is decided. */
#define DONE(status) ((status) + 1)

static bool is_json(const struct trace *t)
{
	return t->options->json != JSON_OFF;
}

static int trace_write(struct trace *t)
{
	int r = stop_write(&t->out, STDOUT_FILENO);

	if (r == -EINTR)
		return DONE(STATUS_FINE);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? DONE(message_output_failed(r)) : 0;
}

/* --- what comes ----------------------------------------------------------- */

static void take_started(struct trace *t, struct json_object *started)
{
	t->began = true;
	if (t->options->quiet)
		return;
	if (json_object_get_boolean(json_find(started, "after_conntrack")))
		message_print("note: for what conntrack knows packets are "
			      "traced behind it: rules before it (priority "
			      "-200) are not seen");
	if (t->options->span > json_find_uint64(started, "duration_usec") &&
	    json_find(started, "duration_usec"))
		message_print("note: nfdropd traces for %" PRIu64
			      " s at most, see RequestTimeout= in "
			      "nfdropd.conf(5)",
			      json_find_uint64(started, "duration_usec") /
				      1000000);
	if (t->hint)
		message_print("note: tracing; Ctrl-C ends it, and leaves "
			      "nothing behind");
}

static void take_packet(struct trace *t, struct json_object *packet)
{
	t->hint = false;
	if (is_json(t)) {
		output_json(t->out.f, packet, t->options->json);
	} else {
		if (t->packets > 0)
			fputc('\n', t->out.f);
		trace_view_print(&t->term, t->options->utc, t->out.f, packet);
	}
	t->packets++;
}

static const char *note_text(const char *note)
{
	static const struct {
		const char *name, *text;
	} notes[] = {
		{ "limited", "more packets match than are traced in a "
			     "second: not all of them are shown" },
		{ "restored", "the ruleset was flushed: tracing began again" },
		{ "lost", "the kernel told more than could be read: packets "
			  "are missing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		if (strcmp(notes[i].name, note) == 0)
			return notes[i].text;
	return note;
}

/* As a member of its own, or a line that is no packet's. */
static int take_other(struct trace *t, const char *key,
		      struct json_object *value, const char *text)
{
	struct json_object *root;
	char shown[256];

	if (!is_json(t)) {
		fprintf(t->out.f, "%s-- %s --%s\n",
			term_style(&t->term, STYLE_WARN),
			term_escape(&t->term, text, shown, sizeof(shown)),
			term_reset(&t->term, STYLE_WARN));
		return 0;
	}
	root = json_object_new_object();
	if (!root)
		return -ENOMEM;
	json_object_object_add(root, key, json_object_get(value));
	output_json(t->out.f, root, t->options->json);
	json_object_put(root);
	return 0;
}

static int take_reply(struct trace *t, struct nfdrop_event *event)
{
	struct json_object *json = nfdrop_event_peek_json(event), *value;
	char text[128];

	if (!json)
		return -ENOMEM;
	value = json_find(json, "started");
	if (value)
		take_started(t, value);
	value = json_find(json, "packet");
	if (value)
		take_packet(t, value);
	value = json_find(json, "note");
	if (value && take_other(t, "note", value,
				note_text(json_find_string(json, "note"))) < 0)
		return -ENOMEM;
	value = json_find(json, "lost");
	if (value) {
		snprintf(text, sizeof(text),
			 "%" PRIu64 " packets not shown: this client was too "
			 "slow",
			 json_find_uint64(value, "session"));
		if (take_other(t, "lost", value, text) < 0)
			return -ENOMEM;
	}
	return nfdrop_event_get_continues(event) ? 0 : DONE(STATUS_FINE);
}

/* --- what goes wrong ------------------------------------------------------ */

/* The expression, and under it the place; where what is shown is what it is. */
static void point_at(const struct trace *t, struct json_object *parameters)
{
	uint64_t at = json_find_uint64(parameters, "at");
	uint64_t length = json_find_uint64(parameters, "length");
	size_t bytes = strlen(t->expression);
	char shown[512];

	term_escape(&t->term, t->expression, shown, sizeof(shown));
	if (length == 0 || length > bytes + 1 || at > bytes ||
	    strcmp(shown, t->expression) != 0)
		return;
	fprintf(stderr, "    %s\n    ", shown);
	for (size_t i = 0; i < at + length; i++)
		if (i >= bytes || (shown[i] & 0xc0) != 0x80)
			fputc(i < at ? ' ' : '^', stderr);
	fputc('\n', stderr);
}

static void tell_limit(uint64_t max)
{
	if (max == 0)
		message_print("nfdropd was told to trace for nobody: see "
			      "MaxRequests= in nfdropd.conf(5)");
	else
		message_print("%" PRIu64 " of %" PRIu64 " traces are on "
			      "already: end one of them, or see MaxRequests= "
			      "in nfdropd.conf(5)",
			      max, max);
}

static int tell_error(struct trace *t, struct nfdrop_event *event)
{
	struct json_object *parameters = nfdrop_event_peek_json(event);
	const char *error = nfdrop_event_get_error(event);
	char sentence[768], shown[640];

	(void)trace_write(t);
	escape_string(json_find_string(parameters, "message"), shown,
		      sizeof(shown));
	if (strcmp(error, PROTO_INVALID_EXPRESSION) == 0) {
		message_print("the expression cannot be traced: %s", shown);
		point_at(t, parameters);
		return DONE(STATUS_USAGE);
	}
	if (strcmp(error, PROTO_LIMIT_REACHED) == 0 &&
	    strcmp(json_find_string(parameters, "limit"), "traces") == 0)
		tell_limit(json_find_uint64(parameters, "max"));
	else if (strcmp(error, PROTO_TRACE_FAILED) == 0)
		message_print("packets cannot be traced: %s", shown);
	else
		message_print("%s", connection_explain_answer(
					    error, parameters, sentence,
					    sizeof(sentence)));
	return DONE(STATUS_FAILURE);
}

static int tell_connection(struct trace *t, int error)
{
	char sentence[768];

	(void)trace_write(t);
	message_print("%s", connection_explain(error, t->options->socket,
					       sentence, sizeof(sentence)));
	return DONE(STATUS_FAILURE);
}

/* --- the loop ------------------------------------------------------------- */

static int take_event(struct trace *t, struct nfdrop_event *event)
{
	switch (nfdrop_event_get_type(event)) {
	case NFDROP_EVENT_REPLY:
		return take_reply(t, event);
	case NFDROP_EVENT_ERROR:
		return tell_error(t, event);
	case NFDROP_EVENT_CLOSED:
		return tell_connection(t, -ECONNRESET);
	default:
		return 0;
	}
}

static int take_events(struct trace *t)
{
	int r;

	r = nfdrop_client_dispatch(t->client);
	if (r < 0)
		return r == -ENOMEM ? r : tell_connection(t, r);
	for (;;) {
		_cleanup_(
			cleanup_nfdrop_event_free) struct nfdrop_event *event =
			NULL;

		r = nfdrop_client_pop_event(t->client, &event);
		if (r < 0)
			return r == -ENOMEM ? r : tell_connection(t, r);
		if (r == 0)
			return 0;
		r = take_event(t, event);
		if (r != 0)
			return r;
	}
}

/* Returns DONE(), 0 to go on, or a negative errno. */
static int trace_wait(struct trace *t)
{
	const struct timespec timeout = { .tv_sec = HINT_AFTER_S };
	struct pollfd pfds[] = {
		{ .fd = nfdrop_client_get_fd(t->client),
		  .events = (short)nfdrop_client_get_events(t->client) },
		/* For POLLERR: the reader has gone. */
		{ .fd = STDOUT_FILENO },
	};
	int r;

	r = stop_poll(pfds, ARRAY_SIZE(pfds),
		      t->hint && t->began ? &timeout : NULL);
	if (r == -EINTR)
		return stop_is_wanted() ? DONE(STATUS_FINE) : 0;
	if (r < 0)
		return r;
	if (r == 0) {
		message_print("note: no packet matched in %d seconds",
			      HINT_AFTER_S);
		t->hint = false;
		return 0;
	}
	if (pfds[1].revents & POLLNVAL)
		return DONE(message_output_failed(-EBADF));
	return pfds[1].revents & POLLERR ? DONE(STATUS_FINE) : 0;
}

static int trace_loop(struct trace *t)
{
	int r, w;

	for (;;) {
		r = trace_wait(t);
		if (r != 0)
			return r;
		/* What came before an end is still to be written. */
		r = take_events(t);
		if (r == -ENOMEM)
			return r;
		w = trace_write(t);
		if (w != 0 || r != 0)
			return w != 0 ? w : r;
	}
}

/* NULL without memory. */
static struct json_object *make_parameters(const struct trace *t)
{
	struct json_object *root = json_object_new_object();

	if (!root)
		return NULL;
	/* Bytes that are no UTF-8 are no part of JSON; nor of an expression. */
	json_object_object_add(root, "expression",
			       json_new_text(t->expression, 65536));
	if (t->options->lines)
		json_object_object_add(
			root, "count",
			json_object_new_uint64(t->options->lines));
	if (t->options->span)
		json_object_object_add(
			root, "duration_usec",
			json_object_new_uint64(t->options->span));
	return root;
}

static int ask(struct trace *t)
{
	struct json_object *parameters;
	int r;

	r = nfdrop_client_new(&t->client, t->options->socket);
	if (r < 0)
		return r;
	parameters = make_parameters(t);
	if (!parameters)
		return -ENOMEM;
	r = nfdrop_client_call_more(t->client, PROTO_MONITOR ".Trace",
				    json_object_to_json_string(parameters));
	json_object_put(parameters);
	return r;
}

static int trace_start(struct trace *t)
{
	int r;

	r = output_init(&t->out);
	if (r < 0)
		return r;
	r = ask(t);
	if (r < 0)
		return r == -ENOMEM ? r : tell_connection(t, r);
	r = stop_catch();
	return r < 0 ? r : trace_loop(t);
}

/* The arguments, with a space between them; NULL without memory. */
static char *join(char **arguments)
{
	size_t len = 1;
	char *text, *p;

	for (size_t i = 0; arguments[i]; i++)
		len += strlen(arguments[i]) + 1;
	p = text = malloc(len);
	if (!text)
		return NULL;
	*p = '\0';
	for (size_t i = 0; arguments[i]; i++) {
		if (i > 0)
			*p++ = ' ';
		p = stpcpy(p, arguments[i]);
	}
	return text;
}

/* What nfdropd would not take a message of. */
#define EXPRESSION_MAX 16384

static int run_trace(const struct options *options, char **arguments)
{
	struct trace t = { .options = options, .expression = join(arguments) };
	int r;

	if (!t.expression)
		return -ENOMEM;
	if (t.expression[strspn(t.expression, " \t\n")] == '\0' ||
	    strlen(t.expression) > EXPRESSION_MAX) {
		message_print("%s; see nfdrop trace --help",
			      strlen(t.expression) > EXPRESSION_MAX
				      ? "the expression is too long"
				      : "which packets? Give an expression of "
					"nft, such as 'tcp dport 443'");
		free(t.expression);
		return STATUS_USAGE;
	}
	term_init(&t.term, STDOUT_FILENO, options->color);
	t.hint = t.term.tty && isatty(STDERR_FILENO) && !options->quiet;
	r = trace_start(&t);
	if (r == DONE(STATUS_FINE) && t.began && t.packets == 0 &&
	    !options->quiet)
		message_print("note: no packet matched");
	output_done(&t.out);
	nfdrop_client_unref(t.client);
	free(t.expression);
	return r > 0 ? r - 1 : r;
}

static int set_span(struct options *options, const char *name,
		    const char *value, char *error, size_t size)
{
	char shown[128];

	if (when_parse_span(value, &options->span) == 0 && options->span > 0)
		return 0;
	snprintf(error, size,
		 "--%s=%s: expected a length of time such as 30s or 5min", name,
		 escape_string(value, shown, sizeof(shown)));
	return -EINVAL;
}

static const struct option_def trace_options[] = {
	{ 'n', "count", "N", "Print N packets and end", option_set_lines },
	{ 0, "for", "TIME", "Trace for so long: 30s, 5min, at most 1h",
	  set_span },
	{ 'q', "quiet", NULL, "Print packets and losses only, no notes",
	  option_set_quiet },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
};

const struct verb verb_trace = {
	.name = "trace",
	.arguments = "EXPRESSION",
	.max_arguments = SIZE_MAX,
	.summary =
		"Show the whole way of packets through the rules of nftables.",
	.more = "\nEXPRESSION is what a rule of nft begins with, such as\n"
		"\"ip saddr 10.0.0.0/8 tcp dport 443\": matches, and nothing else.\n",
	.options = trace_options,
	.n_options = ARRAY_SIZE(trace_options),
	.run = run_trace,
};
