/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nfdropd lists, as rows of a table that was begun. Pure. */
#pragma once

#include <json-c/json_types.h>

#include "top-key.h"
#include "top-table.h"

/*
 * A Rule or a Stat of nfdrop-protocol(7). NULL when there is no room for it,
 * and then it is in t->other.
 */
struct top_row *top_listing_take_row(struct top_table *t, enum top_by by,
				     struct json_object *json);
/* Each of an array of them. */
void top_listing_take(struct top_table *t, enum top_by by,
		      struct json_object *rows);
