/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reading of the rules' counters, as the process that reads for nfdropd
 * writes it (rule-counter.h), and what it is for the rules. Pure.
 *
 * Where the kernel does not count drops itself, what a counter grows by is
 * counted for its rule as aggregate_add_counter() has it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate.h"
#include "ruleset.h"

struct counters_reading {
	/* As it was known when the reading began; what else there is is not. */
	const struct ruleset *rs;
	struct drop_netns netns; /* whose rules they are */
	uint64_t now_ns;	 /* CLOCK_REALTIME */
	bool same;	/* it was that from before the reading to its end */
	double seconds; /* since the last one; 0: not known */
	struct aggregate *rules; /* where growth is counted; NULL: nowhere */
	/* How many there were of the rules in @rs, and grew. */
	size_t n_read;
	size_t n_moved;
	/* Of a name that others use, too, or nobody: their rules' they are not.
	 */
	size_t n_shared;
	bool is_early; /* more is known when all is read again */
};

/* Takes all of it; -EBADMSG at what is no reading. */
int counters_take(struct counters_reading *reading, const char *data,
		  size_t len);
