/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "clock.h"
#include "netns-find.h"
#include "netns.h"
#include "waiter.h"
#include "xt-counters.h"
#include "xt-list.h"
#include "xt-watch.h"

/* A reading is followed by ten times as long a pause, and by this at least. */
#define SHARE	    10
#define PAUSE_USEC  (10 * MSEC)
#define AGAIN_USEC  (500 * MSEC)
#define FAILED_USEC (5 * SEC)
/* For whoever asks for counts, they are read no more often. */
#define FRESH_USEC SEC
#define NAMES_MAX  4096
/* Whoever changes tables with iptables has it open meanwhile. */
#define LOCK_FOLDER "/run"
#define LOCK_NAME   "xtables.lock"
#define LOCK	    LOCK_FOLDER "/" LOCK_NAME

/* Families, by number, whose tools are missing. */
#define FAMILIES 16

enum step { STEP_IDLE, STEP_NAMES, STEP_TABLE };

struct xt_watch {
	struct correlate *correlate;
	struct reader *reader;
	size_t memory;
	bool others;
	struct waiter waiter;
	int inotify; /* -1: none */
	bool watches_lock;
	bool wants_names;
	uint64_t names_at; /* CLOCK_MONOTONIC: not before */
	/* The job: which table, of which namespace, 0 of ours. */
	enum step step;
	uint64_t cookie;
	uint32_t inum;
	uint8_t family;
	char table[XT_NAME_SIZE];
	struct answer answer;
	uint64_t next;	    /* CLOCK_MONOTONIC: no job before */
	uint64_t settle_at; /* the same: the next table settles */
	/* By family: of the tool. */
	struct finding {
		bool is_so, told;
	} missing[FAMILIES], unclear[FAMILIES];
	struct xt_counting counting; /* nothing in it: of nobody */
	struct drop_netns netns;     /* ours */
	uint64_t counted_at; /* CLOCK_MONOTONIC: when it was asked for last */
};

DEFINE_CLEANUP(struct xt_watch *, xt_watch_free)

/* --- which table ---------------------------------------------------------- */

/* The job's, if its namespace is not forgotten by now. */
static struct xt_table *of_job(const struct xt_watch *w)
{
	const struct correlate_netns *netns;

	if (!w->others)
		return xt_tables_find(&w->correlate->xt, w->family, w->table);
	netns = correlate_find_netns(w->correlate, w->cookie, w->inum);
	return netns ? xt_tables_find(&netns->xt, w->family, w->table) : NULL;
}

/* One that may be read now; *@next is when another one may. */
static struct xt_table *find_ready(struct xt_tables *t, uint64_t now,
				   uint64_t *next)
{
	bool wants = false;

	for (size_t i = 0; t->wants && i < t->n_tables; i++) {
		struct xt_table *table = &t->tables[i];

		if (!table->wants)
			continue;
		wants = true;
		if (table->pending_ns != 0)
			continue;
		if (now >= table->read_at)
			return table;
		*next = MIN(*next, table->read_at);
	}
	t->wants = wants;
	return NULL;
}

/* Of the namespace that dropped something last. */
static struct xt_table *find_other(struct xt_watch *w, uint64_t now,
				   uint64_t *next)
{
	struct correlate *c = w->correlate;
	struct xt_table *found = NULL;
	uint64_t used = 0;
	bool wants = false;

	for (size_t i = 0; i < c->n_netns; i++) {
		struct correlate_netns *netns = c->netns[i];
		struct xt_table *table;

		if (found && netns->used < used)
			continue;
		table = find_ready(&netns->xt, now, next);
		wants |= netns->xt.wants;
		if (!table)
			continue;
		found = table;
		used = netns->used;
		w->cookie = netns->cookie;
		w->inum = netns->inum;
	}
	c->wants_xt = wants;
	return found;
}

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

/* --- the jobs ------------------------------------------------------------- */

static void end_job(struct xt_watch *w, uint64_t cpu_msec)
{
	answer_done(&w->answer);
	w->step = STEP_IDLE;
	w->next = now_usec() + MAX(cpu_msec * MSEC * SHARE, PAUSE_USEC);
}

static bool counts(const struct xt_watch *w)
{
	return w->counting.rules && !*w->counting.kernel_counts;
}

static void lose(struct xt_watch *w)
{
	struct xt_table *table = of_job(w);

	if (!table)
		return;
	xt_table_lose(table);
	if (counts(w))
		xt_counters_lose(w->counting.rules, table);
	table->read_at = now_usec() + FAILED_USEC;
}

static void ask(struct xt_watch *w, const struct reader_request *request,
		enum step step)
{
	w->step = step;
	if (reader_ask(w->reader, request, &w->answer) >= 0 &&
	    waiter_add(&w->waiter, w->answer.fd, EPOLLIN) >= 0)
		return;
	if (step == STEP_TABLE)
		lose(w);
	end_job(w, FAILED_USEC / MSEC / SHARE);
}

static void start_names(struct xt_watch *w)
{
	struct reader_request request = { .what = READER_XT_NAMES };

	w->wants_names = false;
	w->names_at = now_usec() + AGAIN_USEC;
	ask(w, &request, STEP_NAMES);
}

