/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the ruleset of a network namespace current: reads it, follows the
 * kernel's notifications (NFNLGRP_NFTABLES), and has the rules' texts listed.
 * Those of other namespaces than ours are read once, and not followed. One
 * epoll(7) descriptor stands for all of it.
 *
 * A change is applied as it is told. Texts come later: a listing is of all
 * rules of a chain at least, so listings take a tenth of one processor's time
 * at most, and a rule that is new meanwhile has no text yet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reader.h"
#include "rulesets.h"

enum ruleset_state {
	RULESET_READING, /* for the first time */
	RULESET_CURRENT,
	RULESET_BEHIND,	   /* being read again after changes that were missed */
	RULESET_TOO_LARGE, /* for the memory it may take: nothing is known */
	RULESET_UNAVAILABLE, /* see error; tried again after a while */
	_RULESET_STATE_MAX,
};

struct ruleset_status {
	enum ruleset_state state;
	int error;	     /* negative errno of the last reading */
	uint32_t generation; /* of what is known */
	uint32_t newest;     /* that the kernel told of */
	size_t tables, chains, rules;
	size_t texts;	      /* rules whose text is known */
	bool texts_too_large; /* some have none for want of memory */
	bool infers_not;      /* with what infer.h wants it is too large */
	bool listing_failed;  /* nft could not; tried again */
	bool reader_gone;     /* the process: nothing is read */
	uint64_t n_readings;  /* of everything */
	uint64_t n_changes;   /* transactions that were applied */
	uint64_t n_listings;
	/* Processor time of the last ones, not this process's. */
	uint32_t reading_msec, listing_msec;
	uint64_t cpu_usec; /* of all, about where one was ended */
	bool was_ended;	   /* the last listing, at its bound */
};

struct ruleset_watch;

struct ruleset_watch_config {
	struct reader *reader;
	struct rulesets *rulesets; /* where snapshots are published */
	/* What rules and their texts may take together, in bytes. */
	size_t memory;
	/* Of a namespace that is read once; 0: ours, which is followed. */
	uint32_t netns;
	uint64_t cookie;
	const char *netns_name; /* in "ip netns"; NULL: not known */
	uint32_t cpu_msec;	/* what each process that reads may take */
	bool infers;		/* keeps what infer.h wants */
};

/*
 * Borrows what @config has. A ruleset that cannot be read is no error here: see
 * the status.
 */
int ruleset_watch_new(struct ruleset_watch **ret,
		      const struct ruleset_watch_config *config);
void ruleset_watch_free(struct ruleset_watch *w); /* NULL allowed */

/* From the next ruleset or change on. */
void ruleset_watch_set_memory(struct ruleset_watch *w, size_t memory);

int ruleset_watch_get_fd(const struct ruleset_watch *w);
/* Does what waits, a bounded part of it. */
void ruleset_watch_dispatch(struct ruleset_watch *w);
/*
 * To be called every second or so: a reader that is gone may be back, which is
 * tried now and then. Returns whether it is.
 */
bool ruleset_watch_find_reader(struct ruleset_watch *w);
/* Was it read once, and listed, or could not be? */
bool ruleset_watch_is_done(const struct ruleset_watch *w);
void ruleset_watch_get_status(const struct ruleset_watch *w,
			      struct ruleset_status *ret);
/* The same without the number of texts, which is counted. */
const struct ruleset_status *
ruleset_watch_peek_status(const struct ruleset_watch *w);
