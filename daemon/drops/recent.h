/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last drops, for who asks about one that he just saw. Pure.
 *
 * A flood would push all else out: of the drops in a tenth of a second the
 * first RECENT_BURST are kept.
 */
#pragma once

#include <json-c/json_types.h>

#include "filter.h"
#include "sink.h"

#define RECENT_BURST 128

struct recent {
	struct sink sink;	   /* for pipeline_add_sink() */
	struct drop_event *events; /* a ring */
	size_t max;
	size_t n_events;
	size_t next;
	uint64_t window_ns; /* when the tenth of a second began */
	size_t n_window;
};

/* Keeps @max of them. -ENOMEM. */
int recent_init(struct recent *recent, size_t max);
void recent_done(struct recent *recent);

/*
 * A new object, whose "events" are those that @filter (NULL: all) lets through,
 * the newest first, at most @limit. NULL without memory.
 */
struct json_object *recent_to_json(const struct recent *recent,
				   const struct filter *filter, size_t limit);
