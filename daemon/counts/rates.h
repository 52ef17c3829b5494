/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a count grows: in the last interval, and averaged over one and
 * fifteen minutes, weighted exponentially as the kernel's load averages: what
 * is a minute old has 37% of its weight in the first, what is five minutes old
 * less than 1%. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * As load averages. The kernel counts by rule once a second, which a shorter
 * interval would see twice or not at all.
 */
#define RATES_INTERVAL_NS 5000000000ULL

/* A second. Zeros: nothing ever. */
struct rates {
	uint64_t before; /* the count at the end of the last interval */
	float last;
	float one;
	float fifteen;
};

/* What an interval's length does to the averages; see rates_decay(). */
struct rates_decay {
	float seconds;
	float one;
	float fifteen;
};

/* @ns is more than 0. */
struct rates_decay rates_decay(uint64_t ns);

/* An interval ended, at which the count is @count, never less than before. */
void rates_update(struct rates *rates, const struct rates_decay *decay,
		  uint64_t count);

/*
 * The same where the count is known now and then only: @now a second is what it
 * grew by over a longer time.
 */
void rates_update_at(struct rates *rates, const struct rates_decay *decay,
		     uint64_t count, float now);

/* What @count is at the start is no growth. */
void rates_start(struct rates *rates, uint64_t count);
