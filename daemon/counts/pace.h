/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a count grows between two looks at it, however long that is. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Nearer looks are one: the kernel counts once a second. */
#define PACE_MIN_NS 900000000ULL
/* What was counted before is forgotten: it says nothing of now. */
#define PACE_MAX_NS 3700000000000ULL

/* Zeros: nothing was there at the last look. */
struct pace {
	uint64_t packets; /* at the last look */
	uint64_t bytes;
	uint64_t last_ns; /* when the last one of them was; CLOCK_REALTIME */
	float rate;	  /* packets a second */
	float byte_rate;
};

/* What is counted at a look. */
struct pace_counts {
	uint64_t packets;
	uint64_t bytes;
	uint64_t last_ns;
	/*
	 * Counts come in reports of a second or so, and last_ns is that of the
	 * last: rates are over their times, and none is no news until one is
	 * due.
	 */
	bool reported;
};

/* Another look, @seconds after the last one; @real_ns is CLOCK_REALTIME. */
void pace_update(struct pace *pace, const struct pace_counts *now,
		 double seconds, uint64_t real_ns);

/* The first look at what was counted before: no growth is known. */
void pace_start(struct pace *pace, const struct pace_counts *now, float rate);
