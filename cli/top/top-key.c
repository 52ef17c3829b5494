/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdbool.h>

#include "connection.h"
#include "top-append.h"
#include "top-key.h"
#include "top-place.h"

/*
 * What a drop has of a grouping, as strings and numbers; from an event and
 * from JSON, so that the names are made in one place.
 */
struct parts {
	const char *text; /* reason, address, unit */
	const char *in;	  /* device */
	const char *out;
	uint64_t in_index;
	uint64_t out_index;
	const char *netns;
	uint64_t inum;
	const char *protocol;
	bool has_port;
	uint64_t port;
	bool has_uid;
	uint64_t uid;
};

static void name_text(const struct parts *p, char *buf)
{
	top_append_word(buf, TOP_KEY_MAX, p->text);
}

/* "tcp 80", or the protocol alone where it has no ports. */
static void name_port(const struct parts *p, char *buf)
{
	top_append_word(buf, TOP_KEY_MAX, p->protocol);
	if (p->has_port)
		top_append(buf, TOP_KEY_MAX, "%s%" PRIu64, buf[0] ? " " : "",
			   p->port);
}

static void append_device(char *buf, const char *name, uint64_t index)
{
	if (name[0])
		top_append(buf, TOP_KEY_MAX, "%s", name);
	else if (index > 0)
		top_append(buf, TOP_KEY_MAX, "if%" PRIu64, index);
}

/* As the column DEVICES of nfdrop monitor. */
static void name_interface(const struct parts *p, char *buf)
{
	append_device(buf, p->in, p->in_index);
	if (p->out[0] || p->out_index > 0)
		top_append(buf, TOP_KEY_MAX, ">");
	append_device(buf, p->out, p->out_index);
	if (buf[0])
		top_append_netns(buf, TOP_KEY_MAX, p->netns, p->inum);
}

static void name_netns(const struct parts *p, char *buf)
{
	top_append_word(buf, TOP_KEY_MAX, p->netns);
	if (!p->netns[0] && p->inum > 0)
		top_append(buf, TOP_KEY_MAX, "inum:%" PRIu64, p->inum);
}

static void name_process(const struct parts *p, char *buf)
{
	top_append_word(buf, TOP_KEY_MAX, p->text);
	if (p->has_uid)
		top_append(buf, TOP_KEY_MAX, "%suid %" PRIu64,
			   buf[0] ? "  " : "", p->uid);
}

static const struct grouping {
	const char *word;
	const char *title;
	const char *stats;  /* GetStats' keys */
	const char *path;   /* of parts.text, in a Stat */
	const char *filter; /* whose value the name is; NULL: none */
	void (*name)(const struct parts *parts, char *buf);
} groupings[_TOP_BY_MAX] = {
	[TOP_BY_RULE] = { "rule", "Rule", "[\"rule\",\"reason\",\"location\"]",
			  "", NULL, NULL },
	[TOP_BY_REASON] = { "reason", "Reason", "[\"reason\"]", "reason",
			    "reason", name_text },
	[TOP_BY_SOURCE] = { "source", "Source", "[\"source\"]", "source",
			    "source", name_text },
	[TOP_BY_DESTINATION] = { "destination", "Destination",
				 "[\"destination\"]", "destination",
				 "destination", name_text },
	[TOP_BY_PORT] = { "port", "Port", "[\"protocol\",\"dport\"]", "", NULL,
			  name_port },
	[TOP_BY_INTERFACE] = { "interface", "Interface",
			       "[\"netns\",\"in\",\"out\"]", "", NULL,
			       name_interface },
	[TOP_BY_NETNS] = { "netns", "Namespace", "[\"netns\"]", "", "netns",
			   name_netns },
	[TOP_BY_PROCESS] = { "process", "Process", "[\"uid\",\"unit\"]", "unit",
			     NULL, name_process },
};

const char *top_by_to_string(enum top_by by)
{
	return by < _TOP_BY_MAX ? groupings[by].word : NULL;
}

