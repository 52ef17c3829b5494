/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries are in the order in which they were written, and sd-journal looks for
 * a time as if clocks only went forward. Where one was set back, there may be
 * more of the time that was asked for behind its end, and before its begin. So
 * what is outside is passed, until it is far from that time: that many entries
 * in a row, and that long, and the journal's other end is no nearer.
 */
#include <errno.h>

#include "log-journal-parts.h"
#include "util.h"

/* A few milliseconds, together. */
#define FAR_ENTRIES 512
#define FAR_USEC    (2ULL * 3600 * 1000000)
/* More are not kept on the way back, but read again. */
#define BACK_MAX 1024

void log_journal_forget(struct log_journal *j)
{
	while (j->n_back > 0)
		log_entry_done(&j->back[--j->n_back]);
}

/* Where it is now. */
static int read_entry(struct log_journal *j, uint64_t usec)
{
	const void *data;
	size_t len;
	int r;

	log_entry_begin(&j->entry, usec);
	sd_journal_restart_data(j->journal);
	while ((r = sd_journal_enumerate_available_data(j->journal, &data,
							&len)) > 0)
		log_entry_take(&j->entry, data, len);
	return r;
}

static bool is_wanted(struct log_journal *j)
{
	struct log_entry *entry = &j->entry;
	struct drop_event *ev;

	if (!log_entry_is_valid(entry)) {
		/* Without the field that it was found by it is damaged. */
		j->n_broken += !entry->has_type || entry->is_ours;
		return false;
	}
	if (!(OF_DROPS & 1U << entry->type) ||
	    filter_is_empty(j->options->filter))
		return true;
	return log_entry_get_event(entry, &ev) == 0 &&
	       filter_match(j->options->filter, ev);
}

/* Sets *@usec to the time of the next one there. 1; 0: there is none. */
static int step(struct log_journal *j, bool forward, uint64_t *usec)
{
	int r = forward ? sd_journal_next(j->journal)
			: sd_journal_previous(j->journal);

	if (r <= 0)
		return r;
	r = sd_journal_get_realtime_usec(j->journal, usec);
	return r < 0 ? r : 1;
}

static void begin_walk(struct log_journal *j)
{
	j->n_outside = 0;
	j->set_back = false;
}

/*
 * Is what comes at last, that way, on this side of an entry of @usec? Then a
 * clock was set back between them. Stays where it is. 1; 0.
 */
static int find_set_back(struct log_journal *j, bool forward, uint64_t usec)
{
	_cleanup_free_ char *here = NULL;
	uint64_t last = usec, same;
	int r = sd_journal_get_cursor(j->journal, &here);

	if (r >= 0)
		r = forward ? sd_journal_seek_tail(j->journal)
			    : sd_journal_seek_head(j->journal);
	if (r >= 0)
		r = step(j, !forward, &last);
	if (r >= 0)
		r = sd_journal_seek_cursor(j->journal, here);
	if (r >= 0)
		r = step(j, forward, &same);
	if (r < 0)
		return r;
	return forward ? last < usec : last > usec;
}

/*
 * Of an entry of @usec, which is past @limit on the way there. 1: it is far;
 * 0: to be passed.
 */
static int is_far(struct log_journal *j, bool forward, uint64_t usec,
		  uint64_t limit)
{
	uint64_t distance = usec > limit ? usec - limit : limit - usec;
	int r;

	if (++j->n_outside <= FAR_ENTRIES || distance <= FAR_USEC ||
	    j->set_back)
		return 0;
	r = find_set_back(j, forward, usec);
	j->set_back = r > 0;
	return r < 0 ? r : r == 0;
}

/*
 * To where it begins, or to behind its end: what there is beyond that, as far
 * as it is near.
 */
static int seek_limit(struct log_journal *j, bool forward, uint64_t limit)
{
	_cleanup_free_ char *found = NULL;
	uint64_t usec;
	int r = sd_journal_seek_realtime_usec(j->journal, limit);

	begin_walk(j);
	while (r >= 0 && (r = step(j, forward, &usec)) > 0) {
		if (forward ? usec >= limit : usec < limit) {
			r = is_far(j, forward, usec, limit);
			if (r != 0)
				break;
			continue;
		}
		j->n_outside = 0;
		if (usec < j->since || usec > j->until)
			continue;
		free(TAKE_PTR(found));
		r = sd_journal_get_cursor(j->journal, &found);
	}
	if (r < 0)
		return r;
	begin_walk(j);
	return found ? sd_journal_seek_cursor(j->journal, found)
		     : sd_journal_seek_realtime_usec(j->journal, limit);
}

