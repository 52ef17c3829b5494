/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What top knows and how it is looked at, apart from any terminal. Pure: no
 * terminal, no clock, no socket; what comes from nfdropd and the times are
 * arguments.
 *
 * Answers and drops come in at any time, and top_model_tick() makes them what
 * is shown. Between ticks only the way of looking changes: grouping, order,
 * filter, selection. Paused, nothing is ticked, so all that is shown stands
 * still, and nothing is lost meanwhile.
 *
 * The selection is a key: it stays on its row wherever that moves. Until the
 * first move it is whichever row is the first.
 *
 * Of rules, where window.on is set, only those on the screen are known, and a
 * few around it; see top-window.h. A way of looking that needs others then
 * waits for nfdropd, and what was seen before stays until it answers. Paused,
 * all of them are asked for once, and shown as of then.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "top-history.h"
#include "top-key.h"
#include "top-order.h"
#include "top-table.h"
#include "top-window.h"

/* As many as nfdropd knows, and some. */
#define TOP_RULES_MAX 20000
/* Of each other grouping: as many as a reply of GetStats has at most. */
#define TOP_ROWS_MAX 1000
/* Bytes of a sentence, and of a version. */
#define TOP_SENTENCE_MAX 768
#define TOP_VERSION_MAX	 80

/* The loss ledger, in the order of the table in top-model.c. */
enum top_loss {
	TOP_LOSS_KERNEL_QUEUE,
	TOP_LOSS_SOCKET,
	TOP_LOSS_OTHER,
	TOP_LOSS_RULE_PACKETS,
	TOP_LOSS_RULE_MESSAGES,
	TOP_LOSS_SESSIONS,
	TOP_LOSS_HERE, /* what this nfdrop did not read in time */
	_TOP_LOSS_MAX,
};

const char *top_loss_to_string(enum top_loss loss);

/* What the header shows. Strings are as they came. */
struct top_head {
	char version[TOP_VERSION_MAX];
	char kernel[TOP_VERSION_MAX];
	char state[16];
	char message[TOP_SENTENCE_MAX];
	uint64_t started_ns; /* CLOCK_REALTIME */
	uint64_t drops;	     /* seen, and lost on the way to nfdropd */
	uint64_t losses[_TOP_LOSS_MAX];
	uint64_t lost_since[_TOP_LOSS_MAX]; /* of them in the last tick */
	double rate;			    /* of drops; below 0: unknown */
};

struct top_model {
	struct top_table tables[_TOP_BY_MAX];
	struct top_history history;
	struct top_head latest;
	struct top_head head; /* as of the last tick */
	bool has_status;
	uint64_t status_ns; /* when the latest came */
	uint64_t head_ns;   /* when the shown one came; 0: it is no base */
	uint64_t ticked_ns; /* the last tick; 0: none */
	uint64_t real_ns;

	/* nfdropd is away, since when, and why; "" when it is there. */
	char away[TOP_SENTENCE_MAX];
	uint64_t away_real_ns;
	/* Nothing is counted by rule, and why; "" when it is. */
	char uncounted[TOP_SENTENCE_MAX];
	/* The last whole listing of each grouping, and the one shown. */
	uint64_t listed_round[_TOP_BY_MAX];
	uint64_t ticked_round[_TOP_BY_MAX];
	bool sampled[_TOP_BY_MAX]; /* counted from events, not by the kernel */

	/* The way of looking. */
	enum top_by by;
	struct top_order order;
	bool paused;
	bool frozen; /* since it was paused all rules have come */
	char filter[TOP_INPUT_MAX];
	char search[TOP_INPUT_MAX];
	char *selected; /* a key; NULL: the first row */
	size_t selected_len;
	/* Of a rule, as nfdropd numbers them; while that is known. */
	uint64_t selected_number;
	bool has_number;
	struct top_window window;

	/*
	 * Made by top_model_arrange(): the rows that the filter lets through;
	 * [from, to) of them are in order, which begin at @top, the first row
	 * of the screen.
	 */
	struct top_row **rows;
	size_t n_rows;
	size_t n_allocated;
	size_t from;
	size_t to;
	size_t top;
	size_t height; /* of the last time */
	size_t cursor; /* the selected row's place; 0 when there is none */
	uint64_t total_packets; /* of all rows of the grouping, and other */
};

void top_model_init(struct top_model *m, uint64_t seed);
void top_model_done(struct top_model *m);

/* A reply of GetStatus; @now_ns is of a clock that does not jump. */
void top_model_take_status(struct top_model *m, struct json_object *status,
			   uint64_t now_ns);
/*
 * A listing by rule: begin, each page of GetRules, end; @first is what the page
 * was asked for with. A page of which nothing is understood adds nothing.
 */
void top_model_begin_rules(struct top_model *m);
void top_model_take_rules(struct top_model *m, struct json_object *page,
			  uint64_t first);
void top_model_end_rules(struct top_model *m);
/* What every reply of GetRules tells besides rules. */
void top_model_take_totals(struct top_model *m, struct json_object *reply);
/* A reply of GetStats that was asked for with top_by_to_stats(@by). */
void top_model_take_stats(struct top_model *m, enum top_by by,
			  struct json_object *reply);
/* Drops that were not told to this client. */
void top_model_take_lost(struct top_model *m, uint64_t n);

/* nfdropd is away (a sentence), or there (NULL). */
void top_model_set_away(struct top_model *m, const char *why, uint64_t real_ns);

/* What has come is shown from now on, unless paused. */
void top_model_tick(struct top_model *m, uint64_t now_ns, uint64_t real_ns);

/*
 * Whether what a key does next depends on an answer: keys wait for it. False
 * while nfdropd is away.
 */
bool top_model_awaits(const struct top_model *m);
void top_model_set_paused(struct top_model *m, bool paused);

void top_model_set_by(struct top_model *m, enum top_by by);
void top_model_set_filter(struct top_model *m, const char *text);
void top_model_set_search(struct top_model *m, const char *text);
/* The next column that is shown in @width, in this direction (1, -1). */
void top_model_move_order(struct top_model *m, int direction,
			  unsigned int width);

/*
 * Prepares @height rows, around the selection if @top would hide it; before
 * each look at m->rows, and before the functions below. -ENOMEM leaves none.
 */
int top_model_arrange(struct top_model *m, size_t height);

/*
 * The selected row of an arranged model; NULL when there is none, or it has not
 * come yet.
 */
struct top_row *top_model_selected(struct top_model *m);
/* Moves the selection by @delta rows, as far as there are any. */
void top_model_move(struct top_model *m, long delta);
/* To the first one, whichever that is; to the last row. */
void top_model_select_first(struct top_model *m);
void top_model_select_last(struct top_model *m);
/*
 * To the next row behind (or before: -1) the selected one that the search
 * finds, and round the end; 0: the selected one may stay. False: none is. True
 * also where nfdropd is to find it, and then window.failed says what it found.
 */
bool top_model_search(struct top_model *m, int direction);

/* Whether @row has @text in one of its texts, in upper or lower case. */
bool top_row_matches(const struct top_row *row, const char *text);

/* The parts that top-window.c is made of. @row NULL: as it was. */
void top_model_select(struct top_model *m, const struct top_row *row);
bool top_model_is_selected(const struct top_model *m,
			   const struct top_row *row);
/* So that the cursor is seen, and the screen is full when it can be. */
void top_model_scroll(struct top_model *m, size_t height);
/* Room for @n of m->rows. -ENOMEM. */
int top_model_reserve(struct top_model *m, size_t n);
