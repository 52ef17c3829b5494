/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of top: how a row is shown and in which order. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term.h"
#include "top-key.h"
#include "top-table.h"

enum top_column {
	TOP_COLUMN_RATE,
	TOP_COLUMN_RATE_1MIN,
	TOP_COLUMN_RATE_15MIN,
	TOP_COLUMN_PACKETS,
	TOP_COLUMN_COUNTER,
	TOP_COLUMN_BYTE_RATE,
	TOP_COLUMN_BYTES,
	TOP_COLUMN_SHARE,
	TOP_COLUMN_TREND,
	TOP_COLUMN_FIRST,
	TOP_COLUMN_LAST,
	TOP_COLUMN_REASON,
	TOP_COLUMN_HOOK,
	TOP_COLUMN_NAME,
	_TOP_COLUMN_MAX,
};

/* Room for the longest cell: names and a rule, escaped. */
#define TOP_CELL_MAX 8192

/* What a cell depends on besides its row. */
struct top_cell_context {
	const struct term *term;
	uint64_t real_ns;
	uint64_t total_packets; /* of all rows, for shares */
};

struct top_column_info {
	const char *title;
	const char *word;  /* for --sort= */
	const char *order; /* nfdropd's for it; NULL: the same */
	const char *help;  /* a line */
	char key;	   /* sorts by it; 0: none */
	int width;	   /* negative: to the right; 0: what is left */
	unsigned int
		from_width; /* columns of a terminal that has room for it */
	bool rules_only;
	bool counters_only; /* where some row has one */
	bool sortable;
	enum style style;
	/* Leaves @buf empty for what is unknown. Nothing harmful is in it. */
	void (*format)(const struct top_cell_context *context,
		       const struct top_row *row, char *buf, size_t size);
	int (*compare)(const struct top_row *a, const struct top_row *b);
};

/* Never NULL for a column. */
const struct top_column_info *top_column_info(enum top_column column);

/* The word, NULL past the last; and back, for a word that there is. */
const char *top_column_to_string(enum top_column column);
enum top_column top_column_from_string(const char *word);

/*
 * The word of nfdrop-protocol(7), LOOK, for the same order. @now: there is a
 * look before, which growth is since.
 */
const char *top_column_order(enum top_column column, bool now);

/*
 * Whether it is shown for @t, the rows of @by, in a terminal of @width columns;
 * 0: of any width.
 */
bool top_column_is_shown(enum top_column column, const struct top_table *t,
			 enum top_by by, unsigned int width);

/*
 * Which row is first: by the column, large numbers and early letters first;
 * then by packets; then, as nfdropd does it, by a rule's place and handle; then
 * by key: so that no two are the same. @invert turns all of it round. Of shown
 * counts only.
 */
int top_column_compare(enum top_column column, bool invert,
		       const struct top_row *a, const struct top_row *b);
