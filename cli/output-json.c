/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <langinfo.h>
#include <string.h>

#include "escape.h"
#include "output-json.h"
#include "utf8.h"

/* Whether escape_string() would leave the character as it is. */
static bool is_printable(const char *s, size_t len)
{
	char one[8] = "", escaped[32];

	memcpy(one, s, len);
	return strcmp(escape_string(one, escaped, sizeof(escaped)), one) == 0;
}

static void print_escape(FILE *f, uint32_t c)
{
	if (c <= 0xffff) {
		fprintf(f, "\\u%04x", c);
		return;
	}
	c -= 0x10000;
	fprintf(f, "\\u%04x\\u%04x", 0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
}

void output_json_text(FILE *f, const char *text)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	const char *begin = text;

	/* Such bytes are only inside strings, so an escape may stand there. */
	while (*text) {
		uint32_t c;
		size_t len;

		if ((unsigned char)*text < 0x7f) {
			text++;
			continue;
		}
		len = utf8_decode(text, &c);
		if (len > 0 && utf8 && is_printable(text, len)) {
			text += len;
			continue;
		}
		fwrite(begin, 1, (size_t)(text - begin), f);
		print_escape(f, len > 0 ? c : 0xfffd);
		text += len > 0 ? len : 1;
		begin = text;
	}
	fwrite(begin, 1, (size_t)(text - begin), f);
}

int output_json(FILE *f, struct json_object *json, enum json_mode mode)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	flags |= mode == JSON_PRETTY
			 ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
			 : JSON_C_TO_STRING_PLAIN;
	text = json_object_to_json_string_ext(json, flags);
	if (!text)
		return -ENOMEM;
	output_json_text(f, text);
	fputc('\n', f);
	return 0;
}
