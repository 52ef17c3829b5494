/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule it was, for people; see place.h for what that looks like. */
#pragma once

#include <json-c/json_types.h>

#include "place.h"
#include "term.h"

/* A name, each byte of it as \xNN. */
#define RULE_PLACE_MAX (4 * PLACE_NAME_MAX)

/* From a Rule or a Stat of nfdrop-protocol(7), whose strings it has. */
void rule_place_from_json(struct json_object *rule, struct place *ret);

/*
 * Sets @buf, of RULE_PLACE_MAX bytes, to its name, with "host=" behind it where
 * the rule has one. Nothing hostile is left in
 * it. Returns @buf.
 */
const char *rule_place(const struct term *term, struct json_object *rule,
		       char *buf);

/* "blue" or "inum:17"; "init" for the initial one, "" for unknown. */
const char *rule_place_netns(const struct term *term, struct json_object *rule,
			     char *buf, size_t size);

/* See place_is_initial(). */
bool rule_is_in_initial_netns(struct json_object *rule);
