/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head, the bottom line, and what is between by mode. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "top-keys.h"
#include "top-text.h"
#include "top-view.h"
#include "util.h"

#define SPAN_S	  300 /* of the sparkline */
#define CELLS_MAX 150
#define LINE_SIZE 1024

/* Puts text behind what stands on the line. */
static unsigned int put(struct top_view *view, unsigned int y, unsigned int x,
			enum style style, const char *text)
{
	return top_screen_put(view->screen, y, x, view->screen->width,
			      TOP_LOOK_PLAIN, style, text);
}

static unsigned int put_escaped(struct top_view *view, unsigned int y,
				unsigned int x, enum style style,
				const char *text)
{
	char shown[LINE_SIZE];

	return put(view, y, x, style,
		   term_escape(&view->screen->term, text, shown,
			       sizeof(shown)));
}

/* Whose state it is, and on the right how often it is asked. */
static void draw_who(struct top_view *view)
{
	const struct top_head *head = &view->model->head;
	char text[LINE_SIZE], number[TOP_NUMBER_MAX];
	unsigned int x;

	x = put(view, 0, 0, STYLE_BOLD, "nfdrop top");
	if (head->state[0]) {
		x = put(view, 0, x, STYLE_NONE, "  ");
		x = put_escaped(view, 0, x,
				strcmp(head->state, "active") == 0 ? STYLE_GOOD
								   : STYLE_BAD,
				head->state);
	}
	if (head->started_ns > 0 && view->model->real_ns > head->started_ns) {
		top_format_span(view->model->real_ns - head->started_ns,
				number);
		snprintf(text, sizeof(text), "  up %s", number);
		x = put(view, 0, x, STYLE_NONE, text);
	}
	x = put(view, 0, x, STYLE_NONE, "  Linux ");
	put_escaped(view, 0, x, STYLE_NONE, head->kernel);
	snprintf(text, sizeof(text), "  every %gs",
		 (double)view->delay_ns / 1e9);
	top_screen_put_right(view->screen, 0, 0, view->screen->width,
			     TOP_LOOK_PLAIN, STYLE_DIM, text);
}

/* The last minutes, as wide as there is room for. */
static unsigned int draw_sparkline(struct top_view *view, unsigned int y,
				   unsigned int x, unsigned int room)
{
	char text[TOP_SPARKLINE_MAX(CELLS_MAX)];
	double cells[CELLS_MAX], max = 0;
	unsigned int n = MIN(room, CELLS_MAX);
	unsigned int seconds = n ? (SPAN_S + n - 1) / n : 0;
	char line[64], number[TOP_NUMBER_MAX];

	n = n ? MIN(n, (SPAN_S + seconds - 1) / seconds) : 0;
	top_history_get(&view->model->history, view->model->ticked_ns, seconds,
			cells, n);
	/* The last second is not over yet, but its rate is shown. */
	for (unsigned int i = 0; i < n; i++)
		max = MAX(max, cells[i]);
	max = MAX(max, view->model->head.rate);
	top_format_sparkline(&view->screen->term, cells, n, max, text);
	x = put(view, y, x, STYLE_KEY, text);
	snprintf(line, sizeof(line), "  max %s/s in 5m",
		 top_format_rate(max, number));
	return put(view, y, x, STYLE_NONE, line);
}

static void draw_rate(struct top_view *view)
{
	const struct top_head *head = &view->model->head;
	char rate[TOP_NUMBER_MAX] = "-", number[TOP_NUMBER_MAX], text[64];
	unsigned int x, room = view->screen->width;

	if (head->rate >= 0)
		top_format_rate(head->rate, rate);
	snprintf(text, sizeof(text), "%6s/s  ", rate);
	x = put(view, 1, 0, STYLE_NONE, "Drops ");
	x = put(view, 1, x, STYLE_BOLD, text);
	/* "  max 123k/s in 5m, 1234567890 in all" stands behind it. */
	x = draw_sparkline(view, 1, x, room > x + 40 ? room - x - 40 : 0);
	snprintf(text, sizeof(text), ", %s in all",
		 top_format_count(head->drops, number));
	put(view, 1, x, STYLE_NONE, text);
}

/* Each place where drops were lost: how many, and how many just now. */
static void draw_losses(struct top_view *view)
{
	const struct top_head *head = &view->model->head;
	unsigned int x = put(view, 2, 0, STYLE_NONE, "Lost  ");
	bool any = false;

	for (int i = 0; i < _TOP_LOSS_MAX; i++) {
		char count[TOP_NUMBER_MAX], since[TOP_NUMBER_MAX], text[128];
		bool now = head->lost_since[i] > 0;

		if (head->losses[i] == 0)
			continue;
		top_format_count(head->losses[i], count);
		top_format_count(head->lost_since[i], since);
		snprintf(text, sizeof(text), "%s%s %s%s%s%s", any ? "  " : " ",
			 top_loss_to_string((enum top_loss)i), count,
			 now ? " (+" : "", now ? since : "", now ? ")" : "");
		x = put(view, 2, x, now ? STYLE_BAD : STYLE_WARN, text);
		any = true;
	}
	if (!any)
		put(view, 2, x, STYLE_GOOD,
		    view->model->ticked_ns ? " nothing" : "");
}

