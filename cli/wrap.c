/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "wrap.h"

/* Styles of term.h, "ESC [ ... m", have none. */
static unsigned columns_of(const char *s, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\x1b')
			while (i < len && s[i] != 'm')
				i++;
		else
			n += ((unsigned char)s[i] & 0xc0) != 0x80;
	}
	return n;
}

void wrap_print(FILE *f, const char *text, unsigned indent, unsigned width)
{
	unsigned column = indent;

	/* Too narrow to be of use. */
	if (width < indent + 20)
		width = 0;
	while (*text) {
		size_t gap = strspn(text, " ");
		size_t len = strcspn(text + gap, " ");
		unsigned columns = columns_of(text + gap, len);

		if (column > indent && width &&
		    column + gap + columns > width) {
			fprintf(f, "\n%*s", (int)indent, "");
			column = indent;
		} else {
			fwrite(text, 1, gap, f);
			column += (unsigned)gap;
		}
		fwrite(text + gap, 1, len, f);
		column += columns;
		text += gap + len;
	}
	fputc('\n', f);
}
