/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The heaviest keys of a stream, in fixed memory: Space-Saving (Metwally,
 * Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in
 * Data Streams, 2005).
 *
 * Of a key that is there, the true weight is at most its count and at least
 * its count less its error. A key that is not there weighs at most the
 * smallest count, which is at most total / capacity: so every key that is
 * heavier than that is there. The counts add up to the total.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKETCH_CAPACITY_MAX 32768

struct sketch_entry {
	uint64_t count;
	uint64_t error;
	uint64_t marked; /* the count at sketch_mark(); see below */
	uint32_t hash;
	uint16_t next;	   /* in its bucket; SKETCH_CAPACITY_MAX: last */
	uint16_t position; /* in the heap */
};

/* Zeros are an empty one without room. */
struct sketch {
	uint64_t seed;
	uint64_t total;
	struct sketch_entry *entries; /* owned, with all below */
	uint16_t *heap;		      /* the smallest count first */
	uint16_t *buckets;
	uint8_t *keys;
	uint32_t capacity;
	uint32_t n_entries;
	uint32_t n_buckets; /* a power of two */
	uint32_t key_size;
};

/*
 * Room for @capacity keys of @key_size bytes, which are compared byte by byte.
 * @seed is anything that others cannot guess. -ENOMEM.
 */
int sketch_init(struct sketch *s, uint32_t capacity, uint32_t key_size,
		uint64_t seed);
void sketch_done(struct sketch *s);

/*
 * Adds @weight to @key, which takes the place of the lightest when there is no
 * room. Returns the entry's number, which is the key's until another takes its
 * place, and then *@taken (NULL allowed) is true: so it is for a place that
 * was empty.
 */
uint32_t sketch_add(struct sketch *s, const void *key, uint64_t weight,
		    bool *taken);

/* Its number; SKETCH_CAPACITY_MAX or more: it is not there. */
uint32_t sketch_find(const struct sketch *s, const void *key);
const void *sketch_key(const struct sketch *s, uint32_t entry);

/*
 * Sets @ret to the numbers of the at most @n heaviest entries, by count and
 * then by number; returns how many.
 */
uint32_t sketch_heaviest(const struct sketch *s, uint32_t *ret, uint32_t n);

/*
 * What was added since the last sketch_mark(): of a key that was there all the
 * time it is exact, of one that lost its place meanwhile it is what was added
 * since it is there again, and so at least that.
 */
void sketch_mark(struct sketch *s);
uint64_t sketch_since_mark(const struct sketch *s, uint32_t entry);
/* As sketch_heaviest(), by that, without those that have none. */
uint32_t sketch_heaviest_since(const struct sketch *s, uint32_t *ret,
			       uint32_t n);
