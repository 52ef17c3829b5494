/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "connection.h"
#include "log-sum-parts.h"
#include "util.h"

/* Of a key's text: what tells rows apart, one behind the other. */
#define KEY_MAX 32768

/* The fields of a key, besides the namespace. */
static const char *const fields_of[_STAT_KEY_MAX][8] = {
	[STAT_REASON] = { "REASON" },
	[STAT_SUBSYSTEM] = { "SUBSYSTEM" },
	[STAT_KIND] = { "KIND" },
	[STAT_FAMILY] = { "FAMILY" },
	[STAT_TABLE] = { "TABLE" },
	[STAT_CHAIN] = { "CHAIN" },
	[STAT_RULE] = { "KIND", "FAMILY", "TABLE", "CHAIN", "RULE_HANDLE", "BY",
			"QUEUE" },
	[STAT_HOOK] = { "HOOK" },
	[STAT_LOCATION] = { "LOCATION" },
	[STAT_ATTRIBUTION] = { "ATTRIBUTION" },
	[STAT_ORIGIN] = { "ORIGIN" },
};

int log_sum_init(struct log_sum *sum, const enum stat_key *by, size_t n_by)
{
	*sum = (struct log_sum){
		.by = by,
		.n_by = n_by,
		.index = json_object_new_object(),
		.rows = json_object_new_array(),
		.names = json_object_new_object(),
	};
	return sum->index && sum->rows && sum->names ? 0 : -ENOMEM;
}

void log_sum_done(struct log_sum *sum)
{
	json_object_put(sum->index);
	json_object_put(sum->rows);
	json_object_put(sum->names);
	log_sum_forget_hosts(sum);
	*sum = (struct log_sum){ 0 };
}

static bool is_netns(const struct journal_field *field)
{
	return field->object && strcmp(field->object, "netns") == 0;
}

static bool is_field_of(const struct journal_field *field, enum stat_key key)
{
	const char *name = field->name + strlen("NFDROP_");

	if (is_netns(field))
		return key == STAT_NETNS || key == STAT_RULE;
	for (size_t i = 0; i < ARRAY_SIZE(fields_of[key]); i++)
		if (fields_of[key][i] && strcmp(fields_of[key][i], name) == 0)
			return true;
	return false;
}

static bool is_asked_for(const struct log_sum *sum,
			 const struct journal_field *field)
{
	if (field->of_packet)
		return false;
	if (!sum->by)
		return true;
	for (size_t i = 0; i < sum->n_by; i++)
		if (is_field_of(field, sum->by[i]))
			return true;
	return false;
}

/* What may be known later than the first drop. */
static bool is_text(const struct journal_field *field)
{
	return strcmp(field->name, "NFDROP_RULE") == 0 ||
	       strcmp(field->name, "NFDROP_COMMENT") == 0;
}

/* A namespace is known by its name, where it has one. */
static bool is_in_key(const struct log_entry *entry,
		      const struct journal_field *field)
{
	if (is_text(field))
		return false;
	if (!is_netns(field) || strcmp(field->key, "name") == 0)
		return true;
	for (size_t i = 0; i < entry->n_fields; i++)
		if (strcmp(entry->fields[i].field->name, "NFDROP_NETNS") == 0)
			return false;
	return true;
}

static void append(char *key, size_t *len, const char *text)
{
	/* Longer than any of ours: then it is cut, and the rest is the same. */
	*len += copy_string(key + *len, KEY_MAX - *len, text, SIZE_MAX);
	if (*len + 2 < KEY_MAX) {
		key[(*len)++] = '\n';
		key[*len] = '\0';
	}
}

/* In the order of the names: the journal has them in any. */
static void make_key(const struct log_sum *sum, const struct log_entry *entry,
		     char *key)
{
	const struct journal_field *field;
	size_t len = 0;

	append(key, &len, log_sum_host_id(entry));
	if (!sum->by)
		append(key, &len, log_entry_text(entry, LOG_COUNTED));
	if (!sum->by || log_sum_has_number_only(entry))
		append(key, &len, log_entry_text(entry, LOG_BOOT));
	for (size_t i = 0; (field = journal_field_at(i)); i++) {
		if (!is_asked_for(sum, field) || !is_in_key(entry, field))
			continue;
		for (size_t n = 0; n < entry->n_fields; n++) {
			if (entry->fields[n].field != field)
				continue;
			append(key, &len, field->name);
			append(key, &len,
			       log_entry_value(entry, &entry->fields[n]));
		}
	}
}

