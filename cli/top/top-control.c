/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "top-control.h"
#include "top-loop.h"
#include "top-screen.h"
#include "util.h"

#define SECOND_NS 1000000000ULL

void top_control_init(struct top_control *c, struct top_model *model,
		      struct top_detail *detail, struct top_view *view,
		      uint64_t seed)
{
	*c = (struct top_control){
		.model = model,
		.detail = detail,
		.view = view,
		.seed = seed,
	};
	view->message = c->message;
	view->input = c->input;
}

static void say(struct top_control *c, const char *text)
{
	snprintf(c->message, sizeof(c->message), "%s", text);
}

static void scroll_help(struct top_control *c, long delta)
{
	unsigned int step = (unsigned int)(delta < 0 ? -delta : delta);

	if (delta < 0)
		c->view->help_top -= MIN(c->view->help_top, step);
	else
		c->view->help_top += step;
}

static int open_selected(struct top_control *c)
{
	struct top_row *row = top_model_selected(c->model);
	int r;

	c->reopen = !row && c->view->mode == TOP_MODE_DETAIL;
	if (!row)
		return 0;
	/* From now on it is this row, also when it is the first no more. */
	top_model_move(c->model, 0);
	r = top_detail_open(c->detail, c->model->by, row, c->seed);
	if (r < 0)
		return r;
	c->view->mode = TOP_MODE_DETAIL;
	c->detail_changed = true;
	c->refresh = true;
	return 0;
}

/* In a detail, the same of the row above or below. */
static int move(struct top_control *c, long delta)
{
	if (c->view->mode == TOP_MODE_HELP) {
		scroll_help(c, delta);
		return 0;
	}
	top_model_move(c->model, delta);
	return c->view->mode == TOP_MODE_DETAIL ? open_selected(c) : 0;
}

static int move_to_end(struct top_control *c, bool first)
{
	if (c->view->mode == TOP_MODE_HELP) {
		/* What is too much is put right when it is drawn. */
		c->view->help_top = first ? 0 : 1000;
		return 0;
	}
	if (first)
		top_model_select_first(c->model);
	else
		top_model_select_last(c->model);
	return c->view->mode == TOP_MODE_DETAIL ? open_selected(c) : 0;
}

static void close_detail(struct top_control *c)
{
	top_detail_close(c->detail);
	c->view->mode = TOP_MODE_TABLE;
	c->detail_changed = true;
}

static void go_back(struct top_control *c)
{
	if (c->view->mode == TOP_MODE_HELP) {
		c->view->mode = c->before_help;
	} else if (c->view->mode == TOP_MODE_DETAIL) {
		close_detail(c);
	} else if (c->model->search[0]) {
		top_model_set_search(c->model, "");
	} else {
		top_model_set_filter(c->model, "");
	}
}

static void set_by(struct top_control *c, enum top_by by)
{
	if (c->view->mode == TOP_MODE_DETAIL)
		close_detail(c);
	c->view->mode = TOP_MODE_TABLE;
	top_model_set_by(c->model, by);
	c->refresh = true;
}

static void begin_prompt(struct top_control *c, enum top_prompt prompt)
{
	const char *text = prompt == TOP_PROMPT_SEARCH ? c->model->search
						       : c->model->filter;

	if (c->view->mode == TOP_MODE_DETAIL)
		close_detail(c);
	c->view->mode = TOP_MODE_TABLE;
	c->prompt = prompt;
	strcpy(c->before, text);
	strcpy(c->input, text);
	c->view->prompt = prompt == TOP_PROMPT_SEARCH ? "Search: " : "Filter: ";
}

static void end_prompt(struct top_control *c)
{
	c->prompt = TOP_PROMPT_NONE;
	c->view->prompt = NULL;
}

/* As one types. */
static void apply_input(struct top_control *c, const char *text)
{
	if (c->prompt == TOP_PROMPT_FILTER) {
		top_model_set_filter(c->model, text);
		return;
	}
	top_model_set_search(c->model, text);
	if (text[0] && !top_model_search(c->model, 0))
		say(c, "Not found.");
}

/* The last character, of however many bytes. */
static void erase_character(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0)
		len--;
	text[len] = '\0';
}

static void prompt_key(struct top_control *c, int key, const char *bytes)
{
	size_t len = strlen(c->input);

	switch (top_action_of(key)) {
	case TOP_ACTION_OPEN:
		if (key != '\n' && key != '\r')
			break;
		end_prompt(c);
		return;
	case TOP_ACTION_BACK:
		if (top_key_is_escape(key)) {
			apply_input(c, c->before);
			end_prompt(c);
			return;
		}
		if (!top_key_is_erase(key))
			break;
		erase_character(c->input);
		apply_input(c, c->input);
		return;
	case TOP_ACTION_UP:
	case TOP_ACTION_DOWN:
		if (!bytes[0])
			top_model_move(c->model,
				       top_action_of(key) == TOP_ACTION_UP ? -1
									   : 1);
		break;
	default:
		break;
	}
	if (bytes[0] && len + strlen(bytes) < sizeof(c->input)) {
		strcpy(c->input + len, bytes);
		apply_input(c, c->input);
	}
}

