/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Varlink's framing on a stream socket: messages that end with a NUL byte
 * (https://varlink.org). Never blocks, and holds no more than it was told.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"

struct stream_limits {
	size_t message;	     /* bytes in one incoming message, with its NUL */
	size_t out_messages; /* messages that wait to be written */
	size_t out_bytes;    /* their bytes */
};

struct stream {
	int fd;
	struct stream_limits limits;
	/* Incoming: [in_start, in_end) of @in is not yet taken. */
	char *in;
	size_t in_size;
	size_t in_start;
	size_t in_end;
	size_t in_scanned; /* no NUL before this */
	/* Outgoing: a ring of @limits.out_messages. */
	struct buffer **out;
	size_t out_first;
	size_t out_count;
	size_t out_bytes;
	size_t out_sent; /* bytes of the first that are written */
};

/* Takes @fd, which must be non-blocking, also on -ENOMEM. */
int stream_init(struct stream *s, int fd, const struct stream_limits *limits);
/* Closes the descriptor. A stream of zeros with fd -1 is allowed. */
void stream_done(struct stream *s);

/*
 * Reads once. Returns the number of bytes, 0 when none waits, -ESHUTDOWN when
 * the peer has closed, -ENOBUFS when a whole message must be taken first, or
 * what recv(2) says. Messages from stream_next() end their life here.
 */
ssize_t stream_read(struct stream *s);

/*
 * Takes the next message. Returns 1 with *@ret (NUL-terminated, @len bytes
 * without the NUL), 0 when none is complete, or -EMSGSIZE when the peer has
 * sent more than the limit without a NUL; the stream is of no use after that.
 */
int stream_next(struct stream *s, const char **ret, size_t *len);

/*
 * Queues a message, whose last byte must be its NUL; takes a reference of its
 * own. -ENOBUFS: a bound is reached, and nothing was queued.
 */
int stream_push(struct stream *s, struct buffer *b);
/* Whether stream_push() of @len bytes would be accepted. */
bool stream_has_room(const struct stream *s, size_t len);

/*
 * Writes what can be written. Returns 1 when nothing is left, 0 when the
 * socket is full, or what send(2) says; never raises SIGPIPE.
 */
int stream_write(struct stream *s);
bool stream_has_output(const struct stream *s);
