/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "connection.h"
#include "message.h"
#include "proto.h"
#include "stop.h"
#include "top-loop.h"
#include "util.h"
#include "verb.h"

#define SECOND_NS 1000000000ULL

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

/* STATUS_FINE, or STATUS_FAILURE and a sentence. */
static int check_daemon(const struct options *options)
{
	_cleanup_(answer_done) struct answer answer = { 0 };
	char sentence[TOP_SENTENCE_MAX];
	int r;

	r = connection_ask(options->socket, PROTO_MONITOR ".GetStatus", NULL,
			   CONNECTION_TIMEOUT_MS, &answer);
	if (r == -ENOMEM)
		return r;
	if (r >= 0 && !answer.error)
		return STATUS_FINE;
	if (r < 0)
		connection_explain(r, options->socket, sentence,
				   sizeof(sentence));
	else
		connection_explain_answer(answer.error, answer.parameters,
					  sentence, sizeof(sentence));
	message_print("%s", sentence);
	return STATUS_FAILURE;
}

int top_loop_start(struct top_loop *loop, const struct options *options)
{
	const struct top_options *top = &options->top;
	int r;

	*loop = (struct top_loop){
		.options = options,
		.delay_ns = top->delay_ns ? top->delay_ns
					  : TOP_DELAY_DEFAULT_NS,
	};
	/* Where it fails, the seed is at least not known beforehand. */
	if (getrandom(&loop->seed, sizeof(loop->seed), GRND_NONBLOCK) < 0)
		loop->seed = now_ns(CLOCK_MONOTONIC);
	top_model_init(&loop->model, loop->seed);
	top_detail_init(&loop->detail);
	top_feed_init(&loop->feed, options->socket, &loop->model,
		      &loop->detail);
	if (top->by)
		loop->model.by = top_by_from_string(top->by);
	if (top->sort)
		loop->model.order.column = top_column_from_string(top->sort);
	loop->model.order.invert = top->invert;
	loop->model.height = options->lines ? (size_t)options->lines : SIZE_MAX;
	if (top->grep)
		top_model_set_filter(&loop->model, top->grep);
	r = check_daemon(options);
	if (r != STATUS_FINE)
		return r;
	r = stop_catch();
	return r < 0 ? r : STATUS_FINE;
}

void top_loop_done(struct top_loop *loop)
{
	top_feed_done(&loop->feed);
	top_detail_done(&loop->detail);
	top_model_done(&loop->model);
}

void top_loop_refresh(struct top_loop *loop)
{
	loop->next_ns = 0;
}

static int ask(struct top_loop *loop, uint64_t now)
{
	if (now < loop->next_ns)
		return top_feed_look(&loop->feed, now, now_ns(CLOCK_REALTIME));
	loop->next_ns = now + loop->delay_ns;
	return top_feed_refresh(&loop->feed, now, now_ns(CLOCK_REALTIME));
}

static int take(struct top_loop *loop)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC), real = now_ns(CLOCK_REALTIME);
	int r;

	r = top_feed_dispatch(&loop->feed, now, real);
	if (r <= 0)
		return r;
	if (!(r & TOP_FEED_REFRESHED))
		return TOP_NEWS_LOOKED;
	if (!loop->model.away[0]) {
		top_model_tick(&loop->model, now, real);
		top_detail_tick(&loop->detail, now, real);
	}
	return TOP_NEWS_SHOWN;
}

int top_loop_wait(struct top_loop *loop, struct pollfd *other)
{
	bool was_away = loop->model.away[0] != '\0';
	uint64_t now = now_ns(CLOCK_MONOTONIC), left;
	struct pollfd pfds[_TOP_LINE_MAX + 1];
	struct timespec timeout;
	size_t n;
	int r;

	r = ask(loop, now);
	if (r < 0)
		return r;
	if (loop->model.away[0] && !was_away)
		return TOP_NEWS_SHOWN;
	n = top_feed_poll(&loop->feed, pfds);
	if (other)
		pfds[n] = *other;
	left = loop->next_ns > now ? loop->next_ns - now : 0;
	timeout = (struct timespec){
		.tv_sec = (time_t)(left / SECOND_NS),
		.tv_nsec = (long)(left % SECOND_NS),
	};
	r = stop_poll(pfds, n + (other != NULL), &timeout);
	if (r < 0)
		return r == -EINTR ? (stop_is_wanted() ? TOP_NEWS_STOP
						       : TOP_NEWS_NONE)
				   : r;
	if (other)
		other->revents = pfds[n].revents;
	return take(loop);
}
