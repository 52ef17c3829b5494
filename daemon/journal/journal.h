/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the journal what was dropped: nfdrop-journal(7). Logs what is in the
 * way.
 *
 * What an interval's entries tell is noted in the counts, and these are written
 * to their file, before they are sent: after a kill -9 nothing is told twice. A
 * journal that does not read does not hold nfdropd up: entries wait, and the
 * next interval becomes longer.
 */
#pragma once

#include <sys/uio.h>

#include "dropmon.h"
#include "entry.h"
#include "interval.h"
#include "keeper.h"
#include "rulesets.h"

struct journal_config {
	uint64_t interval; /* microseconds between entries of a rule; 0: none */
	uint32_t max_entries; /* in an interval */
	uint32_t n_sources;   /* of the heaviest senders, in an entry */
	/*
	 * One for each packet, beside those, that this lets through; NULL:
	 * none. Borrowed.
	 */
	const struct filter *packets;
	uint32_t packets_max; /* of those, in a second */
};

struct journal {
	struct sink sink; /* for pipeline_add_sink(), when there are packets */
	struct journal_config config;
	struct aggregate *rules;
	struct keeper *keeper;
	const struct rulesets *rulesets;
	/* Of the journal: its socket's path, and sd_journal_sendv(3). */
	const char *path;
	int (*send)(const struct iovec *iov, int n);
	int fd; /* connected to it, to see whether it reads; -1: not yet */
	uint64_t begin_ns; /* CLOCK_MONOTONIC, of this interval; 0: not yet */
	/* The ruleset as it was told. */
	struct ruleset_diff told_changes;
	uint32_t told_generation;
	struct entry **pending; /* to be sent, in their order */
	size_t n_pending;
	size_t n_allocated;
	size_t n_monitor; /* of changes in this interval */
	/* What could not be sent, for the next interval. */
	struct interval_rest unsent;
	size_t n_second;    /* packets told in this second */
	uint64_t n_skipped; /* packets not told since the last one */
	bool failed;	    /* and it was said */
};

/*
 * Borrows all but @config. The counts are those that were kept, or none.
 */
void journal_init(struct journal *j, const struct journal_config *config,
		  struct aggregate *rules, struct keeper *keeper,
		  const struct rulesets *rulesets);
void journal_done(struct journal *j);

/* How many entries and how often; not to or from none. */
void journal_set_config(struct journal *j, const struct journal_config *config);

/* Each is nothing where no journal is wanted. @now_ns is CLOCK_MONOTONIC. */
void journal_start(struct journal *j, uint64_t now_ns);
/*
 * Whether an interval ends with the next tick or the one after: what entries
 * tell beside drops should be known by then.
 */
bool journal_is_near(const struct journal *j, uint64_t now_ns);
/* To be called every second. */
void journal_tick(struct journal *j, uint64_t now_ns);
/* The last interval, and the end; waits for the journal for some seconds. */
void journal_stop(struct journal *j, uint64_t now_ns);
/* Another program has to do with it; @message says what. */
void journal_tell_monitor(struct journal *j, enum dropmon_state state,
			  const char *message);