static void start_table(struct xt_watch *w, struct xt_table *table)
{
	struct reader_request request = {
		.what = READER_XT,
		.netns = w->inum,
		.cookie = w->cookie,
		.family = table->family,
	};

	w->family = table->family;
	copy_string(w->table, sizeof(w->table), table->name, SIZE_MAX);
	copy_string(request.table, sizeof(request.table), table->name,
		    sizeof(table->name));
	xt_table_begin(table, clock_ns(CLOCK_REALTIME));
	table->read_at = now_usec() + AGAIN_USEC;
	ask(w, &request, STEP_TABLE);
}

static void start_job(struct xt_watch *w, uint64_t now, uint64_t *next)
{
	struct xt_table *table;

	if (w->wants_names && now >= w->names_at) {
		start_names(w);
		return;
	}
	if (w->wants_names)
		*next = w->names_at;
	table = w->others ? find_other(w, now, next)
			  : find_ready(&w->correlate->xt, now, next);
	if (table)
		start_table(w, table);
}

/* Lines of "FAMILY TABLE". Returns the milliseconds that it took. */
static uint32_t finish_names(struct xt_watch *w)
{
	struct xt_tables *t = &w->correlate->xt;
	struct reader_end end = { 0 };
	char *line, *rest;

	if (answer_take_end(&w->answer, &end) < 0 || w->answer.len == 0)
		return end.cpu_msec;
	/* In place of the last line's end. */
	w->answer.data[w->answer.len - 1] = '\0';
	rest = w->answer.data;
	while ((line = strsep(&rest, "\n"))) {
		unsigned int family;
		char name[XT_NAME_SIZE];
		struct xt_table *table = NULL;

		if (sscanf(line, "%u %31s", &family, name) == 2)
			table = xt_tables_use(t, (uint8_t)family, name);
		if (table)
			t->wants = table->wants = true;
	}
	return end.cpu_msec;
}

/* Forgets namespaces until all fit, that which dropped nothing longest first.
 */
static void make_room(struct xt_watch *w)
{
	struct correlate *c = w->correlate;

	for (;;) {
		struct xt_tables *oldest = w->others ? NULL : &c->xt;
		size_t sum = w->others ? 0 : xt_tables_bytes(&c->xt);
		uint64_t used = UINT64_MAX;

		for (size_t i = 0; w->others && i < c->n_netns; i++) {
			struct correlate_netns *netns = c->netns[i];
			size_t bytes = xt_tables_bytes(&netns->xt);

			sum += bytes;
			if (bytes == 0 || netns->used >= used)
				continue;
			oldest = &netns->xt;
			used = netns->used;
		}
		if (!oldest || sum <= w->memory)
			return;
		xt_tables_forget(oldest);
	}
}

static void count(struct xt_watch *w, struct xt_table *table,
		  struct xt_save *save)
{
	const struct xt_reading reading = {
		.netns = w->netns,
		.now_ns = clock_ns(CLOCK_REALTIME),
		.rules = w->counting.rules,
	};

	if (xt_counters_take(&reading, table, save))
		w->correlate->xt.wants = table->wants = true;
}

static int apply(struct xt_watch *w, struct xt_table *table)
{
	struct xt_save save;
	int r;

	r = xt_save_parse(&save, w->family, w->table, w->answer.data,
			  w->answer.len);
	if (r < 0)
		return r;
	if (save.bytes > w->memory / 4) {
		xt_save_done(&save);
		return -EFBIG;
	}
	if (table && counts(w))
		count(w, table, &save);
	if (!table) {
		xt_save_done(&save);
	} else if (xt_table_update(table, &save, clock_ns(CLOCK_REALTIME))) {
		table->settle_at = now_usec() + XT_SETTLE_NS / 1000;
		w->settle_at = MIN(w->settle_at, table->settle_at);
	}
	make_room(w);
	return 0;
}

/* Returns the milliseconds that it took. */
static uint32_t finish_table(struct xt_watch *w, int r)
{
	struct reader_end end = { 0 };
	clock_t began;

	if (r > 0)
		r = answer_take_end(&w->answer, &end);
	began = clock();
	if (r == 0)
		r = apply(w, of_job(w));
	end.cpu_msec += (uint32_t)((clock() - began) * 1000 / CLOCKS_PER_SEC);
	if (r == 0)
		return end.cpu_msec;
	if (r == -ENOPKG)
		w->missing[w->family % FAMILIES].is_so = true;
	if (r == -EBADMSG)
		w->unclear[w->family % FAMILIES].is_so = true;
	lose(w);
	return end.cpu_msec;
}

static bool read_answer(struct xt_watch *w)
{
	size_t max = w->step == STEP_NAMES ? NAMES_MAX : w->memory / 4;
	uint32_t cpu_msec = 0;
	int r;

	do
		r = answer_read(&w->answer, max);
	while (r == -EAGAIN);
	if (r == 0)
		return false;
	if (w->step == STEP_TABLE)
		cpu_msec = finish_table(w, r);
	else if (r > 0)
		cpu_msec = finish_names(w);
	end_job(w, cpu_msec);
	return true;
}

/* --- all of it ------------------------------------------------------------ */

static void plan(struct xt_watch *w)
{
	uint64_t now = now_usec(), next = UINT64_MAX;

	if (w->step == STEP_IDLE && wants_something(w)) {
		if (now >= w->next)
			start_job(w, now, &next);
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
	if (!counts(w))
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

	if (!counts(w) || now < w->counted_at + after)
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
			finished = read_answer(w);
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