bool log_row_add(struct json_object *object, const char *key,
		 struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

/* A Rule is flat, but for its namespace. */
static int add_member(struct json_object *row, const struct journal_field *f,
		      const char *value, size_t len)
{
	struct journal_field flat = *f;

	if (!is_netns(f))
		flat.object = NULL;
	if (f->object && strcmp(f->object, "trap") == 0)
		flat.key = strcmp(f->key, "name") == 0 ? "trap" : "trap_group";
	return journal_field_set(&flat, row, value, len);
}

/* Takes @row, also on error. */
static int put_row(struct log_sum *sum, const char *key,
		   struct json_object *row)
{
	if (json_object_array_add(sum->rows, row) < 0) {
		json_object_put(row);
		return -ENOMEM;
	}
	if (json_object_object_add(sum->index, key, json_object_get(row)) == 0)
		return 0;
	json_object_put(row);
	return -ENOMEM;
}

static int new_row(struct log_sum *sum, const struct log_entry *entry,
		   const char *key, struct json_object **ret)
{
	struct json_object *row = json_object_new_object();
	const char *counted = log_entry_text(entry, LOG_COUNTED);
	int r = row ? 0 : -ENOMEM;

	if (r == 0 &&
	    !log_row_add(row, LOG_ROW_HOST, json_object_new_uint64(sum->host)))
		r = -ENOMEM;
	if (r == 0 && (!sum->by || log_sum_has_number_only(entry)) &&
	    !log_row_add(
		    row, LOG_ROW_BOOT,
		    json_object_new_string(log_entry_text(entry, LOG_BOOT))))
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < entry->n_fields; i++) {
		const struct log_field *field = &entry->fields[i];

		if (is_asked_for(sum, field->field))
			r = add_member(row, field->field,
				       log_entry_value(entry, field),
				       field->len);
	}
	if (r == 0 && !sum->by && counted[0] &&
	    !log_row_add(row, "counted", json_object_new_string(counted)))
		r = -ENOMEM;
	if (r < 0) {
		json_object_put(row);
		return r;
	}
	*ret = row;
	return put_row(sum, key, row);
}

bool log_row_add_to(struct json_object *row, const char *key, uint64_t n)
{
	uint64_t v = log_add_up(json_find_uint64(row, key), n);

	return log_row_add(row, key, json_object_new_uint64(v));
}

static bool add_times(struct json_object *row, const struct log_entry *entry)
{
	uint64_t first = entry->numbers[LOG_FIRST];
	uint64_t last = entry->numbers[LOG_LAST];
	uint64_t before = json_find_uint64(row, "first_seen");

	if (first > UINT64_MAX / 1000 || last > UINT64_MAX / 1000)
		return false;
	if (first > 0 && (before == 0 || first * 1000 < before) &&
	    !log_row_add(row, "first_seen",
			 json_object_new_uint64(first * 1000)))
		return false;
	return last * 1000 <= json_find_uint64(row, "last_seen") ||
	       log_row_add(row, "last_seen",
			   json_object_new_uint64(last * 1000));
}

/* What is known of the rule now. */
static int set_texts(struct json_object *row, const struct log_entry *entry)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < entry->n_fields; i++) {
		const struct log_field *field = &entry->fields[i];
		const char *value = log_entry_value(entry, field);

		if (is_text(field->field) &&
		    strcmp(json_find_string(row, field->field->key), value) !=
			    0)
			r = add_member(row, field->field, value, field->len);
	}
	return r;
}

/* No sum of what is there goes past what a number holds. */
static bool has_room(const struct log_sum *sum, const struct log_entry *entry)
{
	const uint64_t *n = entry->numbers;
	uint64_t v;

	return n[LOG_FIRST] <= UINT64_MAX / 1000 &&
	       n[LOG_LAST] <= UINT64_MAX / 1000 &&
	       n[LOG_SAMPLES] <= UINT32_MAX &&
	       !__builtin_add_overflow(sum->total_packets, n[LOG_PACKETS],
				       &v) &&
	       !__builtin_add_overflow(sum->total_bytes, n[LOG_BYTES], &v);
}

struct json_object *log_new_counts(uint64_t packets, uint64_t bytes)
{
	struct json_object *counts = json_object_new_object();

