/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "suggest.h"
#include "util.h"

#define WORD_MAX 32

/* Letters to insert, remove, replace, or swap with the next one. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	size_t na = strlen(a), nb = strlen(b);

	for (size_t j = 0; j <= nb; j++)
		last[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t n = last[j - 1] + (a[i - 1] != b[j - 1]);

			n = MIN(n, last[j] + 1);
			n = MIN(n, row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				n = MIN(n, before[j - 2] + 1);
			row[j] = n;
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[nb];
}

const char *suggest(const char *name,
		    const char *(*at)(const void *words, size_t i),
		    const void *words)
{
	const char *word, *best = NULL;
	size_t least = WORD_MAX, len = strlen(name);

	if (len < 2 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; (word = at(words, i)); i++) {
		size_t n, word_len = strlen(word);

		if (word_len > WORD_MAX)
			continue;
		n = strncmp(word, name, len) == 0 ? 0 : distance(name, word);
		if (n < least && n <= MAX(len, word_len) / 3) {
			least = n;
			best = word;
		}
	}
	return best;
}
