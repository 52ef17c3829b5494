/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row looked at: its neighbours in the chain, who sent, the last packets. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top-place.h"
#include "top-text.h"
#include "top-view.h"
#include "util.h"

#define LINE_SIZE   1024
#define LIST_WIDTH  40
#define TITLE_LINES 4

/* A part of the screen. */
struct area {
	unsigned int y;
	unsigned int x;
	unsigned int width;
	unsigned int height;
};

static void put_heading(struct top_view *view, const struct area *area,
			const char *text)
{
	top_screen_put(view->screen, area->y, area->x, area->width,
		       TOP_LOOK_PLAIN, STYLE_BOLD, text);
}

static void put_escaped(struct top_view *view, unsigned int y, unsigned int x,
			unsigned int width, enum style style, const char *text)
{
	char shown[TOP_CELL_MAX];

	top_screen_put(view->screen, y, x, width, TOP_LOOK_PLAIN, style,
		       term_escape(&view->screen->term, text, shown,
				   sizeof(shown)));
}

/* The row's numbers, in one line. */
static void draw_numbers(struct top_view *view, unsigned int y,
			 const struct top_row *row)
{
	struct top_cell_context context = {
		.term = &view->screen->term,
		.real_ns = view->model->real_ns,
		.total_packets = view->model->total_packets,
	};
	static const struct {
		enum top_column column;
		const char *text;
	} parts[] = {
		{ TOP_COLUMN_RATE, "/s  " },
		{ TOP_COLUMN_PACKETS, " packets  " },
		{ TOP_COLUMN_BYTES, " bytes  " },
		{ TOP_COLUMN_FIRST, " ago first  " },
		{ TOP_COLUMN_LAST, " ago last  " },
		{ TOP_COLUMN_TREND, "" },
	};
	unsigned int x = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const struct top_column_info *info =
			top_column_info(parts[i].column);
		char cell[TOP_CELL_MAX] = "";

		info->format(&context, row, cell, sizeof(cell));
		if (!cell[0])
			continue;
		x = top_screen_put(view->screen, y, x, view->screen->width,
				   TOP_LOOK_PLAIN, info->style, cell);
		x = top_screen_put(view->screen, y, x, view->screen->width,
				   TOP_LOOK_PLAIN, STYLE_NONE, parts[i].text);
	}
}

static void draw_title(struct top_view *view, unsigned int y,
		       const struct top_row *row)
{
	const char *name = row ? row->text[TOP_TEXT_NAME] : NULL;
	char text[TOP_CELL_MAX], shown[TOP_CELL_MAX];

	snprintf(text, sizeof(text), "%s  %s",
		 top_by_to_title(view->detail->by),
		 name ? term_escape(&view->screen->term, name, shown,
				    sizeof(shown))
		      : "that is not there any more");
	top_screen_line(view->screen, y, TOP_LOOK_TITLE);
	top_screen_put(view->screen, y, 0, view->screen->width, TOP_LOOK_TITLE,
		       STYLE_BOLD, text);
	if (!row)
		return;
	if (row->text[TOP_TEXT_RULE] || view->detail->rule)
		put_escaped(view, y + 1, 0, view->screen->width, STYLE_BOLD,
			    row->text[TOP_TEXT_RULE] ? row->text[TOP_TEXT_RULE]
						     : view->detail->rule);
	if (row->text[TOP_TEXT_REASON] || row->text[TOP_TEXT_HOOK]) {
		const char *reason = row->text[TOP_TEXT_REASON];
		const char *hook = row->text[TOP_TEXT_HOOK];

		snprintf(text, sizeof(text), "reason %s%s%s",
			 reason ? reason : "-", hook ? "  hook " : "",
			 hook ? hook : "");
		put_escaped(view, y + 2, 0, view->screen->width, STYLE_NONE,
			    text);
	}
	draw_numbers(view, y + 3, row);
}

/* A row of a list: rate, packets, and what it is. */
static void draw_item(struct top_view *view, const struct area *area,
		      unsigned int y, const struct top_row *row, bool mark)
{
	struct top_cell_context context = { .term = &view->screen->term };
	char rate[TOP_NUMBER_MAX] = "-", count[TOP_NUMBER_MAX];
	char text[64], name[TOP_CELL_MAX] = "";
	unsigned int x, end = area->x + area->width;

	if (row->has_rate)
		top_format_rate(row->rate, rate);
	snprintf(text, sizeof(text), "%s%6s/s %10s  ", mark ? ">" : " ", rate,
		 row->ticked ? top_format_count(row->shown.packets, count)
			     : "-");
	x = top_screen_put(view->screen, y, area->x, area->width,
			   TOP_LOOK_PLAIN, mark ? STYLE_BOLD : STYLE_NONE,
			   text);
	top_column_info(TOP_COLUMN_NAME)
		->format(&context, row, name, sizeof(name));
	top_screen_put(view->screen, y, x, end - MIN(end, x), TOP_LOOK_PLAIN,
		       mark ? STYLE_BOLD : STYLE_NONE, name);
}

