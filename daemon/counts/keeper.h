/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the counts by rule over a restart of nfdropd: read at its start,
 * written every while and at its end. Logs what is in the way.
 */
#pragma once

#include <stdbool.h>

#include "counts-file.h"
#include "pipeline.h"
#include "state.h"

struct keeper {
	struct state state;
	struct aggregate *rules;
	const struct pipeline *pipeline;
	uint8_t boot[COUNTS_BOOT_SIZE];
	uint64_t interval_ns;
	uint64_t next_ns;     /* CLOCK_MONOTONIC */
	struct losses before; /* of those who counted before us */
	/* What was written last. */
	struct aggregate_counts written;
	struct losses written_losses;
	int error;	      /* of the last time, which was said; 0: none */
	bool told; /* the journal was told of something since */
};

/*
 * Begins to count, at @now_ns (CLOCK_REALTIME), or goes on with what is in the
 * folder @path (NULL: nothing is kept). Borrows @rules, which is empty, and
 * @pipeline. An error is logged, and a reason not to start: the folder cannot
 * be used, or another nfdropd uses it. A file that cannot be used is none.
 */
int keeper_init(struct keeper *k, const char *path, uint64_t interval_usec,
		uint64_t now_ns, struct aggregate *rules,
		const struct pipeline *pipeline);
void keeper_done(struct keeper *k);

/* The next time is no later than that from now on. */
void keeper_set_interval(struct keeper *k, uint64_t interval_usec);
/* To be called every second or so, with CLOCK_MONOTONIC. */
void keeper_tick(struct keeper *k, uint64_t now_ns);
/* Writes what is there. */
void keeper_flush(struct keeper *k);

/* All losses since counting began. */
struct losses keeper_losses(const struct keeper *k);
