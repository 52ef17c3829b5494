/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hash.h"
#include "sketch.h"
#include "util.h"

#define LAST SKETCH_CAPACITY_MAX

int sketch_init(struct sketch *s, uint32_t capacity, uint32_t key_size,
		uint64_t seed)
{
	uint32_t n_buckets = 1;
	size_t keys_size, size;
	char *memory;

	while (n_buckets < capacity)
		n_buckets *= 2;
	/* Behind the entries, so that keys are aligned as they are. */
	keys_size = ((size_t)capacity * key_size + 1) & ~(size_t)1;
	size = capacity * sizeof(struct sketch_entry) + keys_size +
	       (capacity + n_buckets) * sizeof(uint16_t);
	/* Untouched pages of a large one cost nothing. */
	memory = calloc(1, size);
	if (!memory)
		return -ENOMEM;
	*s = (struct sketch){
		.seed = seed,
		.entries = (void *)memory,
		.capacity = capacity,
		.n_buckets = n_buckets,
		.key_size = key_size,
	};
	s->keys = (void *)(s->entries + capacity);
	s->heap = (void *)(s->keys + keys_size);
	s->buckets = s->heap + capacity;
	for (uint32_t i = 0; i < n_buckets; i++)
		s->buckets[i] = LAST;
	return 0;
}

void sketch_done(struct sketch *s)
{
	free(s->entries);
	*s = (struct sketch){ 0 };
}

const void *sketch_key(const struct sketch *s, uint32_t entry)
{
	return s->keys + (size_t)entry * s->key_size;
}

static uint16_t *bucket_of(const struct sketch *s, uint32_t hash)
{
	return &s->buckets[hash & (s->n_buckets - 1)];
}

static uint32_t find(const struct sketch *s, const void *key, uint32_t hash)
{
	uint32_t i = *bucket_of(s, hash);

	while (i != LAST && (s->entries[i].hash != hash ||
			     memcmp(sketch_key(s, i), key, s->key_size) != 0))
		i = s->entries[i].next;
	return i;
}

static void place(struct sketch *s, uint32_t position, uint16_t entry)
{
	s->heap[position] = entry;
	s->entries[entry].position = (uint16_t)position;
}

/* The lighter child of @at, or a number past the last. */
static uint32_t lighter_child(const struct sketch *s, uint32_t at)
{
	uint32_t child = 2 * at + 1;

	if (child + 1 < s->n_entries &&
	    s->entries[s->heap[child + 1]].count <
		    s->entries[s->heap[child]].count)
		child++;
	return child;
}

/* Its count has grown. */
static void sink_down(struct sketch *s, uint16_t entry)
{
	uint64_t count = s->entries[entry].count;
	uint32_t start = s->entries[entry].position, at = start, child;

	while ((child = lighter_child(s, at)) < s->n_entries &&
	       s->entries[s->heap[child]].count < count) {
		place(s, at, s->heap[child]);
		at = child;
	}
	if (at != start)
		place(s, at, entry);
}

/* It is new, at the end. */
static void rise(struct sketch *s, uint16_t entry)
{
	uint64_t count = s->entries[entry].count;
	uint32_t at = s->entries[entry].position;

	while (at > 0 && s->entries[s->heap[(at - 1) / 2]].count > count) {
		place(s, at, s->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(s, at, entry);
}

static void unlink_entry(struct sketch *s, uint16_t entry)
{
	uint16_t *link = bucket_of(s, s->entries[entry].hash);

	while (*link != entry)
		link = &s->entries[*link].next;
	*link = s->entries[entry].next;
}

static void link_entry(struct sketch *s, uint16_t entry, const void *key,
		       uint32_t hash)
{
	uint16_t *link = bucket_of(s, hash);

	s->entries[entry].hash = hash;
	s->entries[entry].next = *link;
	*link = entry;
	memcpy(s->keys + (size_t)entry * s->key_size, key, s->key_size);
}

uint32_t sketch_find(const struct sketch *s, const void *key)
{
	return find(s, key, (uint32_t)hash_bytes(s->seed, key, s->key_size));
}

uint32_t sketch_add(struct sketch *s, const void *key, uint64_t weight,
		    bool *taken)
{
	uint32_t hash = (uint32_t)hash_bytes(s->seed, key, s->key_size);
	uint32_t i = find(s, key, hash);
	uint16_t entry = (uint16_t)i;

	s->total += weight;
	if (taken)
		*taken = i == LAST;
	if (i != LAST) {
		s->entries[i].count += weight;
		sink_down(s, entry);
		return i;
	}
	if (s->n_entries < s->capacity) {
		entry = (uint16_t)s->n_entries++;
		link_entry(s, entry, key, hash);
		s->entries[entry].count = weight;
		s->entries[entry].position = entry;
		rise(s, entry);
		return entry;
	}
	entry = s->heap[0];
	unlink_entry(s, entry);
	link_entry(s, entry, key, hash);
	s->entries[entry].error = s->entries[entry].count;
	s->entries[entry].marked = s->entries[entry].count;
	s->entries[entry].count += weight;
	sink_down(s, entry);
	return entry;
}

static uint64_t since_start(const struct sketch *s, uint32_t entry)
{
	return s->entries[entry].count;
}

uint64_t sketch_since_mark(const struct sketch *s, uint32_t entry)
{
	return s->entries[entry].count - s->entries[entry].marked;
}

void sketch_mark(struct sketch *s)
{
	for (uint32_t i = 0; i < s->n_entries; i++)
		s->entries[i].marked = s->entries[i].count;
}

typedef uint64_t weight_of(const struct sketch *s, uint32_t entry);

static bool is_heavier(const struct sketch *s, weight_of *weight, uint32_t a,
		       uint32_t b)
{
	uint64_t x = weight(s, a), y = weight(s, b);

	return x != y ? x > y : a < b;
}

static uint32_t find_heaviest(const struct sketch *s, weight_of *weight,
			      uint32_t *ret, uint32_t n)
{
	uint32_t found = 0;

	if (n == 0)
		return 0;
	for (uint32_t i = 0; i < s->n_entries; i++) {
		uint32_t at = found;

		if (weight(s, i) == 0)
			continue;
		if (found == n) {
			if (!is_heavier(s, weight, i, ret[n - 1]))
				continue;
			at = n - 1;
		} else {
			found++;
		}
		for (; at > 0 && is_heavier(s, weight, i, ret[at - 1]); at--)
			ret[at] = ret[at - 1];
		ret[at] = i;
	}
	return found;
}

uint32_t sketch_heaviest(const struct sketch *s, uint32_t *ret, uint32_t n)
{
	return find_heaviest(s, since_start, ret, n);
}

uint32_t sketch_heaviest_since(const struct sketch *s, uint32_t *ret,
			       uint32_t n)
{
	return find_heaviest(s, sketch_since_mark, ret, n);
}
