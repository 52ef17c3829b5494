/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "clock.h"
#include "netns-find.h"
#include "netns.h"
#include "xt-list.h"
#include "xt-watch-parts.h"

/* For whoever asks for counts, they are read no more often. */
#define FRESH_USEC SEC
/* Whoever changes tables with iptables has it open meanwhile. */
#define LOCK_FOLDER "/run"
#define LOCK_NAME   "xtables.lock"
#define LOCK	    LOCK_FOLDER "/" LOCK_NAME

DEFINE_CLEANUP(struct xt_watch *, xt_watch_free)

/* --- what was read -------------------------------------------------------- */

static bool settle_tables(struct xt_watch *w, struct xt_tables *t, uint64_t now)
{
	bool settled = false;

	for (size_t i = 0; i < t->n_tables; i++) {
		struct xt_table *table = &t->tables[i];

		if (table->settle_at == 0)
			continue;
		if (now < table->settle_at) {
			w->settle_at = MIN(w->settle_at, table->settle_at);
			continue;
		}
		xt_table_settle(table);
		table->settle_at = 0;
		settled = true;
	}
	return settled;
}

/* Those whose drops are told by now. Returns whether there were any. */
static bool settle(struct xt_watch *w)
{
	struct correlate *c = w->correlate;
	uint64_t now = now_usec();
	bool settled = false;

	if (now < w->settle_at)
		return false;
	w->settle_at = UINT64_MAX;
	if (!w->others)
		return settle_tables(w, &c->xt, now);
	for (size_t i = 0; i < c->n_netns; i++)
		settled |= settle_tables(w, &c->netns[i]->xt, now);
	return settled;
}

static bool wants_something(const struct xt_watch *w)
{
	return w->wants_names ||
	       (w->others ? w->correlate->wants_xt : w->correlate->xt.wants);
}

/* --- all of it ------------------------------------------------------------ */

static void plan(struct xt_watch *w)
{
	uint64_t now = now_usec(), next = UINT64_MAX;

	if (w->step == STEP_IDLE && wants_something(w)) {
		if (now >= w->next)
			xt_watch_start_job(w, now, &next);
		else
			next = w->next;
	}
	if (w->step != STEP_IDLE)
		next = UINT64_MAX;
	next = MIN(next, w->settle_at);
	if (next != UINT64_MAX)
		waiter_set_timer(&w->waiter, next);
}

/*
 * The lock is made by the first iptables. It is root's alone, so that another
 * user has to watch its folder.
 */
static void watch_lock(struct xt_watch *w)
{
	const uint32_t events = IN_OPEN | IN_CLOSE | IN_DELETE_SELF;

	if (w->inotify < 0 || w->watches_lock)
		return;
	w->watches_lock = inotify_add_watch(w->inotify, LOCK, events) >= 0;
	if (!w->watches_lock && errno == EACCES)
		w->watches_lock =
			inotify_add_watch(w->inotify, LOCK_FOLDER, events) >= 0;
	w->wants_names |= w->watches_lock;
}

static void touch(struct xt_watch *w)
{
	struct xt_tables *t = &w->correlate->xt;

	for (size_t i = 0; i < t->n_tables; i++)
		if (t->tables[i].family == NFPROTO_IPV4 ||
		    t->tables[i].family == NFPROTO_IPV6)
			xt_table_touch(&t->tables[i]);
}

