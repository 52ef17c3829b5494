/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal with ncurses: begin and end, size, styles, text that fits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "term.h"

/* Smaller than this, nothing but a sentence is shown. */
#define TOP_SCREEN_WIDTH_MIN  40
#define TOP_SCREEN_HEIGHT_MIN 10

struct top_screen {
	struct term term;
	unsigned int width;
	unsigned int height;
};

/* How text looks beside its style. */
enum top_look {
	TOP_LOOK_PLAIN,
	TOP_LOOK_TITLE,	   /* of a table, of a key */
	TOP_LOOK_SELECTED, /* row */
};

/*
 * Takes the terminal over. -EINVAL: it cannot be used, and the sentence is in
 * @error. Signals that come while it is in use are ncurses's (SIGTSTP) and the
 * caller's (SIGWINCH: top_screen_resize()).
 */
int top_screen_start(struct top_screen *screen, enum color_mode color,
		     char *error, size_t size);
/* Gives it back, as it was. */
void top_screen_stop(struct top_screen *screen);
/* Looks what size it has now. */
void top_screen_resize(struct top_screen *screen);
bool top_screen_is_too_small(const struct top_screen *screen);

/* Erases; then draw; then show. What is the same is not sent again. */
void top_screen_erase(struct top_screen *screen);
void top_screen_show(struct top_screen *screen);
/* All is sent again with the next show. */
void top_screen_forget(struct top_screen *screen);

/*
 * Puts @text, in which nothing harmful is left, at a line and column, cut to
 * @width and the screen. Returns the column behind it.
 */
unsigned int top_screen_put(struct top_screen *screen, unsigned int y,
			    unsigned int x, unsigned int width,
			    enum top_look look, enum style style,
			    const char *text);
/* The same at the right end of that width. */
void top_screen_put_right(struct top_screen *screen, unsigned int y,
			  unsigned int x, unsigned int width,
			  enum top_look look, enum style style,
			  const char *text);
/* Gives a whole line a look, before text is put on it. */
void top_screen_line(struct top_screen *screen, unsigned int y,
		     enum top_look look);

/* A character beyond ASCII, which no key of ncurses is. */
#define TOP_SCREEN_CHARACTER 0x200000

/*
 * The next key of ncurses; an ASCII character; TOP_SCREEN_CHARACTER; 0: none
 * waits. A character is in @bytes too, otherwise that is empty. @size is at
 * least 16.
 */
int top_screen_key(struct top_screen *screen, char *bytes, size_t size);
