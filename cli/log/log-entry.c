/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "codec.h"
#include "log-entry.h"
#include "utf8.h"
#include "util.h"

/* Of all values of an entry: nfdropd's are far below. */
#define BUFFER_MAX (1 << 20)

static const struct {
	const char *name;
	enum log_number number;
} numbers[] = {
	{ JOURNAL_PACKETS, LOG_PACKETS },
	{ JOURNAL_BYTES, LOG_BYTES },
	{ JOURNAL_SAMPLES, LOG_SAMPLES },
	{ JOURNAL_FIRST, LOG_FIRST },
	{ JOURNAL_LAST, LOG_LAST },
	{ JOURNAL_INTERVAL, LOG_INTERVAL },
	{ JOURNAL_RULES, LOG_RULES },
	{ JOURNAL_COUNTER_PACKETS, LOG_COUNTER_PACKETS },
	{ JOURNAL_COUNTER_BYTES, LOG_COUNTER_BYTES },
	{ JOURNAL_ADDED_PACKETS, LOG_ADDED_PACKETS },
	{ JOURNAL_ADDED_BYTES, LOG_ADDED_BYTES },
	{ JOURNAL_LOST_QUEUE, LOG_LOST_QUEUE },
	{ JOURNAL_LOST_SOCKET, LOG_LOST_SOCKET },
	{ JOURNAL_LOST_PACKETS, LOG_LOST_PACKETS },
	{ JOURNAL_LOST_MESSAGES, LOG_LOST_MESSAGES },
};

static const struct {
	const char *name;
	enum log_text text;
} texts[] = {
	{ "MESSAGE", LOG_MESSAGE },	  { "_HOSTNAME", LOG_HOST },
	{ "_BOOT_ID", LOG_BOOT },	  { "_MACHINE_ID", LOG_MACHINE },
	{ JOURNAL_COUNTED, LOG_COUNTED }, { JOURNAL_SOURCES, LOG_SOURCES },
};

static void forget_event(struct log_entry *entry)
{
	if (entry->event)
		drop_event_done(entry->event);
	free(entry->event);
}

void log_entry_begin(struct log_entry *entry, uint64_t usec)
{
	char *buf = entry->buf;
	size_t size = entry->size;

	forget_event(entry);
	*entry = (struct log_entry){
		.usec = usec, .buf = buf, .size = size, .len = 1
	};
}

void log_entry_done(struct log_entry *entry)
{
	forget_event(entry);
	free(entry->buf);
	*entry = (struct log_entry){ 0 };
}

/* Its offset, or 0 when there is no room, or it is no text. */
static size_t keep(struct log_entry *entry, const char *value, size_t len)
{
	size_t offset = entry->len;

	if (len >= BUFFER_MAX || offset + len + 1 > BUFFER_MAX ||
	    memchr(value, '\0', len)) {
		entry->broken = true;
		return 0;
	}
	if (offset + len + 1 > entry->size) {
		size_t size = MAX(2 * entry->size, offset + len + 1);
		char *buf = realloc(entry->buf, size);

		if (!buf) {
			entry->broken = true;
			return 0;
		}
		entry->buf = buf;
		entry->size = size;
	}
	memcpy(entry->buf + offset, value, len);
	entry->buf[offset + len] = '\0';
	entry->len = offset + len + 1;
	if (!utf8_is_valid(entry->buf + offset)) {
		entry->broken = true;
		return 0;
	}
	return offset;
}

static bool is_name(const char *name, size_t len, const char *known)
{
	return strlen(known) == len && memcmp(known, name, len) == 0;
}

static void take_number(struct log_entry *entry, enum log_number number,
			const char *value, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		if (value[i] < '0' || value[i] > '9' ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(value[i] - '0'), &v))
			entry->broken = true;
	/* None has two. */
	if (len == 0 || (entry->has & 1U << number))
		entry->broken = true;
	entry->has |= 1U << number;
	entry->numbers[number] = v;
}