static void read_inotify(struct xt_watch *w)
{
	struct inotify_event event;
	char buf[4096];
	ssize_t n;

	while ((n = read(w->inotify, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; at < n;
		     at += (ssize_t)(sizeof(event) + event.len)) {
			memcpy(&event, buf + at, sizeof(event));
			/* The file is gone, and with it the watch. */
			if (event.mask & IN_IGNORED)
				w->watches_lock = false;
			/* Of the folder: its name follows, ended by a NUL. */
			else if (event.len > 0 &&
				 strcmp(buf + at + sizeof(event), LOCK_NAME) !=
					 0)
				continue;
			w->wants_names |= !(event.mask & IN_OPEN);
			touch(w);
		}
}

/* --- counting ------------------------------------------------------------- */

bool xt_watch_is_counting(const struct xt_watch *w)
{
	return w->counting.rules && !*w->counting.kernel_counts;
}

void xt_watch_count(struct xt_watch *w, const struct xt_counting *counting)
{
	w->counting = *counting;
	w->counted_at = now_usec();
	netns_find_own(&w->netns.inum, &w->netns.cookie);
	/* There is no other one: it goes without saying. */
	if (!netns_is_initial(w->netns.cookie, w->netns.inum))
		w->netns = (struct drop_netns){ 0 };
}

void xt_watch_set_interval(struct xt_watch *w, uint64_t interval)
{
	w->counting.interval = interval;
}

size_t xt_watch_counters(const struct xt_watch *w, bool *ret_reading)
{
	const struct xt_tables *t = &w->correlate->xt;
	size_t n = 0;

	*ret_reading = false;
	if (!xt_watch_is_counting(w))
		return 0;
	for (size_t i = 0; i < t->n_tables; i++) {
		n += t->tables[i].save.n_counters;
		if (t->tables[i].save.n_counters > 0)
			*ret_reading |= t->tables[i].wants ||
					(t->tables[i].pending_ns != 0 &&
					 t->tables[i].ended_ns == 0);
	}
	return n;
}

/* @after: not before so long after the last time. */
static void want_counts(struct xt_watch *w, uint64_t after)
{
	struct xt_tables *t = &w->correlate->xt;
	uint64_t now = now_usec();

	if (!xt_watch_is_counting(w) || now < w->counted_at + after)
		return;
	w->counted_at = now;
	for (size_t i = 0; i < t->n_tables; i++) {
		struct xt_table *table = &t->tables[i];

		/* One that could not be read may have some. */
		if (table->save.n_counters == 0 &&
		    (table->save.table ||
		     w->missing[table->family % FAMILIES].is_so))
			continue;
		t->wants = table->wants = true;
	}
	if (t->wants && w->step == STEP_IDLE)
		plan(w);
}

void xt_watch_tick(struct xt_watch *w)
{
	if (answer_is_late(&w->answer)) {
		xt_watch_give_up(w);
		plan(w);
	}
	want_counts(w, w->counting.interval);
}

void xt_watch_want(struct xt_watch *w)
{
	want_counts(w, FRESH_USEC);
}

void xt_watch_look(struct xt_watch *w)
{
	watch_lock(w);
	if (w->step == STEP_IDLE && wants_something(w))
		plan(w);
}

bool xt_watch_dispatch(struct xt_watch *w)
{
	int fds[WAITER_AT_ONCE];
	bool finished = false;
	size_t n;

	/* Before what was read meanwhile is believed. */
	if (w->inotify >= 0)
		read_inotify(w);
	n = waiter_take(&w->waiter, fds);
	for (size_t i = 0; i < n; i++)
		if (fds[i] != w->inotify && w->step != STEP_IDLE)
			finished = xt_watch_read_answer(w);
	finished |= settle(w);
	plan(w);
	return finished;
}

static const char *next_tool(struct finding *found)
{
	for (uint8_t i = 0; i < FAMILIES; i++) {
		if (!found[i].is_so || found[i].told)
			continue;
		found[i].told = true;
		return xt_list_tool(i);
	}
	return NULL;
}

const char *xt_watch_next_missing(struct xt_watch *w)
{
	return next_tool(w->missing);
}

const char *xt_watch_next_unclear(struct xt_watch *w)
{
	return next_tool(w->unclear);
}

int xt_watch_new(struct xt_watch **ret, struct correlate *correlate,
		 struct reader *reader, size_t memory, bool others)
{
	_cleanup_(cleanup_xt_watch_free) struct xt_watch *w = NULL;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->correlate = correlate;
	w->reader = reader;
	w->memory = memory;
	w->others = others;
	w->wants_names = !others;
	w->settle_at = UINT64_MAX;
	waiter_init(&w->waiter);
	w->inotify = -1;
	answer_init(&w->answer);
	r = waiter_open(&w->waiter);
	if (r < 0)
		return r;
	/* Without it, only drops ask. */
	w->inotify = others ? -1 : inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->inotify >= 0)
		(void)waiter_add(&w->waiter, w->inotify, EPOLLIN);
	watch_lock(w);
	plan(w);
	correlate->reads_xt = true;
	*ret = TAKE_PTR(w);
	return 0;
}

void xt_watch_free(struct xt_watch *w)
{
	if (!w)
		return;
	answer_done(&w->answer);
	cleanup_close(&w->inotify);
	waiter_close(&w->waiter);
	free(w);
}

void xt_watch_set_memory(struct xt_watch *w, size_t memory)
{
	w->memory = memory;
}

int xt_watch_get_fd(const struct xt_watch *w)
{
	return w->waiter.epoll;
}
