/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters from a client that a server cannot trust: the bytes as JSON, and as
 * KEY=VALUE lines. A filter that was taken is the same again after it was sent
 * on, one that was refused has left no trace but a sentence that can be shown.
 */
#include <errno.h>
#include <json-c/json.h>

#include "escape.h"
#include "filter.h"
#include "fuzz.h"
#include "proto.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

#define ERROR_MAX 512
#define LINES_MAX (2 * FILTER_TERMS_MAX)

/* sample_event(), the same in IPv6 without names, and nothing. */
static struct drop_event events[3];

static void make_events(void)
{
	struct drop_event *ev = &events[1];

	if (events[0].count)
		return;
	sample_event(&events[0]);
	drop_event_init(ev);
	ev->in.ifindex = 7;
	ev->netns.inum = 7;
	ev->packet = events[0].packet;
	ev->packet.network = PACKET_NETWORK_IPV6;
	ev->packet.protocol = IPPROTO_UDP;
	copy_string(ev->reason, sizeof(ev->reason), "!X", SIZE_MAX);
	copy_string(ev->location, sizeof(ev->location), "ip6_rcv", SIZE_MAX);
	drop_event_init(&events[2]);
}

static const char *to_text(struct json_object *json)
{
	const char *text = json_object_to_json_string(json);

	check(text);
	check(utf8_is_valid(text));
	return text;
}

/* @error (@size bytes, of which the end may be cut) can be shown. */
static void check_error(const char *error, size_t size)
{
	char copy[ERROR_MAX], shown[4 * ERROR_MAX];

	check(memchr(error, '\0', size));
	if (size < ERROR_MAX)
		return;
	check(error[0] != '\0');
	/* What was escaped is not to be escaped again. */
	copy_string(copy, sizeof(copy), error, SIZE_MAX);
	for (char *p = copy; *p; p++)
		if (*p == '\\')
			*p = '/';
	check(strcmp(escape_string(copy, shown, sizeof(shown)), copy) == 0);
}

/* To JSON, over the wire, and back: the same text, the same answers. */
static void check_again(const struct filter *f)
{
	struct json_object *json = filter_to_json(f), *heard, *second;
	char error[ERROR_MAX];
	const char *text = to_text(json);
	struct filter *again;

	check(json_parse_object(text, strlen(text), &heard) == 0);
	check(filter_from_json(heard, &again, error, sizeof(error)) == 0);
	second = filter_to_json(again);
	check(strcmp(text, to_text(second)) == 0);
	check(filter_is_empty(f) == filter_is_empty(again));
	check(filter_is_empty(f) == (json_object_object_length(json) == 0));
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		check(filter_match(f, &events[i]) ==
		      filter_match(again, &events[i]));
	filter_free(again);
	json_object_put(second);
	json_object_put(heard);
	json_object_put(json);
}

static void check_json(const uint8_t *data, size_t size)
{
	char *text = copy_bytes(data, size), *error = malloc(ERROR_MAX);
	struct json_object *json;
	struct filter *f = NULL;
	int r;

	check(error);
	if (json_parse_object(text, size, &json) == 0) {
		r = filter_from_json(json, &f, error, ERROR_MAX);
		check(r == 0 || r == -EINVAL || r == -E2BIG);
		check((r == 0) == (f != NULL));
		if (r == 0) {
			check_again(f);
			filter_free(f);
		} else {
			check_error(error, ERROR_MAX);
		}
		json_object_put(json);
	}
	free(error);
	free(text);
}

/* Also with little room for the error, whose bytes are all that is written. */
static int add_line(struct filter *f, char *key, size_t small)
{
	char *value = strchr(key, '='), *end = key + strlen(key);
	char *error = malloc(ERROR_MAX), *start = malloc(small);
	size_t len;
	int r;

	if (value)
		*value++ = '\0';
	else
		value = end;
	check(error && start);
	r = filter_add(f, key, value, error, ERROR_MAX);
	check(r == 0 || r == -EINVAL || r == -E2BIG);
	if (r < 0) {
		check_error(error, ERROR_MAX);
		check(filter_add(f, key, value, start, small) == r);
		check_error(start, small);
		len = strlen(start);
		check(len == MIN(strlen(error), small - 1));
		check(memcmp(start, error, len) == 0);
	} else {
		check(strlen(value) < FILTER_VALUE_MAX);
		check(utf8_is_valid(value));
	}
	free(start);
	free(error);
	return r;
}

static void check_lines(const uint8_t *data, size_t size)
{
	struct json_object *before, *after;
	const uint8_t *end = data + size;
	size_t n_added = 0, n_lines = 0;
	struct filter *f;

	check(filter_new(&f) == 0);
	before = filter_to_json(f);
	while (data < end && n_lines++ < LINES_MAX) {
		const uint8_t *stop = memchr(data, '\n', (size_t)(end - data));
		size_t len = (size_t)((stop ? stop : end) - data);
		char *line = strndup((const char *)data, len);
		int r;

		check(line);
		r = add_line(f, line, len % 61 + 1);
		after = filter_to_json(f);
		check(before && after);
		check(json_object_equal(before, after) == (r < 0));
		json_object_put(before);
		before = after;
		n_added += r == 0;
		data += len + 1;
		free(line);
	}
	check(n_added <= FILTER_TERMS_MAX);
	check(filter_is_empty(f) == (n_added == 0));
	check_again(f);
	json_object_put(before);
	filter_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	make_events();
	check_json(data, size);
	check_lines(data, size);
	return 0;
}