static bool take_ours(struct log_entry *entry, const char *name,
		      size_t name_len, const char *value, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (is_name(name, name_len, numbers[i].name)) {
			take_number(entry, numbers[i].number, value, len);
			return true;
		}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (is_name(name, name_len, texts[i].name)) {
			entry->texts[texts[i].text] = keep(entry, value, len);
			return true;
		}
	return false;
}

/* What the journal says of who wrote it, which that one cannot say. */
static bool take_trusted(struct log_entry *entry, const char *name,
			 size_t name_len, const char *value, size_t len)
{
	if (is_name(name, name_len, "_UID"))
		entry->is_ours |= len == 1 && value[0] == '0';
	else if (is_name(name, name_len, "_SYSTEMD_UNIT"))
		entry->is_ours |= is_name(value, len, "nfdropd.service");
	else
		return false;
	return true;
}

static void take_field(struct log_entry *entry,
		       const struct journal_field *field, const char *value,
		       size_t len)
{
	struct log_field *place = &entry->fields[entry->n_fields];

	for (size_t i = 0; i < entry->n_fields; i++)
		if (entry->fields[i].field == field)
			entry->broken = true;
	if (entry->broken || entry->n_fields == LOG_ENTRY_FIELDS) {
		entry->broken = true;
		return;
	}
	*place = (struct log_field){
		.field = field,
		.offset = keep(entry, value, len),
		.len = len,
	};
	entry->n_fields++;
}

void log_entry_take(struct log_entry *entry, const void *data, size_t len)
{
	const char *name = data, *equals = memchr(data, '=', len), *value;
	const struct journal_field *field;
	size_t name_len, value_len;
	int type;

	if (!equals)
		return;
	name_len = (size_t)(equals - name);
	value = equals + 1;
	value_len = len - name_len - 1;
	if (is_name(name, name_len, "MESSAGE_ID")) {
		type = journal_type_from_id(value, value_len);
		entry->has_type = type >= 0;
		entry->type = (enum journal_type)MAX(type, 0);
		return;
	}
	if (take_trusted(entry, name, name_len, value, value_len) ||
	    take_ours(entry, name, name_len, value, value_len))
		return;
	field = journal_field_find(name, name_len);
	if (field)
		take_field(entry, field, value, value_len);
}

bool log_entry_is_valid(const struct log_entry *entry)
{
	/* What cannot be left out. */
	static const uint32_t needed[_JOURNAL_TYPE_MAX] = {
		[JOURNAL_DROPS] = 1U << LOG_PACKETS | 1U << LOG_BYTES,
		[JOURNAL_REST] = 1U << LOG_PACKETS | 1U << LOG_BYTES,
		[JOURNAL_COUNTER] = 1U << LOG_ADDED_PACKETS |
				    1U << LOG_ADDED_BYTES,
	};

	return entry->has_type && entry->is_ours && !entry->broken &&
	       (entry->has & needed[entry->type]) == needed[entry->type];
}

const char *log_entry_text(const struct log_entry *entry, enum log_text text)
{
	return entry->texts[text] ? entry->buf + entry->texts[text] : "";
}

const char *log_entry_value(const struct log_entry *entry,
			    const struct log_field *field)
{
	return entry->buf + field->offset;
}

int log_entry_to_event(const struct log_entry *entry, struct drop_event *ret)
{
	struct json_object *json = json_object_new_object();
	int r = json ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < entry->n_fields; i++)
		r = journal_field_set(entry->fields[i].field, json,
				      log_entry_value(entry, &entry->fields[i]),
				      entry->fields[i].len);
	if (r == 0)
		r = event_from_json(json, ret);
	json_object_put(json);
	if (r < 0)
		return r;
	ret->timestamp_ns = entry->usec * 1000;
	if (entry->type == JOURNAL_COUNTER)
		ret->count = entry->numbers[LOG_ADDED_PACKETS];
	else if (entry->type != JOURNAL_PACKET)
		ret->count = entry->numbers[LOG_PACKETS];
	return 0;
}

