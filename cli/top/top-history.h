/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much happened in each second of the last quarter of an hour, for a
 * sparkline. Pure: time is an argument, in nanoseconds of one clock that does
 * not jump.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TOP_HISTORY_SECONDS 900

struct top_history {
	struct {
		uint64_t second; /* 0: nothing yet */
		double n;
	} slots[TOP_HISTORY_SECONDS];
};

/*
 * @n happened, evenly, from @from_ns until @to_ns; nothing is done where that
 * is no time. What is older than the history is forgotten.
 */
void top_history_add(struct top_history *h, uint64_t from_ns, uint64_t to_ns,
		     double n);

/*
 * The means per second of @n_cells spans of @seconds each, the last of which
 * ends with the last whole second before @now_ns. -1 is unknown.
 */
void top_history_get(const struct top_history *h, uint64_t now_ns,
		     unsigned int seconds, double *cells, size_t n_cells);
