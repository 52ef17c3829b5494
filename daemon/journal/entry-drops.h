/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's entries about drops and losses. Pure. */
#pragma once

#include "entry.h"
#include "interval.h"

/* Of the heaviest senders in an entry. */
#define ENTRY_SOURCES_MAX HEAVIEST_CAPACITY

/*
 * What @rule dropped in an interval of @usec that was not told yet, with the
 * last packet seen and @n_sources of the heaviest senders at most. Each fills
 * @ret, which is to be given to entry_done().
 */
void entry_of_rule(struct entry *ret, const struct aggregate_rule *rule,
		   uint32_t n_sources, uint64_t usec);
/* @max is how many entries there can be. */
void entry_of_rest(struct entry *ret, const struct interval_rest *rest,
		   size_t max, uint64_t usec);
/* @lost are those since the last such entry. */
void entry_of_losses(struct entry *ret, const struct losses *lost,
		     uint64_t usec);
/* Of one packet. @n_skipped were not told since the last one. */
void entry_of_packet(struct entry *ret, const struct drop_event *ev,
		     uint64_t n_skipped);
