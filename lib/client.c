/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "client.h"
#include "codec.h"
#include "proto.h"
#include "stream.h"

#define CALLS_MAX 16
/* Events that wait for pop_event(); past it, nothing more is read. */
#define EVENTS_MAX 4096

static const struct stream_limits client_limits = {
	.message = 4 << 20,
	.out_messages = CALLS_MAX,
	.out_bytes = 1 << 20,
};

struct nfdrop_event {
	enum nfdrop_event_type type;
	struct nfdrop_event *next;
	struct json_object *root; /* owns @json */
	struct json_object *json; /* what get_json() tells */
	char *error;
	bool has_drop;
	bool continues;
	struct drop_event drop;
};

struct nfdrop_client {
	size_t n_refs;
	struct stream stream;
	size_t n_calls;	  /* replies that are due */
	bool subscribing; /* the last call is a subscription */
	bool closed;
	bool close_told; /* NFDROP_EVENT_CLOSED was taken */
	struct nfdrop_event *first;
	struct nfdrop_event **last;
	size_t n_events;
};

static void client_free(struct nfdrop_client *client)
{
	struct nfdrop_event *event;

	while ((event = client->first)) {
		client->first = event->next;
		nfdrop_event_free(event);
	}
	stream_done(&client->stream);
	free(client);
}

DEFINE_CLEANUP(struct nfdrop_client *, client_free)

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	size_t len = strlen(path);

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

_public_ int nfdrop_client_new(struct nfdrop_client **ret, const char *path)
{
	_cleanup_(cleanup_client_free) struct nfdrop_client *client = NULL;
	int fd, r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->n_refs = 1;
	client->last = &client->first;
	client->stream.fd = -1;
	fd = connect_to(path ? path : NFDROP_SOCKET_PATH);
	if (fd < 0)
		return fd;
	r = stream_init(&client->stream, fd, &client_limits);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(client);
	return 0;
}

_public_ struct nfdrop_client *nfdrop_client_ref(struct nfdrop_client *client)
{
	client->n_refs++;
	return client;
}

_public_ struct nfdrop_client *nfdrop_client_unref(struct nfdrop_client *client)
{
	if (client && --client->n_refs == 0)
		client_free(client);
	return NULL;
}

_public_ int nfdrop_client_get_fd(const struct nfdrop_client *client)
{
	return client->stream.fd;
}

_public_ int nfdrop_client_get_events(const struct nfdrop_client *client)
{
	int events = 0;

	if (client->closed)
		return 0;
	if (client->n_events < EVENTS_MAX)
		events |= POLLIN;
	if (stream_has_output(&client->stream))
		events |= POLLOUT;
	return events;
}

static int client_send(struct nfdrop_client *client, const char *method,
		       struct json_object *parameters, bool more)
{
	_cleanup_(cleanup_buffer_unref) struct buffer *message = NULL;
	int r;

	if (client->closed)
		return -ENOTCONN;
	if (client->subscribing)
		return -EBUSY;
	if (client->n_calls >= CALLS_MAX)
		return -ENOBUFS;
	message = request_new(method, parameters, more);
	if (!message)
		return -ENOMEM;
	r = stream_push(&client->stream, message);
	if (r < 0)
		return r;
	client->n_calls++;
	return 0;
}

static int parse_text(const char *text, struct json_object **ret)
{
	int r;

	*ret = NULL;
	if (!text)
		return 0;
	r = json_parse_object(text, strlen(text), ret);
	return r == -EBADMSG ? -EINVAL : r;
}

static int client_call(struct nfdrop_client *client, const char *method,
		       const char *parameters, bool more)
{
	struct json_object *json;
	int r;

	r = parse_text(parameters, &json);
	if (r < 0)
		return r;
	r = client_send(client, method, json, more);
	json_object_put(json);
	return r;
}

_public_ int nfdrop_client_call(struct nfdrop_client *client,
				const char *method, const char *parameters)
{
	return client_call(client, method, parameters, false);
}

_public_ int nfdrop_client_call_more(struct nfdrop_client *client,
				     const char *method, const char *parameters)
{
	return client_call(client, method, parameters, true);
}

