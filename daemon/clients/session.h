/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client's connection: its requests, its subscription, its losses.
 *
 * A client that does not read loses its own events, is told how many, and
 * holds up nobody else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "filter.h"
#include "losses.h"
#include "proto.h"
#include "stream.h"

struct session;

/* What answers a session's requests; see methods.h. */
struct session_handler {
	/* A negative errno ends the session. */
	int (*request)(struct session_handler *handler, struct session *session,
		       struct request *request);
};

/* What a stream of replies other than drops comes from; see trace-reply.h. */
struct session_task {
	/* The session is gone, and nothing may be sent to it any more. */
	void (*gone)(struct session_task *task);
};

struct session {
	struct stream stream;
	struct peer peer;
	struct session_handler *handler;
	bool subscribed;
	bool closing;	       /* ends when the output is written */
	bool ended;	       /* the peer sends no more, but may read */
	bool behind;	       /* requests wait for room in the output */
	struct filter *filter; /* NULL: every drop */
	struct session_task *task; /* NULL: the stream is of drops */
	/* Not yet told: sessions is what this session itself has missed. */
	struct losses untold;
	uint32_t polled;	     /* the server's: what epoll(7) waits for */
	struct session *prev, *next; /* the server's */
};

/*
 * Takes @fd, also on an error. Borrows @handler. Errors of peer_init(),
 * -ENOMEM.
 */
int session_new(struct session **ret, int fd,
		const struct stream_limits *limits,
		const struct access_policy *policy,
		struct session_handler *handler);
void session_free(struct session *session); /* NULL allowed */

/*
 * Reads what is there and answers it. Returns 0, or a negative errno when the
 * session is over. After it session_write(), which knows when a peer that
 * sends no more has got all its answers.
 */
int session_read(struct session *session);
bool session_wants_read(const struct session *session);
/*
 * Writes what can be written, tells losses, then answers what waited for
 * room. Returns 0, or a negative errno when the session is over: -ESHUTDOWN
 * when all is said.
 */
int session_write(struct session *session);
bool session_wants_write(const struct session *session);

/* Queues @message, and takes it. -ENOBUFS, -ENOMEM (@message is NULL). */
int session_send(struct session *session, struct buffer *message);
/* The same for an error of Varlink; @parameters is taken and may be NULL. */
int session_send_error(struct session *session, const char *error,
		       struct json_object *parameters);

/* Starts the stream of drops; takes @filter. */
int session_subscribe(struct session *session, struct filter *filter);
/* Starts another stream of replies, from @task, which is borrowed. */
void session_begin_task(struct session *session, struct session_task *task);
/*
 * Ends it: queues the last reply, an error where @error is not NULL, and takes
 * @parameters, which may be NULL. Then calls that waited are answered.
 */
void session_end_task(struct session *session, const char *error,
		      struct json_object *parameters);
/* @bytes as in sink.h. */
bool session_wants(const struct session *session, const struct drop_event *ev,
		   const struct packet_bytes *bytes);
/* Queues one drop's message, which is shared; false: counted as missed. */
bool session_give(struct session *session, struct buffer *message);
/* Drops that no session will see. */
void session_lost(struct session *session, const struct losses *delta);
