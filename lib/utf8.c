/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "utf8.h"
#include "util.h"

size_t utf8_decode(const char *str, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)str;
	uint32_t c;
	size_t n;

	if (s[0] < 0x80) {
		*ret = s[0];
		return 1;
	}
	if ((s[0] & 0xe0) == 0xc0) {
		n = 2;
		c = s[0] & 0x1f;
	} else if ((s[0] & 0xf0) == 0xe0) {
		n = 3;
		c = s[0] & 0x0f;
	} else if ((s[0] & 0xf8) == 0xf0) {
		n = 4;
		c = s[0] & 0x07;
	} else {
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

bool utf8_is_valid(const char *s)
{
	uint32_t c;
	size_t n;

	for (; *s; s += n) {
		n = utf8_decode(s, &c);
		if (n == 0)
			return false;
	}
	return true;
}

size_t utf8_repair(const char *s, char *buf, size_t size)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t used = 0;

	while (*s) {
		const char *piece = s;
		uint32_t c;
		size_t n = utf8_decode(s, &c), out = n;

		if (n == 0) {
			piece = replacement;
			out = sizeof(replacement) - 1;
			n = 1;
		}
		if (used + out >= size)
			break;
		memcpy(buf + used, piece, out);
		used += out;
		s += n;
	}
	buf[used] = '\0';
	return used;
}
