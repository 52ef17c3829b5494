/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash for tables whose keys others may choose: seeded, so that nobody can
 * prepare keys that fall together. Not for signatures. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One step; the constants are those of splitmix64 (Steele et al., 2014). */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	hash ^= word;
	hash *= 0xbf58476d1ce4e5b9;
	return hash ^ hash >> 31;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		hash = hash_word(hash, word);
	}
	if (len == 0)
		return hash;
	word = 0;
	memcpy(&word, p, len);
	return hash_word(hash, word ^ (uint64_t)len << 56);
}

static inline uint64_t hash_string(uint64_t hash, const char *s)
{
	return s[0] == '\0' ? hash_word(hash, 1)
			    : hash_bytes(hash, s, strlen(s));
}
