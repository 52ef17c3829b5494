/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the watch is made of, for its own files: ruleset-watch.c, its life and
 * the kernel's notifications; ruleset-watch-read.c, reading all of a ruleset,
 * and publishing it; ruleset-watch-list.c, rules' texts, as nft lists them;
 * ruleset-watch-save.c, those of iptables-nft.
 */
#pragma once

#include "ruleset-changes.h"
#include "ruleset-watch.h"
#include "waiter.h"

/* Changes come in crowds. */
#define SETTLE_USEC (50 * MSEC)
/* Listings take this part of the time at most. */
#define LISTING_SHARE 10
/* What failed is not tried again before, and then when something changed. */
#define AGAIN_USEC   (5 * SEC)
#define RECEIVE_SIZE 65536
/* Bytes taken from one source before the others have their turn. */
#define TURN (1 << 20)

struct ruleset_watch {
	struct ruleset_watch_config config;
	struct mnl_socket *nl; /* NULL: changes are not followed */
	struct ruleset_changes changes;
	struct waiter waiter;
	struct answer reading;
	struct ruleset *new; /* being read */
	struct answer listing;
	struct ruleset *listed; /* the snapshot when the listing began */
	bool listing_chain;	/* and not everything */
	size_t listing_rules;
	uint64_t rule_nsec; /* what the last listing took for each rule */
	/* CLOCK_MONOTONIC, microseconds. */
	uint64_t listing_ended;
	uint64_t listing_paid_at; /* those before have had their share then */
	bool list_all;		  /* a chain's listing failed */
	/* Tables of iptables-nft, before the listing. */
	struct answer saving;
	struct ruleset *saved; /* the snapshot when that began */
	size_t save_next;      /* in its tables, the next one to look at */
	bool may_save;	       /* a listing has had its turn, or none is due */
	bool save_again;       /* some may have nft's texts for now */
	bool must_read;
	uint64_t read_at, list_at; /* CLOCK_MONOTONIC, not before that */
	uint64_t failed_at;
	uint64_t find_reader_at; /* the same, when it is gone */
	uint64_t reader_wait;	 /* between these; longer each time */
	uint64_t reader_at;	 /* the same, connected to one; 0: to none */
	uint64_t retry_usec;
	unsigned int n_retries; /* where changes are not followed */
	uint32_t tried;		/* generation whose texts were asked for last */
	bool has_tried;
	struct ruleset_status status;
};

/* Asks the reader; the answer is read as it comes. 0, or a negative errno. */
int watch_ask(struct ruleset_watch *w, struct answer *a,
	      struct reader_request *request);
/*
 * What an answer took, in microseconds: whoever was ended does not say, so all
 * the time since.
 */
uint64_t watch_cost(struct ruleset_watch *w, const struct reader_end *end,
		    uint64_t since);
/* Takes what the kernel told of changes, a bounded part of it. */
void watch_read_changes(struct ruleset_watch *w);

/* What is known is not the ruleset any more: read it all, not at once. */
void watch_must_read(struct ruleset_watch *w, enum ruleset_state state,
		     uint64_t delay);
/* Whether there is any use in it: others wait for their turn. */
bool watch_may_retry(struct ruleset_watch *w);
void watch_retry(struct ruleset_watch *w);
void watch_apply_changes(struct ruleset_watch *w);
void watch_start_reading(struct ruleset_watch *w);
void watch_stop_reading(struct ruleset_watch *w);
void watch_read_ruleset(struct ruleset_watch *w);
/* It is tried again after a while. */
void watch_fail_reading(struct ruleset_watch *w, int error);

/*
 * The snapshot of @generation, which may be @asked, that of when the texts were
 * asked for; or NULL. A rule that was replaced has the handle of the one
 * before, so a text is of one generation's rules.
 */
struct ruleset *watch_find_asked(struct ruleset_watch *w, struct ruleset *asked,
				 uint32_t generation);
void watch_start_listing(struct ruleset_watch *w);
void watch_read_listing(struct ruleset_watch *w);
/* 0: at its end; else it is tried again after a while. */
void watch_end_listing(struct ruleset_watch *w, int error);

/* False: nothing is left to be asked for of this snapshot. */
bool watch_start_saving(struct ruleset_watch *w);
void watch_stop_saving(struct ruleset_watch *w);
void watch_read_saving(struct ruleset_watch *w);
