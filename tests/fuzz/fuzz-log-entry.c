/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of a journal, which anybody can write and which come from other
 * machines: fields with 0x1e between them, entries with 0x1d. What is taken for
 * nfdropd's is an event or none, and is added up without loss.
 */
#include <errno.h>
#include <json-c/json.h>

#include "codec.h"
#include "connection.h"
#include "fuzz.h"
#include "log-sum.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

#define FIELD_END 0x1e
#define ENTRY_END 0x1d

static uint64_t sum_rows(struct json_object *rows)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		sum += json_find_uint64(json_object_array_get_idx(rows, i),
					"packets");
	return sum;
}

static void check_sum(struct log_sum *sum)
{
	struct json_object *page = log_sum_to_json(sum, 0, 0, 1);
	struct json_object *rows;

	check(page);
	rows = json_find(page, sum->by ? "rows" : "rules");
	check(rows);
	check(sum_rows(rows) + sum->rest_packets == sum->total_packets);
	check(utf8_is_valid(json_object_to_json_string(page)));
	json_object_put(page);
}

static void check_entry(const struct log_entry *entry)
{
	struct json_object *json;
	struct drop_event ev;

	if (log_entry_to_event(entry, &ev) == 0) {
		check(ev.timestamp_ns == entry->usec * 1000);
		drop_event_done(&ev);
	}
	json = log_entry_to_json(entry);
	if (json)
		check(json_find_string(json, "type")[0] != '\0');
	json_object_put(json);
}

static void take_entry(const uint8_t *data, size_t size,
		       struct log_entry *entry)
{
	log_entry_begin(entry, 1000000);
	while (size > 0) {
		const uint8_t *end = memchr(data, FIELD_END, size);
		size_t len = end ? (size_t)(end - data) : size;
		/* Of exactly that size, for a checker to see what is read. */
		void *field = copy_bytes(data, len);

		log_entry_take(entry, field, len);
		free(field);
		size -= end ? len + 1 : len;
		data += end ? len + 1 : len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum stat_key by[] = { STAT_RULE, STAT_REASON,
					    STAT_LOCATION };
	struct log_entry entry = { 0 };
	struct log_sum rules, stats;

	check(log_sum_init(&rules, NULL, 0) == 0);
	check(log_sum_init(&stats, by, ARRAY_SIZE(by)) == 0);
	while (size > 0) {
		const uint8_t *end = memchr(data, ENTRY_END, size);
		size_t len = end ? (size_t)(end - data) : size;
		int r;

		take_entry(data, len, &entry);
		if (log_entry_is_valid(&entry)) {
			check_entry(&entry);
			r = log_sum_add(&rules, &entry);
			check(r == 0 || r == -ENOMEM);
			if (r == 0)
				r = log_sum_add(&stats, &entry);
			if (r < 0)
				break;
		}
		size -= end ? len + 1 : len;
		data += end ? len + 1 : len;
	}
	check_sum(&rules);
	check_sum(&stats);
	log_sum_done(&rules);
	log_sum_done(&stats);
	log_entry_done(&entry);
	return 0;
}
