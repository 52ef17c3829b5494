/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "stream.h"
#include "util.h"

#define LIMIT 64

struct pair {
	struct stream stream;
	int peer;
};

static void pair_init(struct pair *p, const struct stream_limits *limits)
{
	int fds[2], size = 1;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	/* The kernel's least, so that writes come to an end soon. */
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(stream_init(&p->stream, fds[0], limits), 0);
	p->peer = fds[1];
}

static int setup(void **state)
{
	static const struct stream_limits limits = {
		.message = LIMIT,
		.out_messages = 4,
		.out_bytes = 100,
	};
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	pair_init(p, &limits);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	stream_done(&p->stream);
	assert_int_equal(p->stream.fd, -1);
	stream_done(&p->stream);
	if (p->peer >= 0)
		close(p->peer);
	free(p);
	return 0;
}

static void put(struct pair *p, const void *data, size_t len)
{
	assert_int_equal(send(p->peer, data, len, 0), len);
}

static void assert_next(struct pair *p, const char *expected)
{
	const char *text;
	size_t len;

	assert_int_equal(stream_next(&p->stream, &text, &len), 1);
	assert_string_equal(text, expected);
	assert_int_equal(len, strlen(expected));
}

static void assert_none(struct pair *p)
{
	const char *text;
	size_t len;

	assert_int_equal(stream_next(&p->stream, &text, &len), 0);
}

static struct buffer *text_buffer(const char *s)
{
	struct buffer *b = buffer_new(strlen(s) + 1);

	assert_non_null(b);
	memcpy(b->data, s, b->len);
	return b;
}

static void test_empty(void **state)
{
	struct pair *p = *state;

	assert_none(p);
	assert_int_equal(stream_read(&p->stream), 0);
	assert_none(p);
	assert_false(stream_has_output(&p->stream));
	assert_int_equal(stream_write(&p->stream), 1);
}

static void test_messages(void **state)
{
	struct pair *p = *state;

	put(p, "one\0\0three\0fo", 13);
	assert_int_equal(stream_read(&p->stream), 13);
	assert_next(p, "one");
	assert_next(p, "");
	assert_next(p, "three");
	assert_none(p);
	assert_none(p);
	put(p, "ur", 3);
	assert_int_equal(stream_read(&p->stream), 3);
	assert_next(p, "four");
	assert_none(p);
}

static void test_byte_at_a_time(void **state)
{
	static const char bytes[] = "{\"a\":1}\0{\"b\":2}";
	struct pair *p = *state;
	const char *text;
	size_t len;

	for (int round = 0; round < 20; round++)
		for (size_t i = 0; i < sizeof(bytes); i++) {
			put(p, &bytes[i], 1);
			assert_int_equal(stream_read(&p->stream), 1);
			assert_int_equal(stream_next(&p->stream, &text, &len),
					 bytes[i] == '\0');
			if (bytes[i] == '\0')
				assert_int_equal(len, 7);
		}
	assert_true(p->stream.in_size <= LIMIT);
}

/* As long as the limit allows, and one byte more. */
static void test_limit(void **state)
{
	struct pair *p = *state;
	char long_one[LIMIT + 1];
	const char *text;
	size_t len;

	memset(long_one, 'x', sizeof(long_one));
	long_one[LIMIT - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		put(p, long_one, LIMIT);
		assert_int_equal(stream_read(&p->stream), LIMIT);
		assert_next(p, long_one);
		assert_none(p);
	}

	long_one[LIMIT - 1] = 'x';
	long_one[LIMIT] = '\0';
	put(p, long_one, LIMIT + 1);
	assert_int_equal(stream_read(&p->stream), LIMIT);
	assert_int_equal(stream_next(&p->stream, &text, &len), -EMSGSIZE);
	assert_int_equal(stream_next(&p->stream, &text, &len), -EMSGSIZE);
	assert_int_equal(stream_read(&p->stream), -ENOBUFS);
	assert_int_equal(p->stream.in_size, LIMIT);
}

/* A message behind others has the limit for itself. */
static void test_limit_behind(void **state)
{
	struct pair *p = *state;
	char long_one[LIMIT];

	memset(long_one, 'x', sizeof(long_one));
	long_one[LIMIT - 1] = '\0';
	put(p, "a\0b", 4);
	put(p, long_one, LIMIT);
	assert_int_equal(stream_read(&p->stream), LIMIT);
	assert_next(p, "a");
	assert_next(p, "b");
	assert_none(p);
	assert_int_equal(stream_read(&p->stream), 4);
	assert_next(p, long_one);
}

