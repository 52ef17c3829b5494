/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of the journal, before it is sent: fields of "NAME=value", whose
 * values are any bytes but NUL. Pure.
 *
 * What fails for want of memory is remembered: ask once, at the end.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "journal-fields.h"

/* As syslog(3) has them. */
#define ENTRY_WARNING	 4
#define ENTRY_NOTICE	 5
#define ENTRY_INFO	 6

#define ENTRY_FIELDS_MAX 96
/* Of a value; what is longer is cut at a character, and ends in "...". */
#define ENTRY_VALUE_MAX 4096

struct entry {
	struct entry_field {
		char *text; /* owned */
		size_t len;
	} fields[ENTRY_FIELDS_MAX];
	size_t n_fields;
	bool failed; /* a field is missing */
	/* What is lost with it, when it cannot be sent. */
	uint64_t packets;
	uint64_t bytes;
};

/* Begins with what each entry has. @priority as above. */
void entry_init(struct entry *entry, enum journal_type type, int priority);
void entry_done(struct entry *entry);

/* @name without "=". "" and NULL: no field. */
void entry_add(struct entry *entry, const char *name, const char *value);
void entry_add_number(struct entry *entry, const char *name, uint64_t v);
/* For people: what is not printable is escaped, as escape_string() has it. */
void entry_add_message(struct entry *entry, const char *message);
/* What journal-fields.h has of an event, as its JSON has it. */
void entry_add_event(struct entry *entry, const struct drop_event *ev);
