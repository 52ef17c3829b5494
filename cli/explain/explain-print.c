/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "explain-print.h"
#include "measures.h"
#include "wrap.h"

void explain_label(const struct explain_print *p, const char *name)
{
	fprintf(p->f, "%s%*s:%s ", term_style(p->term, STYLE_KEY),
		EXPLAIN_INDENT - 2, name, term_reset(p->term, STYLE_KEY));
}

/* A character that was cut in the middle would be none. */
static void cut(char *buf, size_t size)
{
	size_t len = size - sizeof("...");

	while (len > 0 && ((unsigned char)buf[len] & 0xc0) == 0x80)
		len--;
	strcpy(buf + len, "...");
}

_printf_(2, 0)
static void append(char *buf, const char *format, va_list ap)
{
	size_t len = strlen(buf);
	int n = vsnprintf(buf + len, EXPLAIN_TEXT_MAX - len, format, ap);

	if (n > 0 && (size_t)n >= EXPLAIN_TEXT_MAX - len)
		cut(buf, EXPLAIN_TEXT_MAX);
}

void explain_append(char *buf, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	append(buf, format, ap);
	va_end(ap);
}

void explain_sentence(const struct explain_print *p, const char *name,
		      const char *format, ...)
{
	char text[EXPLAIN_TEXT_MAX] = "";
	va_list ap;

	va_start(ap, format);
	append(text, format, ap);
	va_end(ap);
	explain_label(p, name);
	wrap_print(p->f, text, EXPLAIN_INDENT, p->term->width);
}

const char *explain_name(const struct explain_print *p, const char *s,
			 char buf[EXPLAIN_NAME_MAX])
{
	return term_escape(p->term, s, buf, EXPLAIN_NAME_MAX);
}

const char *explain_time(const struct explain_print *p, uint64_t ns,
			 char buf[64])
{
	return measures_time(ns, p->utc, buf, 64);
}