static int seek_end(struct log_journal *j)
{
	return j->until == UINT64_MAX ? sd_journal_seek_tail(j->journal)
				      : seek_limit(j, true, j->until + 1);
}

/* Keeps the entry, and *@n is less if it is one of those that are counted. */
static int keep_wanted(struct log_journal *j, uint64_t *n)
{
	if (!is_wanted(j))
		return 0;
	if (!j->back)
		j->back = calloc(BACK_MAX, sizeof(j->back[0]));
	if (!j->back)
		return -ENOMEM;
	*n -= (OF_DROPS & 1U << j->entry.type) != 0;
	j->back[j->n_back++] = j->entry;
	j->entry = (struct log_entry){ 0 };
	return 0;
}

/*
 * Backwards, until @n are found or enough is kept. 1; 0: there is nothing
 * before that.
 */
static int read_back(struct log_journal *j, uint64_t *n)
{
	uint64_t usec;
	int r;

	while (*n > 0 && j->n_back < BACK_MAX) {
		r = step(j, false, &usec);
		if (r <= 0)
			return r;
		if (usec > j->until)
			continue;
		if (usec < j->since) {
			r = is_far(j, false, usec, j->since);
			if (r != 0)
				return MIN(r, 0);
			continue;
		}
		j->n_outside = 0;
		r = read_entry(j, usec);
		if (r == 0)
			r = keep_wanted(j, n);
		if (r < 0)
			return r;
	}
	return 1;
}

/* Goes on where they end; @newest is the last entry there was. */
static int seek_newest(struct log_journal *j, const char *newest)
{
	int r = sd_journal_seek_cursor(j->journal, newest);

	return r < 0 ? r : MIN(sd_journal_next(j->journal), 0);
}

/* From the end to the @n-th that is wanted: they are kept, or read again. */
static int seek_back(struct log_journal *j, uint64_t n)
{
	_cleanup_free_ char *newest = NULL;
	int r = seek_end(j);

	if (r >= 0)
		r = sd_journal_previous(j->journal);
	if (r == 0)
		return sd_journal_seek_head(j->journal);
	if (r > 0)
		r = sd_journal_get_cursor(j->journal, &newest);
	begin_walk(j);
	if (r >= 0)
		r = sd_journal_seek_cursor(j->journal, newest);
	if (r >= 0)
		r = read_back(j, &n);
	if (r < 0)
		return r;
	if (r == 0 || n == 0)
		return seek_newest(j, newest);
	while (n > 0 && (r = read_back(j, &n)) > 0)
		log_journal_forget(j);
	log_journal_forget(j);
	if (r < 0)
		return r;
	/* So that the next is the first of them. */
	r = sd_journal_previous(j->journal);
	return r == 0 ? sd_journal_seek_head(j->journal) : MIN(r, 0);
}

int log_journal_seek(struct log_journal *j, uint64_t n)
{
	int r;

	if (n > 0)
		r = seek_back(j, n);
	else if (j->since > 0)
		r = seek_limit(j, false, j->since);
	else
		r = sd_journal_seek_head(j->journal);
	begin_walk(j);
	return r;
}

int log_journal_next(struct log_journal *j, struct log_entry **ret)
{
	uint64_t usec;
	int r;

	if (j->n_back > 0) {
		log_entry_done(&j->entry);
		j->entry = j->back[--j->n_back];
		*ret = &j->entry;
		return 1;
	}
	for (;;) {
		r = step(j, true, &usec);
		if (r <= 0)
			return r;
		if (usec < j->since)
			continue;
		if (usec > j->until) {
			r = is_far(j, true, usec, j->until);
			if (r != 0)
				return MIN(r, 0);
			continue;
		}
		j->n_outside = 0;
		r = read_entry(j, usec);
		if (r < 0)
			return r;
		if (!is_wanted(j))
			continue;
		*ret = &j->entry;
		return 1;
	}
}
