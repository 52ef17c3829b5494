/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfdrop monitor: prints drops as they come.
 *
 * One loop waits for nfdropd, for signals, and for the reader of standard
 * output to go. What one wake-up brings is written at once, so that a person
 * who tails a pipe sees each line and a flood costs few system calls.
 */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>

#include "client.h"
#include "connection.h"
#include "escape.h"
#include "message.h"
#include "output-json.h"
#include "output-text.h"
#include "output.h"
#include "packet-filter.h"
#include "proto.h"
#include "reason.h"
#include "stop.h"
#include "verb.h"

/* Without a drop for this long, a person is told about doctor. */
#define HINT_AFTER_S 10

struct monitor {
	const struct options *options;
	struct nfdrop_client *client;
	struct term term;
	struct output out;
	struct text_output text;
	uint64_t left; /* drops to print yet; UINT64_MAX: no limit */
	bool hint;     /* is yet to be given */
};

/* Returned, beside a negative errno, when the exit status is decided. */
#define DONE(status) ((status) + 1)

static void print_json_line(struct monitor *m, struct nfdrop_event *event)
{
	const char *text = nfdrop_event_get_json(event);

	if (!text)
		return;
	output_json_text(m->out.f, text);
	fputc('\n', m->out.f);
}

static int print_drop(struct monitor *m, struct nfdrop_event *event)
{
	m->hint = false;
	if (m->options->json == JSON_SHORT)
		print_json_line(m, event);
	else if (m->options->json == JSON_PRETTY)
		output_json(m->out.f, nfdrop_event_peek_json(event),
			    JSON_PRETTY);
	else
		text_output_print_event(&m->text, m->out.f,
					nfdrop_event_peek_drop(event));
	if (m->left != UINT64_MAX)
		m->left--;
	return m->left == 0 ? DONE(STATUS_FINE) : 0;
}

static int print_lost(struct monitor *m, struct nfdrop_event *event)
{
	struct json_object *lost = nfdrop_event_peek_json(event), *json;

	if (m->options->json == JSON_OFF) {
		text_output_print_lost(&m->text, m->out.f,
				       json_find_uint64(lost, "kernel_queue"),
				       json_find_uint64(lost, "socket"),
				       json_find_uint64(lost, "session"));
		return 0;
	}
	json = json_object_new_object();
	if (!json)
		return -ENOMEM;
	json_object_object_add(json, "lost", json_object_get(lost));
	output_json(m->out.f, json, m->options->json);
	json_object_put(json);
	return 0;
}

/* What nfdropd says of itself is worth a line when it sees not everything. */
static void tell_status(struct monitor *m, struct json_object *status)
{
	char shown[512];

	if (m->options->quiet ||
	    strcmp(json_find_string(status, "state"), "active") == 0)
		return;
	message_print("note: %s",
		      term_escape(&m->term, json_find_string(status, "message"),
				  shown, sizeof(shown)));
}

static int monitor_write(struct monitor *m)
{
	int r = stop_write(&m->out, STDOUT_FILENO);

	if (r == -EINTR)
		return DONE(STATUS_FINE);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? DONE(message_output_failed(r)) : 0;
}

/* The last line is written before the sentence that says why it is. */
static int tell_error(struct monitor *m, struct nfdrop_event *event)
{
	char sentence[512];

	(void)monitor_write(m);
	message_print("%s",
		      connection_explain_answer(nfdrop_event_get_error(event),
						nfdrop_event_peek_json(event),
						sentence, sizeof(sentence)));
	return DONE(STATUS_FAILURE);
}

static int tell_connection(struct monitor *m, int error)
{
	char sentence[768];

	(void)monitor_write(m);
	message_print("%s", connection_explain(error, m->options->socket,
					       sentence, sizeof(sentence)));
	return DONE(STATUS_FAILURE);
}

static int take_event(struct monitor *m, struct nfdrop_event *event)
{
	switch (nfdrop_event_get_type(event)) {
	case NFDROP_EVENT_REPLY:
		tell_status(m, nfdrop_event_peek_json(event));
		return 0;
	case NFDROP_EVENT_SUBSCRIBED:
		if (m->term.tty && m->options->json == JSON_OFF &&
		    !m->options->no_legend && !m->options->quiet)
			text_output_print_legend(&m->text, m->out.f);
		return 0;
	case NFDROP_EVENT_DROP:
		return print_drop(m, event);
	case NFDROP_EVENT_LOST:
		return print_lost(m, event);
	case NFDROP_EVENT_ERROR:
		return tell_error(m, event);
	case NFDROP_EVENT_CLOSED:
		return tell_connection(m, -ECONNRESET);
	}
	return 0;
}

static int take_events(struct monitor *m)
{
	int r;

	r = nfdrop_client_dispatch(m->client);
	if (r < 0)
		return r == -ENOMEM ? r : tell_connection(m, r);
	for (;;) {
		_cleanup_(
			cleanup_nfdrop_event_free) struct nfdrop_event *event =
			NULL;

		r = nfdrop_client_pop_event(m->client, &event);
		if (r < 0)
			return r == -ENOMEM ? r : tell_connection(m, r);
		if (r == 0)
			return 0;
		r = take_event(m, event);
		if (r != 0)
			return r;
	}
}

