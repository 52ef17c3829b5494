/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The help: every key, from the tables that give them their meaning. */
#include <stdio.h>

#include "top-keys.h"
#include "top-view.h"
#include "util.h"

#define KEYS_WIDTH 13

struct help {
	struct top_view *view;
	unsigned int line; /* of the whole help */
};

/* @text alone is a heading. */
static void put_line(struct help *help, const char *keys, const char *text)
{
	struct top_view *view = help->view;
	unsigned int line = help->line++, y;

	if (line < view->help_top)
		return;
	y = TOP_VIEW_HEAD + line - view->help_top;
	if (y + TOP_VIEW_FOOT >= view->screen->height)
		return;
	if (!keys) {
		top_screen_put(view->screen, y, 0, view->screen->width,
			       TOP_LOOK_PLAIN, STYLE_BOLD, text);
		return;
	}
	top_screen_put(view->screen, y, 2, KEYS_WIDTH, TOP_LOOK_PLAIN,
		       STYLE_KEY, keys);
	top_screen_put(view->screen, y, 2 + KEYS_WIDTH, view->screen->width,
		       TOP_LOOK_PLAIN, STYLE_NONE, text);
}

static void put_all(struct help *help)
{
	const struct top_binding *binding;

	put_line(help, NULL, "Keys");
	for (size_t i = 0; (binding = top_binding_at(i)); i++)
		put_line(help, binding->names, binding->help);
	put_line(help, NULL, "");
	put_line(help, NULL, "Columns, and the letters that sort by them");
	for (int i = 0; i < _TOP_COLUMN_MAX; i++) {
		const struct top_column_info *info =
			top_column_info((enum top_column)i);
		char keys[32];

		snprintf(keys, sizeof(keys), "%c %s",
			 info->key ? info->key : ' ', info->title);
		put_line(help, keys, info->help);
	}
}

int top_view_draw_help(struct top_view *view)
{
	unsigned int room =
		view->screen->height - TOP_VIEW_HEAD - TOP_VIEW_FOOT;
	struct help count = { .view = view };
	struct help help = { .view = view };
	unsigned int top = view->help_top;

	/* Once far below the end, to learn how long it is. */
	view->help_top = (unsigned int)-1;
	put_all(&count);
	view->help_top = MIN(top, count.line - MIN(count.line, room));
	put_all(&help);
	return 0;
}
