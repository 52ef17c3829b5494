/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "clock.h"
#include "counter-watch.h"
#include "counters.h"
#include "netns-find.h"
#include "netns.h"
#include "util.h"
#include "waiter.h"

/* For whoever wants them, they are read no more often. */
#define FRESH_USEC SEC
/* Readings take this part of the time at most. */
#define READING_SHARE 10
/* Reads of the pipe before others have their turn. */
#define TURN 16

struct counter_watch {
	struct counter_watch_config config;
	struct drop_netns netns; /* ours */
	struct waiter waiter;
	struct answer answer;
	struct ruleset *asked; /* the snapshot when the reading began */
	/* CLOCK_MONOTONIC, microseconds. */
	uint64_t taken;	  /* the last one that was whole; or the beginning */
	uint64_t ended;	  /* 0: none has */
	uint64_t paid_at; /* the last one has had its share then */
	bool is_wanted;
	uint64_t n_several;
	uint32_t n_named; /* of the ruleset when it was looked at last */
	size_t n_shared;  /* as of the last reading */
	struct counter_status status;
};

DEFINE_CLEANUP(struct counter_watch *, counter_watch_free)

static void stop(struct counter_watch *w)
{
	answer_done(&w->answer);
	ruleset_unref(w->asked);
	w->asked = NULL;
}

static void pay(struct counter_watch *w, uint64_t usec)
{
	w->ended = now_usec();
	w->paid_at = w->ended + usec * (READING_SHARE - 1);
	w->status.cpu_usec += usec;
}

static void start(struct counter_watch *w)
{
	struct reader_request request = { .what = READER_COUNTERS };
	int r;

	w->is_wanted = false;
	r = reader_ask(w->config.reader, &request, &w->answer);
	if (r >= 0) {
		w->asked = ruleset_ref(w->config.rulesets->current);
		r = waiter_add(&w->waiter, w->answer.fd, EPOLLIN);
	}
	if (r >= 0)
		return;
	w->status.error = r;
	stop(w);
	pay(w, 0);
}

/* Who answers hangs, which took nobody's time. */
static void give_up(struct counter_watch *w)
{
	w->status.error = -ETIMEDOUT;
	reader_leave(w->config.reader, &w->answer);
	stop(w);
	pay(w, 0);
}

/* Starts what is due. */
static void plan(struct counter_watch *w)
{
	const struct ruleset *rs = w->config.rulesets->current;
	uint64_t now = now_usec();

	if (w->answer.fd >= 0 || !rs || rs->n_counters == 0 || now < w->paid_at)
		return;
	if (w->ended == 0 || now >= w->ended + w->config.interval ||
	    (w->is_wanted && now >= w->ended + FRESH_USEC))
		start(w);
}

/* Rules that nfdropd has drops of are shown with these. */
static void mark_rules(struct aggregate *a)
{
	for (size_t i = 0; i < a->n_rules; i++)
		if (a->rules[i]->rule && a->rules[i]->rule->counter)
			a->rules[i]->rule->counter->has_drops = false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (a->rules[i]->rule && a->rules[i]->rule->counter &&
		    a->rules[i]->counted != AGGREGATE_BY_COUNTER &&
		    a->rules[i]->counts.packets > 0)
			a->rules[i]->rule->counter->has_drops = true;
}

static int take(struct counter_watch *w, struct reader_end *end)
{
	struct counters_reading reading = {
		.rs = w->asked,
		.netns = w->netns,
		.now_ns = clock_ns(CLOCK_REALTIME),
		.rules = *w->config.kernel_counts ? NULL : w->config.rules,
		.seconds = (double)(now_usec() - w->taken) / SEC,
	};
	int r;

	r = answer_take_end(&w->answer, end);
	if (r < 0)
		return r;
	reading.same = !end->interrupted &&
		       ruleset_is_of(w->asked, end->generation);
	r = counters_take(&reading, w->answer.data, w->answer.len);
	if (r < 0)
		return r;
	w->taken = now_usec();
	w->status.read_ns = reading.now_ns;
	w->status.n_moved = reading.n_moved;
	w->n_shared = reading.n_shared;
	w->is_wanted |= reading.is_early;
	w->status.n_readings++;
	w->status.cpu_msec = end->cpu_msec;
	mark_rules(w->config.rules);
	return 0;
}