static void test_full_of_messages(void **state)
{
	struct pair *p = *state;
	char many[LIMIT];

	memset(many, 0, sizeof(many));
	put(p, many, LIMIT);
	put(p, "z", 2);
	assert_int_equal(stream_read(&p->stream), LIMIT);
	/* Whole messages must be taken first. */
	assert_int_equal(stream_read(&p->stream), -ENOBUFS);
	for (int i = 0; i < LIMIT; i++)
		assert_next(p, "");
	assert_none(p);
	assert_int_equal(stream_read(&p->stream), 2);
	assert_next(p, "z");
}

/* From the first read's size to the limit by doubling. */
static void test_growth(void **state)
{
	static const struct stream_limits limits = { 100000, 1, 1 };
	static char big[100000];
	struct pair p;
	size_t sent = 0;
	ssize_t n;

	(void)state;
	pair_init(&p, &limits);
	for (size_t i = 0; i < sizeof(big) - 1; i++)
		big[i] = (char)('a' + i % 26);
	put(&p, "small", 6);
	assert_int_equal(stream_read(&p.stream), 6);
	assert_next(&p, "small");
	assert_true(p.stream.in_size <= 4096);
	while (sent < sizeof(big)) {
		n = send(p.peer, big + sent, MIN(sizeof(big) - sent, 3001), 0);
		if (n > 0)
			sent += (size_t)n;
		assert_true(stream_read(&p.stream) > 0);
		assert_true(p.stream.in_size <= limits.message);
		if (sent < sizeof(big))
			assert_none(&p);
	}
	while (p.stream.in_end < sizeof(big))
		assert_true(stream_read(&p.stream) > 0);
	assert_int_equal(p.stream.in_size, limits.message);
	assert_next(&p, big);
	stream_done(&p.stream);
	close(p.peer);
}

static void test_peer_left(void **state)
{
	struct pair *p = *state;
	_cleanup_(cleanup_buffer_unref) struct buffer *b = text_buffer("x");

	put(p, "last\0half", 9);
	close(p->peer);
	p->peer = -1;
	assert_int_equal(stream_read(&p->stream), 9);
	assert_next(p, "last");
	assert_none(p);
	assert_int_equal(stream_read(&p->stream), -ESHUTDOWN);
	assert_int_equal(stream_read(&p->stream), -ESHUTDOWN);
	/* An errno, no signal. */
	assert_int_equal(stream_push(&p->stream, b), 0);
	assert_int_equal(stream_write(&p->stream), -EPIPE);
}

static void test_out_messages(void **state)
{
	struct pair *p = *state;
	_cleanup_(cleanup_buffer_unref) struct buffer *b = text_buffer("abc");

	for (int i = 0; i < 4; i++) {
		assert_true(stream_has_room(&p->stream, 4));
		assert_int_equal(stream_push(&p->stream, b), 0);
	}
	assert_false(stream_has_room(&p->stream, 0));
	assert_int_equal(stream_push(&p->stream, b), -ENOBUFS);
	assert_int_equal(b->n_refs, 5);
	assert_true(stream_has_output(&p->stream));
	assert_int_equal(stream_write(&p->stream), 1);
	assert_int_equal(b->n_refs, 1);
	assert_int_equal(p->stream.out_bytes, 0);
	assert_false(stream_has_output(&p->stream));
}

static void test_out_bytes(void **state)
{
	struct pair *p = *state;
	_cleanup_(cleanup_buffer_unref) struct buffer *b = buffer_new(50);
	_cleanup_(cleanup_buffer_unref) struct buffer *large = buffer_new(101);

	memset(b->data, 0, 50);
	assert_true(stream_has_room(&p->stream, 100));
	assert_false(stream_has_room(&p->stream, 101));
	assert_false(stream_has_room(&p->stream, SIZE_MAX));
	assert_int_equal(stream_push(&p->stream, large), -ENOBUFS);
	assert_int_equal(stream_push(&p->stream, b), 0);
	assert_true(stream_has_room(&p->stream, 50));
	assert_false(stream_has_room(&p->stream, 51));
	assert_int_equal(stream_push(&p->stream, b), 0);
	assert_false(stream_has_room(&p->stream, 1));
	assert_int_equal(stream_push(&p->stream, b), -ENOBUFS);
	assert_int_equal(large->n_refs, 1);
	/* What waits is freed with the stream: the checkers tell. */
}

