/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row of top looked at more closely: its drops by other keys, and the last
 * of them. Pure.
 *
 * What nfdropd tells of a grouping goes before what is counted here, from the
 * drops that came in since the detail was opened.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>

#include "event.h"
#include "flow.h"
#include "top-chain.h"
#include "top-key.h"
#include "top-table.h"

#define TOP_PACKETS_MAX	    64
#define TOP_DETAIL_ROWS_MAX 1024

/* A drop, as text that is not escaped yet but for @flow. */
struct top_packet {
	uint64_t timestamp_ns;
	uint32_t length;
	char flow[FLOW_MAX];
	char devices[2 * IFNAMSIZ + 2];
	char reason[DROP_REASON_MAX];
};

struct top_detail {
	bool open;
	bool paused;
	uint64_t serial; /* another one each time it is opened or closed */
	enum top_by by;
	char *key;
	size_t key_len;
	size_t match_len;	/* of the key, what a drop tells */
	uint64_t number;	/* of a rule, as of its row */
	char *rule;		/* its text, as a drop told it; NULL: unknown */
	struct top_chain chain; /* of a rule of nf_tables */
	uint64_t seen;		/* drops of it since it was opened */
	/* Of a rule, that of rules is its chain. */
	struct top_table tables[_TOP_BY_MAX];
	bool told[_TOP_BY_MAX]; /* by nfdropd */
	/* Of a rule's chain those with handles of this span are known. */
	uint64_t first_handle;
	uint64_t last_handle;
	/* A ring; the last is at (first + n - 1) % TOP_PACKETS_MAX. */
	struct top_packet packets[TOP_PACKETS_MAX];
	size_t first;
	size_t n_packets;
};

void top_detail_init(struct top_detail *d);
/* Zeros are allowed. */
void top_detail_done(struct top_detail *d);

/* From now on of @row in the grouping @by. -ENOMEM leaves it as it is. */
int top_detail_open(struct top_detail *d, enum top_by by,
		    const struct top_row *row, uint64_t seed);
void top_detail_close(struct top_detail *d);

/* The groupings that it shows, in this order; _TOP_BY_MAX past the last. */
enum top_by top_detail_list(const struct top_detail *d, size_t i);

/* A drop of any kind; true: it was one of the row's. */
bool top_detail_take_drop(struct top_detail *d, const struct drop_event *ev);

/*
 * A reply of GetRules with a look at the chain of the detail's rule.
 */
void top_detail_take_neighbours(struct top_detail *d,
				struct json_object *reply);

/*
 * A page of GetRules with heaviest: those of the detail's rule, if it is there.
 * A reply of GetStats, asked for with top_by_to_stats(@by).
 */
void top_detail_take_heaviest(struct top_detail *d, struct json_object *page);
void top_detail_take_stats(struct top_detail *d, enum top_by by,
			   struct json_object *reply);
/* A reply of GetEvents: those of before it was opened, the newest first. */
void top_detail_take_recent(struct top_detail *d, struct json_object *reply);
void top_detail_tick(struct top_detail *d, uint64_t now_ns, uint64_t real_ns);

/* The @i-th last drop, 0 the last; NULL when there are not so many. */
const struct top_packet *top_detail_packet(const struct top_detail *d,
					   size_t i);
