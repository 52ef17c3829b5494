/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON text from a server that a client cannot trust: what is read as an event
 * is written and read again as the same event.
 */
#include <errno.h>
#include <json-c/json.h>

#include "codec.h"
#include "fuzz.h"
#include "proto.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

static void check_again(const struct drop_event *ev)
{
	struct event_encoder *enc;
	struct json_object *json;
	struct drop_event again;
	struct reply reply;
	struct buffer *b;
	const char *text;
	size_t len;

	check(event_encoder_new(&enc) == 0);
	check(event_encoder_encode(enc, ev, &text, &len) == 0);
	check(strlen(text) == len);
	check(utf8_is_valid(text));
	check(!strchr(text, '\n'));

	/* On its way in a message, as the server sends it. */
	b = reply_new_text("event", text, len);
	check(b && b->data[b->len - 1] == '\0');
	check(reply_parse(b->data, b->len - 1, &reply) == 0);
	check(reply.continues && !reply.error);
	check(json_object_object_get_ex(reply.parameters, "event", &json));
	check(event_from_json(json, &again) == 0);
	check(event_equal(ev, &again));
	drop_event_done(&again);
	reply_done(&reply);
	buffer_unref(b);

	check(drop_event_copy(&again, ev) == 0);
	check(event_equal(ev, &again));
	drop_event_done(&again);
	event_encoder_free(enc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_bytes(data, size);
	struct json_object *json;
	struct drop_event ev;
	int r;

	r = json_parse_object(text, size, &json);
	check(r == 0 || r == -EBADMSG);
	free(text);
	if (r < 0)
		return 0;
	r = event_from_json(json, &ev);
	check(r == 0 || r == -EINVAL);
	json_object_put(json);
	if (r == 0) {
		check(event_is_utf8(&ev));
		check_again(&ev);
	}
	drop_event_done(&ev);
	return 0;
}