int log_entry_get_event(struct log_entry *entry, struct drop_event **ret)
{
	struct drop_event *ev = entry->event;
	int r;

	if (!ev) {
		ev = malloc(sizeof(*ev));
		r = ev ? log_entry_to_event(entry, ev) : -ENOMEM;
		if (r < 0) {
			free(ev);
			return r;
		}
		entry->event = ev;
	}
	*ret = ev;
	return 0;
}

static int add_number(struct json_object *json, const char *key,
		      const struct log_entry *entry, enum log_number number,
		      uint64_t factor)
{
	uint64_t v = entry->numbers[number];
	struct json_object *value;

	if (!(entry->has & 1U << number))
		return 0;
	if (__builtin_mul_overflow(v, factor, &v))
		return -EINVAL;
	value = json_object_new_uint64(v);
	if (value && json_object_object_add(json, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int add_text(struct json_object *json, const char *key, const char *text)
{
	struct json_object *value;

	if (!text[0])
		return 0;
	value = json_object_new_string(text);
	if (value && json_object_object_add(json, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static const struct {
	const char *key;
	enum log_number number;
	uint64_t factor;
} members[] = {
	{ "packets", LOG_PACKETS, 1 },
	{ "bytes", LOG_BYTES, 1 },
	{ "samples", LOG_SAMPLES, 1 },
	{ "first_seen", LOG_FIRST, 1000 },
	{ "last_seen", LOG_LAST, 1000 },
	{ "interval_ns", LOG_INTERVAL, 1000 },
	{ "rules", LOG_RULES, 1 },
	{ "counter_packets", LOG_COUNTER_PACKETS, 1 },
	{ "counter_bytes", LOG_COUNTER_BYTES, 1 },
	{ "counter_added_packets", LOG_ADDED_PACKETS, 1 },
	{ "counter_added_bytes", LOG_ADDED_BYTES, 1 },
	{ "kernel_queue", LOG_LOST_QUEUE, 1 },
	{ "socket", LOG_LOST_SOCKET, 1 },
	{ "rule_packets", LOG_LOST_PACKETS, 1 },
	{ "rule_messages", LOG_LOST_MESSAGES, 1 },
};

static int add_members(struct json_object *json, const struct log_entry *entry)
{
	int r;

	r = add_text(json, "type", journal_type_to_string(entry->type));
	if (r == 0)
		r = add_text(json, "host", log_entry_text(entry, LOG_HOST));
	if (r == 0)
		r = add_text(json, "message",
			     log_entry_text(entry, LOG_MESSAGE));
	if (r == 0)
		r = add_text(json, "counted",
			     log_entry_text(entry, LOG_COUNTED));
	if (r == 0)
		r = add_text(json, "top_sources",
			     log_entry_text(entry, LOG_SOURCES));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(members); i++)
		r = add_number(json, members[i].key, entry, members[i].number,
			       members[i].factor);
	return r;
}

/* Of an entry that is about no drop, what the event's JSON would have. */
static struct json_object *new_json(const struct log_entry *entry)
{
	struct json_object *json;
	struct drop_event ev;

	if (entry->type == JOURNAL_DROPS || entry->type == JOURNAL_PACKET ||
	    entry->type == JOURNAL_COUNTER) {
		if (log_entry_to_event(entry, &ev) < 0)
			return NULL;
		/* The number is "packets" here. */
		ev.count = 1;
		json = event_to_json(&ev);
		drop_event_done(&ev);
		return json;
	}
	json = json_object_new_object();
	if (json)
		json_object_object_add(
			json, "timestamp_ns",
			json_object_new_uint64(entry->usec * 1000));
	return json;
}

struct json_object *log_entry_to_json(const struct log_entry *entry)
{
	struct json_object *json = new_json(entry);

	if (json && add_members(json, entry) == 0)
		return json;
	json_object_put(json);
	return NULL;
}