_public_ int nfdrop_client_subscribe(struct nfdrop_client *client,
				     const char *filter)
{
	struct json_object *parameters, *json;
	int r;

	r = parse_text(filter, &json);
	if (r < 0)
		return r;
	parameters = json_object_new_object();
	if (!parameters ||
	    (json && json_object_object_add(parameters, "filter", json) < 0)) {
		json_object_put(json);
		json_object_put(parameters);
		return -ENOMEM;
	}
	r = client_send(client, PROTO_MONITOR ".Subscribe", parameters, true);
	json_object_put(parameters);
	if (r == 0)
		client->subscribing = true;
	return r;
}

static struct nfdrop_event *client_queue(struct nfdrop_client *client,
					 enum nfdrop_event_type type)
{
	struct nfdrop_event *event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->type = type;
	*client->last = event;
	client->last = &event->next;
	client->n_events++;
	return event;
}

static int client_close(struct nfdrop_client *client)
{
	if (client->closed)
		return 0;
	if (!client_queue(client, NFDROP_EVENT_CLOSED))
		return -ENOMEM;
	client->closed = true;
	return 0;
}

static int take_error(struct nfdrop_client *client, struct reply *reply)
{
	_cleanup_free_ char *error = strdup(reply->error);
	struct nfdrop_event *event;

	if (!error)
		return -ENOMEM;
	event = client_queue(client, NFDROP_EVENT_ERROR);
	if (!event)
		return -ENOMEM;
	event->error = TAKE_PTR(error);
	event->json = reply->parameters;
	event->root = TAKE_PTR(reply->root);
	return 0;
}

/* A reply of the subscription: empty, or with an event or what was lost. */
static int take_stream(struct nfdrop_client *client, struct reply *reply)
{
	struct json_object *json = NULL;
	struct drop_event drop;
	struct nfdrop_event *event;
	int r;

	if (!reply->parameters ||
	    json_object_object_length(reply->parameters) == 0) {
		event = client_queue(client, NFDROP_EVENT_SUBSCRIBED);
	} else if (json_object_object_get_ex(reply->parameters, "event",
					     &json) &&
		   json) {
		r = event_from_json(json, &drop);
		if (r < 0)
			return r == -EINVAL ? -EBADMSG : r;
		event = client_queue(client, NFDROP_EVENT_DROP);
		if (event) {
			event->drop = drop;
			event->has_drop = true;
		} else {
			drop_event_done(&drop);
		}
	} else if (json_object_object_get_ex(reply->parameters, "lost",
					     &json) &&
		   json_object_is_type(json, json_type_object)) {
		event = client_queue(client, NFDROP_EVENT_LOST);
	} else {
		/* Something newer than this library: not for us. */
		return 0;
	}
	if (!event)
		return -ENOMEM;
	event->json = json;
	event->root = TAKE_PTR(reply->root);
	return 0;
}

static int take_reply(struct nfdrop_client *client, struct reply *reply)
{
	struct nfdrop_event *event;

	event = client_queue(client, NFDROP_EVENT_REPLY);
	if (!event)
		return -ENOMEM;
	event->json = reply->parameters;
	event->root = TAKE_PTR(reply->root);
	event->continues = reply->continues;
	return 0;
}

static int client_take_message(struct nfdrop_client *client, const char *text,
			       size_t len)
{
	bool streaming = client->subscribing && client->n_calls == 1;
	struct reply reply;
	int r;

	r = reply_parse(text, len, &reply);
	if (r < 0)
		return r;
	if (client->n_calls == 0 && !reply.error)
		r = -EBADMSG;
	else if (reply.error)
		r = take_error(client, &reply);
	else if (streaming)
		r = take_stream(client, &reply);
	else
		r = take_reply(client, &reply);
	if (r == 0 && !reply.continues && client->n_calls > 0) {
		client->n_calls--;
		if (streaming)
			client->subscribing = false;
	}
	reply_done(&reply);
	return r;
}

static int client_take_messages(struct nfdrop_client *client)
{
	const char *text;
	size_t len;
	int r;

	while (client->n_events < EVENTS_MAX) {
		r = stream_next(&client->stream, &text, &len);
		if (r <= 0)
			return r == -EMSGSIZE ? -EBADMSG : r;
		r = client_take_message(client, text, len);
		if (r < 0)
			return r;
	}
	return 0;
}

