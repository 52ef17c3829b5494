/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops that wait for a moment, until it is known which rule it was; see
 * xt-tables.h. In the order in which they came. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

#define HELD_MAX 1024
/* So long after the drop they are told without their rule. */
#define HELD_NS 3000000000ULL

struct held_drop {
	struct drop_event event;
	struct packet_bytes bytes; /* data NULL: there are none; owned */
};

struct held {
	struct held_drop *drops; /* HELD_MAX of them; NULL: none yet */
	size_t n_drops;
};

void held_init(struct held *held);
void held_done(struct held *held);

/* Keeps copies, also of @bytes unless NULL; false without room or memory. */
bool held_add(struct held *held, const struct drop_event *ev,
	      const struct packet_bytes *bytes);

/*
 * Gives each to @done, which returns false to let it wait on; NULL where there
 * are no bytes. @over: it has waited long enough, and waits no more. @now_ns is
 * CLOCK_REALTIME.
 */
void held_release(struct held *held, uint64_t now_ns,
		  bool (*done)(void *data, struct drop_event *ev,
			       const struct packet_bytes *bytes, bool over),
		  void *data);