static void format_clock(const struct top_view *view, uint64_t ns, char *buf,
			 size_t size)
{
	time_t second = (time_t)(ns / 1000000000);
	struct tm tm;

	buf[0] = '\0';
	if (view->utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm))
		strftime(buf, size, "%H:%M:%S", &tm);
}

/* What is not as usual; the most important first. */
static void draw_notice(struct top_view *view)
{
	const struct top_model *m = view->model;
	char clock[16], text[LINE_SIZE];
	unsigned int x = 0;

	if (m->away[0]) {
		format_clock(view, m->away_real_ns, clock, sizeof(clock));
		snprintf(text, sizeof(text), "AWAY since %s  ", clock);
		x = put(view, 3, x, STYLE_BAD, text);
		put_escaped(view, 3, x, STYLE_BAD, m->away);
		return;
	}
	if (m->paused)
		x = put(view, 3, x, STYLE_WARN, "PAUSED  ");
	if (m->filter[0]) {
		x = put(view, 3, x, STYLE_WARN, "Filter ");
		x = put_escaped(view, 3, x, STYLE_BOLD, m->filter);
		x = put(view, 3, x, STYLE_NONE, "  ");
	}
	if (m->search[0]) {
		x = put(view, 3, x, STYLE_WARN, "Search ");
		x = put_escaped(view, 3, x, STYLE_BOLD, m->search);
		x = put(view, 3, x, STYLE_NONE, "  ");
	}
	if (strcmp(m->head.state, "active") != 0 && m->head.message[0])
		put_escaped(view, 3, x, STYLE_WARN, m->head.message);
	else if (m->by == TOP_BY_RULE && m->uncounted[0])
		put_escaped(view, 3, x, STYLE_WARN, m->uncounted);
	else if (m->sampled[m->by] && view->mode == TOP_MODE_TABLE)
		put(view, 3, x, STYLE_DIM,
		    "Counted from packets that were seen; what was lost is "
		    "missing.");
}

static void draw_hints(struct top_view *view, unsigned int y)
{
	bool table = view->mode == TOP_MODE_TABLE;
	unsigned int x = 0;
	const char *hint;

	for (size_t i = 0; (hint = top_hint_at(table, i)); i++) {
		const char *word = strrchr(hint, ' ');
		char key[16];

		if (x + strlen(hint) > view->screen->width)
			break;
		copy_string(key, sizeof(key), hint, (size_t)(word - hint));
		x = put(view, y, x, STYLE_KEY, key);
		x = put(view, y, x, STYLE_NONE, word);
		x = put(view, y, x, STYLE_NONE, "  ");
	}
}

static void draw_foot(struct top_view *view)
{
	unsigned int y = view->screen->height - 1, x;

	if (view->prompt) {
		x = put(view, y, 0, STYLE_BOLD, view->prompt);
		x = put_escaped(view, y, x, STYLE_NONE, view->input);
		top_screen_put(view->screen, y, x, 1, TOP_LOOK_TITLE,
			       STYLE_NONE, " ");
	} else if (view->message && view->message[0]) {
		put(view, y, 0, STYLE_WARN, view->message);
	} else {
		draw_hints(view, y);
	}
}

unsigned int top_view_page(const struct top_view *view)
{
	unsigned int others = TOP_VIEW_HEAD + TOP_VIEW_FOOT + 2;

	return view->screen->height > others ? view->screen->height - others
					     : 1;
}

static void draw_too_small(struct top_view *view)
{
	char text[64];

	snprintf(text, sizeof(text), "Too small: %d x %d is needed.",
		 TOP_SCREEN_WIDTH_MIN, TOP_SCREEN_HEIGHT_MIN);
	top_screen_put(view->screen, 0, 0, view->screen->width, TOP_LOOK_PLAIN,
		       STYLE_NONE, text);
}

int top_view_draw(struct top_view *view)
{
	static int (*const modes[])(struct top_view * view) = {
		[TOP_MODE_TABLE] = top_view_draw_table,
		[TOP_MODE_DETAIL] = top_view_draw_detail,
		[TOP_MODE_HELP] = top_view_draw_help,
	};
	int r = 0;

	top_screen_erase(view->screen);
	if (top_screen_is_too_small(view->screen)) {
		draw_too_small(view);
	} else {
		draw_who(view);
		draw_rate(view);
		draw_losses(view);
		draw_notice(view);
		r = modes[view->mode](view);
		draw_foot(view);
	}
	top_screen_show(view->screen);
	return r;
}
