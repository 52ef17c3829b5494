/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to nfdropd, and the sentence for what went wrong. */
#pragma once

#include <json-c/json_types.h>
#include <stddef.h>

#include "nfdrop.h"
#include "util.h"

/* For an answer; nfdropd never takes long. */
#define CONNECTION_TIMEOUT_MS 5000

/* An answer: the reply's parameters, or an error and its parameters. */
struct answer {
	char *error; /* the Varlink error's name; NULL: a reply */
	struct json_object *parameters; /* an object */
};
/* Zeros are allowed. */
void answer_done(struct answer *answer);

/*
 * Calls @method of the nfdropd at @socket, with @parameters (a JSON object as
 * text, NULL for none), and waits at most @timeout_ms for the answer. Returns 0
 * and sets @ret also when the answer is an error. Otherwise as
 * nfdrop_client_new(), -EBADMSG: no nfdropd there, -ECONNRESET: it hung up,
 * -ETIMEDOUT.
 */
int connection_ask(const char *socket, const char *method,
		   const char *parameters, int timeout_ms, struct answer *ret);

/* A sentence for a negative errno of nfdrop_client_*() or the above. */
const char *connection_explain(int error, const char *socket, char *buf,
			       size_t size);
/* The same for a Varlink error. Nothing hostile is left in it. */
const char *connection_explain_answer(const char *error,
				      struct json_object *parameters, char *buf,
				      size_t size);

/*
 * What is at @path ("monitor/owner") in @json: "" and 0 where nothing of that
 * type is. The text is as it came, and belongs to @json.
 */
const char *json_find_string(struct json_object *json, const char *path);
uint64_t json_find_uint64(struct json_object *json, const char *path);
double json_find_double(struct json_object *json, const char *path);
struct json_object *json_find(struct json_object *json, const char *path);

DEFINE_CLEANUP(struct nfdrop_client *, nfdrop_client_unref)
DEFINE_CLEANUP(struct nfdrop_event *, nfdrop_event_free)
