/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <curses.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <wchar.h>

#include "escape.h"
#include "top-screen.h"
#include "top-text.h"
#include "util.h"

/* A cell of ncurses is at most 4 bytes and its marks; lines are not longer. */
#define LINE_MAX_BYTES	4096
#define ESCAPE_DELAY_MS 25

static const struct {
	short color; /* below 0: none */
	attr_t attributes;
	attr_t instead; /* of the colour */
} styles[_STYLE_MAX] = {
	[STYLE_NONE] = { -1, A_NORMAL, A_NORMAL },
	[STYLE_BOLD] = { -1, A_BOLD, A_BOLD },
	[STYLE_DIM] = { -1, A_DIM, A_NORMAL },
	[STYLE_GOOD] = { COLOR_GREEN, A_NORMAL, A_NORMAL },
	[STYLE_WARN] = { COLOR_YELLOW, A_NORMAL, A_NORMAL },
	[STYLE_BAD] = { COLOR_RED, A_BOLD, A_BOLD },
	[STYLE_KEY] = { COLOR_CYAN, A_NORMAL, A_NORMAL },
};

static void start_colors(struct top_screen *screen)
{
	if (!screen->term.color || start_color() == ERR || !has_colors()) {
		screen->term.color = false;
		return;
	}
	use_default_colors();
	for (short i = 0; i < _STYLE_MAX; i++)
		if (styles[i].color >= 0)
			init_pair((short)(i + 1), styles[i].color, -1);
}

static void measure(struct top_screen *screen)
{
	int height, width;

	getmaxyx(stdscr, height, width);
	screen->height = (unsigned int)MAX(height, 0);
	screen->width = (unsigned int)MAX(width, 0);
}

int top_screen_start(struct top_screen *screen, enum color_mode color,
		     char *error, size_t size)
{
	const char *name = getenv("TERM");
	char shown[64];
	SCREEN *s;

	*screen = (struct top_screen){ 0 };
	term_init(&screen->term, STDOUT_FILENO, color);
	s = newterm(NULL, stdout, stdin);
	if (!s || !tigetstr("cup")) {
		if (s)
			endwin();
		if (s)
			delscreen(s);
		snprintf(error, size,
			 "the terminal \"%s\" ($TERM) %s; use nfdrop top -b",
			 escape_string(name ? name : "", shown, sizeof(shown)),
			 s ? "cannot place the cursor" : "is not known");
		return -EINVAL;
	}
	start_colors(screen);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, true);
	nodelay(stdscr, true);
	set_escdelay(ESCAPE_DELAY_MS);
	curs_set(0);
	measure(screen);
	return 0;
}

void top_screen_stop(struct top_screen *screen)
{
	(void)screen;
	endwin();
}

void top_screen_resize(struct top_screen *screen)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	measure(screen);
}

bool top_screen_is_too_small(const struct top_screen *screen)
{
	return screen->width < TOP_SCREEN_WIDTH_MIN ||
	       screen->height < TOP_SCREEN_HEIGHT_MIN;
}

void top_screen_erase(struct top_screen *screen)
{
	(void)screen;
	erase();
}

void top_screen_show(struct top_screen *screen)
{
	(void)screen;
	refresh();
}

void top_screen_forget(struct top_screen *screen)
{
	(void)screen;
	clearok(stdscr, true);
}

static attr_t attributes(const struct top_screen *screen, enum top_look look,
			 enum style style, short *pair)
{
	bool color = screen->term.color && styles[style].color >= 0 &&
		     look == TOP_LOOK_PLAIN;

	*pair = color ? (short)(style + 1) : 0;
	if (look == TOP_LOOK_TITLE)
		return A_REVERSE;
	if (look == TOP_LOOK_SELECTED)
		return A_REVERSE | (styles[style].instead & A_BOLD);
	return color		    ? styles[style].attributes
	       : screen->term.color ? styles[style].attributes
				    : styles[style].instead;
}

unsigned int top_screen_put(struct top_screen *screen, unsigned int y,
			    unsigned int x, unsigned int width,
			    enum top_look look, enum style style,
			    const char *text)
{
	char buf[LINE_MAX_BYTES];
	unsigned int used;
	short pair;
	attr_t attr = attributes(screen, look, style, &pair);

	if (y >= screen->height || x >= screen->width)
		return x;
	used = top_fit(&screen->term, text, MIN(width, screen->width - x), buf,
		       sizeof(buf));
	attr_set(attr, pair, NULL);
	mvaddstr((int)y, (int)x, buf);
	attr_set(A_NORMAL, 0, NULL);
	return x + used;
}

void top_screen_put_right(struct top_screen *screen, unsigned int y,
			  unsigned int x, unsigned int width,
			  enum top_look look, enum style style,
			  const char *text)
{
	char buf[LINE_MAX_BYTES];
	unsigned int used;

	used = top_fit(&screen->term, text, width, buf, sizeof(buf));
	top_screen_put(screen, y, x + width - used, used, look, style, buf);
}

void top_screen_line(struct top_screen *screen, unsigned int y,
		     enum top_look look)
{
	short pair;
	attr_t attr = attributes(screen, look, STYLE_NONE, &pair);

	if (y >= screen->height)
		return;
	attr_set(attr, pair, NULL);
	mvhline((int)y, 0, ' ', (int)screen->width);
	attr_set(A_NORMAL, 0, NULL);
}

int top_screen_key(struct top_screen *screen, char *bytes, size_t size)
{
	mbstate_t state = { 0 };
	wint_t c = 0;
	size_t n;
	int r;

	(void)screen;
	bytes[0] = '\0';
	r = get_wch(&c);
	if (r == ERR)
		return 0;
	if (r == KEY_CODE_YES)
		return (int)c;
	if (c < 0x20 || c == 0x7f || size <= MB_LEN_MAX)
		return (int)c;
	n = wcrtomb(bytes, (wchar_t)c, &state);
	bytes[n == (size_t)-1 ? 0 : n] = '\0';
	return c < 0x80 ? (int)c : TOP_SCREEN_CHARACTER;
}
