/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which flows were dropped, by which rule: what was seen as events.
 *
 * Two sketches, of the initial network namespace and of all others, so that
 * whoever makes namespaces pushes nobody else's flows out. A flow that is
 * pushed out by another takes its packets to "other": those of the flows that
 * are there and other are the total, exactly. Pure.
 */
#pragma once

#include "heaviest.h"
#include "rates.h"

/* Of each of the two, and if not told otherwise. */
#define FLOWS_MAX   SKETCH_CAPACITY_MAX
#define FLOWS_USUAL 8192

struct aggregate_rule;

struct flow_counts {
	uint64_t packets;
	uint64_t bytes;
};

/* What tells two flows apart. Compared byte by byte: no padding, all set. */
struct flow_key {
	const struct aggregate_rule *rule;
	uint64_t unit; /* the name's hash; 0: none */
	struct heaviest_addr source;
	struct heaviest_addr destination;
	uint32_t in;
	uint32_t out; /* device numbers */
	uint32_t uid;
	uint16_t dport; /* host order */
	uint16_t has;	/* enum packet_has: ADDRS, PORTS, PROTOCOL */
	uint8_t network;
	uint8_t protocol;
	uint8_t has_uid;
	uint8_t zero[5];
	char in_name[IFNAMSIZ];
	char out_name[IFNAMSIZ];
};

/* Since it was there last; it may have been there before. */
struct flow {
	struct flow_counts counts;
	uint64_t first_ns; /* CLOCK_REALTIME */
	uint64_t last_ns;
	struct rates rates;
	char *unit; /* owned; NULL: none */
};

struct flow_table {
	struct sketch sketch; /* keys are struct flow_key */
	struct flow *flows;   /* by the sketch's number */
};

struct flows {
	struct flow_table tables[2]; /* made when first used */
	uint64_t seed;
	uint32_t max;		  /* of each */
	struct flow_counts total; /* every event */
	struct flow_counts other; /* of it, in no flow any more */
};

void flows_init(struct flows *f, uint64_t seed);
void flows_done(struct flows *f);
/* Before the first one. */
void flows_set_max(struct flows *f, uint32_t max);

/*
 * Adds the event @ev that @rule dropped, which must outlive @f. NULL, for one
 * that there was no room for, and without memory: it goes to other.
 */
void flows_add(struct flows *f, const struct aggregate_rule *rule,
	       const struct drop_event *ev, bool foreign);

/*
 * Of the flow of @ev so much was not dropped by @from, but by @to, since
 * @first_ns. Nothing happens if so much of it is not there any more.
 */
void flows_move(struct flows *f, const struct aggregate_rule *from,
		const struct aggregate_rule *to, const struct drop_event *ev,
		const struct flow_counts *counts, uint64_t first_ns);

/* An interval ended; see rates_update(). */
void flows_tick(struct flows *f, const struct rates_decay *decay);

/* The flow with number @i, or NULL past the last; and its key. */
const struct flow *flows_at(const struct flows *f, size_t i,
			    const struct flow_key **key);
