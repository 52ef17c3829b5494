/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "held.h"
#include "util.h"

void held_init(struct held *held)
{
	*held = (struct held){ 0 };
}

static void drop_done(struct held_drop *drop)
{
	drop_event_done(&drop->event);
	free((void *)(uintptr_t)drop->bytes.data);
}

void held_done(struct held *held)
{
	for (size_t i = 0; i < held->n_drops; i++)
		drop_done(&held->drops[i]);
	free(held->drops);
	held_init(held);
}

/* Without bytes data is NULL; false without memory. */
static bool copy_packet(struct packet_bytes *ret,
			const struct packet_bytes *bytes)
{
	void *data;

	*ret = (struct packet_bytes){ 0 };
	if (!bytes || !bytes->data)
		return true;
	data = malloc(MAX(bytes->len, 1UL));
	if (!data)
		return false;
	memcpy(data, bytes->data, bytes->len);
	*ret = *bytes;
	ret->data = data;
	return true;
}

bool held_add(struct held *held, const struct drop_event *ev,
	      const struct packet_bytes *bytes)
{
	struct held_drop *drop;

	if (!held->drops)
		held->drops = calloc(HELD_MAX, sizeof(*held->drops));
	if (!held->drops || held->n_drops == HELD_MAX)
		return false;
	drop = &held->drops[held->n_drops];
	if (drop_event_copy(&drop->event, ev) < 0)
		return false;
	if (!copy_packet(&drop->bytes, bytes)) {
		drop_event_done(&drop->event);
		return false;
	}
	held->n_drops++;
	return true;
}

void held_release(struct held *held, uint64_t now_ns,
		  bool (*done)(void *data, struct drop_event *ev,
			       const struct packet_bytes *bytes, bool over),
		  void *data)
{
	size_t kept = 0;

	for (size_t i = 0; i < held->n_drops; i++) {
		struct held_drop *drop = &held->drops[i];
		/* Also when the clock was set back. */
		bool over = now_ns - drop->event.timestamp_ns >= HELD_NS;

		if (done(data, &drop->event,
			 drop->bytes.data ? &drop->bytes : NULL, over) ||
		    over)
			drop_done(drop);
		else
			held->drops[kept++] = *drop;
	}
	held->n_drops = kept;
}