const char *top_by_to_title(enum top_by by)
{
	return by < _TOP_BY_MAX ? groupings[by].title : NULL;
}

const char *top_by_to_stats(enum top_by by)
{
	return groupings[by].stats;
}

enum top_by top_by_from_string(const char *word)
{
	int i = 0;

	while (i < _TOP_BY_MAX - 1 && strcmp(groupings[i].word, word) != 0)
		i++;
	return (enum top_by)i;
}

/* The name is the key. */
static void key_from_parts(enum top_by by, const struct parts *parts,
			   struct top_key *ret)
{
	ret->name[0] = '\0';
	groupings[by].name(parts, ret->name);
	if (ret->name[0] == '\0')
		strcpy(ret->name, "-");
	ret->len = strlen(ret->name);
	memcpy(ret->key, ret->name, ret->len + 1);
	ret->match_len = ret->len;
	ret->place_len = 0;
	ret->handle = 0;
	for (size_t i = 0; i < _TOP_TEXT_MAX; i++)
		ret->text[i] = i == TOP_TEXT_NAME ? ret->name : NULL;
}

void top_key_from_json(enum top_by by, struct json_object *json,
		       struct top_key *ret)
{
	struct top_place place;

	if (by == TOP_BY_RULE) {
		top_place_from_json(json, &place);
		top_place_to_key(&place, ret);
		return;
	}
	key_from_parts(
		by,
		&(struct parts){
			.text = json_find_string(json, groupings[by].path),
			.in = json_find_string(json, "in/name"),
			.out = json_find_string(json, "out/name"),
			.in_index = json_find_uint64(json, "in/ifindex"),
			.out_index = json_find_uint64(json, "out/ifindex"),
			.netns = json_find_string(json, "netns/name"),
			.inum = json_find_uint64(json, "netns/inum"),
			.protocol = json_find_string(json, "protocol"),
			.has_port = json_find(json, "dport") != NULL,
			.port = json_find_uint64(json, "dport"),
			.has_uid = json_find(json, "uid") != NULL,
			.uid = json_find_uint64(json, "uid"),
		},
		ret);
}

void top_key_from_hitter(enum top_by by, struct json_object *hitter,
			 struct top_key *ret)
{
	key_from_parts(by,
		       &(struct parts){
			       .text = json_find_string(hitter, "address"),
			       .protocol = json_find_string(hitter, "protocol"),
			       .has_port = json_find(hitter, "port") != NULL,
			       .port = json_find_uint64(hitter, "port"),
		       },
		       ret);
}

/* As nfdropd says it: the transport, else the network. */
static const char *protocol_of(const struct packet *p, char *buf, size_t size)
{
	const char *name;

	if (p->has & PACKET_HAS_PROTOCOL) {
		name = packet_protocol_to_string(p->protocol);
		snprintf(buf, size, "%u", p->protocol);
		return name ? name : buf;
	}
	name = p->network != PACKET_NETWORK_NONE
		       ? packet_network_to_string(p->network)
		       : NULL;
	return name ? name : "";
}

static const char *text_of(enum top_by by, const struct drop_event *ev,
			   char buf[PACKET_STRING_MAX])
{
	const struct packet *p = &ev->packet;
	const char *text = NULL;

	if (by == TOP_BY_REASON)
		text = ev->reason;
	else if (by == TOP_BY_PROCESS)
		text = ev->process.unit;
	else if (p->has & PACKET_HAS_ADDRS)
		text = packet_addr_to_string(
			p->network, by == TOP_BY_SOURCE ? &p->saddr : &p->daddr,
			buf);
	return text ? text : "";
}

void top_key_from_event(enum top_by by, const struct drop_event *ev,
			struct top_key *ret)
{
	char text[PACKET_STRING_MAX], protocol[16];
	struct top_place place;

