/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes through the framing, in pieces that the input itself decides: the
 * messages are the bytes between the NULs, in order, and no bound is passed.
 * Then the same bytes as messages the other way, through a narrow socket.
 */
#include <errno.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "stream.h"
#include "util.h"

#define INPUT_MAX 4096

struct pair {
	struct stream stream;
	int peer;
};

static void pair_init(struct pair *p, const struct stream_limits *limits)
{
	int fds[2], size = 1;

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	check(stream_init(&p->stream, fds[0], limits) == 0);
	p->peer = fds[1];
}

static void pair_done(struct pair *p)
{
	stream_done(&p->stream);
	close(p->peer);
}

/* Takes what is whole; -EMSGSIZE when the rest is too long. */
static int take(struct pair *p, const uint8_t **next, const uint8_t *end)
{
	const char *text;
	size_t len;
	int r;

	while ((r = stream_next(&p->stream, &text, &len)) == 1) {
		check((size_t)(end - *next) >= len + 1);
		check(memcmp(text, *next, len + 1) == 0);
		check(strlen(text) == len);
		check(len < p->stream.limits.message);
		*next += len + 1;
	}
	check(r == 0 || r == -EMSGSIZE);
	if (r == -EMSGSIZE)
		check((size_t)(end - *next) >= p->stream.limits.message &&
		      !memchr(*next, '\0', p->stream.limits.message));
	return r;
}

static void check_reading(const uint8_t *data, size_t size, size_t limit)
{
	struct stream_limits limits = { limit, 1, 1 };
	const uint8_t *next = data, *end = data + size;
	struct pair p;
	size_t sent = 0;
	int r = 0;

	pair_init(&p, &limits);
	while (sent < size && r == 0) {
		size_t piece = MIN((size_t)data[sent] % 97 + 1, size - sent);
		ssize_t n;

		check(send(p.peer, data + sent, piece, 0) == (ssize_t)piece);
		sent += piece;
		while (r == 0 && (n = stream_read(&p.stream)) != 0) {
			check(n > 0);
			check(p.stream.in_size <= limit);
			check(p.stream.in_end <= p.stream.in_size);
			/* Sometimes only when there is no room any more. */
			if (data[sent - 1] % 3 && p.stream.in_end < limit)
				break;
			r = take(&p, &next, end);
		}
	}
	/* Everything whole was told. */
	while (r == 0) {
		ssize_t n;

		r = take(&p, &next, end);
		if (r < 0)
			break;
		check((n = stream_read(&p.stream)) >= 0);
		if (n == 0) {
			check(!memchr(next, '\0', (size_t)(end - next)));
			break;
		}
	}
	pair_done(&p);
}

static void receive(struct pair *p, const uint8_t *data, size_t *received)
{
	uint8_t buf[1024];
	ssize_t n;

	while ((n = recv(p->peer, buf, sizeof(buf), 0)) > 0) {
		check(memcmp(buf, data + *received, (size_t)n) == 0);
		*received += (size_t)n;
	}
}

static void check_writing(const uint8_t *data, size_t size)
{
	const struct stream_limits limits = { 1, 5, 4000 };
	size_t pushed = 0, received = 0;
	struct pair p;

	pair_init(&p, &limits);
	while (pushed < size) {
		size_t piece = MIN((size_t)data[pushed] * 9 + 1, size - pushed);
		struct buffer *b = buffer_new(piece);
		bool room = stream_has_room(&p.stream, piece);
		int r;

		check(b);
		memcpy(b->data, data + pushed, piece);
		r = stream_push(&p.stream, b);
		buffer_unref(b);
		check(r == (room ? 0 : -ENOBUFS));
		check(p.stream.out_count <= limits.out_messages);
		check(p.stream.out_bytes <= limits.out_bytes);
		if (r == 0)
			pushed += piece;
		if (r < 0 || data[pushed - 1] % 2) {
			check(stream_write(&p.stream) >= 0);
			if (data[pushed - 1] % 5 == 0 || r < 0)
				receive(&p, data, &received);
		}
	}
	do
		receive(&p, data, &received);
	while (stream_write(&p.stream) == 0);
	receive(&p, data, &received);
	check(received == size);
	check(p.stream.out_bytes == 0 && !stream_has_output(&p.stream));
	pair_done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > INPUT_MAX)
		return 0;
	check_reading(data + 1, size - 1, (size_t)data[0] * 4 + 1);
	check_writing(data, size);
	return 0;
}
