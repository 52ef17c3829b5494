/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "session.h"
#include "util.h"

DEFINE_CLEANUP(struct session *, session_free)

int session_new(struct session **ret, int fd,
		const struct stream_limits *limits,
		const struct access_policy *policy,
		struct session_handler *handler)
{
	_cleanup_(cleanup_session_free) struct session *session = NULL;
	int r;

	session = calloc(1, sizeof(*session));
	if (!session) {
		close(fd);
		return -ENOMEM;
	}
	session->handler = handler;
	r = stream_init(&session->stream, fd, limits);
	if (r < 0)
		return r;
	r = peer_init(&session->peer, fd, policy);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(session);
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	if (session->task)
		session->task->gone(session->task);
	stream_done(&session->stream);
	filter_free(session->filter);
	free(session);
}

int session_send(struct session *session, struct buffer *message)
{
	int r;

	if (!message)
		return -ENOMEM;
	r = stream_push(&session->stream, message);
	buffer_unref(message);
	return r;
}

int session_send_error(struct session *session, const char *error,
		       struct json_object *parameters)
{
	struct buffer *message = error_new(error, parameters);

	json_object_put(parameters);
	return session_send(session, message);
}

static int session_bad_request(struct session *session)
{
	struct json_object *parameters = json_object_new_object();

	if (parameters)
		json_object_object_add(
			parameters, "message",
			json_object_new_string(
				"Not a Varlink call: send a JSON object "
				"with \"method\", ended by a NUL byte."));
	return session_send_error(session, PROTO_INVALID_REQUEST, parameters);
}

static int session_too_large(struct session *session)
{
	struct json_object *parameters = json_object_new_object();

	if (parameters) {
		json_object_object_add(parameters, "limit",
				       json_object_new_string("request-size"));
		json_object_object_add(
			parameters, "max",
			json_object_new_uint64(session->stream.limits.message));
	}
	session->closing = true;
	return session_send_error(session, PROTO_LIMIT_REACHED, parameters);
}

static int session_answer(struct session *session, const char *text, size_t len)
{
	struct request request;
	int r;

	r = request_parse(text, len, &request);
	if (r == -EBADMSG)
		return session_bad_request(session);
	if (r < 0)
		return r;
	r = session->handler->request(session->handler, session, &request);
	request_done(&request);
	return r;
}

/*
 * Calls are answered in their order, so those behind a subscription wait, and
 * fill the input until its limit. The peer reads its answers before it gets
 * more of them: what it does not read stops here too.
 */
static int session_take_requests(struct session *session)
{
	const char *text;
	size_t len;
	int r;

	session->behind = false;
	while (!session->closing && !session->subscribed) {
		if (!stream_has_room(&session->stream,
				     session->stream.limits.out_bytes / 2)) {
			session->behind = true;
			return 0;
		}
		r = stream_next(&session->stream, &text, &len);
		if (r == -EMSGSIZE)
			return session_too_large(session);
		if (r <= 0)
			return r;
		r = session_answer(session, text, len);
		if (r < 0)
			return r;
	}
	return 0;
}

int session_read(struct session *session)
{
	ssize_t n;
	int r;

	if (!session_wants_read(session))
		return 0;
	r = session_take_requests(session);
	if (r < 0 || !session_wants_read(session))
		return r;
	n = stream_read(&session->stream);
	if (n == -ENOBUFS)
		return session_too_large(session);
	if (n == -ESHUTDOWN) {
		session->ended = true;
		return 0;
	}
	if (n < 0)
		return (int)n;
	return session_take_requests(session);
}

bool session_wants_read(const struct session *session)
{
	return !session->closing && !session->ended && !session->behind;
}

static void session_tell_losses(struct session *session)
{
	const struct losses *untold = &session->untold;
	struct buffer *message;
	char text[128];
	int len;

	if (!session->subscribed ||
	    (untold->kernel_queue | untold->socket | untold->sessions) == 0)
		return;
	len = snprintf(text, sizeof(text),
		       "{\"kernel_queue\":%" PRIu64 ",\"socket\":%" PRIu64
		       ",\"session\":%" PRIu64 "}",
		       untold->kernel_queue, untold->socket, untold->sessions);
	message = reply_new_text("lost", text, (size_t)len);
	if (session_send(session, message) == 0)
		session->untold = (struct losses){ 0 };
}

int session_write(struct session *session)
{
	int r = stream_write(&session->stream);

	if (r < 0)
		return r;
	if (r == 1) {
		session_tell_losses(session);
		r = session_take_requests(session);
		if (r < 0)
			return r;
		r = stream_write(&session->stream);
	}
	if (r == 1 &&
	    (session->closing ||
	     (session->ended && !session->behind && !session->subscribed)))
		return -ESHUTDOWN;
	return r < 0 ? r : 0;
}

bool session_wants_write(const struct session *session)
{
	return stream_has_output(&session->stream) || session->behind;
}

int session_subscribe(struct session *session, struct filter *filter)
{
	struct json_object *parameters = json_object_new_object();
	struct buffer *message;

	session->filter = filter;
	if (!parameters)
		return -ENOMEM;
	message = reply_new(parameters, true);
	json_object_put(parameters);
	session->subscribed = true;
	return session_send(session, message);
}

void session_begin_task(struct session *session, struct session_task *task)
{
	session->subscribed = true;
	session->task = task;
}

void session_end_task(struct session *session, const char *error,
		      struct json_object *parameters)
{
	struct buffer *message;

	session_tell_losses(session);
	session->subscribed = false;
	session->task = NULL;
	message = error ? error_new(error, parameters)
			: reply_new(parameters, false);
	json_object_put(parameters);
	/* Without the last reply the client would wait for it. */
	session->closing |= !message ||
			    stream_push(&session->stream, message) < 0;
	buffer_unref(message);
}

bool session_wants(const struct session *session, const struct drop_event *ev,
		   const struct packet_bytes *bytes)
{
	return session->subscribed && !session->task && !session->closing &&
	       (!session->filter ||
		filter_match_packet(session->filter, ev, bytes));
}

bool session_give(struct session *session, struct buffer *message)
{
	/* In order: what was missed before comes before this one. */
	if (session->untold.sessions > 0)
		session_tell_losses(session);
	if (session->untold.sessions == 0 &&
	    stream_push(&session->stream, message) == 0)
		return true;
	session->untold.sessions++;
	return false;
}

void session_lost(struct session *session, const struct losses *delta)
{
	if (!session->subscribed || session->task)
		return;
	session->untold.kernel_queue += delta->kernel_queue;
	session->untold.socket += delta->socket;
	session_tell_losses(session);
}
