/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Varlink's messages (https://varlink.org/Method-Call): JSON text, without
 * the framing, which is in stream.h. Functions of bytes.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* Objects inside objects that a message may have. */
#define PROTO_DEPTH_MAX 16

#define PROTO_SERVICE	"org.varlink.service"
#define PROTO_MONITOR	"io.nfdrop.Monitor"

/* Errors of org.varlink.service, each with one string parameter. */
#define PROTO_INTERFACE_NOT_FOUND    PROTO_SERVICE ".InterfaceNotFound"
#define PROTO_METHOD_NOT_FOUND	     PROTO_SERVICE ".MethodNotFound"
#define PROTO_METHOD_NOT_IMPLEMENTED PROTO_SERVICE ".MethodNotImplemented"
#define PROTO_INVALID_PARAMETER	     PROTO_SERVICE ".InvalidParameter"
#define PROTO_EXPECTED_MORE	     PROTO_SERVICE ".ExpectedMore"
/* Errors of io.nfdrop.Monitor; see its .varlink file for the parameters. */
#define PROTO_PERMISSION_DENIED PROTO_MONITOR ".PermissionDenied"
#define PROTO_INVALID_REQUEST	PROTO_MONITOR ".InvalidRequest"
#define PROTO_INVALID_FILTER	PROTO_MONITOR ".InvalidFilter"
#define PROTO_INVALID_KEY	PROTO_MONITOR ".InvalidKey"
#define PROTO_UNKNOWN_REASON	PROTO_MONITOR ".UnknownReason"
#define PROTO_LIMIT_REACHED	PROTO_MONITOR ".LimitReached"
#define PROTO_INVALID_EXPRESSION PROTO_MONITOR ".InvalidExpression"
#define PROTO_TRACE_FAILED	PROTO_MONITOR ".TraceFailed"

struct request {
	struct json_object *root; /* owns the rest */
	const char *method;
	struct json_object *parameters; /* an object, or NULL */
	bool more;
	bool oneway;
	bool upgrade;
};

/*
 * -EBADMSG: not JSON, not UTF-8, nested too deep, or not a method call.
 * -ENOMEM. On success the caller gives @ret back with request_done().
 */
int request_parse(const char *text, size_t len, struct request *ret);
void request_done(struct request *request);

struct reply {
	struct json_object *root;
	const char *error;		/* NULL on success */
	struct json_object *parameters; /* an object, or NULL */
	bool continues;
};

/* Errors and ownership as request_parse(). */
int reply_parse(const char *text, size_t len, struct reply *ret);
void reply_done(struct reply *reply);

/*
 * Messages ready for stream_push(), NUL included; NULL when memory is out.
 * @parameters may be NULL and stays the caller's.
 */
struct buffer *request_new(const char *method, struct json_object *parameters,
			   bool more);
struct buffer *reply_new(struct json_object *parameters, bool continues);
struct buffer *error_new(const char *error, struct json_object *parameters);
/* A reply that continues, with one parameter that is JSON text already. */
struct buffer *reply_new_text(const char *key, const char *text, size_t len);

/* Parses a JSON object of @len bytes; errors as request_parse(). */
int json_parse_object(const char *text, size_t len, struct json_object **ret);
