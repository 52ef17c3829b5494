/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdint.h>

#include "escape.h"
#include "utf8.h"
#include "util.h"

static bool is_printable(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x061c &&
	       c != 0x200e && c != 0x200f && (c < 0x2028 || c > 0x202e) &&
	       (c < 0x2066 || c > 0x2069) && c != 0xfeff;
}

const char *escape_string(const char *s, char *buf, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0, cut = 0;

	while (*s) {
		char piece[16];
		size_t in, out = 0;
		uint32_t c;

		in = utf8_decode(s, &c);
		if (in && c == '\\') {
			piece[out++] = '\\';
			piece[out++] = '\\';
		} else if (in && is_printable(c)) {
			memcpy(piece, s, in);
			out = in;
		} else {
			if (in == 0)
				in = 1;
			for (size_t i = 0; i < in; i++) {
				unsigned char byte = (unsigned char)s[i];

				piece[out++] = '\\';
				piece[out++] = 'x';
				piece[out++] = hex[byte >> 4];
				piece[out++] = hex[byte & 15];
			}
		}
		if (used + out >= size) {
			memcpy(buf + cut, "...", 4);
			return buf;
		}
		memcpy(buf + used, piece, out);
		used += out;
		s += in;
		/* Where "..." still fits, should the rest not. */
		if (used + 4 <= size)
			cut = used;
	}
	buf[used] = '\0';
	return buf;
}
