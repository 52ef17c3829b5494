/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which network namespace it was. nfdropd finds its name a moment after the
 * first drop, so that the first entries have a number only. Numbers are given
 * anew with each boot; and the number of one that has gone, but not the cookie,
 * to another one.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "log-sum-parts.h"
#include "util.h"

/* What is known by which number. */
enum known {
	BY_COOKIE,
	BY_INUM,
	BY_INUM_ALONE, /* of entries that have no cookie */
};

static const char *find_value(const struct log_entry *entry, const char *name)
{
	for (size_t i = 0; i < entry->n_fields; i++)
		if (strcmp(entry->fields[i].field->name, name) == 0)
			return log_entry_value(entry, &entry->fields[i]);
	return "";
}

bool log_sum_has_number_only(const struct log_entry *entry)
{
	return !find_value(entry, "NFDROP_NETNS")[0] &&
	       (find_value(entry, "NFDROP_NETNS_INUM")[0] ||
		find_value(entry, "NFDROP_NETNS_COOKIE")[0]);
}

static void make_key(char *buf, size_t size, const char *boot, enum known known,
		     uint64_t number)
{
	snprintf(buf, size, "%.64s %d %" PRIu64, boot, (int)known, number);
}

/* A second name of a number alone is of another one: "". */
static bool note(struct log_sum *sum, const char *boot, enum known known,
		 const char *number, const char *name)
{
	struct json_object *before;
	char key[128];

	if (!number[0])
		return true;
	make_key(key, sizeof(key), boot, known, strtoull(number, NULL, 10));
	if (json_object_object_get_ex(sum->names, key, &before)) {
		if (strcmp(json_object_get_string(before), name) == 0)
			return true;
		if (known != BY_COOKIE)
			name = "";
	}
	return log_row_add(sum->names, key, json_object_new_string(name));
}

bool log_sum_note_netns(struct log_sum *sum, const struct log_entry *entry)
{
	const char *name = find_value(entry, "NFDROP_NETNS");
	const char *inum = find_value(entry, "NFDROP_NETNS_INUM");
	const char *cookie = find_value(entry, "NFDROP_NETNS_COOKIE");
	const char *boot = log_entry_text(entry, LOG_BOOT);

	if (!name[0])
		return true;
	return note(sum, boot, BY_COOKIE, cookie, name) &&
	       note(sum, boot, BY_INUM, inum, name) &&
	       (cookie[0] || note(sum, boot, BY_INUM_ALONE, inum, name));
}

/* "" for unknown. */
static const char *find_name(const struct log_sum *sum, const char *boot,
			     enum known known, struct json_object *number)
{
	struct json_object *name;
	char key[128];

	if (!number)
		return "";
	make_key(key, sizeof(key), boot, known, json_object_get_uint64(number));
	return json_object_object_get_ex(sum->names, key, &name)
		       ? json_object_get_string(name)
		       : "";
}

static const char *name_of(const struct log_sum *sum, struct json_object *row)
{
	struct json_object *cookie = json_find(row, "netns/cookie");
	struct json_object *inum = json_find(row, "netns/inum");
	const char *boot = json_find_string(row, LOG_ROW_BOOT);
	const char *name = find_name(sum, boot, BY_COOKIE, cookie);

	if (name[0])
		return name;
	return find_name(sum, boot, cookie ? BY_INUM_ALONE : BY_INUM, inum);
}

int log_sum_name_netns(struct log_sum *sum)
{
	int named = 0;

	for (size_t i = 0; i < json_object_array_length(sum->rows); i++) {
		struct json_object *row =
			json_object_array_get_idx(sum->rows, i);
		struct json_object *netns = json_find(row, "netns");
		const char *name;

		if (!netns || json_find_string(netns, "name")[0])
			continue;
		name = name_of(sum, row);
		if (!name[0])
			continue;
		if (!log_row_add(netns, "name", json_object_new_string(name)))
			return -ENOMEM;
		named = 1;
	}
	return named;
}
