/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "util.h"
#include "xt-part.h"

bool part_starts_with(const struct part *p, const char *word)
{
	size_t n = strlen(word);

	return p->len >= n && memcmp(p->s, word, n) == 0;
}

bool part_is_word(const struct part *p, const char *word)
{
	return p->len == strlen(word) && part_starts_with(p, word);
}

void part_skip(struct part *p, size_t n)
{
	p->s += n;
	p->len -= n;
}

bool part_take(struct part *p, const char *word)
{
	if (!part_starts_with(p, word))
		return false;
	part_skip(p, strlen(word));
	return true;
}

bool part_take_number(struct part *p, uint64_t *ret)
{
	size_t n = 0;

	*ret = 0;
	while (n < p->len && n < 20 && p->s[n] >= '0' && p->s[n] <= '9')
		*ret = *ret * 10 + (uint64_t)(p->s[n++] - '0');
	part_skip(p, n);
	return n > 0;
}

struct part part_take_line(struct part *p)
{
	const char *end = memchr(p->s, '\n', p->len);
	struct part line = { p->s, end ? (size_t)(end - p->s) : p->len };

	part_skip(p, MIN(line.len + 1, p->len));
	return line;
}

size_t part_find_last(const struct part *p, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = p->len >= n ? p->len - n + 1 : 0; at > 0; at--)
		if (memcmp(p->s + at - 1, word, n) == 0)
			return at - 1;
	return p->len;
}

void part_trim(struct part *p)
{
	while (p->len > 0 && p->s[p->len - 1] == ' ')
		p->len--;
}

size_t part_word_length(const struct part *p, bool raw)
{
	bool quoted = false;
	size_t n = 0;

	for (; n < p->len; n++) {
		if (!quoted && (p->s[n] == ' ' || p->s[n] == '\n'))
			break;
		if (raw)
			continue;
		if (p->s[n] == '"')
			quoted = !quoted;
		else if (quoted && p->s[n] == '\\' && n + 1 < p->len)
			n++;
	}
	return n;
}
