/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table: groupings, titles, rows. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top-text.h"
#include "top-view.h"
#include "util.h"

static void draw_groupings(struct top_view *view, unsigned int y)
{
	unsigned int x = 0;

	for (int i = 0; i < _TOP_BY_MAX; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%d %s", i + 1,
			 top_by_to_title((enum top_by)i));
		if (view->model->by == (enum top_by)i)
			x = top_screen_put(view->screen, y, x, sizeof(text),
					   TOP_LOOK_TITLE, STYLE_NONE, text);
		else
			x = top_screen_put(view->screen, y, x, sizeof(text),
					   TOP_LOOK_PLAIN, STYLE_DIM, text);
		x++;
	}
}

/* The column that is sorted by has a mark, down or up. */
static void format_title(const struct top_view *view, enum top_by by,
			 enum top_column column, char *buf, size_t size)
{
	const struct top_order *order = &view->model->order;
	const char *title = top_column_info(column)->title, *mark = "";
	char name[32];

	if (column == TOP_COLUMN_NAME && by != TOP_BY_RULE) {
		title = top_by_to_title(by);
		for (size_t i = 0; i <= strlen(title); i++)
			name[i] = (char)toupper((unsigned char)title[i]);
		title = name;
	}
	if (order->column == column && view->screen->term.utf8)
		mark = order->invert ? "▲" : "▼";
	else if (order->column == column)
		mark = order->invert ? "^" : "v";
	snprintf(buf, size, "%s%s", title, mark);
}

static void draw_cell(struct top_view *view, unsigned int y, unsigned int x,
		      const struct top_column_info *info, enum top_look look,
		      enum style style, const char *text)
{
	unsigned int width = (unsigned int)abs(info->width);

	if (info->width == 0)
		width = view->screen->width - MIN(x, view->screen->width);
	if (info->width < 0)
		top_screen_put_right(view->screen, y, x, width, look, style,
				     text);
	else
		top_screen_put(view->screen, y, x, width, look, style, text);
}

void top_view_draw_row(struct top_view *view, unsigned int y, enum top_by by,
		       const struct top_row *row, bool selected)
{
	struct top_cell_context context = {
		.term = &view->screen->term,
		.real_ns = view->model->real_ns,
		.total_packets = view->model->total_packets,
	};
	enum top_look look = !row	? TOP_LOOK_TITLE
			     : selected ? TOP_LOOK_SELECTED
					: TOP_LOOK_PLAIN;
	unsigned int x = 0;

	if (look != TOP_LOOK_PLAIN)
		top_screen_line(view->screen, y, look);
	for (int i = 0; i < _TOP_COLUMN_MAX; i++) {
		enum top_column column = (enum top_column)i;
		const struct top_column_info *info = top_column_info(column);
		char cell[TOP_CELL_MAX] = "";

		if (!top_column_is_shown(column, &view->model->tables[by], by,
					 view->screen->width))
			continue;
		if (row)
			info->format(&context, row, cell, sizeof(cell));
		else
			format_title(view, by, column, cell, sizeof(cell));
		/* The mark of a full title has the space beside it. */
		draw_cell(view, y, x, info, look,
			  row ? info->style : STYLE_BOLD, cell[0] ? cell : "-");
		x += (unsigned int)abs(info->width) + 1;
	}
}

/* Why there is nothing. */
static const char *explain_empty(const struct top_view *view)
{
	const struct top_model *m = view->model;

	if (m->ticked_ns == 0)
		return "Waiting for nfdropd...";
	if (m->filter[0])
		return "The filter lets nothing through; Esc ends it.";
	if (m->by == TOP_BY_RULE && m->uncounted[0])
		return "Nothing is counted by rule. Press 2 to see reasons.";
	if (m->by == TOP_BY_RULE)
		return "No rule or policy dropped a packet.";
	return "No packet was dropped.";
}

static void draw_other(struct top_view *view, unsigned int y)
{
	const struct top_table *t = &view->model->tables[view->model->by];
	char count[TOP_NUMBER_MAX], text[128];

	if (t->other.packets == 0)
		return;
	snprintf(text, sizeof(text), "and %s packets in rows that are not here",
		 top_format_count(t->other.packets, count));
	top_screen_put(view->screen, y, 0, sizeof(text), TOP_LOOK_PLAIN,
		       STYLE_DIM, text);
}

int top_view_draw_table(struct top_view *view)
{
	struct top_model *m = view->model;
	unsigned int page = top_view_page(view), y = TOP_VIEW_HEAD;
	int r;

	r = top_model_arrange(m, page);
	if (r < 0)
		return r;
	draw_groupings(view, y++);
	top_view_draw_row(view, y++, m->by, NULL, false);
	if (m->n_rows == 0)
		top_screen_put(view->screen, y, 0, view->screen->width,
			       TOP_LOOK_PLAIN, STYLE_DIM, explain_empty(view));
	for (size_t i = m->from; i < m->to; i++)
		top_view_draw_row(view, y++, m->by, m->rows[i], i == m->cursor);
	if (m->to == m->n_rows && m->to - m->from < page && m->n_rows > 0)
		draw_other(view, y);
	return 0;
}
