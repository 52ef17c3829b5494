/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the pipeline's events go. A sink copies what it wants to keep.
 */
#pragma once

#include "event.h"
#include "losses.h"

struct sink {
	const struct sink_ops {
		/*
		 * One drop, and the packet's bytes, or NULL where there are
		 * none. Both are valid during the call only.
		 */
		void (*emit)(struct sink *sink, const struct drop_event *ev,
			     const struct packet_bytes *bytes);
		/* Drops that were lost on the way here, since the last call. */
		void (*lost)(struct sink *sink, const struct losses *delta);
	} * ops;
	struct sink *next; /* the pipeline's */
};
