/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <string.h>

#include "journal-fields.h"
#include "utf8.h"
#include "util.h"

#define ID_SIZE 32

static const struct {
	const char *id;
	const char *name;
} types[_JOURNAL_TYPE_MAX] = {
	[JOURNAL_DROPS] = { "2366b2e4de6a4bcfa3cc75f884415587", "drops" },
	[JOURNAL_REST] = { "07375619b5fe4dfe84b3d4e66da7c1df", "rest" },
	[JOURNAL_LOSSES] = { "30d14f113dbe4be2811c68d4acaadfea", "losses" },
	[JOURNAL_RULESET] = { "00becf6f497e456aac0a2dc800698e74", "ruleset" },
	[JOURNAL_MONITOR] = { "6280412c8ec243d4902f864f57884396", "monitor" },
	[JOURNAL_STARTED] = { "6db9fecb206b49778202d03cb1c42ba8", "started" },
	[JOURNAL_STOPPED] = { "284405a6156d413c89994d7a3368a5b8", "stopped" },
	[JOURNAL_PACKET] = { "edfe389efede4b31a47afbc045d1d76e", "packet" },
	[JOURNAL_COUNTER] = { "a532e6b1e4be4492822a83f5e1febef0", "counter" },
};

const char *journal_type_to_id(enum journal_type type)
{
	return types[type].id;
}

const char *journal_type_to_string(enum journal_type type)
{
	return types[type].name;
}

int journal_type_from_id(const char *id, size_t len)
{
	for (int i = 0; len == ID_SIZE && i < _JOURNAL_TYPE_MAX; i++)
		if (memcmp(types[i].id, id, len) == 0)
			return i;
	return -EINVAL;
}

#define RULE(name, object, key)                           \
	{                                                 \
		"NFDROP_" name, object, key, false, false \
	}
#define RULE_N(name, object, key)                        \
	{                                                \
		"NFDROP_" name, object, key, true, false \
	}
#define PACKET(name, object, key)                        \
	{                                                \
		"NFDROP_" name, object, key, false, true \
	}
#define PACKET_N(name, object, key)                     \
	{                                               \
		"NFDROP_" name, object, key, true, true \
	}

/* By name, for bsearch(3). */
static const struct journal_field fields[] = {
	PACKET_N("ARP_OPERATION", "packet", "arp_operation"),
	RULE("ATTRIBUTION", NULL, "attribution"),
	RULE("BY", "netfilter", "by"),
	RULE("CHAIN", "netfilter", "chain"),
	RULE("COMMENT", "netfilter", "comment"),
	PACKET_N("CT_ID", "netfilter", "ct_id"),
	PACKET("CT_STATE", "netfilter", "ct_state"),
	PACKET("DADDR", "packet", "daddr"),
	PACKET("DMAC", "packet", "dmac"),
	PACKET_N("DPORT", "packet", "dport"),
	PACKET("ELEMENT", "netfilter", "element"),
	PACKET_N("ERRNO", "netfilter", "errno"),
	PACKET_N("ETHERTYPE", "packet", "ethertype"),
	RULE("FAMILY", "netfilter", "family"),
	PACKET_N("FRAGMENT_OFFSET", "packet", "fragment_offset"),
	PACKET_N("GENERATION", "netfilter", "generation"),
	RULE("HOOK", "netfilter", "hook"),
	PACKET_N("ICMP_CODE", "packet", "icmp_code"),
	PACKET_N("ICMP_TYPE", "packet", "icmp_type"),
	PACKET("IN", "in", "name"),
	PACKET_N("IN_IFINDEX", "in", "ifindex"),
	RULE("KIND", "netfilter", "kind"),
	PACKET_N("LENGTH", NULL, "length"),
	RULE("LOCATION", NULL, "location"),
	PACKET_N("MARK", "netfilter", "mark"),
	RULE("NETNS", "netns", "name"),
	RULE_N("NETNS_COOKIE", "netns", "cookie"),
	RULE_N("NETNS_INUM", "netns", "inum"),
	PACKET("NETWORK", "packet", "network"),
	RULE("ORIGIN", NULL, "origin"),
	PACKET("OUT", "out", "name"),
	PACKET_N("OUT_IFINDEX", "out", "ifindex"),
	PACKET("PROTO", "packet", "transport"),
	RULE_N("QUEUE", "netfilter", "queue"),
	RULE("REASON", NULL, "reason"),
	RULE_N("REASON_CODE", NULL, "reason_code"),
	RULE("RULE", "netfilter", "rule"),
	RULE_N("RULE_HANDLE", "netfilter", "rule_handle"),
	PACKET("SADDR", "packet", "saddr"),
	PACKET("SET", "netfilter", "set"),
	PACKET("SMAC", "packet", "smac"),
	PACKET_N("SPORT", "packet", "sport"),
	RULE("SUBSYSTEM", NULL, "subsystem"),
	RULE("TABLE", "netfilter", "table"),
	RULE_N("TABLE_HANDLE", "netfilter", "table_handle"),
	PACKET("TCP_FLAGS", "packet", "tcp_flags"),
	RULE("TRAP", "trap", "name"),
	RULE("TRAP_GROUP", "trap", "group"),
	PACKET_N("TTL", "packet", "ttl"),
	PACKET_N("UID", "process", "uid"),
	PACKET("UNIT", "process", "unit"),
};