static void search(struct top_control *c, int direction)
{
	if (c->view->mode != TOP_MODE_TABLE)
		return;
	if (c->model->search[0] == '\0')
		say(c, "Nothing is searched; / begins.");
	else if (!top_model_search(c->model, direction))
		say(c, "Not found.");
}

static void set_order(struct top_control *c, enum top_column column)
{
	if (top_column_is_shown(column, &c->model->tables[c->model->by],
				c->model->by, 0))
		c->model->order.column = column;
}

static void set_paused(struct top_control *c, bool paused)
{
	top_model_set_paused(c->model, paused);
	c->detail->paused = paused;
	/* Paused, all is asked for once. */
	c->refresh = true;
}

/* Below a second by tenths. */
static void change_delay(struct top_control *c, int direction)
{
	uint64_t delay = c->view->delay_ns, step = SECOND_NS;

	if (delay < SECOND_NS || (delay == SECOND_NS && direction < 0))
		step = SECOND_NS / 10;
	if (direction < 0)
		delay -= MIN(delay, step);
	else
		delay += step;
	c->view->delay_ns = MIN(MAX(delay, TOP_DELAY_MIN_NS), TOP_DELAY_MAX_NS);
}

static enum top_by neighbour(enum top_by by, int direction)
{
	return (enum top_by)(((int)by + direction + _TOP_BY_MAX) % _TOP_BY_MAX);
}

static void toggle_help(struct top_control *c)
{
	if (c->view->mode == TOP_MODE_HELP) {
		c->view->mode = c->before_help;
		return;
	}
	c->before_help = c->view->mode;
	c->view->mode = TOP_MODE_HELP;
	c->view->help_top = 0;
}

static int act(struct top_control *c, enum top_action action, int key)
{
	long page = (long)top_view_page(c->view);

	switch (action) {
	case TOP_ACTION_UP:
		return move(c, -1);
	case TOP_ACTION_DOWN:
		return move(c, 1);
	case TOP_ACTION_PAGE_UP:
		return move(c, -page);
	case TOP_ACTION_PAGE_DOWN:
		return move(c, page);
	case TOP_ACTION_FIRST:
		return move_to_end(c, true);
	case TOP_ACTION_LAST:
		return move_to_end(c, false);
	case TOP_ACTION_OPEN:
		return c->view->mode == TOP_MODE_TABLE ? open_selected(c) : 0;
	case TOP_ACTION_BACK:
		go_back(c);
		break;
	case TOP_ACTION_NEXT_BY:
		set_by(c, neighbour(c->model->by, 1));
		break;
	case TOP_ACTION_PREVIOUS_BY:
		set_by(c, neighbour(c->model->by, -1));
		break;
	case TOP_ACTION_BY:
		set_by(c, top_key_by(key));
		break;
	case TOP_ACTION_SEARCH:
		begin_prompt(c, TOP_PROMPT_SEARCH);
		break;
	case TOP_ACTION_FILTER:
		begin_prompt(c, TOP_PROMPT_FILTER);
		break;
	case TOP_ACTION_NEXT_MATCH:
		search(c, 1);
		break;
	case TOP_ACTION_PREVIOUS_MATCH:
		search(c, -1);
		break;
	case TOP_ACTION_ORDER_LEFT:
		top_model_move_order(c->model, -1, c->view->screen->width);
		break;
	case TOP_ACTION_ORDER_RIGHT:
		top_model_move_order(c->model, 1, c->view->screen->width);
		break;
	case TOP_ACTION_ORDER:
		set_order(c, top_key_column(key));
		break;
	case TOP_ACTION_INVERT:
		c->model->order.invert = !c->model->order.invert;
		break;
	case TOP_ACTION_PAUSE:
		set_paused(c, !c->model->paused);
		break;
	case TOP_ACTION_REFRESH:
		c->refresh = true;
		break;
	case TOP_ACTION_SLOWER:
		change_delay(c, 1);
		break;
	case TOP_ACTION_FASTER:
		change_delay(c, -1);
		break;
	case TOP_ACTION_REDRAW:
		c->redraw = true;
		break;
	case TOP_ACTION_HELP:
		toggle_help(c);
		break;
	case TOP_ACTION_QUIT:
		c->quit = c->view->mode == TOP_MODE_TABLE;
		if (!c->quit)
			go_back(c);
		break;
	case TOP_ACTION_NONE:
		break;
	}
	return 0;
}

int top_control_answered(struct top_control *c)
{
	if (c->model->window.failed)
		say(c, "Not found.");
	c->model->window.failed = false;
	if (!c->reopen || top_model_awaits(c->model))
		return 0;
	c->reopen = false;
	return c->view->mode == TOP_MODE_DETAIL ? open_selected(c) : 0;
}

int top_control_key(struct top_control *c, int key, const char *bytes)
{
	c->message[0] = '\0';
	if (c->prompt != TOP_PROMPT_NONE) {
		prompt_key(c, key, bytes);
		return 0;
	}
	return act(c, top_action_of(key), key);
}
