/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's entries added up, as nfdropd adds up what it counts: by rule,
 * or by any keys of a rule. Rules of more than one machine are told apart. No
 * sd-journal here.
 */
#pragma once

#include "log-entry.h"
#include "stat-key.h"

#define LOG_SUM_LOST 4 /* LOG_LOST_QUEUE and on */

struct log_host {
	char *id;
	char *name; /* as in its last entry */
	bool lost[LOG_SUM_LOST];
};

struct log_sum {
	/*
	 * NULL: by all that makes a rule, as GetRules has them. What was the
	 * same rule, by its place and text, before a reload or in an earlier
	 * boot is the same rule. A network namespace is known by its name, and
	 * where an entry has none, by that of its number in that boot.
	 */
	const enum stat_key *by;
	size_t n_by;
	struct json_object *index; /* rows by their key's text */
	struct json_object *rows;  /* an array of Rule, or of Stat */
	struct json_object *names; /* of network namespaces, by number */
	struct log_host *hosts;	   /* owned */
	size_t n_hosts;
	size_t host;	/* of the last entry */
	bool has_hosts; /* rows say of which they are */
	bool kernel;	/* some were counted by the kernel */
	uint64_t total_packets, total_bytes;
	uint64_t events_packets, events_bytes; /* counted from events */
	uint64_t rest_packets, rest_bytes;
	uint64_t lost[LOG_SUM_LOST]; /* UINT64_MAX: that, or more */
	uint64_t first_usec; /* of the first entry's interval; 0: none */
	uint64_t last_usec;  /* of the last one */
	uint64_t n_broken;   /* entries that could not be added */
	uint64_t n_damaged;  /* files that are left out: set by who reads */
};

/* -ENOMEM. @by is borrowed; each has FILTER_OF_RULE. */
int log_sum_init(struct log_sum *sum, const enum stat_key *by, size_t n_by);
void log_sum_done(struct log_sum *sum);

/*
 * Adds a valid entry: drops to their row, a rest and losses to what has none,
 * others to nothing. -ENOMEM.
 */
int log_sum_add(struct log_sum *sum, const struct log_entry *entry);

/*
 * Completes the rows, and returns what GetRules or GetStats would reply, a new
 * object. All are microseconds since 1970. @since 0: since the first entry's
 * interval began; @until 0, or later than @now: until now. What was found has
 * no part in when it ends. NULL without memory.
 */
struct json_object *log_sum_to_json(struct log_sum *sum, uint64_t since,
				    uint64_t until, uint64_t now);
