/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>

#include "json-add.h"
#include "trace-marks.h"
#include "trace-packet.h"
#include "trace-reply.h"
#include "util.h"

struct trace_reply {
	struct session_task task; /* the first: see gone() */
	struct session *session;
	struct trace_request *request;
	uint64_t usec; /* that it takes at most */
};

static void send_member(struct trace_reply *reply, const char *key,
			struct json_object *value)
{
	const char *text;
	size_t len;

	text = value ? json_object_to_json_string_length(
			       value,
			       JSON_C_TO_STRING_PLAIN |
				       JSON_C_TO_STRING_NOSLASHESCAPE,
			       &len)
		     : NULL;
	if (text) {
		struct buffer *message = reply_new_text(key, text, len);

		if (message)
			(void)session_give(reply->session, message);
		buffer_unref(message);
	}
}

static void begun(void *data, const struct trace_nft_status *status)
{
	const struct trace_reply *reply = data;
	struct json_object *root = json_object_new_object();
	struct json_object *families = json_object_new_array();

	for (int f = 0; families && f < _TRACE_FAMILY_MAX; f++)
		if (status->families & 1U << f)
			json_object_array_add(
				families,
				json_object_new_string(nft_family_to_string(
					trace_family_to_nfproto(f))));
	if (json_add(root, "families", families) &&
	    json_add_text(root, "table", status->table) &&
	    json_add_flag(root, "after_conntrack",
			  status->is_after_conntrack) &&
	    json_add_number(root, "duration_usec", reply->usec))
		send_member(data, "started", root);
	json_object_put(root);
}

static bool give_packet(void *data, struct json_object *packet)
{
	struct trace_reply *reply = data;
	uint64_t missed = reply->session->untold.sessions;

	send_member(reply, "packet", packet);
	return reply->session->untold.sessions <= missed;
}

static void note(void *data, enum trace_request_note note)
{
	static const char *const names[_TRACE_REQUEST_NOTE_MAX] = {
		[TRACE_NOTE_LIMITED] = "limited",
		[TRACE_NOTE_RESTORED] = "restored",
		[TRACE_NOTE_LOST] = "lost",
	};
	struct json_object *name = json_object_new_string(names[note]);

	send_member(data, "note", name);
	json_object_put(name);
}

static void end_well(struct session *session, const char *why)
{
	struct json_object *root = json_object_new_object();

	(void)json_add_text(root, "ended", why);
	session_end_task(session, NULL, root);
}

static void end_badly(struct session *session, const char *name,
		      const struct trace_expression_error *error)
{
	struct json_object *root = json_object_new_object();

	if (json_add_text(root, "message", error->message) &&
	    error->length > 0) {
		(void)json_add_number(root, "at", error->at);
		(void)json_add_number(root, "length", error->length);
	}
	session_end_task(session, name, root);
}

static void ended(void *data, enum trace_request_end end,
		  const struct trace_expression_error *error)
{
	struct trace_reply *reply = data;
	struct session *session = reply->session;

	free(reply);
	switch (end) {
	case TRACE_REQUEST_COUNT:
		end_well(session, "count");
		return;
	case TRACE_REQUEST_TIME:
		end_well(session, "time");
		return;
	case TRACE_REQUEST_REFUSED:
		end_badly(session, PROTO_INVALID_EXPRESSION, error);
		return;
	case TRACE_REQUEST_FAILED:
		end_badly(session, PROTO_TRACE_FAILED, error);
		return;
	}
}

static const struct trace_request_ops reply_ops = {
	.begun = begun,
	.packet = give_packet,
	.note = note,
	.ended = ended,
};

static void gone(struct session_task *task)
{
	struct trace_reply *reply = (struct trace_reply *)task;

	trace_request_cancel(reply->request);
	free(reply);
}

static int too_many(struct session *session, uint32_t max)
{
	struct json_object *root = json_object_new_object();

	(void)json_add_text(root, "limit", "traces");
	(void)json_add_number(root, "max", max);
	return session_send_error(session, PROTO_LIMIT_REACHED, root);
}

int trace_reply_begin(struct trace_requests *requests, struct session *session,
		      const struct trace_query *query)
{
	const struct trace_limits *limits =
		trace_requests_peek_limits(requests);
	const struct trace_request_config config = {
		.expression = query->expression,
		.count = query->count,
		.usec = query->usec,
	};
	struct trace_reply *reply = calloc(1, sizeof(*reply));
	struct trace_expression_error error = { 0 };
	int r;

	if (!reply)
		return -ENOMEM;
	reply->task.gone = gone;
	reply->session = session;
	reply->usec = query->usec > 0 ? MIN(query->usec, limits->usec)
				      : limits->usec;
	r = trace_requests_add(requests, &config, &reply_ops, reply,
			       &reply->request, &error);
	if (r >= 0) {
		session_begin_task(session, &reply->task);
		return 0;
	}
	free(reply);
	if (r == -EUSERS)
		return too_many(session, limits->requests);
	if (r != -EINVAL || error.message[0] == '\0')
		copy_string(error.message, sizeof(error.message), strerror(-r),
			    SIZE_MAX);
	end_badly(session,
		  r == -EINVAL ? PROTO_INVALID_EXPRESSION : PROTO_TRACE_FAILED,
		  &error);
	return 0;
}
