/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of one grouping: what was counted for each key, and how fast it
 * grows. Pure.
 *
 * Counts arrive at any time, as absolute ones or one by one; top_table_tick()
 * makes them the shown ones and computes the rates, so that what is shown is
 * of one moment, and stands still while nobody ticks. Past the capacity counts
 * go to "other".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rates of the last ticks, for a sparkline in the row. */
#define TOP_TREND 16

/* What a row says of itself, as it came: hostile, any length. NULL: unknown. */
enum top_text {
	TOP_TEXT_NAME,
	TOP_TEXT_REASON,
	TOP_TEXT_HOOK,
	TOP_TEXT_RULE, /* as nft prints it */
	_TOP_TEXT_MAX,
};

struct top_counts {
	uint64_t packets;
	uint64_t bytes;
};

struct top_measures {
	uint64_t packets;
	uint64_t bytes;
	uint64_t first_ns; /* CLOCK_REALTIME; 0: unknown */
	uint64_t last_ns;
	/* As nfdropd says, of an interval, one and 15 minutes; below 0: unknown
	 */
	float told[3];
	float told_bytes; /* of the first, bytes; below 0: unknown */
	bool lower_bound; /* there may have been more packets */
	bool has_counter; /* of its own, in the kernel: */
	uint64_t counter; /* packets, as nft has them */
};

struct top_row {
	char *key; /* unique in its table; no text */
	size_t key_len;
	uint64_t hash;
	char *text[_TOP_TEXT_MAX];
	/*
	 * Of a rule: the part of the key that a drop tells too, the part of
	 * that which is its chain, its handle, its number among the rules.
	 */
	size_t match_len;
	size_t place_len;
	uint64_t number;
	uint64_t handle;
	struct top_measures latest;
	struct top_measures shown; /* as of the last tick */
	bool is_beside;		   /* of packets that others count: in no sum */
	bool ticked;		   /* is shown at all */
	bool early;		   /* since the last tick */
	bool has_rate;
	double rate;		/* packets a second */
	double byte_rate;	/* bytes a second */
	float trend[TOP_TREND]; /* newest first; below 0: unknown */
	uint64_t round;		/* when it was last seen in a full listing */
	struct top_row *next;	/* with the same bucket */
};

struct top_table {
	struct top_row **rows; /* in no order */
	size_t n_rows;
	size_t n_allocated;
	struct top_row **buckets;
	size_t n_buckets; /* a power of 2 */
	size_t capacity;
	uint64_t seed;
	/*
	 * Counts come in reports of a second, and last_ns is that of the last:
	 * then that is what rates are taken over.
	 */
	bool reported;
	bool has_counters; /* some row had one */
	uint64_t round;
	uint64_t ticked_ns; /* the last tick, by both clocks; 0: none yet */
	uint64_t ticked_real_ns;
	struct top_counts other; /* past the capacity, or without memory */
};

/* @seed is for the hash, so that nobody can make keys that collide. */
void top_table_init(struct top_table *t, size_t capacity, uint64_t seed);
/* Zeros are allowed. Rows are gone with it. */
void top_table_done(struct top_table *t);

struct top_row *top_table_find(const struct top_table *t, const char *key,
			       size_t len);
/*
 * What @row counts now, in a listing that was begun: what is told twice is
 * added up.
 */
void top_row_set_counts(struct top_row *row, uint64_t round,
			const struct top_counts *counts);

/*
 * The row of @key, made when it is new; NULL when there is no room, and then
 * the caller adds to t->other.
 */
struct top_row *top_table_get(struct top_table *t, const char *key, size_t len);

/* Copies @text, NULL for unknown; out of memory leaves what was. */
void top_row_set_text(struct top_row *row, enum top_text which,
		      const char *text);

/*
 * A full listing: begin, then set row->round = t->round for each row in it,
 * then end, which removes all others.
 */
void top_table_begin(struct top_table *t);
void top_table_end(struct top_table *t);

/*
 * Rows that are not shown yet are, with the rates that nfdropd tells; all else
 * stands still.
 */
void top_table_show_new(struct top_table *t);

/*
 * The latest counts become the shown ones. @now_ns is of a clock that does not
 * jump, @real_ns CLOCK_REALTIME. The first tick knows no rates. A row that is
 * new since the last one has grown from 0, unless its first drop was before
 * that: its rate is the one that nfdropd tells. A count that is smaller than
 * before began anew in between.
 */
void top_table_tick(struct top_table *t, uint64_t now_ns, uint64_t real_ns);
