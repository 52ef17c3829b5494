/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "clock.h"
#include "ruleset-text.h"
#include "ruleset-watch-parts.h"
#include "xt-compat.h"

void watch_stop_saving(struct ruleset_watch *w)
{
	answer_done(&w->saving);
	ruleset_unref(w->saved);
	w->saved = NULL;
}

bool watch_start_saving(struct ruleset_watch *w)
{
	struct ruleset *rs = w->config.rulesets->current;
	struct reader_request request = { .what = READER_XT_NFT };

	if (w->saved != rs) {
		if (!w->may_save)
			return false;
		w->may_save = false;
		watch_stop_saving(w);
		w->saved = ruleset_ref(rs);
		w->save_next = 0;
	}
	for (; w->save_next < rs->n_tables; w->save_next++) {
		const struct table *table = rs->tables[w->save_next];

		if (!xt_compat_wants(table))
			continue;
		/* As a listing, not before others are paid for. */
		w->list_at = w->listing_paid_at;
		if (now_usec() < w->list_at)
			return true;
		request.family = table->family;
		copy_string(request.table, sizeof(request.table), table->name,
			    SIZE_MAX);
		if (watch_ask(w, &w->saving, &request) >= 0) {
			w->save_next++;
			return true;
		}
	}
	w->save_again = false;
	return false;
}

/* Gives the table of @of, in the snapshot of that generation, its texts. */
static int apply_saving(struct ruleset_watch *w, const struct table *of,
			uint32_t generation)
{
	struct ruleset *rs = watch_find_asked(w, w->saved, generation);
	struct table *table =
		rs ? ruleset_find_table(rs, of->family, of->name, of->handle)
		   : NULL;
	struct ruleset_texts texts;
	struct xt_save save;
	size_t taken;
	int r;

	if (!table)
		return -ESTALE;
	r = xt_save_parse(&save, table->family, table->name, w->saving.data,
			  w->saving.len);
	if (r < 0)
		return r;
	ruleset_text_count(rs, &texts);
	taken = ruleset_count_bytes(rs) + texts.bytes;
	xt_compat_apply(table, &save,
			w->config.memory - MIN(taken, w->config.memory));
	xt_save_done(&save);
	return 0;
}

/*
 * What does not come, nft lists. What is of a generation that is not known is
 * asked for again, after nft has listed what has no text yet.
 */
static void finish_saving(struct ruleset_watch *w, int r)
{
	struct table *table = w->saved->tables[w->save_next - 1];
	struct reader_end end = { 0 };

	if (r == 0)
		r = answer_take_end(&w->saving, &end);
	if (r == 0)
		r = end.interrupted ? -ESTALE
				    : apply_saving(w, table, end.generation);
	answer_done(&w->saving);
	w->listing_paid_at = MAX(w->listing_paid_at, now_usec()) +
			     end.cpu_msec * MSEC * LISTING_SHARE;
	w->list_at = now_usec() + SETTLE_USEC;
	if (r == -ESTALE) {
		watch_stop_saving(w);
		/* Where nobody tells of changes, a listing finds them. */
		w->save_again = w->nl;
	} else if (r < 0) {
		xt_compat_apply(table, NULL, 0);
	}
}

void watch_read_saving(struct ruleset_watch *w)
{
	int r = -EAGAIN;

	for (size_t n = 0; r == -EAGAIN && n < TURN / RECEIVE_SIZE; n++)
		r = answer_read(&w->saving, w->config.memory);
	if (r != 0 && r != -EAGAIN)
		finish_saving(w, r < 0 ? r : 0);
}
