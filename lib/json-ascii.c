/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "json-ascii.h"
#include "utf8.h"
#include "util.h"

/* Of two bytes "\u00e9" becomes; of four, two such for UTF-16. */
#define GROWTH 3

/* Returns what it wrote. */
static size_t write_escape(char *buf, uint32_t c)
{
	if (c < 0x10000)
		return (size_t)sprintf(buf, "\\u%04x", c);
	c -= 0x10000;
	return (size_t)sprintf(buf, "\\u%04x\\u%04x", 0xd800 | c >> 10,
			       0xdc00 | (c & 0x3ff));
}

int json_to_ascii(const char *text, size_t len, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *copy = NULL, *buf = NULL;
	bool escaped = false;
	size_t n, used = 0;
	uint32_t c;

	/* utf8_decode() wants a NUL behind it. */
	copy = malloc(len + 1);
	buf = malloc(len * GROWTH + 1);
	if (!copy || !buf)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	for (size_t i = 0; i < len; i += n) {
		n = utf8_decode(copy + i, &c);
		if (n == 0 || (n > 1 && escaped))
			return -EBADMSG;
		if (n > 1)
			used += write_escape(buf + used, c);
		else
			buf[used++] = copy[i];
		escaped = copy[i] == '\\' && !escaped;
	}
	buf[used] = '\0';
	*ret = TAKE_PTR(buf);
	*ret_len = used;
	return 0;
}
