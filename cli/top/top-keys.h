/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Top's keys, as systemd-cgtop and htop have them, in one table: what they do
 * and the help screen come from it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "top-columns.h"
#include "top-key.h"

enum top_action {
	TOP_ACTION_NONE,
	TOP_ACTION_UP,
	TOP_ACTION_DOWN,
	TOP_ACTION_PAGE_UP,
	TOP_ACTION_PAGE_DOWN,
	TOP_ACTION_FIRST,
	TOP_ACTION_LAST,
	TOP_ACTION_OPEN,
	TOP_ACTION_BACK,
	TOP_ACTION_NEXT_BY,
	TOP_ACTION_PREVIOUS_BY,
	TOP_ACTION_BY, /* 1 to 8: see top_key_by() */
	TOP_ACTION_SEARCH,
	TOP_ACTION_NEXT_MATCH,
	TOP_ACTION_PREVIOUS_MATCH,
	TOP_ACTION_FILTER,
	TOP_ACTION_ORDER_LEFT,
	TOP_ACTION_ORDER_RIGHT,
	TOP_ACTION_ORDER, /* a column's letter: see top_key_column() */
	TOP_ACTION_INVERT,
	TOP_ACTION_PAUSE,
	TOP_ACTION_REFRESH,
	TOP_ACTION_SLOWER,
	TOP_ACTION_FASTER,
	TOP_ACTION_REDRAW,
	TOP_ACTION_HELP,
	TOP_ACTION_QUIT,
};

struct top_binding {
	enum top_action action;
	int keys[6];	   /* of ncurses, ended by 0 */
	const char *names; /* for the help screen; NULL: is not on it */
	const char *help;
};

/* NULL past the last. */
const struct top_binding *top_binding_at(size_t i);

/*
 * For the line at the bottom, the most important first: the key, a space, and
 * a word. NULL past the last. @table: of the table, otherwise of what one goes
 * back from.
 */
const char *top_hint_at(bool table, size_t i);

/* What @key of ncurses does. */
enum top_action top_action_of(int key);
enum top_by top_key_by(int key);
/* _TOP_COLUMN_MAX: none. */
enum top_column top_key_column(int key);
/* What editing needs of the keys that go back. */
bool top_key_is_escape(int key);
bool top_key_is_erase(int key);
