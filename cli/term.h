/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the output may use: colours, width, characters beyond ASCII.
 *
 * Colours, the first that decides: --color=, $SYSTEMD_COLORS (0 or 1, 16, 256,
 * true, ...; auto-* leaves it open), $NO_COLOR when not empty, $TERM=dumb,
 * whether it is a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum style {
	STYLE_NONE,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_KEY,
	_STYLE_MAX,
};

struct term {
	bool tty;
	bool color;
	bool utf8;	 /* the locale's characters are UTF-8 */
	unsigned width;	 /* columns; 0 when it is no terminal */
	unsigned height; /* lines; 0 when it is no terminal */
};

/* Looks at @fd, the environment, and the locale as setlocale() made it. */
void term_init(struct term *term, int fd, enum color_mode mode);

/* As above. @env is getenv(3), or a test's. */
bool term_decide_color(enum color_mode mode, bool tty,
		       const char *(*env)(const char *name));

/* The sequences that begin and end a style; "" without colours. */
const char *term_style(const struct term *term, enum style style);
const char *term_reset(const struct term *term, enum style style);

/*
 * escape_string(), and without UTF-8 every byte beyond ASCII as \xNN too.
 * @size is at least 8. Returns @buf.
 */
const char *term_escape(const struct term *term, const char *s, char *buf,
			size_t size);
