/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "clock.h"
#include "xt-counters.h"
#include "xt-watch-parts.h"

/* A reading is followed by ten times as long a pause, and by this at least. */
#define SHARE	    10
#define PAUSE_USEC  (10 * MSEC)
#define AGAIN_USEC  (500 * MSEC)
#define FAILED_USEC (5 * SEC)
#define NAMES_MAX   4096

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

/* --- the jobs ------------------------------------------------------------- */

static void end_job(struct xt_watch *w, uint64_t cpu_msec)
{
	answer_done(&w->answer);
	w->step = STEP_IDLE;
	w->next = now_usec() + MAX(cpu_msec * MSEC * SHARE, PAUSE_USEC);
}

static void lose(struct xt_watch *w)
{
	struct xt_table *table = of_job(w);

	if (!table)
		return;
	xt_table_lose(table);
	if (xt_watch_is_counting(w))
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

void xt_watch_start_job(struct xt_watch *w, uint64_t now, uint64_t *next)
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
	if (table && xt_watch_is_counting(w))
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

void xt_watch_give_up(struct xt_watch *w)
{
	if (w->step == STEP_TABLE)
		lose(w);
	else
		w->wants_names = true;
	reader_leave(w->reader, &w->answer);
	end_job(w, 0);
}

bool xt_watch_read_answer(struct xt_watch *w)
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
