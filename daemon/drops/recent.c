/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>

#include "codec.h"
#include "json-add.h"
#include "recent.h"
#include "util.h"

#define WINDOW_NS 100000000

static void recent_emit(struct sink *sink, const struct drop_event *ev,
			const struct packet_bytes *bytes)
{
	struct recent *recent = (struct recent *)sink;

	(void)bytes;
	if (ev->timestamp_ns - recent->window_ns >= WINDOW_NS) {
		recent->window_ns = ev->timestamp_ns;
		recent->n_window = 0;
	}
	if (recent->n_window++ >= RECENT_BURST)
		return;
	drop_event_done(&recent->events[recent->next]);
	/* Without memory an empty one is kept. */
	(void)drop_event_copy(&recent->events[recent->next], ev);
	recent->next = (recent->next + 1) % recent->max;
	recent->n_events = MIN(recent->n_events + 1, recent->max);
}

static void recent_lost(struct sink *sink, const struct losses *delta)
{
	(void)sink;
	(void)delta;
}

int recent_init(struct recent *recent, size_t max)
{
	static const struct sink_ops ops = { recent_emit, recent_lost };

	*recent = (struct recent){ .sink.ops = &ops, .max = max };
	recent->events = calloc(max, sizeof(*recent->events));
	if (!recent->events)
		return -ENOMEM;
	for (size_t i = 0; i < max; i++)
		drop_event_init(&recent->events[i]);
	return 0;
}

void recent_done(struct recent *recent)
{
	for (size_t i = 0; recent->events && i < recent->max; i++)
		drop_event_done(&recent->events[i]);
	free(recent->events);
}

struct json_object *recent_to_json(const struct recent *recent,
				   const struct filter *filter, size_t limit)
{
	struct json_object *root = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t room = JSON_ROOM;
	int r = 1;

	if (!json_add(root, "events", array)) {
		json_object_put(root);
		return NULL;
	}
	for (size_t i = 1; r > 0 && i <= recent->n_events &&
			   json_object_array_length(array) < limit;
	     i++) {
		const struct drop_event *ev =
			&recent->events[(recent->next + recent->max - i) %
					recent->max];

		if (!filter || filter_match(filter, ev))
			r = json_append(array, event_to_json(ev), &room);
	}
	if (r < 0) {
		json_object_put(root);
		return NULL;
	}
	return root;
}
