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
#include "place.h"
#include "top-key.h"

/* "" and 0 are unknown. Strings belong to what it was made from. */
struct top_place {
	struct place place;
	const char *hook;
	const char *reason;
	const char *rule; /* as nft prints it */
	uint64_t reason_code;
	uint64_t table_handle; /* never given twice in a namespace */
	/* What only nfdropd's own counts tell apart. */
	const char *counted;
	const char *origin;
};

/* From a Rule or a Stat of nfdrop-protocol(7). */
void top_place_from_json(struct json_object *json, struct top_place *ret);
void top_place_from_event(const struct drop_event *ev, struct top_place *ret);

/* The key, with what a drop can match of it first, and the texts. */
void top_place_to_key(const struct top_place *p, struct top_key *ret);
/*
 * The RuleName of nfdrop-protocol(7) for the key of a rule or a policy of
 * nf_tables; NULL for another, and when memory is out.
 */
struct json_object *top_place_to_rule_name(const char *key);

/* Whether a row of rules is of a chain; else it is of no table at all. */
bool top_row_has_chain(const struct top_row *row);
