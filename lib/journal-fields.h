/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal's entries, nfdrop-journal(7): what nfdropd writes and nfdrop log
 * reads. Names and MESSAGE_IDs are a contract.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>

enum journal_type {
	JOURNAL_DROPS,	 /* what a rule or reason dropped in an interval */
	JOURNAL_REST,	 /* what was dropped beside these, past the bound */
	JOURNAL_LOSSES,	 /* what was lost on the way to nfdropd */
	JOURNAL_RULESET, /* rules came, went or were replaced */
	JOURNAL_MONITOR, /* another program started or stopped drop_monitor */
	JOURNAL_STARTED,
	JOURNAL_STOPPED,
	JOURNAL_PACKET, /* one packet; it is counted in the others, too */
	/* What a rule's own counter has grown by, where no drop was seen. */
	JOURNAL_COUNTER,
	_JOURNAL_TYPE_MAX,
};

/* The MESSAGE_ID, 32 hexadecimal digits; and the word for it. */
const char *journal_type_to_id(enum journal_type type);
const char *journal_type_to_string(enum journal_type type);
/* Of @len bytes; -EINVAL for an ID that is none of ours. */
int journal_type_from_id(const char *id, size_t len);

/* Fields of an entry that are no part of the event. */
#define JOURNAL_PACKETS		"NFDROP_PACKETS"
#define JOURNAL_BYTES		"NFDROP_BYTES"
#define JOURNAL_SAMPLES		"NFDROP_SAMPLES"
#define JOURNAL_COUNTED		"NFDROP_COUNTED"
#define JOURNAL_RATE		"NFDROP_RATE"
#define JOURNAL_FIRST		"NFDROP_FIRST_USEC"
#define JOURNAL_LAST		"NFDROP_LAST_USEC"
#define JOURNAL_INTERVAL	"NFDROP_INTERVAL_USEC"
#define JOURNAL_SOURCES		"NFDROP_TOP_SOURCES"
#define JOURNAL_SOURCE		"NFDROP_TOP_SADDR"
#define JOURNAL_RULES		"NFDROP_RULES"
#define JOURNAL_COUNTER_PACKETS "NFDROP_COUNTER_PACKETS"
#define JOURNAL_COUNTER_BYTES	"NFDROP_COUNTER_BYTES"
#define JOURNAL_COUNTER_READ	"NFDROP_COUNTER_READ_USEC"
#define JOURNAL_ADDED_PACKETS	"NFDROP_COUNTER_ADDED_PACKETS"
#define JOURNAL_ADDED_BYTES	"NFDROP_COUNTER_ADDED_BYTES"
#define JOURNAL_LOST_QUEUE	"NFDROP_LOST_KERNEL_QUEUE"
#define JOURNAL_LOST_SOCKET	"NFDROP_LOST_SOCKET"
#define JOURNAL_LOST_PACKETS	"NFDROP_LOST_RULE_PACKETS"
#define JOURNAL_LOST_MESSAGES	"NFDROP_LOST_RULE_MESSAGES"

/* A field of the entry that is a member of the event's JSON. */
struct journal_field {
	const char *name;   /* "NFDROP_SADDR" */
	const char *object; /* "packet"; NULL: at the top */
	const char *key;    /* "saddr" */
	bool number;
	bool of_packet; /* of the sample, not of all that the rule dropped */
};

/* NULL past the last. */
const struct journal_field *journal_field_at(size_t i);
/* By a name of @len bytes; NULL: there is none. */
const struct journal_field *journal_field_find(const char *name, size_t len);

/* The member of the event @json that is that field, or NULL. */
struct json_object *journal_field_get(const struct journal_field *field,
				      struct json_object *json);
/*
 * Puts @len bytes of text, which are anybody's, into the event @json. -EINVAL:
 * they are no number where that is wanted, or no text; -ENOMEM.
 */
int journal_field_set(const struct journal_field *field,
		      struct json_object *json, const char *text, size_t len);
