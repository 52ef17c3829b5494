/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "connection.h"
#include "proto.h"
#include "top-feed.h"
#include "top-questions.h"
#include "util.h"

/* Drops for the last packets, in a refresh. */
#define BUDGET 500

void top_feed_init(struct top_feed *feed, const char *socket,
		   struct top_model *model, struct top_detail *detail)
{
	*feed = (struct top_feed){
		.socket = socket,
		.model = model,
		.detail = detail,
	};
}

static void line_close(struct top_feed *feed, enum top_line line)
{
	feed->lines[line] = nfdrop_client_unref(feed->lines[line]);
}

void top_feed_done(struct top_feed *feed)
{
	for (int i = 0; i < _TOP_LINE_MAX; i++)
		line_close(feed, (enum top_line)i);
}

static int go_away(struct top_feed *feed, const char *why, uint64_t real_ns)
{
	top_model_set_away(feed->model, why, real_ns);
	feed->asking = false;
	top_feed_done(feed);
	return TOP_FEED_REFRESHED;
}

/* TOP_FEED_REFRESHED, or -ENOMEM. */
static int fail(struct top_feed *feed, int error, uint64_t real_ns)
{
	char sentence[TOP_SENTENCE_MAX];

	if (error == -ENOMEM)
		return error;
	return go_away(feed,
		       connection_explain(error, feed->socket, sentence,
					  sizeof(sentence)),
		       real_ns);
}

/* All questions have been answered. */
static int complete(struct top_feed *feed, uint64_t real_ns)
{
	feed->asking = false;
	if (feed->only_look)
		return TOP_FEED_LOOKED;
	top_model_set_away(feed->model, NULL, real_ns);
	return TOP_FEED_REFRESHED;
}

static int ask(struct top_feed *feed, uint64_t real_ns)
{
	const struct top_question *question = top_question_at(feed->question);
	char parameters[TOP_PARAMETERS_MAX];
	int r;

	feed->asked_by = feed->model->by;
	feed->asked_detail = feed->detail->serial;
	question->ask(feed, parameters, sizeof(parameters));
	r = nfdrop_client_call(feed->lines[TOP_LINE_ASK], question->method,
			       parameters[0] ? parameters : NULL);
	return r < 0 ? fail(feed, r, real_ns) : 0;
}

static int ask_next(struct top_feed *feed, uint64_t real_ns)
{
	const struct top_question *question;

	do
		question = top_question_at(++feed->question);
	while (question && !question->is_wanted(feed));
	if (!question || feed->only_look)
		return complete(feed, real_ns);
	feed->part = 0;
	feed->parts = 0;
	return ask(feed, real_ns);
}

static int take_reply(struct top_feed *feed, struct json_object *reply,
		      uint64_t now_ns, uint64_t real_ns)
{
	const struct top_question *question = top_question_at(feed->question);
	bool stale = question->of_detail &&
		     feed->asked_detail != feed->detail->serial;

	if (!feed->asking)
		return 0;
	feed->asked_ns = now_ns;
	if (!stale && question->take(feed, reply, now_ns)) {
		feed->parts++;
		return ask(feed, real_ns);
	}
	return ask_next(feed, real_ns);
}

static int take_error(struct top_feed *feed, enum top_line line,
		      struct nfdrop_event *event, uint64_t real_ns)
{
	const char *error = nfdrop_event_get_error(event);
	char sentence[TOP_SENTENCE_MAX];

	/* Names may be stranger than we think: then without a filter. */
	if (line == TOP_LINE_DROPS && !feed->refused &&
	    strcmp(error, PROTO_INVALID_FILTER) == 0) {
		feed->refused = true;
		line_close(feed, line);
		return 0;
	}
	if (line == TOP_LINE_ASK && feed->asking &&
	    top_question_at(feed->question)->of_detail)
		return ask_next(feed, real_ns);
	connection_explain_answer(error, nfdrop_event_peek_json(event),
				  sentence, sizeof(sentence));
	return go_away(feed, sentence, real_ns);
}

static int line_open(struct top_feed *feed, enum top_line line)
{
	char filter[TOP_PARAMETERS_MAX];
	int r;

	if (feed->lines[line])
		return 0;
	r = nfdrop_client_new(&feed->lines[line], feed->socket);
	if (r < 0 || line == TOP_LINE_ASK)
		return r;
	return nfdrop_client_subscribe(feed->lines[line],
				       top_question_filter(feed, filter,
							   sizeof(filter)));
}

