/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "stream.h"

#define READ_SIZE 4096
/* Messages gathered in one sendmsg(2). */
#define WRITE_BATCH 64

int stream_init(struct stream *s, int fd, const struct stream_limits *limits)
{
	*s = (struct stream){ .fd = fd, .limits = *limits };
	s->out = calloc(limits->out_messages, sizeof(*s->out));
	if (!s->out) {
		stream_done(s);
		return -ENOMEM;
	}
	return 0;
}

void stream_done(struct stream *s)
{
	for (size_t i = 0; i < s->out_count; i++)
		buffer_unref(
			s->out[(s->out_first + i) % s->limits.out_messages]);
	free(s->out);
	free(s->in);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct stream){ .fd = -1 };
}

/* Makes room behind in_end; the buffer stays small for small messages. */
static int stream_reserve(struct stream *s)
{
	size_t size;
	char *in;

	if (s->in_start > 0) {
		memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
		s->in_end -= s->in_start;
		s->in_scanned -= s->in_start;
		s->in_start = 0;
	}
	if (s->in_end < s->in_size)
		return 0;
	if (s->in_size >= s->limits.message)
		return -ENOBUFS;
	size = MIN(MAX(s->in_size * 2, READ_SIZE), s->limits.message);
	in = realloc(s->in, size);
	if (!in)
		return -ENOMEM;
	s->in = in;
	s->in_size = size;
	return 0;
}

ssize_t stream_read(struct stream *s)
{
	ssize_t n;
	int r;

	r = stream_reserve(s);
	if (r < 0)
		return r;
	n = recv(s->fd, s->in + s->in_end, s->in_size - s->in_end,
		 MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ESHUTDOWN;
	s->in_end += (size_t)n;
	return n;
}

int stream_next(struct stream *s, const char **ret, size_t *len)
{
	char *end;

	if (s->in_scanned == s->in_end)
		end = NULL;
	else
		end = memchr(s->in + s->in_scanned, '\0',
			     s->in_end - s->in_scanned);
	if (!end) {
		s->in_scanned = s->in_end;
		if (s->in_end - s->in_start >= s->limits.message)
			return -EMSGSIZE;
		return 0;
	}
	*ret = s->in + s->in_start;
	*len = (size_t)(end - *ret);
	s->in_start = (size_t)(end - s->in) + 1;
	s->in_scanned = s->in_start;
	return 1;
}

bool stream_has_room(const struct stream *s, size_t len)
{
	return s->out_count < s->limits.out_messages &&
	       len <= s->limits.out_bytes &&
	       s->out_bytes <= s->limits.out_bytes - len;
}

int stream_push(struct stream *s, struct buffer *b)
{
	if (!stream_has_room(s, b->len))
		return -ENOBUFS;
	s->out[(s->out_first + s->out_count) % s->limits.out_messages] =
		buffer_ref(b);
	s->out_count++;
	s->out_bytes += b->len;
	return 0;
}

static void stream_sent(struct stream *s, size_t n)
{
	while (n > 0) {
		struct buffer *b = s->out[s->out_first];
		size_t left = b->len - s->out_sent;

		if (n < left) {
			s->out_sent += n;
			return;
		}
		n -= left;
		s->out_sent = 0;
		s->out_bytes -= b->len;
		s->out_first = (s->out_first + 1) % s->limits.out_messages;
		s->out_count--;
		buffer_unref(b);
	}
}

int stream_write(struct stream *s)
{
	while (s->out_count > 0) {
		struct iovec iov[WRITE_BATCH];
		struct msghdr msg = { .msg_iov = iov };
		ssize_t n;

		for (size_t i = 0; i < MIN(s->out_count, WRITE_BATCH); i++) {
			struct buffer *b = s->out[(s->out_first + i) %
						  s->limits.out_messages];
			size_t skip = i == 0 ? s->out_sent : 0;

			iov[i].iov_base = b->data + skip;
			iov[i].iov_len = b->len - skip;
			msg.msg_iovlen = i + 1;
		}
		n = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? 0 : -errno;
		}
		stream_sent(s, (size_t)n);
	}
	return 1;
}

bool stream_has_output(const struct stream *s)
{
	return s->out_count > 0;
}
