/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "event.h"
#include "json-add.h"
#include "utf8.h"
#include "util.h"

bool json_add(struct json_object *object, const char *key,
	      struct json_object *value)
{
	if (object && value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

bool json_add_number(struct json_object *object, const char *key, uint64_t v)
{
	return json_add(object, key, json_object_new_uint64(v));
}

bool json_add_flag(struct json_object *object, const char *key, bool v)
{
	return json_add(object, key, json_object_new_boolean(v));
}

bool json_add_float(struct json_object *object, const char *key, double v)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", v);
	return json_add(object, key, json_object_new_double_s(v, text));
}

bool json_add_text(struct json_object *object, const char *key, const char *s)
{
	char repaired[4 * DROP_NAME_MAX];

	if (!s || s[0] == '\0')
		return true;
	if (!utf8_is_valid(s)) {
		utf8_repair(s, repaired, sizeof(repaired));
		s = repaired;
	}
	return json_add(object, key, json_object_new_string(s));
}

bool json_add_counts(struct json_object *object, const char *key,
		     uint64_t packets, uint64_t bytes)
{
	struct json_object *counts = json_object_new_object();

	if (json_add_number(counts, "packets", packets) &&
	    json_add_number(counts, "bytes", bytes))
		return json_add(object, key, counts);
	json_object_put(counts);
	return false;
}

bool json_add_netns(struct json_object *object, const char *key, uint32_t inum,
		    uint64_t cookie, const char *name)
{
	struct json_object *netns;

	if (cookie == 0)
		return true;
	netns = json_object_new_object();
	if (json_add_number(netns, "inum", inum) &&
	    json_add_number(netns, "cookie", cookie) &&
	    json_add_text(netns, "name", name))
		return json_add(object, key, netns);
	json_object_put(netns);
	return false;
}

int json_append(struct json_object *array, struct json_object *object,
		size_t *room)
{
	size_t len;

	if (!object || !json_object_to_json_string_length(
			       object, JSON_C_TO_STRING_PLAIN, &len)) {
		json_object_put(object);
		return -ENOMEM;
	}
	if (len > *room && json_object_array_length(array) > 0) {
		json_object_put(object);
		return 0;
	}
	if (json_object_array_add(array, object) < 0) {
		json_object_put(object);
		return -ENOMEM;
	}
	*room -= MIN(len, *room);
	return 1;
}
