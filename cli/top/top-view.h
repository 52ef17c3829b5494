/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What top draws: a head of the state, the rate and the losses; below it the
 * table, a row's detail or the help; a line of keys at the bottom.
 */
#pragma once

#include "top-detail.h"
#include "top-model.h"
#include "top-screen.h"

enum top_mode { TOP_MODE_TABLE, TOP_MODE_DETAIL, TOP_MODE_HELP };

struct top_view {
	struct top_screen *screen;
	struct top_model *model;
	struct top_detail *detail;
	enum top_mode mode;
	bool utc;
	uint64_t delay_ns;
	/* What is being typed, "Search: " say; NULL: nothing is. */
	const char *prompt;
	const char *input;
	const char *message;   /* instead of the keys, for once; or "" */
	unsigned int help_top; /* the first line of the help that is seen */
};

/* All of it; -ENOMEM. */
int top_view_draw(struct top_view *view);

/* Rows of a page of the table. */
unsigned int top_view_page(const struct top_view *view);

/* The lines above and below what a mode shows. */
#define TOP_VIEW_HEAD 4
#define TOP_VIEW_FOOT 1

/* What fills the lines [TOP_VIEW_HEAD, height - TOP_VIEW_FOOT). */
int top_view_draw_table(struct top_view *view);
int top_view_draw_detail(struct top_view *view);
int top_view_draw_help(struct top_view *view);

/* A row's cells, or titles where @row is NULL, from column @x on. */
void top_view_draw_row(struct top_view *view, unsigned int y, enum top_by by,
		       const struct top_row *row, bool selected);
