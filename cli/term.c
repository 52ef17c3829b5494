/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "escape.h"
#include "term.h"
#include "util.h"

static const char *const styles[_STYLE_MAX] = {
	[STYLE_NONE] = "",	   [STYLE_BOLD] = "\x1b[1m",
	[STYLE_DIM] = "\x1b[2m",   [STYLE_GOOD] = "\x1b[32m",
	[STYLE_WARN] = "\x1b[33m", [STYLE_BAD] = "\x1b[31m",
	[STYLE_KEY] = "\x1b[36m",
};

/* 1, 0, or -1 for a value that leaves it open. */
static int parse_systemd_colors(const char *value)
{
	static const char *const off[] = {
		"0", "no", "n", "false", "f", "off"
	};
	static const char *const on[] = { "1",	"yes", "y",   "true", "t",
					  "on", "16",  "256", "24bit" };

	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		if (strcasecmp(value, off[i]) == 0)
			return 0;
	for (size_t i = 0; i < ARRAY_SIZE(on); i++)
		if (strcasecmp(value, on[i]) == 0)
			return 1;
	return -1;
}

bool term_decide_color(enum color_mode mode, bool tty,
		       const char *(*env)(const char *name))
{
	const char *value;
	int r;

	if (mode != COLOR_AUTO)
		return mode == COLOR_ALWAYS;
	value = env("SYSTEMD_COLORS");
	r = value ? parse_systemd_colors(value) : -1;
	if (r >= 0)
		return r;
	value = env("NO_COLOR");
	if (value && value[0])
		return false;
	value = env("TERM");
	return tty && value && value[0] && strcmp(value, "dumb") != 0;
}

static const char *environment(const char *name)
{
	return getenv(name);
}

static unsigned parse_size(const char *name, unsigned otherwise)
{
	const char *value = getenv(name);
	char *end;
	long n;

	if (!value)
		return otherwise;
	n = strtol(value, &end, 10);
	return *end == '\0' && n > 0 && n < 10000 ? (unsigned)n : otherwise;
}

void term_init(struct term *term, int fd, enum color_mode mode)
{
	struct winsize size = { 0 };

	*term = (struct term){
		.tty = isatty(fd),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
	term->color = term_decide_color(mode, term->tty, environment);
	if (!term->tty)
		return;
	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		size.ws_col = size.ws_row = 0;
	term->width = size.ws_col ? size.ws_col : parse_size("COLUMNS", 80);
	term->height = size.ws_row ? size.ws_row : parse_size("LINES", 24);
}

const char *term_style(const struct term *term, enum style style)
{
	return term->color ? styles[style] : "";
}

const char *term_reset(const struct term *term, enum style style)
{
	return term->color && style != STYLE_NONE ? "\x1b[0m" : "";
}

const char *term_escape(const struct term *term, const char *s, char *buf,
			size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0, cut = 0;

	if (term->utf8)
		return escape_string(s, buf, size);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		size_t need = c == '\\' ? 2 : c < 0x20 || c > 0x7e ? 4 : 1;

		if (used + need >= size) {
			memcpy(buf + cut, "...", 4);
			return buf;
		}
		if (need > 1)
			buf[used++] = '\\';
		if (need == 4) {
			buf[used++] = 'x';
			buf[used++] = hex[c >> 4];
			buf[used++] = hex[c & 15];
		} else {
			buf[used++] = (char)c;
		}
		if (used + 4 <= size)
			cut = used;
	}
	buf[used] = '\0';
	return buf;
}
