/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>

#include "clock.h"
#include "ruleset-decode.h"
#include "ruleset-share.h"
#include "ruleset-watch-parts.h"

#define RETRY_MIN_USEC (20 * MSEC)
#define RETRY_MAX_USEC (2 * SEC)
/* Of a namespace that is read once; whoever owns it may change it at will. */
#define RETRIES_MAX	 8
#define UNAVAILABLE_USEC (30 * SEC)

/* --- publishing ----------------------------------------------------------- */

/* Takes @rs. */
static void publish(struct ruleset_watch *w, struct ruleset *rs)
{
	const struct ruleset *old = w->config.rulesets->current;

	if (old && !ruleset_is_same(old, rs))
		w->config.rulesets->changed_ns = clock_ns(CLOCK_REALTIME);
	rulesets_set(w->config.rulesets, rs);
	w->status.generation = rs->generation;
	w->status.rules = rs->n_rules;
	w->status.tables = rs->n_tables;
	w->status.chains = 0;
	for (size_t i = 0; i < rs->n_tables; i++)
		w->status.chains += rs->tables[i]->n_chains;
}

static bool fits(const struct ruleset_watch *w, const struct ruleset *rs)
{
	return ruleset_count_bytes(rs) <= w->config.memory &&
	       (w->config.netns == 0 || rs->n_tables <= RULESET_TABLES_MAX);
}

void watch_must_read(struct ruleset_watch *w, enum ruleset_state state,
		     uint64_t delay)
{
	w->must_read = true;
	w->failed_at = now_usec();
	w->read_at = w->failed_at + delay;
	if (w->status.state != RULESET_READING || state != RULESET_BEHIND)
		w->status.state = state;
	w->config.rulesets->is_behind = true;
}

static void too_large(struct ruleset_watch *w)
{
	/* Nothing rather than what is old, and takes the memory as well. */
	struct ruleset *none = ruleset_new();

	if (none)
		publish(w, none);
	/* Rules by their names and texts are better than nothing. */
	if (w->config.infers) {
		w->config.infers = false;
		w->status.infers_not = true;
		watch_must_read(w, RULESET_BEHIND, 0);
		return;
	}
	watch_must_read(w, RULESET_TOO_LARGE, UNAVAILABLE_USEC);
}

bool watch_may_retry(struct ruleset_watch *w)
{
	return w->config.netns == 0 || ++w->n_retries <= RETRIES_MAX;
}

void watch_retry(struct ruleset_watch *w)
{
	if (!watch_may_retry(w)) {
		w->must_read = false;
		w->status.state = RULESET_UNAVAILABLE;
		w->status.error = -EAGAIN;
		return;
	}
	w->retry_usec =
		MIN(MAX(w->retry_usec * 2, RETRY_MIN_USEC), RETRY_MAX_USEC);
	watch_must_read(w, RULESET_BEHIND, w->retry_usec);
}

void watch_apply_changes(struct ruleset_watch *w)
{
	struct ruleset *rs;
	int r;

	/* It may fit now. */
	if (w->must_read && w->status.state >= RULESET_TOO_LARGE &&
	    w->status.newest != w->changes.newest)
		w->read_at = MIN(w->read_at, w->failed_at + AGAIN_USEC);
	w->status.newest = w->changes.newest;
	/* Kept until what is being read is there; they may belong to it. */
	if (w->reading.fd >= 0 || w->must_read || !w->config.rulesets->current)
		return;
	for (;;) {
		r = ruleset_changes_next(&w->changes,
					 w->config.rulesets->current, &rs);
		if (r <= 0)
			break;
		w->status.n_changes++;
		if (!fits(w, rs)) {
			ruleset_unref(rs);
			too_large(w);
			return;
		}
		publish(w, rs);
		w->list_at = MAX(w->list_at, now_usec() + SETTLE_USEC);
	}
	if (r < 0)
		watch_retry(w);
}

