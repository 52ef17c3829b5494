/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words one behind the other in a buffer, which is cut when it is full. */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/* Between parts of keys. A name with it in it only makes a stranger key. */
#define TOP_SEP "\x1f"

static inline void top_append(char *buf, size_t size, const char *format, ...)
	_printf_(3, 4);

static inline void top_append(char *buf, size_t size, const char *format, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf + len, size - len, format, ap);
	va_end(ap);
}

/* With a space before it, unless it is the first. */
static inline void top_append_word(char *buf, size_t size, const char *word)
{
	if (word[0])
		top_append(buf, size, "%s%s", buf[0] ? " " : "", word);
}

/* As nfdrop monitor has it: nothing for the initial one, where most is. */
static inline void top_append_netns(char *buf, size_t size, const char *name,
				    uint64_t inum)
{
	if (strcmp(name, "init") == 0)
		return;
	if (name[0])
		top_append(buf, size, "  netns=%s", name);
	else if (inum > 0)
		top_append(buf, size, "  netns=inum:%" PRIu64, inum);
}