static void finish(struct counter_watch *w, int r)
{
	struct reader_end end = { 0 };
	uint64_t usec = now_usec() - w->answer.asked;

	if (r >= 0)
		r = take(w, &end);
	if (r >= 0)
		usec = end.cpu_msec * MSEC;
	w->status.error = MIN(r, 0);
	stop(w);
	pay(w, usec);
}

/* Twice what it is with a chain for each, for what came meanwhile. */
static size_t answer_max(const struct counter_watch *w)
{
	return (1 << 20) + 2 * w->asked->n_counters *
				   (sizeof(struct counter_place) +
				    sizeof(struct counter_value));
}

void counter_watch_dispatch(struct counter_watch *w)
{
	int fds[WAITER_AT_ONCE];
	size_t n = waiter_take(&w->waiter, fds);
	int r = -EAGAIN;

	for (size_t i = 0; i < n; i++) {
		if (w->answer.fd < 0 || fds[i] != w->answer.fd)
			continue;
		for (size_t k = 0; r == -EAGAIN && k < TURN; k++)
			r = answer_read(&w->answer, answer_max(w));
		if (r != 0 && r != -EAGAIN)
			finish(w, r);
	}
	plan(w);
}

void counter_watch_tick(struct counter_watch *w, uint64_t n_several)
{
	const struct ruleset *rs = w->config.rulesets->current;

	w->is_wanted |= n_several != w->n_several;
	w->n_several = n_several;
	/* Of what has a name nothing is known before the first reading. */
	if (rs) {
		w->is_wanted |= rs->n_named != w->n_named;
		w->n_named = rs->n_named;
		/* No reading comes that does it. */
		if (rs->n_counters == 0)
			aggregate_begin_counters(w->config.rules, NULL);
	}
	mark_rules(w->config.rules);
	if (answer_is_late(&w->answer))
		give_up(w);
	plan(w);
}

void counter_watch_want(struct counter_watch *w)
{
	uint64_t now = now_usec();

	/* What is fresh will not be asked for once more by itself. */
	if (w->ended != 0 && now < MAX(w->ended + FRESH_USEC, w->paid_at))
		return;
	w->is_wanted = true;
	plan(w);
}

int counter_watch_new(struct counter_watch **ret,
		      const struct counter_watch_config *config)
{
	_cleanup_(cleanup_counter_watch_free) struct counter_watch *w = NULL;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->config = *config;
	w->taken = now_usec();
	netns_find_own(&w->netns.inum, &w->netns.cookie);
	/* There is no other one: it goes without saying. */
	if (!netns_is_initial(w->netns.cookie, w->netns.inum))
		w->netns = (struct drop_netns){ 0 };
	answer_init(&w->answer);
	waiter_init(&w->waiter);
	r = waiter_open(&w->waiter);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

void counter_watch_free(struct counter_watch *w)
{
	if (!w)
		return;
	stop(w);
	waiter_close(&w->waiter);
	free(w);
}

void counter_watch_set_interval(struct counter_watch *w, uint64_t interval)
{
	w->config.interval = interval;
}

int counter_watch_get_fd(const struct counter_watch *w)
{
	return w->waiter.epoll;
}

void counter_watch_get_status(const struct counter_watch *w,
			      struct counter_status *ret)
{
	const struct ruleset *rs = w->config.rulesets->current;

	*ret = w->status;
	ret->n_counters = rs ? rs->n_counters : 0;
	ret->n_counters -= MIN(w->n_shared, ret->n_counters);
	ret->is_reading = w->answer.fd >= 0;
	ret->interval = w->config.interval;
}
