/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "held.h"
#include "util.h"

struct seen {
	uint64_t wanted; /* events of this length are done with */
	uint64_t lengths[HELD_MAX];
	size_t n_lengths;
	size_t n_over;
};

static bool done(void *data, struct drop_event *ev,
		 const struct packet_bytes *bytes, bool over)
{
	struct seen *seen = data;

	seen->n_over += over;
	if (!over && ev->length % 2 != seen->wanted)
		return false;
	assert_string_equal(ev->process.unit, "a.service");
	/* Odd ones have bytes. */
	assert_int_equal(bytes != NULL, ev->length % 2);
	if (bytes) {
		assert_int_equal(bytes->ethertype, 0x800);
		assert_int_equal(bytes->len, 3);
		assert_memory_equal(bytes->data, "abc", 3);
	}
	seen->lengths[seen->n_lengths++] = ev->length;
	return true;
}

static void hold(struct held *held, uint32_t length, bool wanted)
{
	char data[] = "abc";
	struct packet_bytes bytes = { .data = length % 2 ? data : NULL,
				      .len = 3,
				      .ethertype = 0x800 };
	struct drop_event ev;

	drop_event_init(&ev);
	ev.timestamp_ns = 1000;
	ev.length = length;
	ev.process.unit = strdup("a.service");
	assert_int_equal(held_add(held, &ev, length ? &bytes : NULL), wanted);
	data[0] = 'x';
	drop_event_done(&ev);
}

static void test_release(void **state)
{
	struct seen seen = { .wanted = 1 };
	struct held held;

	(void)state;
	held_init(&held);
	held_release(&held, 1000, done, &seen);
	for (uint32_t i = 0; i < 5; i++)
		hold(&held, i, true);
	held_release(&held, 2000, done, &seen);
	assert_int_equal(seen.n_lengths, 2);
	assert_int_equal(seen.lengths[0], 1);
	assert_int_equal(seen.lengths[1], 3);
	assert_int_equal(held.n_drops, 3);
	assert_int_equal(seen.n_over, 0);
	/* In their order, and at the end all of them. */
	hold(&held, 7, true);
	held_release(&held, 1000 + HELD_NS, done, &seen);
	assert_int_equal(seen.n_over, 4);
	assert_int_equal(seen.n_lengths, 6);
	assert_int_equal(seen.lengths[2], 0);
	assert_int_equal(seen.lengths[5], 7);
	assert_int_equal(held.n_drops, 0);
	held_done(&held);
}

static void test_full(void **state)
{
	struct seen seen = { .wanted = 0 };
	struct held held;

	(void)state;
	held_init(&held);
	for (size_t i = 0; i < HELD_MAX; i++)
		hold(&held, 2, true);
	hold(&held, 2, false);
	/* The clock was set back. */
	held_release(&held, 0, done, &seen);
	assert_int_equal(seen.n_over, HELD_MAX);
	hold(&held, 2, true);
	held_done(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