/* The heaviest of a grouping. */
static int draw_list(struct top_view *view, const struct area *area,
		     enum top_by by)
{
	static const struct top_order order = { .column = TOP_COLUMN_PACKETS };
	const struct top_table *t = &view->detail->tables[by];
	size_t n = MIN(t->n_rows, area->height - 1);
	_cleanup_free_ struct top_row **rows = NULL;

	put_heading(view, area, top_by_to_title(by));
	if (t->n_rows == 0)
		return 0;
	rows = reallocarray(NULL, t->n_rows, sizeof(struct top_row *));
	if (!rows)
		return -ENOMEM;
	memcpy(rows, t->rows, t->n_rows * sizeof(struct top_row *));
	top_order_window(&order, rows, t->n_rows, 0, n);
	for (size_t i = 0; i < n; i++)
		draw_item(view, area, area->y + 1 + (unsigned int)i, rows[i],
			  false);
	return 0;
}

static int compare_handles(const void *a, const void *b)
{
	const struct top_row *x = *(struct top_row *const *)a;
	const struct top_row *y = *(struct top_row *const *)b;

	if (x->handle != y->handle)
		return x->handle < y->handle ? -1 : 1;
	return strcmp(x->key, y->key);
}

static bool is_neighbour(const struct top_row *a, const struct top_row *b)
{
	return a->ticked && a->place_len == b->place_len &&
	       memcmp(a->key, b->key, b->place_len) == 0;
}

/* What @handle dropped, of all of its rows; unknown past those that are told.
 */
static void add_up(const struct top_view *view, struct top_row *const *rows,
		   size_t n, uint64_t handle, struct top_row *ret)
{
	const struct top_detail *d = view->detail;
	bool known = view->model->frozen ||
		     (handle >= d->first_handle && handle <= d->last_handle);

	*ret = (struct top_row){ .has_rate = known, .ticked = known };
	for (size_t i = 0; i < n; i++) {
		if (rows[i]->handle != handle)
			continue;
		ret->shown.packets += rows[i]->shown.packets;
		ret->rate += rows[i]->rate;
	}
}

/* The part of @n lines, of which @here is to be seen, that @room is for. */
static size_t window(size_t n, size_t here, size_t room)
{
	size_t from = here - MIN(here, room / 2);

	return MIN(from, n - MIN(n, room));
}

/* The rules around it, with what each of them dropped. */
static void draw_ruleset(struct top_view *view, const struct area *area,
			 const struct top_row *row, struct top_row *const *rows,
			 size_t n)
{
	const struct top_chain *chain = &view->detail->chain;
	size_t here = 0, room = area->height - 1, from;

	while (here < chain->n_rules && row &&
	       chain->rules[here].handle != row->handle)
		here++;
	from = window(chain->n_rules, here, room);
	for (size_t i = from; i < MIN(from + room, chain->n_rules); i++) {
		const struct top_chain_rule *rule = &chain->rules[i];
		struct top_row sum;

		add_up(view, rows, n, rule->handle, &sum);
		sum.text[TOP_TEXT_NAME] = rule->text;
		draw_item(view, area, area->y + 1 + (unsigned int)(i - from),
			  &sum, i == here);
	}
}

/* All of its chain that dropped, in the order of handles, around @row. */
static void draw_neighbours(struct top_view *view, const struct area *area,
			    const struct top_row *row,
			    struct top_row *const *rows, size_t n)
{
	size_t here = 0, room = area->height - 1, from;

	while (here < n && rows[here] != row)
		here++;
	from = window(n, here, room);
	for (size_t i = from; i < MIN(from + room, n); i++)
		draw_item(view, area, area->y + 1 + (unsigned int)(i - from),
			  rows[i], rows[i] == row);
}

static const struct top_row *find_row(const struct top_detail *d,
				      const struct top_table *t)
{
	return top_table_find(t, d->key, d->key_len);
}