static int begin(struct top_feed *feed, uint64_t real_ns)
{
	int r;

	feed->budget = BUDGET;
	if (!feed->detail->open)
		line_close(feed, TOP_LINE_DROPS);
	r = line_open(feed, TOP_LINE_ASK);
	if (r >= 0 && feed->detail->open)
		r = line_open(feed, TOP_LINE_DROPS);
	if (r < 0)
		return fail(feed, r, real_ns);
	feed->question = feed->only_look ? TOP_QUESTION_LOOK : 0;
	feed->part = 0;
	feed->parts = 0;
	return ask(feed, real_ns);
}

int top_feed_refresh(struct top_feed *feed, uint64_t now_ns, uint64_t real_ns)
{
	int r;

	if (!feed->asking) {
		feed->asking = true;
		feed->only_look = false;
		feed->asked_ns = now_ns;
		r = begin(feed, real_ns);
	} else if (now_ns - feed->asked_ns >
		   CONNECTION_TIMEOUT_MS * 1000000ULL) {
		r = fail(feed, -ETIMEDOUT, real_ns);
	} else {
		return 0;
	}
	return MIN(r, 0);
}

int top_feed_look(struct top_feed *feed, uint64_t now_ns, uint64_t real_ns)
{
	if (feed->asking || !top_window_is_wanted(feed->model))
		return 0;
	feed->asking = true;
	feed->only_look = true;
	feed->asked_ns = now_ns;
	return MIN(begin(feed, real_ns), 0);
}

static bool is_heard(const struct top_feed *feed, enum top_line line)
{
	return feed->lines[line] && (line == TOP_LINE_ASK || feed->budget > 0);
}

size_t top_feed_poll(const struct top_feed *feed,
		     struct pollfd pfds[_TOP_LINE_MAX])
{
	size_t n = 0;

	for (int i = 0; i < _TOP_LINE_MAX; i++) {
		struct nfdrop_client *client = feed->lines[i];

		if (is_heard(feed, (enum top_line)i))
			pfds[n++] = (struct pollfd){
				.fd = nfdrop_client_get_fd(client),
				.events =
					(short)nfdrop_client_get_events(client),
			};
	}
	return n;
}

static void take_drop(struct top_feed *feed, struct nfdrop_event *event)
{
	feed->budget -= feed->budget > 0;
	(void)top_detail_take_drop(feed->detail, nfdrop_event_peek_drop(event));
}

static int take_event(struct top_feed *feed, enum top_line line,
		      struct nfdrop_event *event, uint64_t now_ns,
		      uint64_t real_ns)
{
	switch (nfdrop_event_get_type(event)) {
	case NFDROP_EVENT_REPLY:
		return take_reply(feed, nfdrop_event_peek_json(event), now_ns,
				  real_ns);
	case NFDROP_EVENT_DROP:
		take_drop(feed, event);
		return 0;
	case NFDROP_EVENT_LOST:
		top_model_take_lost(
			feed->model,
			json_find_uint64(nfdrop_event_peek_json(event),
					 "session"));
		return 0;
	case NFDROP_EVENT_ERROR:
		return take_error(feed, line, event, real_ns);
	case NFDROP_EVENT_CLOSED:
		return fail(feed, -ECONNRESET, real_ns);
	default:
		return 0;
	}
}

static int take_events(struct top_feed *feed, enum top_line line,
		       uint64_t now_ns, uint64_t real_ns)
{
	int ended = 0, r;

	r = nfdrop_client_dispatch(feed->lines[line]);
	if (r < 0)
		return fail(feed, r, real_ns);
	for (;;) {
		_cleanup_(
			cleanup_nfdrop_event_free) struct nfdrop_event *event =
			NULL;

		/* A line that was closed on the way has nothing more. */
		if (!feed->lines[line])
			return ended;
		r = nfdrop_client_pop_event(feed->lines[line], &event);
		if (r < 0)
			return fail(feed, r, real_ns);
		if (r == 0)
			return ended;
		r = take_event(feed, line, event, now_ns, real_ns);
		if (r < 0)
			return r;
		ended |= r;
	}
}

int top_feed_dispatch(struct top_feed *feed, uint64_t now_ns, uint64_t real_ns)
{
	int ended = 0, r;

	for (int i = 0; i < _TOP_LINE_MAX; i++) {
		if (!is_heard(feed, (enum top_line)i))
			continue;
		r = take_events(feed, (enum top_line)i, now_ns, real_ns);
		if (r < 0)
			return r;
		ended |= r;
	}
	return ended;
}

void top_feed_detail_changed(struct top_feed *feed)
{
	feed->refused = false;
	line_close(feed, TOP_LINE_DROPS);
}