/* --- reading everything --------------------------------------------------- */

void watch_stop_reading(struct ruleset_watch *w)
{
	answer_done(&w->reading);
	ruleset_unref(w->new);
	w->new = NULL;
}

void watch_fail_reading(struct ruleset_watch *w, int error)
{
	watch_stop_reading(w);
	w->status.error = error;
	if (error == -EFBIG)
		too_large(w);
	else
		watch_must_read(w, RULESET_UNAVAILABLE, UNAVAILABLE_USEC);
}

void watch_start_reading(struct ruleset_watch *w)
{
	struct reader_request request = { .what = READER_RULESET,
					  .elements = w->config.infers };
	int r;

	w->must_read = false;
	ruleset_changes_mend(&w->changes);
	w->new = ruleset_new();
	if (w->new)
		w->new->infers = w->config.infers;
	r = w->new ? watch_ask(w, &w->reading, &request) : -ENOMEM;
	if (r < 0)
		watch_fail_reading(w, r);
	w->status.n_readings++;
}

/* Decodes the messages that came whole, and keeps the rest. */
static int decode_answer(struct ruleset_watch *w)
{
	struct answer *a = &w->reading;
	size_t at = 0;
	int r;

	while (a->len - at >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *nlh = (const void *)(a->data + at);

		/* Also the end of the answer: its length is no message's. */
		if (nlh->nlmsg_len < sizeof(*nlh) ||
		    NLMSG_ALIGN((size_t)nlh->nlmsg_len) > a->len - at)
			break;
		r = ruleset_decode(w->new, nlh, nlh->nlmsg_len, true);
		if (r < 0)
			return r;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	memmove(a->data, a->data + at, a->len - at);
	a->len -= at;
	return fits(w, w->new) ? 0 : -EFBIG;
}

static void finish_reading(struct ruleset_watch *w)
{
	struct reader_end end = { 0 };
	struct ruleset *rs;
	int r;

	r = answer_take_end(&w->reading, &end);
	(void)watch_cost(w, &end, w->reading.asked);
	if (r < 0 || w->reading.len > 0) {
		watch_fail_reading(w, r < 0 ? r : -EBADMSG);
		return;
	}
	w->status.reading_msec = end.cpu_msec;
	if (end.interrupted) {
		watch_stop_reading(w);
		watch_retry(w);
		return;
	}
	rs = TAKE_PTR(w->new);
	watch_stop_reading(w);
	rs->generation = end.generation;
	/* They are read of our own alone. */
	if (w->config.netns != 0)
		ruleset_forget_counters(rs);
	if (w->config.rulesets->current)
		ruleset_share(rs, w->config.rulesets->current);
	publish(w, rs);
	w->status.state = w->must_read ? RULESET_BEHIND : RULESET_CURRENT;
	w->config.rulesets->is_behind = w->must_read;
	w->status.error = 0;
	if (!w->must_read)
		w->retry_usec = 0;
	watch_apply_changes(w);
}

void watch_read_ruleset(struct ruleset_watch *w)
{
	int r = -EAGAIN;

	for (size_t n = 0; r == -EAGAIN && n < TURN / RECEIVE_SIZE; n++) {
		int decoded;

		/* Room for the largest message and the end. */
		r = answer_read(&w->reading, 4 * RECEIVE_SIZE);
		decoded = r == -EAGAIN ? decode_answer(w) : 0;
		r = decoded < 0 ? decoded : r;
	}
	if (r == -EAGAIN)
		return;
	if (r < 0)
		(void)watch_cost(w, &(struct reader_end){ 0 },
				 w->reading.asked);
	/* A message of what was not dumped before: it changed meanwhile. */
	if (r == -ENOENT) {
		watch_stop_reading(w);
		watch_retry(w);
	} else if (r < 0) {
		watch_fail_reading(w, r);
	} else if (r > 0) {
		finish_reading(w);
	}
}
