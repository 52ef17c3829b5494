/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reason.h"

#include <stdbool.h>
#include <string.h>

#include "util.h"

#define SUBSYSTEM_SHIFT 16
/* Of a name that somebody typed; longer ones are not near to any. */
#define SUGGEST_MIN 3
#define SUGGEST_MAX 64
/* NET_DM_MAX_REASON_LEN of net/core/drop_monitor.c. */
#define NAME_MAX_LEN 50

struct reason_number {
	enum reason_release release;
	uint32_t number;
	const char *subsystem;
};

/* The tables reason_table, reason_by_name and reason_numbers. */
#include "reason-table.h"

static const struct {
	const char *prefix;
	const char *subsystem;
} prefixes[] = {
	{ "SKB_DROP_REASON_", "core" },
	{ "NETFILTER_DROP_", "netfilter" },
};

static const struct {
	const char *version;
	enum reason_release release;
} releases[] = {
	{ "6.12", REASON_RELEASE_6_12 },
	{ "7.3", REASON_RELEASE_7_3 },
};

/* As toupper() of the C locale, which is the names'. */
static unsigned char upper(char c)
{
	return (unsigned char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* @name is a reason's, so that only @s needs folding. */
static int compare_name(const char *s, const char *name)
{
	while (*s && upper(*s) == (unsigned char)*name) {
		s++;
		name++;
	}
	return upper(*s) - (unsigned char)*name;
}

static const struct reason *find_exact(const char *s)
{
	size_t low = 0, high = ARRAY_SIZE(reason_by_name);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct reason *r = &reason_table[reason_by_name[middle]];
		int order = compare_name(s, r->name);

		if (order == 0)
			return r;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* What follows @prefix in @s, or NULL when @s does not begin with it. */
static const char *skip_prefix(const char *s, const char *prefix)
{
	while (*prefix && upper(*s) == (unsigned char)*prefix) {
		s++;
		prefix++;
	}
	return *prefix ? NULL : s;
}

const struct reason *reason_find(const char *name)
{
	const struct reason *r;

	if (!name)
		return NULL;
	r = find_exact(name);
	if (r)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *rest = skip_prefix(name, prefixes[i].prefix);

		if (!rest)
			continue;
		r = find_exact(rest);
		if (r && strcmp(r->subsystem, prefixes[i].subsystem) == 0)
			return r;
	}
	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	return MIN(MIN(a, b), c);
}

/*
 * How many letters must be inserted, deleted, replaced or swapped with their
 * neighbour to make @b of @a, each place touched once (optimal string
 * alignment). @blen is at most NAME_MAX_LEN.
 */
static size_t edit_distance(const char *a, size_t alen, const char *b,
			    size_t blen)
{
	size_t rows[3][NAME_MAX_LEN + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= blen; j++)
		last[j] = j;
	for (size_t i = 1; i <= alen; i++) {
		size_t *free_row = before;

		now[0] = i;
		for (size_t j = 1; j <= blen; j++) {
			bool same = a[i - 1] == b[j - 1];

			now[j] = min3(now[j - 1] + 1, last[j] + 1,
				      last[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[blen];
}

static const struct reason *suggest_prefix(const char *s)
{
	const struct reason *best = NULL;

	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = &reason_table[i];

		if (strncmp(r->name, s, strlen(s)) == 0 &&
		    (!best || strlen(r->name) < strlen(best->name)))
			best = r;
	}
	return best;
}

static const struct reason *suggest_edit(const char *s, size_t len)
{
	size_t limit = MIN(len / 3, (size_t)3);
	const struct reason *best = NULL;

	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = &reason_table[i];
		size_t n = strlen(r->name);
		size_t distance;

		if (n > NAME_MAX_LEN || n > len + limit || n + limit < len)
			continue;
		distance = edit_distance(s, len, r->name, n);
		if (distance < limit || (distance == limit && !best)) {
			best = r;
			limit = distance;
		}
	}
	return best;
}

static const struct reason *suggest_part(const char *s)
{
	const struct reason *best = NULL;

	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = &reason_table[i];

		if (strstr(r->name, s) &&
		    (!best || strlen(r->name) < strlen(best->name)))
			best = r;
	}
	if (best)
		return best;
	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = &reason_table[i];

		if (strlen(r->name) > SUGGEST_MIN && strstr(s, r->name) &&
		    (!best || strlen(r->name) > strlen(best->name)))
			best = r;
	}
	return best;
}

const struct reason *reason_suggest(const char *name)
{
	const struct reason *r = reason_find(name);
	char folded[SUGGEST_MAX + 1];
	size_t len;

	if (r || !name)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *rest = skip_prefix(name, prefixes[i].prefix);

		if (rest) {
			name = rest;
			break;
		}
	}
	len = strnlen(name, SUGGEST_MAX + 1);
	if (len < SUGGEST_MIN || len > SUGGEST_MAX)
		return NULL;
	for (size_t i = 0; i <= len; i++)
		folded[i] = upper(name[i]);

	r = suggest_prefix(folded);
	if (!r)
		r = suggest_edit(folded, len);
	if (!r)
		r = suggest_part(folded);
	return r;
}

const struct reason *reason_at(size_t i)
{
	return i < ARRAY_SIZE(reason_table) ? &reason_table[i] : NULL;
}

size_t reason_count(void)
{
	return ARRAY_SIZE(reason_table);
}

static const char *find_subsystem(uint32_t number, enum reason_release release)
{
	for (size_t i = 0; i < ARRAY_SIZE(reason_numbers); i++)
		if (reason_numbers[i].release == release &&
		    reason_numbers[i].number == number)
			return reason_numbers[i].subsystem;
	return NULL;
}

const char *reason_subsystem(uint32_t code, enum reason_release release)
{
	uint32_t number = code >> SUBSYSTEM_SHIFT;
	const char *agreed;

	if (release != REASON_RELEASE_UNKNOWN)
		return find_subsystem(number, release);

	agreed = find_subsystem(number, releases[0].release);
	for (size_t i = 1; agreed && i < ARRAY_SIZE(releases); i++) {
		const char *s = find_subsystem(number, releases[i].release);

		if (!s || strcmp(s, agreed) != 0)
			agreed = NULL;
	}
	return agreed;
}

enum reason_release reason_release_from_string(const char *uname_release)
{
	if (!uname_release)
		return REASON_RELEASE_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		const char *rest =
			skip_prefix(uname_release, releases[i].version);

		/* Or its end: but 7.3 is neither 7.30 nor 7.3x. */
		if (rest && strchr(".-+_~", *rest))
			return releases[i].release;
	}
	return REASON_RELEASE_UNKNOWN;
}
