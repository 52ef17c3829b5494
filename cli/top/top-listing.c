/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <string.h>

#include "connection.h"
#include "top-listing.h"

static float take_rate(struct json_object *json, const char *key)
{
	struct json_object *rate = json_find(json, key);

	/* An integer too, should somebody write it so. */
	return rate ? (float)json_object_get_double(rate) : -1;
}

struct top_row *top_listing_take_row(struct top_table *t, enum top_by by,
				     struct json_object *json)
{
	struct top_counts counts = {
		.packets = json_find_uint64(json, "packets"),
		.bytes = json_find_uint64(json, "bytes"),
	};
	struct top_key key;
	struct top_row *row;

	top_key_from_json(by, json, &key);
	row = top_table_get(t, key.key, key.len);
	if (!row) {
		t->other.packets += counts.packets;
		t->other.bytes += counts.bytes;
		return NULL;
	}
	top_row_set_counts(row, t->round, &counts);
	row->latest.first_ns = json_find_uint64(json, "first_seen");
	row->latest.last_ns = json_find_uint64(json, "last_seen");
	row->latest.told[0] = take_rate(
		json, json_find(json, "rate_now") ? "rate_now" : "rate");
	row->latest.told_bytes = take_rate(json, "byte_rate_now");
	row->latest.told[1] = take_rate(json, "rate_1min");
	row->latest.told[2] = take_rate(json, "rate_15min");
	row->latest.lower_bound =
		json_object_get_boolean(json_find(json, "lower_bound"));
	row->latest.has_counter = json_find(json, "counter/packets");
	row->latest.counter = json_find_uint64(json, "counter/packets");
	row->is_beside = strcmp(json_find_string(json, "counted"), "counter") ==
			 0;
	t->has_counters |= row->latest.has_counter;
	top_key_fill(&key, row);
	return row;
}

void top_listing_take(struct top_table *t, enum top_by by,
		      struct json_object *rows)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		(void)top_listing_take_row(t, by,
					   json_object_array_get_idx(rows, i));
}
