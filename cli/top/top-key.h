/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a drop is counted under: by its rule, its source, and so on. Pure.
 *
 * The same thing has the same key, whether nfdropd counted it or a drop tells
 * it. Texts are as they came; nothing is escaped yet.
 */
#pragma once

#include <json-c/json_types.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "top-table.h"

enum top_by {
	TOP_BY_RULE,
	TOP_BY_REASON,
	TOP_BY_SOURCE,
	TOP_BY_DESTINATION,
	TOP_BY_PORT,
	TOP_BY_INTERFACE,
	TOP_BY_NETNS,
	TOP_BY_PROCESS,
	_TOP_BY_MAX,
};

/* "rule", as in --by=; the title, such as "Rule"; NULL past the last. */
const char *top_by_to_string(enum top_by by);
const char *top_by_to_title(enum top_by by);
/* For a word that there is. */
enum top_by top_by_from_string(const char *word);
/* What GetStats is asked for: its keys as a JSON array. */
const char *top_by_to_stats(enum top_by by);

/* Of 255 bytes, each perhaps replaced by U+FFFD: 4 names and what is short. */
#define TOP_KEY_MAX 4096

struct top_key {
	char key[TOP_KEY_MAX];
	size_t len;
	/* Of a rule: see struct top_row. */
	size_t match_len;
	size_t place_len;
	uint64_t handle;
	/* Texts belong to this, or to what it was made from. */
	const char *text[_TOP_TEXT_MAX];
	char name[TOP_KEY_MAX];
};

/*
 * From a Rule of nfdrop-protocol(7), or a Stat that was asked for with
 * top_by_to_stats(); what is of another type is unknown.
 */
void top_key_from_json(enum top_by by, struct json_object *json,
		       struct top_key *ret);

/* From a Hitter: of a source, a destination or a port. */
void top_key_from_hitter(enum top_by by, struct json_object *hitter,
			 struct top_key *ret);

/*
 * From a drop. Every drop has a key in every grouping: what is unknown has
 * that of "-".
 */
void top_key_from_event(enum top_by by, const struct drop_event *ev,
			struct top_key *ret);

/* Copies the texts, and what belongs to the key, to a row of that key. */
void top_key_fill(const struct top_key *key, struct top_row *row);

/* Adds a drop to the row of @t that it belongs to, or to t->other. */
void top_key_count(struct top_table *t, enum top_by by,
		   const struct drop_event *ev);

/*
 * A filter of nfdrop-protocol(7), as JSON, that lets all drops of the key
 * through; NULL where none can be told. Of a rule it lets its whole chain
 * through, of others nothing else. Returns @buf.
 */
const char *top_key_filter(enum top_by by, const char *key, char *buf,
			   size_t size);