/* Returns DONE(), 0 to go on, or a negative errno. */
static int monitor_wait(struct monitor *m)
{
	struct timespec timeout = { .tv_sec = HINT_AFTER_S };
	struct pollfd pfds[] = {
		{ .fd = nfdrop_client_get_fd(m->client),
		  .events = (short)nfdrop_client_get_events(m->client) },
		/* For POLLERR: the reader has gone. */
		{ .fd = STDOUT_FILENO },
	};
	int r;

	r = stop_poll(pfds, ARRAY_SIZE(pfds), m->hint ? &timeout : NULL);
	if (r == -EINTR)
		return stop_is_wanted() ? DONE(STATUS_FINE) : 0;
	if (r < 0)
		return r;
	if (r == 0) {
		message_print("note: no drop in %d seconds; \"nfdrop doctor\" "
			      "tells whether any would be seen",
			      HINT_AFTER_S);
		m->hint = false;
		return 0;
	}
	if (pfds[1].revents & POLLNVAL)
		return DONE(message_output_failed(-EBADF));
	return pfds[1].revents & POLLERR ? DONE(STATUS_FINE) : 0;
}

static int monitor_loop(struct monitor *m)
{
	int r, w;

	for (;;) {
		r = monitor_wait(m);
		if (r != 0)
			return r;
		/* What came before an end is still to be written. */
		r = take_events(m);
		if (r == -ENOMEM)
			return r;
		w = monitor_write(m);
		if (w != 0 || r != 0)
			return w != 0 ? w : r;
	}
}

/* A reason that nobody knows matches nothing: better to say so. */
static void check_reasons(const struct options *options,
			  struct json_object *filter)
{
	struct json_object *values = json_find(filter, "reason");
	size_t n = values ? json_object_array_length(values) : 0;

	for (size_t i = 0; i < n && !options->quiet; i++) {
		const char *name = json_object_get_string(
			json_object_array_get_idx(values, i));
		const struct reason *near;
		char shown[128];

		name += name[0] == '!';
		if (strpbrk(name, "*?[\\") || reason_find(name))
			continue;
		near = reason_suggest(name);
		message_print("note: no reason \"%s\" is known%s%s%s",
			      escape_string(name, shown, sizeof(shown)),
			      near ? "; did you mean \"" : "",
			      near ? near->name : "", near ? "\"?" : "");
	}
}

static int subscribe(struct monitor *m)
{
	struct json_object *filter;
	const char *text = NULL;
	int r;

	r = nfdrop_client_new(&m->client, m->options->socket);
	if (r < 0)
		return r;
	filter = filter_to_json(m->options->filter);
	if (!filter)
		return -ENOMEM;
	check_reasons(m->options, filter);
	if (!filter_is_empty(m->options->filter))
		text = json_object_to_json_string(filter);
	r = nfdrop_client_call(m->client, PROTO_MONITOR ".GetStatus", NULL);
	if (r >= 0)
		r = nfdrop_client_subscribe(m->client, text);
	json_object_put(filter);
	return r;
}

static int monitor_start(struct monitor *m)
{
	int r;

	r = output_init(&m->out);
	if (r < 0)
		return r;
	r = subscribe(m);
	if (r < 0)
		return r == -ENOMEM ? r : tell_connection(m, r);
	r = stop_catch();
	return r < 0 ? r : monitor_loop(m);
}

static int run_monitor(const struct options *options, char **arguments)
{
	struct monitor m = {
		.options = options,
		.left = options->lines ? options->lines : UINT64_MAX,
	};
	char error[OPTION_ERROR_MAX];
	int r;

	r = packet_filter_compile((const char *const *)arguments,
				  options->filter, error, sizeof(error));
	if (r == -EINVAL || r == -EOPNOTSUPP) {
		message_print("%s", error);
		return r == -EINVAL ? STATUS_USAGE : STATUS_FAILURE;
	}
	if (r < 0)
		return r;
	term_init(&m.term, STDOUT_FILENO, options->color);
	text_output_init(&m.text, &m.term, options->utc);
	m.hint = m.term.tty && isatty(STDERR_FILENO) && !options->quiet;
	r = monitor_start(&m);
	output_done(&m.out);
	nfdrop_client_unref(m.client);
	return r > 0 ? r - 1 : r;
}

static const struct option_def monitor_options[] = {
	{ 'n', "lines", "N", "Print N drops and end", option_set_lines },
	{ 'q', "quiet", NULL, "Print drops and losses only, no legend or notes",
	  option_set_quiet },
	{ 0, "no-legend", NULL, "Do not print the columns' titles",
	  option_set_no_legend },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
};

const struct verb verb_monitor = {
	.name = "monitor",
	.arguments = "[EXPRESSION]",
	.max_arguments = SIZE_MAX,
	.summary = "Print drops as they happen.",
	.options = monitor_options,
	.n_options = ARRAY_SIZE(monitor_options),
	.filters = FILTER_OF_EVENT,
	.run = run_monitor,
};
