/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "log-sum-parts.h"
#include "util.h"

/* An entry's fields, and what is added to them. */
#define ROW_MEMBERS (LOG_ENTRY_FIELDS + 16)

static int compare_keys(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The same members in order of their names: a row has them as they came. */
static struct json_object *new_sorted(struct json_object *object)
{
	struct json_object *sorted = json_object_new_object();
	const char *keys[ROW_MEMBERS];
	size_t n = 0;

	json_object_object_foreach(object, key, value) {
		(void)value;
		if (n < ARRAY_SIZE(keys))
			keys[n++] = key;
	}
	qsort(keys, n, sizeof(keys[0]), compare_keys);
	for (size_t i = 0; sorted && i < n; i++) {
		struct json_object *member = json_find(object, keys[i]);

		member = json_object_is_type(member, json_type_object)
				 ? new_sorted(member)
				 : json_object_get(member);
		if (!log_row_add(sorted, keys[i], member)) {
			json_object_put(sorted);
			return NULL;
		}
	}
	return sorted;
}

/*
 * A row's key over reloads and boots: what is no measure, and its text. In one
 * boot, and by one load of its table, it is the same whatever is known of its
 * text.
 */
static char *make_place(struct json_object *row, bool in_boot)
{
	static const char *const of_boot[] = { "rule", "comment" };
	static const char *const of_all[] = { "table_handle", LOG_ROW_BOOT };
	static const char *const measures[] = { "packets",   "bytes",
						"samples",   "first_seen",
						"last_seen", "counter" };
	struct json_object *copy = new_sorted(row);
	char *text;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
		json_object_object_del(copy, measures[i]);
	for (size_t i = 0; i < 2; i++)
		json_object_object_del(copy, in_boot ? of_boot[i] : of_all[i]);
	if (json_find_string(copy, "netns/name")[0]) {
		json_object_object_del(json_find(copy, "netns"), "inum");
		json_object_object_del(json_find(copy, "netns"), "cookie");
	}
	text = strdup(json_object_to_json_string_ext(copy, 0));
	json_object_put(copy);
	return text;
}

/* What @other has of it instead of what @row has; @row's, where it has none. */
static bool take_member(struct json_object *row, struct json_object *other,
			const char *key)
{
	struct json_object *value = json_find(other, key);

	return !value || log_row_add(row, key, json_object_get(value));
}

static bool merge(struct json_object *row, struct json_object *other)
{
	static const char *const sums[] = { "packets", "bytes", "samples" };
	static const char *const newest[] = { "rule", "comment", "counter",
					      "last_seen" };
	uint64_t first = json_find_uint64(row, "first_seen");
	uint64_t of_other = json_find_uint64(other, "first_seen");
	bool is_newer = json_find_uint64(other, "last_seen") >=
			json_find_uint64(row, "last_seen");

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		if (json_find(other, sums[i]) &&
		    !log_row_add_to(row, sums[i],
				    json_find_uint64(other, sums[i])))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(newest); i++)
		if ((is_newer || !json_find(row, newest[i])) &&
		    !take_member(row, other, newest[i]))
			return false;
	if (strcmp(json_find_string(row, LOG_ROW_BOOT),
		   json_find_string(other, LOG_ROW_BOOT)) != 0 ||
	    json_find_uint64(row, "table_handle") !=
		    json_find_uint64(other, "table_handle"))
		json_object_object_del(row, "table_handle");
	return of_other == 0 || (first != 0 && first <= of_other) ||
	       take_member(row, other, "first_seen");
}

/* What a reload or a boot took apart; or, in one boot, that a name came late.
 */
static bool merge_rows(struct log_sum *sum, bool in_boot)
{
	struct json_object *places = json_object_new_object(), *row, *other;
	struct json_object *rows = json_object_new_array();
	size_t n = json_object_array_length(sum->rows);
	bool fine = places && rows;

	for (size_t i = 0; fine && i < n; i++) {
		_cleanup_free_ char *place = NULL;

		row = json_object_array_get_idx(sum->rows, i);
		place = make_place(row, in_boot);
		if (!place) {
			fine = false;
		} else if (json_object_object_get_ex(places, place, &other)) {
			fine = merge(other, row);
		} else {
			fine = log_row_add(places, place,
					   json_object_get(row)) &&
			       json_object_array_add(rows,
						     json_object_get(row)) == 0;
		}
	}
	json_object_put(places);
	json_object_put(sum->rows);
	sum->rows = rows;
	return fine;
}

