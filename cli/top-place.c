/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "top-append.h"
#include "top-place.h"
#include "util.h"

void top_place_from_json(struct json_object *json, struct top_place *ret)
{
	struct json_object *netns = json_find(json, "netns");

	*ret = (struct top_place){
		.inum = json_find_uint64(netns, "inum"),
		.cookie = json_find_uint64(netns, "cookie"),
		.netns = json_find_string(netns, "name"),
		.kind = json_find_string(json, "kind"),
		.family = json_find_string(json, "family"),
		.table = json_find_string(json, "table"),
		.chain = json_find_string(json, "chain"),
		.hook = json_find_string(json, "hook"),
		.reason = json_find_string(json, "reason"),
		.by = json_find_string(json, "by"),
		.location = json_find_string(json, "location"),
		.trap = json_find_string(json, "trap"),
		.rule = json_find_string(json, "rule"),
		.reason_code = json_find_uint64(json, "reason_code"),
		.handle = json_find_uint64(json, "rule_handle"),
		.queue = json_find_uint64(json, "queue"),
		.has_queue = json_find(json, "queue") != NULL,
		.table_handle = json_find_uint64(json, "table_handle"),
		.counted = json_find_string(json, "counted"),
		.origin = json_find_string(json, "origin"),
		.attribution = json_find_string(json, "attribution"),
	};
}

/* Where nfdropd leaves something out of a Rule, so does this. */
void top_place_from_event(const struct drop_event *ev, struct top_place *ret)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	bool elsewhere = nf->kind == DROP_KIND_NONE && !nf->table[0];

	*ret = (struct top_place){
		.inum = ev->netns.cookie ? ev->netns.inum : 0,
		.cookie = ev->netns.cookie,
		.netns = ev->netns.cookie ? ev->netns.name : "",
		.kind = nf->kind != DROP_KIND_NONE
				? drop_kind_to_string((int)nf->kind)
				: "",
		.family = nf->family,
		.table = nf->table,
		.chain = nf->chain,
		.hook = nf->hook,
		.reason = ev->reason,
		.by = nf->table[0] ? "" : nf->by,
		.location = elsewhere ? ev->location : "",
		.trap = ev->trap,
		.rule = nf->rule ? nf->rule : "",
		.reason_code = ev->has & DROP_HAS_REASON_CODE ? ev->reason_code
							      : 0,
		.handle = nf->rule_handle,
		.queue = ev->has & DROP_HAS_QUEUE ? nf->queue : 0,
		.has_queue = ev->has & DROP_HAS_QUEUE,
		.table_handle = nf->table_handle,
		.counted = "",
		.origin = "",
		.attribution = drop_attribution_to_string((int)ev->attribution),
	};
}

static const char *known(const char *text)
{
	return text[0] ? text : NULL;
}

void top_place_to_key(const struct top_place *p, struct top_key *ret)
{
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
		   p->handle, p->kind, p->hook, p->reason, p->reason_code,
		   p->by, p->has_queue, p->queue, p->location, p->trap,
		   p->table_handle);
	ret->match_len = strlen(ret->key);
	top_append(ret->key, sizeof(ret->key), "%s" TOP_SEP "%s" TOP_SEP "%s",
		   p->counted, p->origin, p->attribution);
	ret->len = strlen(ret->key);
	ret->handle = p->handle;
	top_place_to_name(p, ret->name, sizeof(ret->name));
	ret->text[TOP_TEXT_NAME] = ret->name;
	ret->text[TOP_TEXT_REASON] = known(p->reason);
	ret->text[TOP_TEXT_HOOK] = known(p->hook);
	ret->text[TOP_TEXT_RULE] = known(p->rule);
}

static void append_handle(const struct top_place *p, char *buf, size_t size)
{
	if (p->handle > 0)
		top_append(buf, size, " %s %" PRIu64,
			   strncmp(p->kind, "nft-", 4) == 0 ? "handle" : "rule",
			   p->handle);
	else if (strstr(p->kind, "-policy"))
		top_append(buf, size, " policy");
	else
		top_append_word(buf, size, p->kind);
}

void top_place_to_name(const struct top_place *p, char *buf, size_t size)
{
	char function[DROP_LOCATION_MAX];

	/* Without offset, size and module. */
	copy_string(function, sizeof(function), p->location,
		    strcspn(p->location, "+ "));
	buf[0] = '\0';
	top_append_word(buf, size, p->family);
	top_append_word(buf, size, p->table);
	top_append_word(buf, size, p->chain);
	append_handle(p, buf, size);
	top_append_word(buf, size, p->by);
	if (p->has_queue)
		top_append(buf, size, " %" PRIu64, p->queue);
	top_append_word(buf, size, function);
	top_append_word(buf, size, p->trap);
	if (buf[0] == '\0')
		strcpy(buf, "-");
	/* What is inferred is never shown as exact. */
	if (strcmp(p->attribution, "inferred") == 0 ||
	    strcmp(p->attribution, "traced") == 0)
		top_append(buf, size, "  attribution=%s", p->attribution);
	top_append_netns(buf, size, p->netns, p->inum);
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
