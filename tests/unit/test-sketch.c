/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sketch.h"
#include "util.h"

#define CAPACITY 16

static struct sketch s;

static int setup(void **state)
{
	(void)state;
	return sketch_init(&s, CAPACITY, sizeof(uint32_t), 7);
}

static int teardown(void **state)
{
	(void)state;
	sketch_done(&s);
	return 0;
}

/* The heap, the buckets and the sum hold after whatever was added. */
static void assert_sound(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s.n_entries; i++) {
		const struct sketch_entry *entry = &s.entries[i];
		uint32_t at = entry->position, n = 0;

		sum += entry->count;
		assert_true(entry->error < entry->count);
		assert_int_equal(s.heap[at], i);
		if (at > 0)
			assert_true(s.entries[s.heap[(at - 1) / 2]].count <=
				    entry->count);
		for (uint32_t k = s.buckets[entry->hash & (s.n_buckets - 1)];
		     k != SKETCH_CAPACITY_MAX; k = s.entries[k].next)
			n += k == i;
		assert_int_equal(n, 1);
	}
	assert_int_equal(sum, s.total);
}

static uint32_t add(uint32_t key, uint64_t weight, bool *taken)
{
	uint32_t entry = sketch_add(&s, &key, weight, taken);

	assert_memory_equal(sketch_key(&s, entry), &key, sizeof(key));
	return entry;
}

/* While there is room it counts. */
static void test_exact(void **state)
{
	uint32_t top[CAPACITY + 1], entry;
	bool taken;

	(void)state;
	for (uint32_t round = 0; round < 10; round++)
		for (uint32_t key = 0; key < CAPACITY; key++) {
			entry = add(key, key + 1, &taken);
			assert_int_equal(taken, round == 0);
			assert_int_equal(entry, key);
			assert_sound();
		}
	assert_int_equal(sketch_heaviest(&s, top, CAPACITY + 1), CAPACITY);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		assert_int_equal(top[i], CAPACITY - 1 - i);
		assert_int_equal(s.entries[top[i]].count, 10 * (CAPACITY - i));
		assert_int_equal(s.entries[top[i]].error, 0);
	}
	assert_int_equal(sketch_heaviest(&s, top, 3), 3);
	assert_int_equal(top[2], CAPACITY - 3);
	assert_int_equal(sketch_heaviest(&s, top, 0), 0);
}

/* What was added since then, also of a key that lost its place meanwhile. */
static void test_mark(void **state)
{
	uint32_t top[CAPACITY], entry;

	(void)state;
	for (uint32_t key = 0; key < CAPACITY; key++)
		add(key, 10 + key, NULL);
	assert_int_equal(sketch_heaviest_since(&s, top, CAPACITY), CAPACITY);
	sketch_mark(&s);
	assert_int_equal(sketch_heaviest_since(&s, top, CAPACITY), 0);
	add(3, 5, NULL);
	add(4, 7, NULL);
	assert_int_equal(sketch_heaviest_since(&s, top, CAPACITY), 2);
	assert_int_equal(top[0], 4);
	assert_int_equal(sketch_since_mark(&s, 4), 7);
	assert_int_equal(sketch_since_mark(&s, 3), 5);
	/* In the place of the lightest. */
	entry = add(100, 2, NULL);
	assert_int_equal(entry, 0);
	assert_int_equal(sketch_since_mark(&s, entry), 2);
	assert_int_equal(s.entries[entry].count, 12);
	/* The order by all is as it was. */
	assert_int_equal(sketch_heaviest(&s, top, 1), 1);
	assert_int_equal(top[0], CAPACITY - 1);
}

static void test_empty(void **state)
{
	uint32_t top;

	(void)state;
	assert_int_equal(sketch_heaviest(&s, &top, 1), 0);
	add(5, 1, NULL);
	assert_int_equal(sketch_heaviest(&s, &top, 1), 1);
}

/* The lightest goes; whoever comes has its count as what may be too much. */
static void test_replaces(void **state)
{
	uint32_t entry, victim;
	bool taken;

	(void)state;
	for (uint32_t key = 0; key < CAPACITY; key++)
		add(key, 10 + key, NULL);
	victim = s.heap[0];
	assert_int_equal(s.entries[victim].count, 10);
	entry = add(1000, 2, &taken);
	assert_true(taken);
	assert_int_equal(entry, victim);
	assert_int_equal(s.entries[entry].count, 12);
	assert_int_equal(s.entries[entry].error, 10);
	assert_int_equal(s.n_entries, CAPACITY);
	assert_sound();
	/* The one that went comes back as another. */
	add(0, 1, &taken);
	assert_true(taken);
	assert_sound();
}

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

/*
 * What it promises, of a stream with a few heavy keys among many light ones:
 * whoever has more than a 16th is there, and each count is in its bounds.
 */
static void test_bounds(void **state)
{
	static uint64_t truth[4096];
	uint32_t n_heavy = 0;

	(void)state;
	memset(truth, 0, sizeof(truth));
	for (int i = 0; i < 200000; i++) {
		uint32_t key = next_random() % 4096;
		uint64_t weight = next_random() % 5 + 1;

		/* Four of them, a tenth of the stream each, or so. */
		if (next_random() % 5 < 2)
			key = key % 4;
		truth[key] += weight;
		add(key, weight, NULL);
	}
	assert_sound();
	for (uint32_t i = 0; i < s.n_entries; i++) {
		const struct sketch_entry *entry = &s.entries[i];
		uint32_t key;

		memcpy(&key, sketch_key(&s, i), sizeof(key));
		assert_true(truth[key] <= entry->count);
		assert_true(truth[key] >= entry->count - entry->error);
		truth[key] = 0;
		n_heavy += key < 4;
	}
	assert_int_equal(n_heavy, 4);
	/* Whoever is not there. */
	for (uint32_t key = 0; key < 4096; key++)
		assert_true(truth[key] <= s.entries[s.heap[0]].count &&
			    truth[key] <= s.total / CAPACITY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_exact),    TEST(test_empty),	TEST(test_mark),
		TEST(test_replaces), TEST(test_bounds),
	};

	return cmocka_run_group_tests_name("sketch", tests, NULL, NULL);
}
