/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of a JSON object, one call each. Each returns false when memory is
 * out, and then the object lacks the member. Pure.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes @value; NULL is as without memory. */
bool json_add(struct json_object *object, const char *key,
	      struct json_object *value);
bool json_add_number(struct json_object *object, const char *key, uint64_t v);
bool json_add_flag(struct json_object *object, const char *key, bool v);
/* With three digits after the point. */
bool json_add_float(struct json_object *object, const char *key, double v);
/* A name in the kernel is any bytes, JSON is UTF-8. "" and NULL: no member. */
bool json_add_text(struct json_object *object, const char *key, const char *s);
/* {"packets": ..., "bytes": ...} */
bool json_add_counts(struct json_object *object, const char *key,
		     uint64_t packets, uint64_t bytes);
/* {"inum": ..., "cookie": ..., "name": ...}; @cookie 0: no member. */
bool json_add_netns(struct json_object *object, const char *key, uint32_t inum,
		    uint64_t cookie, const char *name);

/*
 * Room for what a reply has an unknown number of, in bytes: a session's queue
 * has always room for 512 KiB.
 */
#define JSON_ROOM (448 << 10)

/*
 * Takes @object and appends it to @array, if its text fits into *@room, which
 * becomes less by that; the first always fits. Returns 1, or 0 when there was no
 * room for it, or -ENOMEM.
 */
int json_append(struct json_object *array, struct json_object *object,
		size_t *room);
