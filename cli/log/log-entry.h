/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of the journal as nfdrop-journal(7) has it. Anybody can write
 * to the journal, and journals come from other machines: nothing in one is
 * believed before it is looked at. No sd-journal here.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "journal-fields.h"

#define LOG_ENTRY_FIELDS 64

/* Fields that are numbers, and none of an event's. */
enum log_number {
	LOG_PACKETS,
	LOG_BYTES,
	LOG_SAMPLES,
	LOG_FIRST, /* microseconds since 1970 */
	LOG_LAST,
	LOG_INTERVAL, /* microseconds */
	LOG_RULES,
	LOG_COUNTER_PACKETS,
	LOG_COUNTER_BYTES,
	LOG_ADDED_PACKETS,
	LOG_ADDED_BYTES,
	LOG_LOST_QUEUE,
	LOG_LOST_SOCKET,
	LOG_LOST_PACKETS,
	LOG_LOST_MESSAGES,
	_LOG_NUMBER_MAX,
};

/* Fields that are texts, and none of an event's. */
enum log_text {
	LOG_MESSAGE,
	LOG_HOST,    /* _HOSTNAME */
	LOG_BOOT,    /* _BOOT_ID */
	LOG_MACHINE, /* _MACHINE_ID */
	LOG_COUNTED, /* "kernel", "events" or "counter" */
	LOG_SOURCES,
	_LOG_TEXT_MAX,
};

struct log_field {
	const struct journal_field *field;
	size_t offset; /* of its value, in the buffer, with a NUL behind it */
	size_t len;
};

struct log_entry {
	uint64_t usec; /* CLOCK_REALTIME of the entry */
	enum journal_type type;
	bool has_type;
	bool is_ours; /* written by root, or the unit nfdropd.service */
	bool broken;  /* has a value that cannot be, or memory is out */
	uint64_t numbers[_LOG_NUMBER_MAX];
	uint32_t has;		     /* of the numbers, 1 << */
	size_t texts[_LOG_TEXT_MAX]; /* offsets; 0: unknown */
	struct log_field fields[LOG_ENTRY_FIELDS];
	size_t n_fields;
	struct drop_event *event; /* owned; NULL: not asked for yet */
	char *buf;		  /* owned; its first byte is no value's */
	size_t len;
	size_t size;
};

/* Zeros are an empty one. What was allocated is kept for the next. */
void log_entry_begin(struct log_entry *entry, uint64_t usec);
void log_entry_done(struct log_entry *entry);
/* A field as the journal has it: "NAME=value", of @len bytes. */
void log_entry_take(struct log_entry *entry, const void *data, size_t len);

/* Is it whole, and by nfdropd? */
bool log_entry_is_valid(const struct log_entry *entry);
/* "" for unknown. Valid as long as nothing is taken. */
const char *log_entry_text(const struct log_entry *entry, enum log_text text);
const char *log_entry_value(const struct log_entry *entry,
			    const struct log_field *field);

/*
 * What it says as an event: count is what was dropped. @ret is to be given to
 * drop_event_done(). -EINVAL: no event is like that; -ENOMEM.
 */
int log_entry_to_event(const struct log_entry *entry, struct drop_event *ret);
/* The same, once and for all: *@ret is the entry's own. */
int log_entry_get_event(struct log_entry *entry, struct drop_event **ret);
/* A new object for nfdrop log --json; NULL as above, or without memory. */
struct json_object *log_entry_to_json(const struct log_entry *entry);
