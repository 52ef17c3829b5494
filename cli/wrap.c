/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "wrap.h"

static unsigned columns_of(const char *s, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

void wrap_print(FILE *f, const char *text, unsigned indent, unsigned width)
{
	unsigned column = indent;

	/* Too narrow to be of use. */
	if (width < indent + 20)
		width = 0;
	while (*text) {
		size_t len = strcspn(text, " ");
		unsigned columns = columns_of(text, len);

		if (column > indent) {
			if (width && column + 1 + columns > width) {
				fprintf(f, "\n%*s", (int)indent, "");
				column = indent;
			} else {
				fputc(' ', f);
				column++;
			}
		}
		fwrite(text, 1, len, f);
		column += columns;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', f);
}
