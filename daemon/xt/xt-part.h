/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of a text, which are looked at and taken from the beginning. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct part {
	const char *s;
	size_t len; /* without a NUL in it */
};

bool part_starts_with(const struct part *p, const char *word);
bool part_is_word(const struct part *p, const char *word);
void part_skip(struct part *p, size_t n);
/* Takes @word off the beginning. */
bool part_take(struct part *p, const char *word);
/* Takes a number off the beginning. */
bool part_take_number(struct part *p, uint64_t *ret);
/* Takes a line, and its end; returned without it. */
struct part part_take_line(struct part *p);
/* Where @word begins for the last time in @p, or @p->len. */
size_t part_find_last(const struct part *p, const char *word);
/* Takes spaces off the end. */
void part_trim(struct part *p);
/*
 * The length of the word at the beginning of @p; a quoted one can have spaces
 * and line breaks in it. A @raw one is never quoted.
 */
size_t part_word_length(const struct part *p, bool raw);
