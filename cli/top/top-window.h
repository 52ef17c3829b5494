/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the rules that top knows of: those on the screen and a few around
 * it, which nfdropd has sorted, filtered and searched. Pure.
 *
 * Other groupings are known as a whole, and so are rules while nothing moves,
 * or where more of them are wanted than a reply has.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "top-order.h"
#include "top-table.h"

/* Bytes of a search or filter. */
#define TOP_INPUT_MAX 128
/* Above and below the screen, so that the next steps need no answer. */
#define TOP_WINDOW_MARGIN 8
/* Rules in a reply, as nfdropd has it. */
#define TOP_WINDOW_MAX 1000

struct top_model;

/* What is wanted besides rows: of these the last. */
enum top_want {
	TOP_WANT_NOTHING,
	TOP_WANT_RANK,	 /* the row at m->cursor is to be the selected one */
	TOP_WANT_SEARCH, /* the row that the search finds */
};

struct top_window {
	bool on; /* whether rules are looked at so */
	/* What the last answer has: the rows [first, first + n) of n_all. */
	struct top_row **rows;
	size_t first;
	size_t n;
	size_t n_all;
	uint64_t total_packets; /* of everything */
	bool answered;
	/* An answer on its way, in parts. */
	struct top_row **coming;
	size_t coming_first;
	size_t n_coming;
	/* As it was asked for. */
	struct top_order order;
	char filter[TOP_INPUT_MAX];
	/* A new one has another number. */
	enum top_want want;
	int step; /* of a search */
	uint64_t want_serial;
	uint64_t asked_serial;
	/* Nothing has moved since the last answer, whatever it has. */
	bool settled;
	bool failed; /* nothing was found, which nobody has been told */
};

void top_window_done(struct top_window *w);

/* Whether the model's rules are looked at so, now. */
bool top_window_is_on(const struct top_model *m);
/* Whether there is something to ask for, of an arranged model. */
bool top_window_is_wanted(const struct top_model *m);

/* The parameters of GetRules, of the part from @part on; 0: the first. */
void top_window_ask(struct top_model *m, uint64_t part, char *buf, size_t size);
/* A reply; @part as above. True: and *@next is another part. */
bool top_window_take(struct top_model *m, struct json_object *reply,
		     uint64_t part, uint64_t *next);

/* The row at @rank, or NULL when it is not known. */
struct top_row *top_window_at(const struct top_model *m, size_t rank);

/* What top_model_arrange() does. */
int top_window_arrange(struct top_model *m, size_t height);

/* From now on that is wanted. */
void top_window_want(struct top_model *m, enum top_want want, int step);