/* Message @n: its number and up to 6000 bytes behind it. */
static struct buffer *number_buffer(unsigned int n)
{
	struct buffer *b = buffer_new(20 + n * 37 % 6000);

	assert_non_null(b);
	memset(b->data, 'a' + (int)(n % 26), b->len);
	snprintf(b->data, 20, "message %u", n);
	b->data[strlen(b->data)] = ' ';
	b->data[b->len - 1] = '\0';
	return b;
}

/* Takes from the peer what there is, and compares it with the numbers. */
static void take_numbers(struct pair *p, char *held, size_t *n_held,
			 unsigned int *next)
{
	ssize_t n;

	while ((n = recv(p->peer, held + *n_held, 1000, MSG_DONTWAIT)) > 0) {
		char *end;

		*n_held += (size_t)n;
		assert_true(*n_held < 7000);
		while ((end = memchr(held, '\0', *n_held))) {
			struct buffer *b = number_buffer((*next)++);

			assert_int_equal(end - held + 1, b->len);
			assert_memory_equal(held, b->data, b->len);
			*n_held -= b->len;
			memmove(held, end + 1, *n_held);
			buffer_unref(b);
		}
	}
}

/* More than fits: partial writes, many times round the ring, in order. */
static void test_ring(void **state)
{
	static const struct stream_limits limits = { 64, 30, 1 << 20 };
	static char held[8192];
	size_t n_held = 0, full = 0;
	unsigned int pushed = 0, next = 0;
	struct pair p;

	(void)state;
	pair_init(&p, &limits);
	while (pushed < 2000) {
		struct buffer *b = number_buffer(pushed);
		int r = stream_push(&p.stream, b);

		buffer_unref(b);
		if (r == 0) {
			pushed++;
			continue;
		}
		assert_int_equal(r, -ENOBUFS);
		r = stream_write(&p.stream);
		assert_true(r == 0 || r == 1);
		full += r == 0;
		take_numbers(&p, held, &n_held, &next);
	}
	while (stream_write(&p.stream) == 0)
		take_numbers(&p, held, &n_held, &next);
	take_numbers(&p, held, &n_held, &next);
	assert_int_equal(next, pushed);
	assert_int_equal(n_held, 0);
	assert_true(full > 0);
	assert_int_equal(p.stream.out_bytes, 0);
	stream_done(&p.stream);
	close(p.peer);
}

/* The end of a stream whose ring's beginning is in the middle. */
static void test_done_wrapped(void **state)
{
	struct buffer *b = text_buffer("x");
	struct pair *p = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(stream_push(&p->stream, b), 0);
	assert_int_equal(stream_write(&p->stream), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(stream_push(&p->stream, b), 0);
	assert_int_equal(b->n_refs, 4);
	stream_done(&p->stream);
	assert_int_equal(b->n_refs, 1);
	buffer_unref(b);
}

/* One buffer in two streams, one of which ends with it half written. */
static void test_shared(void **state)
{
	static const struct stream_limits limits = { 64, 8, 1 << 20 };
	struct buffer *b = buffer_new(200000);
	struct pair *p = *state, q;

	assert_non_null(b);
	memset(b->data, 'x', b->len);
	pair_init(&q, &limits);
	p->stream.limits.out_bytes = 1 << 20;
	assert_int_equal(stream_push(&p->stream, b), 0);
	assert_int_equal(stream_push(&q.stream, b), 0);
	assert_int_equal(stream_push(&q.stream, b), 0);
	assert_int_equal(b->n_refs, 4);
	assert_int_equal(stream_write(&q.stream), 0);
	assert_true(q.stream.out_sent > 0);
	stream_done(&q.stream);
	assert_int_equal(b->n_refs, 2);
	buffer_unref(b);
	close(q.peer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_messages),
		TEST(test_byte_at_a_time),
		TEST(test_limit),
		TEST(test_limit_behind),
		TEST(test_full_of_messages),
		TEST(test_peer_left),
		TEST(test_out_messages),
		TEST(test_out_bytes),
		TEST(test_done_wrapped),
		TEST(test_shared),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_ring),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
