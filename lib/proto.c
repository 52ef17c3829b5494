/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>

#include "json-ascii.h"
#include "proto.h"
#include "util.h"

#define JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

int json_parse_object(const char *text, size_t len, struct json_object **ret)
{
	_cleanup_free_ char *ascii = NULL;
	struct json_tokener *tokener;
	struct json_object *root;
	bool whole;
	int r;

	if (len == 0 || len > INT_MAX)
		return -EBADMSG;
	if (!is_ascii(text, len)) {
		r = json_to_ascii(text, len, &ascii, &len);
		if (r < 0)
			return r;
		if (len > INT_MAX)
			return -EBADMSG;
		text = ascii;
	}
	tokener = json_tokener_new_ex(PROTO_DEPTH_MAX);
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tokener, text, (int)len);
	whole = json_tokener_get_error(tokener) == json_tokener_success &&
		json_tokener_get_parse_end(tokener) == len;
	json_tokener_free(tokener);
	if (!whole || !json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		return -EBADMSG;
	}
	*ret = root;
	return 0;
}

/*
 * A member of @type; *@ret stays as it is when there is none, or it is null.
 */
static int get_member(struct json_object *root, const char *key,
		      enum json_type type, struct json_object **ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(root, key, &value) || !value)
		return 0;
	if (!json_object_is_type(value, type))
		return -EBADMSG;
	*ret = value;
	return 0;
}

static int get_bool(struct json_object *root, const char *key, bool *ret)
{
	struct json_object *value = NULL;
	int r = get_member(root, key, json_type_boolean, &value);

	if (r == 0)
		*ret = value && json_object_get_boolean(value);
	return r;
}

int request_parse(const char *text, size_t len, struct request *ret)
{
	struct json_object *method = NULL;
	struct request request = { 0 };
	int r;

	r = json_parse_object(text, len, &request.root);
	if (r < 0)
		return r;
	r = get_member(request.root, "method", json_type_string, &method);
	if (r == 0)
		r = get_member(request.root, "parameters", json_type_object,
			       &request.parameters);
	if (r == 0)
		r = get_bool(request.root, "more", &request.more);
	if (r == 0)
		r = get_bool(request.root, "oneway", &request.oneway);
	if (r == 0)
		r = get_bool(request.root, "upgrade", &request.upgrade);
	if (r < 0 || !method) {
		request_done(&request);
		return -EBADMSG;
	}
	request.method = json_object_get_string(method);
	/* A NUL in it would hide the rest of the name. */
	if (strlen(request.method) !=
	    (size_t)json_object_get_string_len(method)) {
		request_done(&request);
		return -EBADMSG;
	}
	*ret = request;
	return 0;
}

void request_done(struct request *request)
{
	json_object_put(request->root);
	*request = (struct request){ 0 };
}

int reply_parse(const char *text, size_t len, struct reply *ret)
{
	struct json_object *error = NULL;
	struct reply reply = { 0 };
	int r;

	r = json_parse_object(text, len, &reply.root);
	if (r < 0)
		return r;
	r = get_member(reply.root, "error", json_type_string, &error);
	if (r == 0)
		r = get_member(reply.root, "parameters", json_type_object,
			       &reply.parameters);
	if (r == 0)
		r = get_bool(reply.root, "continues", &reply.continues);
	if (r < 0) {
		reply_done(&reply);
		return r;
	}
	if (error)
		reply.error = json_object_get_string(error);
	*ret = reply;
	return 0;
}

void reply_done(struct reply *reply)
{
	json_object_put(reply->root);
	*reply = (struct reply){ 0 };
}

/* Takes @root; the text with its NUL. */
static struct buffer *json_to_buffer(struct json_object *root)
{
	struct buffer *b = NULL;
	const char *text;
	size_t len;

	text = json_object_to_json_string_length(root, JSON_FLAGS, &len);
	if (text)
		b = buffer_new(len + 1);
	if (b)
		memcpy(b->data, text, len + 1);
	json_object_put(root);
	return b;
}

static int add_string(struct json_object *root, const char *key, const char *s)
{
	struct json_object *value = json_object_new_string(s);

	if (!value)
		return -ENOMEM;
	if (json_object_object_add(root, key, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static int add_true(struct json_object *root, const char *key)
{
	struct json_object *value = json_object_new_boolean(true);

	if (!value)
		return -ENOMEM;
	if (json_object_object_add(root, key, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static int add_parameters(struct json_object *root,
			  struct json_object *parameters)
{
	if (!parameters)
		return 0;
	json_object_get(parameters);
	if (json_object_object_add(root, "parameters", parameters) < 0) {
		json_object_put(parameters);
		return -ENOMEM;
	}
	return 0;
}

struct buffer *request_new(const char *method, struct json_object *parameters,
			   bool more)
{
	struct json_object *root = json_object_new_object();

	if (!root)
		return NULL;
	if (add_string(root, "method", method) < 0 ||
	    add_parameters(root, parameters) < 0 ||
	    (more && add_true(root, "more") < 0)) {
		json_object_put(root);
		return NULL;
	}
	return json_to_buffer(root);
}

struct buffer *reply_new(struct json_object *parameters, bool continues)
{
	struct json_object *root = json_object_new_object();

	if (!root)
		return NULL;
	if (add_parameters(root, parameters) < 0 ||
	    (continues && add_true(root, "continues") < 0)) {
		json_object_put(root);
		return NULL;
	}
	return json_to_buffer(root);
}

struct buffer *error_new(const char *error, struct json_object *parameters)
{
	struct json_object *root = json_object_new_object();

	if (!root)
		return NULL;
	if (add_string(root, "error", error) < 0 ||
	    add_parameters(root, parameters) < 0) {
		json_object_put(root);
		return NULL;
	}
	return json_to_buffer(root);
}

struct buffer *reply_new_text(const char *key, const char *text, size_t len)
{
	static const char open[] = "{\"parameters\":{\"";
	static const char colon[] = "\":";
	static const char close[] = "},\"continues\":true}";
	size_t key_len = strlen(key);
	struct buffer *b;
	char *p;

	b = buffer_new(sizeof(open) - 1 + key_len + sizeof(colon) - 1 + len +
		       sizeof(close));
	if (!b)
		return NULL;
	p = mempcpy(b->data, open, sizeof(open) - 1);
	p = mempcpy(p, key, key_len);
	p = mempcpy(p, colon, sizeof(colon) - 1);
	p = mempcpy(p, text, len);
	memcpy(p, close, sizeof(close));
	return b;
}