	if (by == TOP_BY_RULE) {
		top_place_from_event(ev, &place);
		top_place_to_key(&place, ret);
		return;
	}
	key_from_parts(by,
		       &(struct parts){
			       .text = text_of(by, ev, text),
			       .in = ev->in.name,
			       .out = ev->out.name,
			       .in_index = ev->in.ifindex,
			       .out_index = ev->out.ifindex,
			       .netns = ev->netns.name,
			       .inum = ev->netns.inum,
			       .protocol = protocol_of(&ev->packet, protocol,
						       sizeof(protocol)),
			       .has_port = ev->packet.has & PACKET_HAS_PORTS,
			       .port = ev->packet.dport,
			       .has_uid = ev->has & DROP_HAS_UID,
			       .uid = ev->process.uid,
		       },
		       ret);
}

void top_key_fill(const struct top_key *key, struct top_row *row)
{
	row->match_len = key->match_len;
	row->place_len = key->place_len;
	row->handle = key->handle;
	for (size_t i = 0; i < _TOP_TEXT_MAX; i++)
		if (key->text[i])
			top_row_set_text(row, (enum top_text)i, key->text[i]);
}

void top_key_count(struct top_table *t, enum top_by by,
		   const struct drop_event *ev)
{
	struct top_counts counts = {
		.packets = ev->count,
		.bytes = ev->count * ev->length,
	};
	struct top_key key;
	struct top_row *row;

	top_key_from_event(by, ev, &key);
	row = top_table_get(t, key.key, key.len);
	if (!row) {
		t->other.packets += counts.packets;
		t->other.bytes += counts.bytes;
		return;
	}
	if (row->latest.packets == 0) {
		top_key_fill(&key, row);
		row->latest.first_ns = ev->timestamp_ns;
	}
	row->latest.packets += counts.packets;
	row->latest.bytes += counts.bytes;
	row->latest.last_ns = MAX(row->latest.last_ns, ev->timestamp_ns);
}

/* What means nothing but itself in a filter's value, and in JSON. */
static bool is_plain(const char *s, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.:";

	return len > 0 && len == strspn(s, plain) && s[0] != '-';
}

/* The @i-th part of a rule's key. */
static const char *key_part(const char *key, size_t i, size_t *len)
{
	for (; i > 0 && *key; i--)
		key += strcspn(key, TOP_SEP) + (strchr(key, TOP_SEP[0]) != 0);
	*len = strcspn(key, TOP_SEP);
	return key;
}

static const char *filter_rule(const char *key, char *buf, size_t size)
{
	char names[2][DROP_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len;
		const char *part = key_part(key, 3 + i, &len);

		copy_string(names[i], sizeof(names[i]), part, len);
		if (!is_plain(names[i], len))
			return NULL;
	}
	snprintf(buf, size, "{\"table\":[\"%s\"],\"chain\":[\"%s\"]}", names[0],
		 names[1]);
	return buf;
}

/* "udp 53" */
static const char *filter_port(const char *key, char *buf, size_t size)
{
	size_t len = strcspn(key, " ");
	char protocol[32];

	copy_string(protocol, sizeof(protocol), key, len);
	if (!is_plain(protocol, len))
		return NULL;
	if (key[len] && is_plain(key + len + 1, strlen(key + len + 1)))
		snprintf(buf, size,
			 "{\"protocol\":[\"%s\"],\"dport\":[\"%s\"]}", protocol,
			 key + len + 1);
	else
		snprintf(buf, size, "{\"protocol\":[\"%s\"]}", protocol);
	return buf;
}

const char *top_key_filter(enum top_by by, const char *key, char *buf,
			   size_t size)
{
	const char *name = groupings[by].filter;

	if (by == TOP_BY_RULE)
		return filter_rule(key, buf, size);
	if (by == TOP_BY_PORT)
		return filter_port(key, buf, size);
	if (!name || !is_plain(key, strlen(key)))
		return NULL;
	snprintf(buf, size, "{\"%s\":[\"%s\"]}", name, key);
	return buf;
}