	if (counts &&
	    log_row_add(counts, "packets", json_object_new_uint64(packets)) &&
	    log_row_add(counts, "bytes", json_object_new_uint64(bytes)))
		return counts;
	json_object_put(counts);
	return NULL;
}

static bool has_room_in(struct json_object *row, uint64_t packets,
			uint64_t bytes)
{
	uint64_t v;

	return !__builtin_add_overflow(json_find_uint64(row, "packets"),
				       packets, &v) &&
	       !__builtin_add_overflow(json_find_uint64(row, "bytes"), bytes,
				       &v);
}

/* The rule's own, as it was then. */
static bool set_counter(struct json_object *row, const struct log_entry *entry)
{
	struct json_object *counter;

	if (!(entry->has & 1U << LOG_COUNTER_PACKETS))
		return true;
	counter = log_new_counts(entry->numbers[LOG_COUNTER_PACKETS],
				 entry->numbers[LOG_COUNTER_BYTES]);
	return log_row_add(row, "counter", counter);
}

static int add_drops(struct log_sum *sum, const struct log_entry *entry)
{
	const char *counted = log_entry_text(entry, LOG_COUNTED);
	bool is_counter = entry->type == JOURNAL_COUNTER;
	uint64_t packets =
		entry->numbers[is_counter ? LOG_ADDED_PACKETS : LOG_PACKETS];
	uint64_t bytes =
		entry->numbers[is_counter ? LOG_ADDED_BYTES : LOG_BYTES];
	struct json_object *row;
	char key[KEY_MAX];
	int r;

	if (!has_room(sum, entry)) {
		sum->n_broken++;
		return 0;
	}
	if (!log_sum_note_netns(sum, entry))
		return -ENOMEM;
	make_key(sum, entry, key);
	if (!json_object_object_get_ex(sum->index, key, &row)) {
		r = new_row(sum, entry, key, &row);
		if (r == -EINVAL)
			sum->n_broken++;
		if (r < 0)
			return r == -EINVAL ? 0 : r;
	} else if (!sum->by && set_texts(row, entry) < 0) {
		return -ENOMEM;
	}
	/* What was counted by others, too, may be more than all of these. */
	if (is_counter && !has_room_in(row, packets, bytes)) {
		sum->n_broken++;
		return 0;
	}
	if (!log_row_add_to(row, "packets", packets) ||
	    !log_row_add_to(row, "bytes", bytes) ||
	    (!sum->by && !set_counter(row, entry)) ||
	    (!sum->by &&
	     !log_row_add_to(row, "samples", entry->numbers[LOG_SAMPLES])) ||
	    !add_times(row, entry))
		return -ENOMEM;
	if (is_counter)
		return 0;
	sum->total_packets += packets;
	sum->total_bytes += bytes;
	sum->kernel |= strcmp(counted, "kernel") == 0;
	if (strcmp(counted, "events") == 0) {
		sum->events_packets += packets;
		sum->events_bytes += bytes;
	}
	return 0;
}

static void add_time(struct log_sum *sum, const struct log_entry *entry)
{
	uint64_t begin =
		entry->usec - MIN(entry->numbers[LOG_INTERVAL], entry->usec);

	if (sum->first_usec == 0 || begin < sum->first_usec)
		sum->first_usec = begin;
	sum->last_usec = MAX(sum->last_usec, entry->usec);
}

int log_sum_add(struct log_sum *sum, const struct log_entry *entry)
{
	int r = log_sum_set_host(sum, entry);

	if (r < 0)
		return r;
	switch (entry->type) {
	case JOURNAL_DROPS:
		r = add_drops(sum, entry);
		if (r < 0)
			return r;
		break;
	case JOURNAL_COUNTER:
		/* It is in no sum of others. */
		r = sum->by ? 0 : add_drops(sum, entry);
		if (r < 0)
			return r;
		break;
	case JOURNAL_REST:
		if (!has_room(sum, entry)) {
			sum->n_broken++;
			return 0;
		}
		sum->rest_packets += entry->numbers[LOG_PACKETS];
		sum->rest_bytes += entry->numbers[LOG_BYTES];
		sum->total_packets += entry->numbers[LOG_PACKETS];
		sum->total_bytes += entry->numbers[LOG_BYTES];
		break;
	case JOURNAL_LOSSES:
		log_sum_add_losses(sum, entry);
		break;
	default:
		return 0;
	}
	add_time(sum, entry);
	return 0;
}