const struct journal_field *journal_field_at(size_t i)
{
	return i < ARRAY_SIZE(fields) ? &fields[i] : NULL;
}

/* @name is any @len bytes. */
static int compare(const char *name, size_t len, const char *known)
{
	size_t n = strlen(known);
	int r = memcmp(name, known, MIN(len, n));

	return r != 0 ? r : (len > n) - (len < n);
}

const struct journal_field *journal_field_find(const char *name, size_t len)
{
	size_t low = 0, high = ARRAY_SIZE(fields);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int r = compare(name, len, fields[middle].name);

		if (r == 0)
			return &fields[middle];
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct json_object *journal_field_get(const struct journal_field *field,
				      struct json_object *json)
{
	struct json_object *value = json;

	if (field->object &&
	    !json_object_object_get_ex(json, field->object, &value))
		return NULL;
	if (!json_object_object_get_ex(value, field->key, &value))
		return NULL;
	return value;
}

static int parse_number(const char *text, size_t len, uint64_t *ret)
{
	uint64_t v = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(text[i] - '0'), &v))
			return -EINVAL;
	}
	*ret = v;
	return 0;
}

static int new_value(const struct journal_field *field, const char *text,
		     size_t len, struct json_object **ret)
{
	_cleanup_free_ char *copy = NULL;
	uint64_t number;

	if (field->number) {
		if (parse_number(text, len, &number) < 0)
			return -EINVAL;
		*ret = json_object_new_uint64(number);
		return *ret ? 0 : -ENOMEM;
	}
	copy = strndup(text, len);
	if (!copy)
		return -ENOMEM;
	if (strlen(copy) != len || !utf8_is_valid(copy))
		return -EINVAL;
	*ret = json_object_new_string(copy);
	return *ret ? 0 : -ENOMEM;
}

/* The object that it is in, made when it is not there. */
static struct json_object *find_object(const struct journal_field *field,
				       struct json_object *json)
{
	struct json_object *object;

	if (!field->object)
		return json;
	if (json_object_object_get_ex(json, field->object, &object))
		return object;
	object = json_object_new_object();
	if (object && json_object_object_add(json, field->object, object) == 0)
		return object;
	json_object_put(object);
	return NULL;
}

int journal_field_set(const struct journal_field *field,
		      struct json_object *json, const char *text, size_t len)
{
	struct json_object *object, *value = NULL;
	int r;

	r = new_value(field, text, len, &value);
	if (r < 0)
		return r;
	object = find_object(field, json);
	if (object && json_object_object_add(object, field->key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}
