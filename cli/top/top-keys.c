/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ncurses.h>

#include "top-keys.h"
#include "util.h"

#define CTRL(c)	 ((c)&0x1f)
#define KEY_TAB	 '\t'
#define KEY_ESC	 0x1b
#define KEY_BACK 0x7f

static const struct top_binding bindings[] = {
	{ TOP_ACTION_UP, { KEY_UP, 'k' }, "Up k", "Row above" },
	{ TOP_ACTION_DOWN, { KEY_DOWN, 'j' }, "Down j", "Row below" },
	{ TOP_ACTION_PAGE_UP, { KEY_PPAGE, CTRL('B') }, "PgUp", "Page above" },
	{ TOP_ACTION_PAGE_DOWN,
	  { KEY_NPAGE, CTRL('F') },
	  "PgDn",
	  "Page below" },
	{ TOP_ACTION_FIRST,
	  { KEY_HOME, 'g' },
	  "Home g",
	  "First row, whichever it is" },
	{ TOP_ACTION_LAST, { KEY_END, 'G' }, "End G", "Last row" },
	{ TOP_ACTION_OPEN,
	  { '\n', '\r', KEY_ENTER, KEY_RIGHT },
	  "Enter",
	  "Look at the row; then Up and Down go to others" },
	{ TOP_ACTION_BACK,
	  { KEY_ESC, KEY_LEFT, KEY_BACKSPACE, KEY_BACK, CTRL('H') },
	  "Esc",
	  "Back; end search, end filter" },
	{ TOP_ACTION_NEXT_BY, { KEY_TAB }, "Tab", "Next grouping" },
	{ TOP_ACTION_PREVIOUS_BY,
	  { KEY_BTAB },
	  "Shift-Tab",
	  "Previous grouping" },
	{ TOP_ACTION_BY, { 0 }, "1 to 8", "Grouping of that number" },
	{ TOP_ACTION_HELP, { 'h', '?', KEY_F(1) }, "h ? F1", "This help" },
	{ TOP_ACTION_SEARCH, { '/', KEY_F(3) }, "/ F3", "Search a row" },
	{ TOP_ACTION_NEXT_MATCH, { 'n' }, "n", "Next found" },
	{ TOP_ACTION_PREVIOUS_MATCH, { 'N' }, "N", "Previous found" },
	{ TOP_ACTION_FILTER,
	  { '\\', KEY_F(4) },
	  "\\ F4",
	  "Show only rows with some text" },
	{ TOP_ACTION_ORDER_LEFT, { '<', ',' }, "<", "Sort by column left" },
	{ TOP_ACTION_ORDER_RIGHT,
	  { '>', '.', KEY_F(6) },
	  ">",
	  "Sort by column right" },
	{ TOP_ACTION_INVERT, { 'I' }, "I", "Invert the order" },
	{ TOP_ACTION_PAUSE, { 'Z' }, "Z", "Pause, go on" },
	{ TOP_ACTION_REFRESH, { ' ', KEY_F(5) }, "Space", "Refresh now" },
	{ TOP_ACTION_SLOWER, { '+' }, "+", "Longer delay" },
	{ TOP_ACTION_FASTER, { '-' }, "-", "Shorter delay" },
	{ TOP_ACTION_REDRAW, { CTRL('L') }, "Ctrl-L", "Draw anew" },
	{ TOP_ACTION_QUIT,
	  { 'q', KEY_F(10) },
	  "q F10",
	  "Quit; back from here" },
};

const char *top_hint_at(bool table, size_t i)
{
	static const char *const of_table[] = {
		"q Quit",  "h Help",   "Enter Look", "/ Search",  "\\ Filter",
		"<> Sort", "I Invert", "Z Pause",    "Tab Group",
	};
	static const char *const of_others[] = {
		"q Back",
		"h Help",
		"Z Pause",
		"Up Down Move",
	};

	if (table)
		return i < ARRAY_SIZE(of_table) ? of_table[i] : NULL;
	return i < ARRAY_SIZE(of_others) ? of_others[i] : NULL;
}

const struct top_binding *top_binding_at(size_t i)
{
	return i < ARRAY_SIZE(bindings) ? &bindings[i] : NULL;
}

enum top_by top_key_by(int key)
{
	return key >= '1' && key < '1' + _TOP_BY_MAX ? (enum top_by)(key - '1')
						     : _TOP_BY_MAX;
}

enum top_column top_key_column(int key)
{
	for (int i = 0; i < _TOP_COLUMN_MAX; i++)
		if (top_column_info((enum top_column)i)->key == key)
			return (enum top_column)i;
	return _TOP_COLUMN_MAX;
}

enum top_action top_action_of(int key)
{
	if (key == 0)
		return TOP_ACTION_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(bindings); i++)
		for (size_t j = 0; bindings[i].keys[j]; j++)
			if (bindings[i].keys[j] == key)
				return bindings[i].action;
	if (top_key_by(key) != _TOP_BY_MAX)
		return TOP_ACTION_BY;
	if (top_key_column(key) != _TOP_COLUMN_MAX)
		return TOP_ACTION_ORDER;
	return TOP_ACTION_NONE;
}

bool top_key_is_escape(int key)
{
	return key == KEY_ESC;
}

bool top_key_is_erase(int key)
{
	return key == KEY_BACKSPACE || key == KEY_BACK || key == CTRL('H');
}
