/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "rule-place.h"
#include "top-append.h"
#include "top-place.h"
#include "util.h"

void top_place_from_json(struct json_object *json, struct top_place *ret)
{
	*ret = (struct top_place){
		.hook = json_find_string(json, "hook"),
		.reason = json_find_string(json, "reason"),
		.rule = json_find_string(json, "rule"),
		.reason_code = json_find_uint64(json, "reason_code"),
		.table_handle = json_find_uint64(json, "table_handle"),
		.counted = json_find_string(json, "counted"),
		.origin = json_find_string(json, "origin"),
	};
	rule_place_from_json(json, &ret->place);
}

/* Where nfdropd leaves something out of a Rule, so does this. */
void top_place_from_event(const struct drop_event *ev, struct top_place *ret)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	bool elsewhere = nf->kind == DROP_KIND_NONE && !nf->table[0];

	*ret = (struct top_place){
		.place = {
			.inum = ev->netns.cookie ? ev->netns.inum : 0,
			.cookie = ev->netns.cookie,
			.netns = ev->netns.cookie ? ev->netns.name : "",
			.kind = nf->kind != DROP_KIND_NONE
					? drop_kind_to_string((int)nf->kind)
					: "",
			.family = nf->family,
			.table = nf->table,
			.chain = nf->chain,
			.by = nf->table[0] ? "" : nf->by,
			.location = elsewhere ? ev->location : "",
			.trap = ev->trap,
			.origin = drop_origin_to_string((int)ev->origin),
			.attribution = drop_attribution_to_string(
				(int)ev->attribution),
			.handle = nf->rule_handle,
			.queue = ev->has & DROP_HAS_QUEUE ? nf->queue : 0,
			.has_queue = ev->has & DROP_HAS_QUEUE,
		},
		.hook = nf->hook,
		.reason = ev->reason,
		.rule = nf->rule ? nf->rule : "",
		.reason_code = ev->has & DROP_HAS_REASON_CODE ? ev->reason_code
							      : 0,
		.table_handle = nf->table_handle,
		.counted = "",
		.origin = "",
	};
}

static const char *known(const char *text)
{
	return text[0] ? text : NULL;
}

void top_place_to_key(const struct top_place *top, struct top_key *ret)
{
	const struct place *p = &top->place;

	ret->key[0] = '\0';
	top_append(ret->key, sizeof(ret->key),
		   "%" PRIx64 TOP_SEP "%" PRIx64 TOP_SEP "%s" TOP_SEP
		   "%s" TOP_SEP "%s" TOP_SEP,
		   p->cookie, p->inum, p->family, p->table, p->chain);
	ret->place_len = strlen(ret->key);
	top_append(ret->key, sizeof(ret->key),
		   "%" PRIx64 TOP_SEP "%s" TOP_SEP "%s" TOP_SEP "%s" TOP_SEP
		   "%" PRIx64 TOP_SEP "%s" TOP_SEP "%d%" PRIx64 TOP_SEP
		   "%s" TOP_SEP "%s" TOP_SEP "%" PRIx64 TOP_SEP,
		   p->handle, p->kind, top->hook, top->reason, top->reason_code,
		   p->by, p->has_queue, p->queue, p->location, p->trap,
		   top->table_handle);
	ret->match_len = strlen(ret->key);
	top_append(ret->key, sizeof(ret->key), "%s" TOP_SEP "%s" TOP_SEP "%s",
		   top->counted, top->origin, p->attribution);
	ret->len = strlen(ret->key);
	ret->handle = p->handle;
	place_to_name(p, false, ret->name, sizeof(ret->name));
	ret->text[TOP_TEXT_NAME] = ret->name;
	ret->text[TOP_TEXT_REASON] = known(top->reason);
	ret->text[TOP_TEXT_HOOK] = known(top->hook);
	ret->text[TOP_TEXT_RULE] = known(top->rule);
}

bool top_row_has_chain(const struct top_row *row)
{
	/* Family, table and chain end the place, each with its end. */
	static const char none[] = TOP_SEP TOP_SEP TOP_SEP TOP_SEP;
	size_t len = sizeof(none) - 1;

	return row->place_len < len ||
	       memcmp(row->key + row->place_len - len, none, len) != 0;
}

/* Parts of a key, in the order of top_place_to_key(). */
enum part {
	PART_COOKIE,
	PART_INUM,
	PART_FAMILY,
	PART_TABLE,
	PART_CHAIN,
	PART_HANDLE,
	PART_KIND,
	PART_TABLE_HANDLE = 14,
	_PART_MAX,
};

static void add(struct json_object *object, const char *key,
		struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_hex(struct json_object *object, const char *key,
		    const char *text)
{
	uint64_t n = strtoull(text, NULL, 16);

	if (n > 0)
		add(object, key, json_object_new_uint64(n));
}

struct json_object *top_place_to_rule_name(const char *key)
{
	char copy[TOP_KEY_MAX], *parts[_PART_MAX], *rest = copy;
	struct json_object *name, *netns;

	copy_string(copy, sizeof(copy), key, sizeof(copy));
	for (size_t i = 0; i < _PART_MAX; i++) {
		parts[i] = strsep(&rest, TOP_SEP);
		if (!parts[i])
			return NULL;
	}
	if (strncmp(parts[PART_KIND], "nft-", 4) != 0 ||
	    parts[PART_TABLE][0] == '\0')
		return NULL;
	name = json_object_new_object();
	netns = json_object_new_object();
	if (!name || !netns) {
		json_object_put(name);
		json_object_put(netns);
		return NULL;
	}
	add_hex(netns, "cookie", parts[PART_COOKIE]);
	add_hex(netns, "inum", parts[PART_INUM]);
	add(name, "netns", netns);
	add(name, "family", json_object_new_string(parts[PART_FAMILY]));
	add(name, "table", json_object_new_string(parts[PART_TABLE]));
	add(name, "chain", json_object_new_string(parts[PART_CHAIN]));
	add_hex(name, "table_handle", parts[PART_TABLE_HANDLE]);
	add_hex(name, "rule_handle", parts[PART_HANDLE]);
	return name;
}
