/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who dropped: a rule, a policy, a part of netfilter, or a place elsewhere in
 * the kernel; from wherever that is told, and as a key and a name. Pure.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "top-key.h"

/* "" and 0 are unknown. Strings belong to what it was made from. */
struct top_place {
	uint64_t inum;
	uint64_t cookie;
	const char *netns;
	const char *kind;
	const char *family;
	const char *table;
	const char *chain;
	const char *hook;
	const char *reason;
	const char *by;	      /* where no table is */
	const char *location; /* where nothing of netfilter is */
	const char *trap;
	const char *rule; /* as nft prints it */
	uint64_t reason_code;
	uint64_t handle;
	bool has_queue;
	uint64_t queue;
	uint64_t table_handle; /* never given twice in a namespace */
	/* What only nfdropd's own counts tell apart. */
	const char *counted;
	const char *origin;
	const char *attribution;
};

/* From a Rule or a Stat of nfdrop-protocol(7). */
void top_place_from_json(struct json_object *json, struct top_place *ret);
void top_place_from_event(const struct drop_event *ev, struct top_place *ret);

/* The key, with what a drop can match of it first, and the texts. */
void top_place_to_key(const struct top_place *p, struct top_key *ret);
/* As nfdrop rules has it. */
void top_place_to_name(const struct top_place *p, char *buf, size_t size);
/*
 * The RuleName of nfdrop-protocol(7) for the key of a rule or a policy of
 * nf_tables; NULL for another, and when memory is out.
 */
struct json_object *top_place_to_rule_name(const char *key);

/* Whether a row of rules is of a chain; else it is of no table at all. */
bool top_row_has_chain(const struct top_row *row);
