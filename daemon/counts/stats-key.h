/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of statistics: what two drops must have in common to be of one
 * group, and how that is told. Pure.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "stat-key.h"

/* All keys at once, with the longest names. */
#define STATS_KEY_SIZE 2560

struct stats_value {
	size_t len;
	uint8_t data[STATS_KEY_SIZE];
};

/* Appends what @ev has of @key: the same bytes for the same group. */
void stats_key_append(enum stat_key key, const struct drop_event *ev,
		      struct stats_value *value);

/* Adds the members of type Stat; false when memory is out. */
bool stats_key_to_json(enum stat_key key, const struct drop_event *ev,
		       struct json_object *object);
