/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts that are another rule's, as it turned out later. Pure. */
#pragma once

#include "aggregate.h"

struct aggregate_moved {
	struct aggregate_counts counts;
	uint64_t first_ns;
	uint64_t last_ns;
};

/*
 * Takes @moved, of events of the flow of @ev, from what @from has, and adds it
 * to @to: both are of @a and count events. Totals stay as they are, as does
 * what the journal was told of both together. What has grown since the last
 * interval of rates has grown for @to. The heaviest senders of @from stay.
 */
void aggregate_move(struct aggregate *a, struct aggregate_rule *from,
		    struct aggregate_rule *to, const struct drop_event *ev,
		    const struct aggregate_moved *moved);
