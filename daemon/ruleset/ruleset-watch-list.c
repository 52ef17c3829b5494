/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "clock.h"
#include "ruleset-text.h"
#include "ruleset-watch-parts.h"

/* What one may take, and half a millisecond for each rule. */
#define LISTING_MSEC 2000

struct ruleset *watch_find_asked(struct ruleset_watch *w, struct ruleset *asked,
				 uint32_t generation)
{
	const struct rulesets *s = w->config.rulesets;

	/* It may be of a change that waits in the socket. */
	if (w->nl)
		watch_read_changes(w);
	if (ruleset_is_of(asked, generation))
		return asked;
	if (ruleset_is_of(s->current, generation))
		return s->current;
	for (size_t i = 0; i < s->n_old; i++)
		if (ruleset_is_of(s->old[i], generation))
			return s->old[i];
	return NULL;
}

static void listing_failed(struct ruleset_watch *w)
{
	w->status.listing_failed = true;
	w->has_tried = false;
	w->list_at = MAX(w->listing_paid_at, now_usec() + AGAIN_USEC);
}

void watch_start_listing(struct ruleset_watch *w)
{
	struct reader_request request = { .what = READER_TEXT };
	struct ruleset *rs = w->config.rulesets->current;
	struct ruleset_texts texts;
	uint64_t expected;

	ruleset_text_count(rs, &texts);
	/* Then none is due. */
	if (texts.missing == 0)
		w->may_save = true;
	if (watch_start_saving(w))
		return;
	w->listing_rules = texts.missing > 0 ? rs->n_rules : 0;
	/* Of the only chain, a listing takes as long as one of everything. */
	if (texts.chain && !w->list_all && w->status.chains > 1) {
		w->listing_rules = texts.chain->n_rules;
		request.family = texts.table->family;
		copy_string(request.table, sizeof(request.table),
			    texts.table->name, SIZE_MAX);
		copy_string(request.chain, sizeof(request.chain),
			    texts.chain->name, SIZE_MAX);
	}
	/*
	 * Not before those that were are paid for; but one of few rules need
	 * not wait for what all of them took.
	 */
	expected = w->listing_rules * w->rule_nsec / 1000;
	w->list_at = MIN(w->listing_paid_at,
			 w->listing_ended + expected * LISTING_SHARE);
	if (now_usec() < w->list_at)
		return;
	w->tried = rs->generation;
	w->has_tried = true;
	if (texts.missing == 0)
		return;
	w->list_all = false;
	/* While rules change, nft begins anew and anew. */
	request.cpu_msec = LISTING_MSEC + (uint32_t)(rs->n_rules / 2);
	w->listing_chain = request.chain[0] != '\0';
	if (watch_ask(w, &w->listing, &request) < 0) {
		listing_failed(w);
		return;
	}
	w->listed = ruleset_ref(rs);
	w->status.n_listings++;
}

/* The ruleset has changed meanwhile. */
static void list_again(struct ruleset_watch *w)
{
	if (watch_may_retry(w))
		w->has_tried = false;
}

static void apply_texts(struct ruleset_watch *w, const struct reader_end *end)
{
	struct ruleset *rs = watch_find_asked(w, w->listed, end->generation);
	struct ruleset_texts texts;
	size_t room, rules;

	if (!rs) {
		list_again(w);
		/* Nobody tells of its changes. */
		if (!w->nl && !w->has_tried)
			watch_retry(w);
		return;
	}
	ruleset_text_count(w->config.rulesets->current, &texts);
	rules = ruleset_count_bytes(w->config.rulesets->current) + texts.bytes;
	room = w->config.memory > rules ? w->config.memory - rules : 0;
	room -= ruleset_text_apply(rs, w->listing.data, w->listing.len,
				   end->table_handle, room);
	ruleset_text_count(w->config.rulesets->current, &texts);
	w->status.texts_too_large = texts.missing > 0 && room < RULE_TEXT_MAX;
}

static void pay_listing(struct ruleset_watch *w, const struct reader_end *end)
{
	uint64_t cost = watch_cost(w, end, w->listing.asked);
	uint64_t now = now_usec();

	w->status.listing_msec = (uint32_t)(cost / MSEC);
	if (w->listing_rules > 0)
		w->rule_nsec = cost * 1000 / w->listing_rules;
	w->listing_ended = now;
	w->listing_paid_at =
		MAX(w->listing_paid_at, now) + cost * LISTING_SHARE;
	w->list_at = now + SETTLE_USEC;
}

void watch_end_listing(struct ruleset_watch *w, int error)
{
	struct reader_end end = { 0 };

	if (error == 0)
		error = answer_take_end(&w->listing, &end);
	pay_listing(w, &end);
	if (error == 0) {
		apply_texts(w, &end);
		w->status.listing_failed = false;
	} else if (error == -EFBIG) {
		w->status.texts_too_large = true;
	} else if (error == -EAGAIN) {
		list_again(w);
	} else if (w->config.cpu_msec > 0 && error == -EPIPE) {
		/* At the bound that it was given, where it would end again. */
		w->status.was_ended = true;
		listing_failed(w);
	} else if (w->listing_chain) {
		/* It is gone, or nft cannot be asked for it. */
		w->list_all = true;
		w->has_tried = false;
	} else if (w->listed->generation !=
		   w->config.rulesets->current->generation) {
		list_again(w);
	} else {
		listing_failed(w);
	}
	answer_done(&w->listing);
	w->may_save = w->save_again = true;
	ruleset_unref(w->listed);
	w->listed = NULL;
}

void watch_read_listing(struct ruleset_watch *w)
{
	int r = -EAGAIN;

	for (size_t n = 0; r == -EAGAIN && n < TURN / RECEIVE_SIZE; n++)
		r = answer_read(&w->listing, w->config.memory);
	if (r != 0 && r != -EAGAIN)
		watch_end_listing(w, r < 0 ? r : 0);
}