static int draw_chain(struct top_view *view, const struct area *area)
{
	/* All rules are there, or those of the chain are. */
	const struct top_table *t =
		view->model->frozen ? &view->model->tables[TOP_BY_RULE]
				    : &view->detail->tables[TOP_BY_RULE];
	const struct top_row *row = find_row(view->detail, t);
	_cleanup_free_ struct top_row **rows = NULL;
	size_t n = 0;

	rows = reallocarray(NULL, MAX(t->n_rows, 1), sizeof(struct top_row *));
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; row && i < t->n_rows; i++)
		if (is_neighbour(t->rows[i], row))
			rows[n++] = t->rows[i];
	qsort(rows, n, sizeof(struct top_row *), compare_handles);
	put_heading(view, area,
		    view->detail->chain.gone	    ? "In its chain, as it was"
		    : row && top_row_has_chain(row) ? "In its chain"
						    : "Elsewhere");
	if (view->detail->chain.n_rules > 0)
		draw_ruleset(view, area, row, rows, n);
	else
		draw_neighbours(view, area, row, rows, n);
	return 0;
}

static void format_time(const struct top_view *view, uint64_t ns, char *buf,
			size_t size)
{
	time_t second = (time_t)(ns / 1000000000);
	char clock[16] = "";
	struct tm tm;

	if (view->utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(buf, size, "%s.%03" PRIu64, clock, ns / 1000000 % 1000);
}

static void draw_packets(struct top_view *view, const struct area *area)
{
	const struct top_packet *packet;
	char text[LINE_SIZE];

	snprintf(text, sizeof(text), "Last packets (%" PRIu64 " new)",
		 view->detail->seen);
	put_heading(view, area, text);
	for (size_t i = 0; i + 1 < area->height; i++) {
		char clock[32];

		packet = top_detail_packet(view->detail, i);
		if (!packet)
			break;
		format_time(view, packet->timestamp_ns, clock, sizeof(clock));
		snprintf(text, sizeof(text), " %s  %-8s %s  %" PRIu32 "%s%s",
			 clock, packet->devices, packet->flow, packet->length,
			 view->detail->by != TOP_BY_REASON ? "  " : "",
			 view->detail->by != TOP_BY_REASON ? packet->reason
							   : "");
		put_escaped(view, area->y + 1 + (unsigned int)i, area->x,
			    area->width, STYLE_NONE, text);
	}
}

/*
 * As many lists as fit beside each other; of a rule, its chain is the first.
 * What nfdropd tells and what is counted here do not stand side by side.
 */
static int draw_lists(struct top_view *view, const struct area *area)
{
	const struct top_detail *d = view->detail;
	unsigned int n = MAX(area->width / LIST_WIDTH, 1), done = 0;
	bool told = d->told[TOP_BY_SOURCE] || d->told[TOP_BY_PORT];
	enum top_by by;

	for (size_t i = 0; (by = top_detail_list(d, i)) != _TOP_BY_MAX; i++) {
		struct area list = *area;
		int r;

		if (by == TOP_BY_RULE || d->told[by] != told || done == n)
			continue;
		list.width = area->width / n - 1;
		list.x = area->x + done++ * (area->width / n);
		r = draw_list(view, &list, by);
		if (r < 0)
			return r;
	}
	return 0;
}

int top_view_draw_detail(struct top_view *view)
{
	struct top_detail *d = view->detail;
	const struct top_row *row;
	struct area area = { .width = view->screen->width };
	unsigned int left;
	int r;

	/* For shares, and so that the table is as it was afterwards. */
	r = top_model_arrange(view->model, top_view_page(view));
	if (r < 0)
		return r;
	row = find_row(d, &view->model->tables[d->by]);
	/* It may be out of sight by now. */
	if (!row)
		row = find_row(d, &d->tables[d->by]);
	draw_title(view, TOP_VIEW_HEAD, row);
	area.y = TOP_VIEW_HEAD + TITLE_LINES;
	left = view->screen->height - TOP_VIEW_FOOT -
	       MIN(area.y, view->screen->height - TOP_VIEW_FOOT);
	if (left < 2)
		return 0;
	area.height = MIN(MAX(left / 3, 2), left);
	r = d->by == TOP_BY_RULE ? draw_chain(view, &area)
				 : draw_list(view, &area, TOP_BY_RULE);
	area.y += area.height;
	left -= area.height;
	area.height = MIN(MAX(left / 2, 2), left);
	if (r >= 0 && left >= 2)
		r = draw_lists(view, &area);
	area.y += area.height;
	left -= MIN(area.height, left);
	area.height = left;
	if (r >= 0 && left >= 2)
		draw_packets(view, &area);
	return r;
}
