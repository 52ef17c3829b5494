/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "connection.h"
#include "escape.h"
#include "proto.h"

#define SHOWN_MAX 256

void answer_done(struct answer *answer)
{
	free(TAKE_PTR(answer->error));
	json_object_put(TAKE_PTR(answer->parameters));
}

static int answer_take(struct answer *ret, struct nfdrop_event *event)
{
	const char *error = nfdrop_event_get_error(event);
	_cleanup_free_ char *copy = NULL;
	struct json_object *json = nfdrop_event_peek_json(event);

	if (nfdrop_event_get_type(event) == NFDROP_EVENT_CLOSED)
		return -ECONNRESET;
	copy = error ? strdup(error) : NULL;
	if (!json || (error && !copy))
		return -ENOMEM;
	ret->error = TAKE_PTR(copy);
	ret->parameters = json_object_get(json);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int connection_ask(const char *socket, const char *method,
		   const char *parameters, int timeout_ms, struct answer *ret)
{
	_cleanup_(cleanup_nfdrop_client_unref) struct nfdrop_client *client =
		NULL;
	int64_t end = now_ms() + timeout_ms;
	int r;

	r = nfdrop_client_new(&client, socket);
	if (r < 0)
		return r;
	r = nfdrop_client_call(client, method, parameters);
	if (r < 0)
		return r;
	for (;;) {
		_cleanup_(
			cleanup_nfdrop_event_free) struct nfdrop_event *event =
			NULL;
		struct pollfd pfd = {
			.fd = nfdrop_client_get_fd(client),
			.events = (short)nfdrop_client_get_events(client),
		};
		int64_t left = end - now_ms();

		r = left > 0 ? poll(&pfd, 1, (int)left) : 0;
		if (r == 0)
			return -ETIMEDOUT;
		if (r < 0 && errno != EINTR)
			return -errno;
		r = nfdrop_client_dispatch(client);
		if (r < 0)
			return r;
		r = nfdrop_client_pop_event(client, &event);
		if (r < 0)
			return r;
		if (r > 0)
			return answer_take(ret, event);
	}
}

const char *connection_explain(int error, const char *socket, char *buf,
			       size_t size)
{
	char shown[SHOWN_MAX];

	escape_string(socket, shown, sizeof(shown));
	switch (error) {
	case -ENOENT:
		snprintf(buf, size,
			 "nfdropd is not running: there is no socket at %s. "
			 "Start it with \"systemctl start nfdropd\", or as "
			 "root with \"nfdropd --socket=%s\".",
			 shown, shown);
		break;
	case -ECONNREFUSED:
		snprintf(buf, size,
			 "nfdropd is not running: nobody listens at %s. Start "
			 "it with \"systemctl start nfdropd\", or as root with "
			 "\"nfdropd --socket=%s\".",
			 shown, shown);
		break;
	case -EACCES:
		snprintf(buf, size,
			 "Not permitted to connect to %s: become a member of "
			 "the group nfdrop (as root, \"usermod -aG nfdrop "
			 "USER\", then log in again), or use root.",
			 shown);
		break;
	case -ENAMETOOLONG:
		snprintf(buf, size,
			 "%s is too long for a socket's path: at most 107 "
			 "bytes.",
			 shown);
		break;
	case -EBADMSG:
		snprintf(buf, size, "What answers at %s is not nfdropd.",
			 shown);
		break;
	case -ECONNRESET:
	case -ENOTCONN:
	case -EPIPE:
		snprintf(buf, size,
			 "nfdropd ended the connection: it was stopped, or its "
			 "log says why (journalctl -u nfdropd).");
		break;
	case -ETIMEDOUT:
		snprintf(buf, size, "nfdropd at %s does not answer.", shown);
		break;
	default:
		snprintf(buf, size, "Cannot talk to nfdropd at %s: %s.", shown,
			 strerror(-error));
	}
	return buf;
}

const char *connection_explain_answer(const char *error,
				      struct json_object *parameters, char *buf,
				      size_t size)
{
	char shown[2 * SHOWN_MAX];
	const char *message = json_find_string(parameters, "message");

	if (strcmp(error, PROTO_LIMIT_REACHED) == 0)
		snprintf(buf, size,
			 "nfdropd's limit is reached (%s: %" PRIu64 "): end "
			 "another client, or start nfdropd with a higher "
			 "limit.",
			 escape_string(json_find_string(parameters, "limit"),
				       shown, sizeof(shown)),
			 json_find_uint64(parameters, "max"));
	else if (strcmp(error, PROTO_INVALID_FILTER) == 0)
		/* It was checked here, with the same code. */
		snprintf(buf, size,
			 "nfdropd does not take this filter: it is of another "
			 "version than nfdrop. Restart it with \"systemctl "
			 "restart nfdropd\". It says: %s",
			 escape_string(message, shown, sizeof(shown)));
	else if (message[0])
		escape_string(message, buf, size);
	else if (strncmp(error, PROTO_SERVICE ".", strlen(PROTO_SERVICE ".")) ==
		 0)
		snprintf(buf, size,
			 "nfdropd does not know this request (%s): it is of "
			 "another version than nfdrop.",
			 escape_string(error, shown, sizeof(shown)));
	else
		snprintf(buf, size, "nfdropd refused: %s.",
			 escape_string(error, shown, sizeof(shown)));
	return buf;
}

struct json_object *json_find(struct json_object *json, const char *path)
{
	while (json && json_object_is_type(json, json_type_object)) {
		size_t len = strcspn(path, "/");
		char key[64];

		copy_string(key, sizeof(key), path, len);
		if (!json_object_object_get_ex(json, key, &json))
			return NULL;
		if (path[len] == '\0')
			return json;
		path += len + 1;
	}
	return NULL;
}

const char *json_find_string(struct json_object *json, const char *path)
{
	struct json_object *value = json_find(json, path);

	return json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "";
}

uint64_t json_find_uint64(struct json_object *json, const char *path)
{
	struct json_object *value = json_find(json, path);

	if (!json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < 0)
		return 0;
	return json_object_get_uint64(value);
}

double json_find_double(struct json_object *json, const char *path)
{
	struct json_object *value = json_find(json, path);

	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int))
		return 0;
	return json_object_get_double(value);
}
