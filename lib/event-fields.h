/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fields of an event's JSON form, for codec.c: their keys, where each is in
 * struct drop_event, and what says that it is known. Those that are neither a
 * number nor a text there have a text in JSON, which is made and read here.
 */
#pragma once

#include "event.h"

enum field_type {
	FIELD_NUMBER,	 /* unsigned, of @size bytes at @offset */
	FIELD_STRING,	 /* char array of @size bytes at @offset */
	FIELD_OWNED,	 /* char pointer at @offset, from malloc(3) */
	FIELD_BOOL,	 /* bool at @offset */
	FIELD_FLAG,	 /* true where the known bit is set, no storage */
	FIELD_FORMATTED, /* string, made and read by @format and @parse */
	FIELD_VLANS,	 /* packet.vlans */
};

/* What says that a number or bool is known. */
enum field_known {
	KNOWN_NONZERO,
	KNOWN_EVENT,   /* @bit of ev->has */
	KNOWN_PACKET,  /* @bit of ev->packet.has */
	KNOWN_NOT_ONE, /* event.count: absent for one packet */
};

struct field {
	const char *object; /* NULL: at the top */
	const char *key;
	enum field_type type;
	enum field_known known;
	uint32_t bit;
	size_t offset;
	size_t size;
	/* NULL when unknown; may use @buf. */
	const char *(*format)(const struct drop_event *ev, char *buf);
	int (*parse)(struct drop_event *ev, const char *s);
};

/*
 * In the order of the output; the fields of an object stand together. The last
 * one has no key.
 */
extern const struct field event_fields[];
