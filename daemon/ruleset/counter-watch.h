/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the counters of rules and policies in the initial network namespace read,
 * every while and when somebody wants to know; where the ruleset has none that
 * counts drops, never. One epoll(7) descriptor stands for all of it.
 *
 * A reading is of all rules, since the kernel has no other: it is another
 * process's work, and takes a tenth of one processor's time at most.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate.h"
#include "reader.h"
#include "rulesets.h"

struct counter_watch_config {
	struct reader *reader;
	const struct rulesets *rulesets;
	struct aggregate *rules;
	const bool
		*kernel_counts; /* drops, by rule: what grows is not counted */
	uint64_t interval;	/* microseconds */
};

struct counter_status {
	size_t n_counters;   /* of the ruleset's rules and policies */
	size_t n_moved;	     /* of them, at the last reading */
	uint64_t read_ns;    /* CLOCK_REALTIME, of the last; 0: none */
	uint64_t n_readings; /* that came to their end */
	int error;	     /* of the last one; negative errno */
	bool is_reading;     /* now, or next */
	uint64_t interval;
	uint32_t cpu_msec; /* of the last one, not this process's */
	uint64_t cpu_usec; /* of all */
};

struct counter_watch;

/* Borrows what @config has. */
int counter_watch_new(struct counter_watch **ret,
		      const struct counter_watch_config *config);
void counter_watch_free(struct counter_watch *w); /* NULL allowed */
void counter_watch_set_interval(struct counter_watch *w, uint64_t interval);

int counter_watch_get_fd(const struct counter_watch *w);
void counter_watch_dispatch(struct counter_watch *w);
/*
 * To be called every second or so. @n_several is inferrer->n_several: where
 * that grows, what counters say is of use.
 */
void counter_watch_tick(struct counter_watch *w, uint64_t n_several);
/*
 * Somebody asks: what was read a second ago or more is read again, unless it
 * takes so long that it has to wait.
 */
void counter_watch_want(struct counter_watch *w);
void counter_watch_get_status(const struct counter_watch *w,
			      struct counter_status *ret);