static int client_io(struct nfdrop_client *client)
{
	ssize_t n;
	int r;

	r = stream_write(&client->stream);
	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		return r;
	/* What an earlier call left, before room for more is asked for. */
	r = client_take_messages(client);
	if (r < 0)
		return r;
	for (int i = 0; i < 16 && client->n_events < EVENTS_MAX; i++) {
		n = stream_read(&client->stream);
		if (n == 0)
			break;
		if (n == -ESHUTDOWN || n == -ECONNRESET || n == -EPIPE)
			return client_close(client);
		if (n < 0)
			return (int)n;
		r = client_take_messages(client);
		if (r < 0)
			return r;
	}
	return 0;
}

_public_ int nfdrop_client_dispatch(struct nfdrop_client *client)
{
	int r;

	if (client->close_told)
		return -ENOTCONN;
	if (!client->closed) {
		r = client_io(client);
		if (r < 0) {
			(void)client_close(client);
			return r;
		}
	}
	return client->first ? 1 : 0;
}

_public_ int nfdrop_client_pop_event(struct nfdrop_client *client,
				     struct nfdrop_event **ret)
{
	struct nfdrop_event *event;
	int r;

	*ret = NULL;
	if (!client->first && !client->closed) {
		/* What was read already, while the queue was full. */
		r = client_take_messages(client);
		if (r < 0) {
			(void)client_close(client);
			return r;
		}
	}
	event = client->first;
	if (!event)
		return 0;
	client->first = event->next;
	if (!client->first)
		client->last = &client->first;
	client->n_events--;
	event->next = NULL;
	if (event->type == NFDROP_EVENT_CLOSED)
		client->close_told = true;
	*ret = event;
	return 1;
}

_public_ struct nfdrop_event *nfdrop_event_free(struct nfdrop_event *event)
{
	if (!event)
		return NULL;
	if (event->has_drop)
		drop_event_done(&event->drop);
	json_object_put(event->root);
	free(event->error);
	free(event);
	return NULL;
}

_public_ enum nfdrop_event_type
nfdrop_event_get_type(const struct nfdrop_event *event)
{
	return event->type;
}

_public_ int nfdrop_event_get_continues(const struct nfdrop_event *event)
{
	return event->continues;
}

_public_ const char *nfdrop_event_get_error(const struct nfdrop_event *event)
{
	return event->error;
}

const struct drop_event *
nfdrop_event_peek_drop(const struct nfdrop_event *event)
{
	return event->has_drop ? &event->drop : NULL;
}

struct json_object *nfdrop_event_peek_json(struct nfdrop_event *event)
{
	if (!event->json) {
		/* Replies and errors without parameters, and closed. */
		json_object_put(event->root);
		event->root = event->json = json_object_new_object();
	}
	return event->json;
}

_public_ const char *nfdrop_event_get_json(struct nfdrop_event *event)
{
	struct json_object *json = nfdrop_event_peek_json(event);

	if (!json)
		return NULL;
	return json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static struct json_object *find_path(const struct nfdrop_event *event,
				     const char *path)
{
	struct json_object *json = event->json;

	while (json && json_object_is_type(json, json_type_object)) {
		const char *end = strchrnul(path, '.');
		char key[64];

		if ((size_t)(end - path) >= sizeof(key))
			return NULL;
		copy_string(key, sizeof(key), path, (size_t)(end - path));
		if (!json_object_object_get_ex(json, key, &json))
			return NULL;
		if (*end == '\0')
			return json;
		path = end + 1;
	}
	return NULL;
}

_public_ int nfdrop_event_get_string(const struct nfdrop_event *event,
				     const char *path, const char **ret)
{
	struct json_object *json = find_path(event, path);

	if (!json)
		return -ENODATA;
	if (!json_object_is_type(json, json_type_string))
		return -EINVAL;
	*ret = json_object_get_string(json);
	return 0;
}

_public_ int nfdrop_event_get_uint64(const struct nfdrop_event *event,
				     const char *path, uint64_t *ret)
{
	struct json_object *json = find_path(event, path);

	if (!json)
		return -ENODATA;
	if (json_object_is_type(json, json_type_boolean)) {
		*ret = (uint64_t)json_object_get_boolean(json);
		return 0;
	}
	if (!json_object_is_type(json, json_type_int) ||
	    json_object_get_int64(json) < 0)
		return -EINVAL;
	*ret = json_object_get_uint64(json);
	return 0;
}