static const struct log_host *host_of(const struct log_sum *sum,
				      struct json_object *row)
{
	return &sum->hosts[json_find_uint64(row, LOG_ROW_HOST)];
}

/*
 * Only what was lost of its own host was perhaps of it; what was in a file that
 * is left out may be of any.
 */
static bool is_lower_bound(const struct log_sum *sum, struct json_object *row)
{
	const bool *lost = host_of(sum, row)->lost;

	if (sum->n_damaged > 0)
		return true;
	if (strcmp(json_find_string(row, "counted"), "kernel") == 0)
		return lost[2] || lost[3];
	return lost[0] || lost[1];
}

static bool set_host(const struct log_sum *sum, struct json_object *row)
{
	const char *name = host_of(sum, row)->name;

	return !sum->has_hosts || !name[0] ||
	       log_row_add(row, "host", json_object_new_string(name));
}

static bool finish_rows(struct log_sum *sum, uint64_t usec)
{
	for (size_t i = 0; i < json_object_array_length(sum->rows); i++) {
		struct json_object *row =
			json_object_array_get_idx(sum->rows, i);
		double packets = (double)json_find_uint64(row, "packets");
		char text[32];

		if (!set_host(sum, row))
			return false;
		snprintf(text, sizeof(text), "%.3f",
			 packets * 1e6 / (double)MAX(usec, 1));
		if (!log_row_add(row, "rate",
				 json_object_new_double_s(strtod(text, NULL),
							  text)))
			return false;
		/* Statistics are of all rules, and say what was lost once. */
		if ((!sum->by || sum->n_damaged > 0) &&
		    !log_row_add(
			    row, "lower_bound",
			    json_object_new_boolean(is_lower_bound(sum, row))))
			return false;
		json_object_object_del(row, LOG_ROW_BOOT);
		json_object_object_del(row, LOG_ROW_HOST);
	}
	return true;
}

static struct json_object *new_lost(const struct log_sum *sum)
{
	static const char *const keys[] = { "kernel_queue", "socket", "packets",
					    "messages" };
	struct json_object *lost = json_object_new_object();

	for (size_t i = 0; lost && i < ARRAY_SIZE(keys); i++)
		if (!log_row_add(lost, keys[i],
				 json_object_new_uint64(sum->lost[i]))) {
			json_object_put(lost);
			return NULL;
		}
	return lost;
}

struct json_object *log_sum_to_json(struct log_sum *sum, uint64_t since,
				    uint64_t until, uint64_t now)
{
	uint64_t first = since ? since : sum->first_usec;
	uint64_t last = until ? MIN(until, now) : now;
	size_t groups;
	struct json_object *page;
	int named = log_sum_name_netns(sum);

	/* The clock was set back: all that there is was in its future. */
	if (last <= first)
		last = MAX(first, sum->last_usec);
	if (named < 0 || (named > 0 && !sum->by && !merge_rows(sum, true)) ||
	    !merge_rows(sum, false))
		return NULL;
	groups = json_object_array_length(sum->rows);
	page = json_object_new_object();
	if (page && finish_rows(sum, last > first ? last - first : 1) &&
	    log_row_add(page, "journal", json_object_new_boolean(true)) &&
	    log_row_add(page, "counting",
			json_object_new_boolean(sum->kernel)) &&
	    log_row_add(page, "counted",
			json_object_new_string(sum->kernel ? "kernel"
							   : "events")) &&
	    log_row_add(page, "sampled", json_object_new_boolean(false)) &&
	    log_row_add(page, "since", json_object_new_uint64(first * 1000)) &&
	    log_row_add(page, "until", json_object_new_uint64(last * 1000)) &&
	    log_row_add(page, "total",
			log_new_counts(sum->total_packets, sum->total_bytes)) &&
	    log_row_add(page, "by_events",
			log_new_counts(sum->events_packets,
				       sum->events_bytes)) &&
	    log_row_add(page, "other",
			log_new_counts(sum->rest_packets, sum->rest_bytes)) &&
	    log_row_add(page, "rest", log_new_counts(0, 0)) &&
	    log_row_add(page, "lost", new_lost(sum)) &&
	    log_row_add(page, "damaged",
			json_object_new_uint64(sum->n_damaged)) &&
	    log_row_add(page, "groups", json_object_new_uint64(groups)) &&
	    log_row_add(page, sum->by ? "rows" : "rules",
			json_object_get(sum->rows)))
		return page;
	json_object_put(page);
	return NULL;
}
