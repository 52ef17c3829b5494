/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The event's JSON form, both ways, from one table of fields.
 *
 * The keys are those of nfdrop-protocol(7) and of the Event type in
 * io.nfdrop.Monitor.varlink. A field that is unknown is left out.
 */
#pragma once

#include <json-c/json_types.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

/*
 * JSON is UTF-8, and a name in the kernel is any bytes: a peer that checks
 * would close the connection over them. A repaired name is longer, and still
 * has to fit where the reader puts it: @size bytes. NULL:
 * memory is out.
 */
struct json_object *json_new_text(const char *s, size_t size);

/* Returns a new object, or NULL when memory is out. */
struct json_object *event_to_json(const struct drop_event *ev);

/*
 * Fills @ret, which need not be initialised and is to be given back with
 * drop_event_done(). Unknown keys and nulls are skipped; -EINVAL: not an
 * object, or a known key with a value of another type, out of range or too
 * long; -ENOMEM. On an error @ret holds nothing.
 */
int event_from_json(struct json_object *json, struct drop_event *ret);

/*
 * An encoder for streams: it keeps what it allocated, and its text, until the
 * next call. Both return 0 or -ENOMEM.
 */
struct event_encoder;
int event_encoder_new(struct event_encoder **ret);
void event_encoder_free(struct event_encoder *enc); /* NULL allowed */
/*
 * *@ret is the event in one line, *@len its length without the NUL at its
 * end; both belong to the encoder.
 */
int event_encoder_encode(struct event_encoder *enc, const struct drop_event *ev,
			 const char **ret, size_t *len);
