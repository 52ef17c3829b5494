/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdio.h>

#include "json-add.h"
#include "stats-key.h"
#include "util.h"

static void put(struct stats_value *value, const void *data, size_t len)
{
	len = MIN(len, sizeof(value->data) - value->len);
	memcpy(value->data + value->len, data, len);
	value->len += len;
}

static void put_number(struct stats_value *value, uint64_t number)
{
	put(value, &number, sizeof(number));
}

/* With its end, so that "ab", "c" is not "a", "bc". */
static void put_text(struct stats_value *value, const char *text)
{
	put(value, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void put_netns(struct stats_value *value, const struct drop_event *ev)
{
	put_number(value, ev->netns.cookie);
}

static bool json_netns(struct json_object *object, const struct drop_event *ev)
{
	return json_add_netns(object, "netns", ev->netns.inum, ev->netns.cookie,
			      ev->netns.name);
}

static void put_reason(struct stats_value *value, const struct drop_event *ev)
{
	put_text(value, ev->reason);
}

static bool json_reason(struct json_object *object, const struct drop_event *ev)
{
	return json_add_text(object, "reason", ev->reason);
}

static void put_subsystem(struct stats_value *value,
			  const struct drop_event *ev)
{
	put_text(value, ev->subsystem);
}

static bool json_subsystem(struct json_object *object,
			   const struct drop_event *ev)
{
	return json_add_text(object, "subsystem", ev->subsystem);
}

static void put_kind(struct stats_value *value, const struct drop_event *ev)
{
	put_number(value, ev->netfilter.kind);
}

static bool json_kind(struct json_object *object, const struct drop_event *ev)
{
	return ev->netfilter.kind == DROP_KIND_NONE ||
	       json_add_text(object, "kind",
			     drop_kind_to_string((int)ev->netfilter.kind));
}

static void put_family(struct stats_value *value, const struct drop_event *ev)
{
	put_text(value, ev->netfilter.family);
}

static bool json_family(struct json_object *object, const struct drop_event *ev)
{
	return json_add_text(object, "family", ev->netfilter.family);
}

static void put_table(struct stats_value *value, const struct drop_event *ev)
{
	put_text(value, ev->netfilter.table);
}

static bool json_table(struct json_object *object, const struct drop_event *ev)
{
	return json_add_text(object, "table", ev->netfilter.table);
}

static void put_chain(struct stats_value *value, const struct drop_event *ev)
{
	put_text(value, ev->netfilter.chain);
}

static bool json_chain(struct json_object *object, const struct drop_event *ev)
{
	return json_add_text(object, "chain", ev->netfilter.chain);
}

static void put_rule(struct stats_value *value, const struct drop_event *ev)
{
	put_netns(value, ev);
	put_kind(value, ev);
	put_family(value, ev);
	put_table(value, ev);
	put_number(value, ev->netfilter.table_handle);
	put_chain(value, ev);
	put_number(value, ev->netfilter.rule_handle);
	put_text(value, ev->netfilter.by);
	put_number(value, ev->netfilter.queue);
}

static bool json_rule(struct json_object *object, const struct drop_event *ev)
{
	const struct drop_netfilter *nf = &ev->netfilter;

	return json_netns(object, ev) && json_kind(object, ev) &&
	       json_family(object, ev) && json_table(object, ev) &&
	       json_chain(object, ev) &&
	       (nf->rule_handle == 0 ||
		json_add_number(object, "rule_handle", nf->rule_handle)) &&
	       json_add_text(object, "by", nf->by) &&
	       (!(ev->has & DROP_HAS_QUEUE) ||
		json_add_number(object, "queue", nf->queue));
}

static void put_hook(struct stats_value *value, const struct drop_event *ev)
{
	put_text(value, ev->netfilter.hook);
}

static bool json_hook(struct json_object *object, const struct drop_event *ev)
{
	return json_add_text(object, "hook", ev->netfilter.hook);
}

static void put_location(struct stats_value *value, const struct drop_event *ev)
{
	put_text(value, ev->location);
}

static bool json_location(struct json_object *object,
			  const struct drop_event *ev)
{
	return json_add_text(object, "location", ev->location);
}

static void put_attribution(struct stats_value *value,
			    const struct drop_event *ev)
{
	put_number(value, ev->attribution);
}

static bool json_attribution(struct json_object *object,
			     const struct drop_event *ev)
{
	return json_add_text(object, "attribution",
			     drop_attribution_to_string((int)ev->attribution));
}

static void put_origin(struct stats_value *value, const struct drop_event *ev)
{
	put_number(value, ev->origin);
}

static bool json_origin(struct json_object *object, const struct drop_event *ev)
{
	return json_add_text(object, "origin",
			     drop_origin_to_string((int)ev->origin));
}

static void put_port(struct stats_value *value, const struct drop_port *port)
{
	put_number(value, port->ifindex);
	put_text(value, port->name);
}

static bool json_port(struct json_object *object, const char *key,
		      const struct drop_port *port)
{
	struct json_object *json;

	if (port->ifindex == 0 && port->name[0] == '\0')
		return true;
	json = json_object_new_object();
	return json_add(object, key, json) &&
	       (port->ifindex == 0 ||
		json_add_number(json, "ifindex", port->ifindex)) &&
	       json_add_text(json, "name", port->name);
}

static void put_in(struct stats_value *value, const struct drop_event *ev)
{
	put_port(value, &ev->in);
}

static bool json_in(struct json_object *object, const struct drop_event *ev)
{
	return json_port(object, "in", &ev->in);
}

static void put_out(struct stats_value *value, const struct drop_event *ev)
{
	put_port(value, &ev->out);
}

static bool json_out(struct json_object *object, const struct drop_event *ev)
{
	return json_port(object, "out", &ev->out);
}

/* Without a transport the network is what is known, as of an ARP packet. */
static void put_protocol(struct stats_value *value, const struct drop_event *ev)
{
	bool has = ev->packet.has & PACKET_HAS_PROTOCOL;

	put_number(value,
		   has ? 1000U + ev->packet.protocol : ev->packet.network);
}

static bool json_protocol(struct json_object *object,
			  const struct drop_event *ev)
{
	char number[PACKET_STRING_MAX];
	const char *name;

	if (!(ev->packet.has & PACKET_HAS_PROTOCOL))
		return json_add_text(
			object, "protocol",
			packet_network_to_string(
				(enum packet_network)ev->packet.network));
	name = packet_protocol_to_string(ev->packet.protocol);
	snprintf(number, sizeof(number), "%u", ev->packet.protocol);
	return json_add_text(object, "protocol", name ? name : number);
}

/* ARP's are IPv4's. */
static enum packet_network addr_network(const struct packet *p)
{
	if (!(p->has & PACKET_HAS_ADDRS))
		return PACKET_NETWORK_NONE;
	return p->network == PACKET_NETWORK_IPV6 ? PACKET_NETWORK_IPV6
						 : PACKET_NETWORK_IPV4;
}

static void put_addr(struct stats_value *value, const struct packet *p,
		     const union packet_addr *addr)
{
	enum packet_network network = addr_network(p);

	put_number(value, network);
	if (network == PACKET_NETWORK_IPV6)
		put(value, &addr->v6, sizeof(addr->v6));
	else if (network == PACKET_NETWORK_IPV4)
		put(value, &addr->v4, sizeof(addr->v4));
}

static bool json_addr(struct json_object *object, const char *key,
		      const struct packet *p, const union packet_addr *addr)
{
	char text[PACKET_STRING_MAX];

	return json_add_text(object, key,
			     packet_addr_to_string(addr_network(p), addr,
						   text));
}

static void put_source(struct stats_value *value, const struct drop_event *ev)
{
	put_addr(value, &ev->packet, &ev->packet.saddr);
}

static bool json_source(struct json_object *object, const struct drop_event *ev)
{
	return json_addr(object, "source", &ev->packet, &ev->packet.saddr);
}

static void put_destination(struct stats_value *value,
			    const struct drop_event *ev)
{
	put_addr(value, &ev->packet, &ev->packet.daddr);
}

static bool json_destination(struct json_object *object,
			     const struct drop_event *ev)
{
	return json_addr(object, "destination", &ev->packet, &ev->packet.daddr);
}

static void put_dport(struct stats_value *value, const struct drop_event *ev)
{
	bool has = ev->packet.has & PACKET_HAS_PORTS;

	put_number(value, has ? 1U + ev->packet.dport : 0);
}

static bool json_dport(struct json_object *object, const struct drop_event *ev)
{
	return !(ev->packet.has & PACKET_HAS_PORTS) ||
	       json_add_number(object, "dport", ev->packet.dport);
}

static void put_uid(struct stats_value *value, const struct drop_event *ev)
{
	bool has = ev->has & DROP_HAS_UID;

	put_number(value, has ? 1 + (uint64_t)ev->process.uid : 0);
}

static bool json_uid(struct json_object *object, const struct drop_event *ev)
{
	return !(ev->has & DROP_HAS_UID) ||
	       json_add_number(object, "uid", ev->process.uid);
}

static void put_unit(struct stats_value *value, const struct drop_event *ev)
{
	put_text(value, ev->process.unit);
}

static bool json_unit(struct json_object *object, const struct drop_event *ev)
{
	return json_add_text(object, "unit", ev->process.unit);
}

static const struct {
	void (*put)(struct stats_value *value, const struct drop_event *ev);
	bool (*json)(struct json_object *object, const struct drop_event *ev);
} keys[_STAT_KEY_MAX] = {
	[STAT_NETNS] = { put_netns, json_netns },
	[STAT_REASON] = { put_reason, json_reason },
	[STAT_SUBSYSTEM] = { put_subsystem, json_subsystem },
	[STAT_KIND] = { put_kind, json_kind },
	[STAT_FAMILY] = { put_family, json_family },
	[STAT_TABLE] = { put_table, json_table },
	[STAT_CHAIN] = { put_chain, json_chain },
	[STAT_RULE] = { put_rule, json_rule },
	[STAT_HOOK] = { put_hook, json_hook },
	[STAT_LOCATION] = { put_location, json_location },
	[STAT_ATTRIBUTION] = { put_attribution, json_attribution },
	[STAT_ORIGIN] = { put_origin, json_origin },
	[STAT_IN] = { put_in, json_in },
	[STAT_OUT] = { put_out, json_out },
	[STAT_PROTOCOL] = { put_protocol, json_protocol },
	[STAT_SOURCE] = { put_source, json_source },
	[STAT_DESTINATION] = { put_destination, json_destination },
	[STAT_DPORT] = { put_dport, json_dport },
	[STAT_UID] = { put_uid, json_uid },
	[STAT_UNIT] = { put_unit, json_unit },
};

void stats_key_append(enum stat_key key, const struct drop_event *ev,
		      struct stats_value *value)
{
	keys[key].put(value, ev);
}

bool stats_key_to_json(enum stat_key key, const struct drop_event *ev,
		       struct json_object *object)
{
	return keys[key].json(object, ev);
}
