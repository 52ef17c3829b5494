/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "event-fields.h"
#include "util.h"

static const char *format_origin(const struct drop_event *ev, char *buf)
{
	(void)buf;
	return drop_origin_to_string((int)ev->origin);
}

static int parse_origin(struct drop_event *ev, const char *s)
{
	int v = drop_origin_from_string(s);

	if (v < 0)
		return v;
	ev->origin = (enum drop_origin)v;
	return 0;
}

static const char *format_attribution(const struct drop_event *ev, char *buf)
{
	(void)buf;
	return drop_attribution_to_string((int)ev->attribution);
}

static int parse_attribution(struct drop_event *ev, const char *s)
{
	int v = drop_attribution_from_string(s);

	if (v < 0)
		return v;
	ev->attribution = (enum drop_attribution)v;
	return 0;
}

static const char *format_kind(const struct drop_event *ev, char *buf)
{
	(void)buf;
	if (ev->netfilter.kind == DROP_KIND_NONE)
		return NULL;
	return drop_kind_to_string((int)ev->netfilter.kind);
}

static int parse_kind(struct drop_event *ev, const char *s)
{
	int v = drop_kind_from_string(s);

	if (v < 0)
		return v;
	ev->netfilter.kind = (enum drop_kind)v;
	return 0;
}

static const char *format_network(const struct drop_event *ev, char *buf)
{
	(void)buf;
	return packet_network_to_string(
		(enum packet_network)ev->packet.network);
}

static int parse_network(struct drop_event *ev, const char *s)
{
	ev->packet.network = (uint8_t)packet_network_from_string(s);
	return ev->packet.network == PACKET_NETWORK_NONE ? -EINVAL : 0;
}

static const char *format_transport(const struct drop_event *ev, char *buf)
{
	const char *name;

	if (!(ev->packet.has & PACKET_HAS_PROTOCOL))
		return NULL;
	name = packet_protocol_to_string(ev->packet.protocol);
	if (name)
		return name;
	snprintf(buf, PACKET_STRING_MAX, "%u", ev->packet.protocol);
	return buf;
}

static int parse_transport(struct drop_event *ev, const char *s)
{
	int v = packet_protocol_from_string(s);

	if (v < 0)
		return v;
	ev->packet.protocol = (uint8_t)v;
	ev->packet.has |= PACKET_HAS_PROTOCOL;
	return 0;
}

static const char *format_addr(const struct drop_event *ev,
			       const union packet_addr *addr, char *buf)
{
	if (!(ev->packet.has & PACKET_HAS_ADDRS))
		return NULL;
	return packet_addr_to_string((enum packet_network)ev->packet.network,
				     addr, buf);
}

static const char *format_saddr(const struct drop_event *ev, char *buf)
{
	return format_addr(ev, &ev->packet.saddr, buf);
}

static const char *format_daddr(const struct drop_event *ev, char *buf)
{
	return format_addr(ev, &ev->packet.daddr, buf);
}

static int parse_addr(struct drop_event *ev, union packet_addr *addr,
		      const char *s)
{
	int family = ev->packet.network == PACKET_NETWORK_IPV6 ? AF_INET6
							       : AF_INET;

	/* An address is written only with its network, and so read. */
	if (ev->packet.network == PACKET_NETWORK_NONE ||
	    inet_pton(family, s, addr) != 1)
		return -EINVAL;
	ev->packet.has |= PACKET_HAS_ADDRS;
	return 0;
}

static int parse_saddr(struct drop_event *ev, const char *s)
{
	return parse_addr(ev, &ev->packet.saddr, s);
}

static int parse_daddr(struct drop_event *ev, const char *s)
{
	return parse_addr(ev, &ev->packet.daddr, s);
}

static const char *format_tcp_flags(const struct drop_event *ev, char *buf)
{
	if (!(ev->packet.has & PACKET_HAS_TCP_FLAGS))
		return NULL;
	return packet_tcp_flags_to_string(ev->packet.tcp_flags, buf);
}

static int parse_tcp_flags(struct drop_event *ev, const char *s)
{
	ev->packet.has |= PACKET_HAS_TCP_FLAGS;
	return packet_tcp_flags_from_string(s, &ev->packet.tcp_flags);
}

static const char *format_mac(const struct drop_event *ev, const uint8_t *mac,
			      char *buf)
{
	static const char hex[] = "0123456789abcdef";

	if (!(ev->packet.has & PACKET_HAS_ETHERNET))
		return NULL;
	for (int i = 0; i < 6; i++) {
		buf[3 * i] = hex[mac[i] >> 4];
		buf[3 * i + 1] = hex[mac[i] & 15];
		buf[3 * i + 2] = i < 5 ? ':' : '\0';
	}
	return buf;
}

static const char *format_smac(const struct drop_event *ev, char *buf)
{
	return format_mac(ev, ev->packet.smac, buf);
}

static const char *format_dmac(const struct drop_event *ev, char *buf)
{
	return format_mac(ev, ev->packet.dmac, buf);
}

static int parse_mac(struct drop_event *ev, uint8_t *mac, const char *s)
{
	if (strlen(s) != 17)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		const char *p = s + 3 * i;

		if (!isxdigit((unsigned char)p[0]) ||
		    !isxdigit((unsigned char)p[1]) ||
		    p[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac[i] = (uint8_t)strtoul(p, NULL, 16);
	}
	ev->packet.has |= PACKET_HAS_ETHERNET;
	return 0;
}

static int parse_smac(struct drop_event *ev, const char *s)
{
	return parse_mac(ev, ev->packet.smac, s);
}

static int parse_dmac(struct drop_event *ev, const char *s)
{
	return parse_mac(ev, ev->packet.dmac, s);
}

#define AT(member)                                     \
	.offset = offsetof(struct drop_event, member), \
	.size = sizeof(((struct drop_event *)NULL)->member)
#define NUMBER(obj, k, member)                                            \
	{                                                                 \
		.object = obj, .key = k, .type = FIELD_NUMBER, AT(member) \
	}
#define NUMBER_IF(obj, k, member, by, mask)                                 \
	{                                                                   \
		.object = obj, .key = k, .type = FIELD_NUMBER, .known = by, \
		.bit = mask, AT(member)                                     \
	}
#define STRING(obj, k, member)                                            \
	{                                                                 \
		.object = obj, .key = k, .type = FIELD_STRING, AT(member) \
	}
#define OWNED(obj, k, member)                                            \
	{                                                                \
		.object = obj, .key = k, .type = FIELD_OWNED, AT(member) \
	}
#define FORMATTED(obj, k, name)                                   \
	{                                                         \
		.object = obj, .key = k, .type = FIELD_FORMATTED, \
		.format = format_##name, .parse = parse_##name    \
	}

/* In the order of the output; the fields of an object stand together. */
const struct field event_fields[] = {
	NUMBER(NULL, "timestamp_ns", timestamp_ns),
	FORMATTED(NULL, "origin", origin),
	FORMATTED(NULL, "attribution", attribution),
	NUMBER_IF(NULL, "count", count, KNOWN_NOT_ONE, 0),
	STRING(NULL, "reason", reason),
	NUMBER_IF(NULL, "reason_code", reason_code, KNOWN_EVENT,
		  DROP_HAS_REASON_CODE),
	STRING(NULL, "subsystem", subsystem),
	STRING(NULL, "location", location),
	STRING("trap", "name", trap),
	STRING("trap", "group", trap_group),
	NUMBER("netns", "inum", netns.inum),
	NUMBER("netns", "cookie", netns.cookie),
	STRING("netns", "name", netns.name),
	NUMBER("in", "ifindex", in.ifindex),
	STRING("in", "name", in.name),
	NUMBER("out", "ifindex", out.ifindex),
	STRING("out", "name", out.name),
	NUMBER(NULL, "length", length),
	FORMATTED("packet", "network", network),
	FORMATTED("packet", "transport", transport),
	FORMATTED("packet", "saddr", saddr),
	FORMATTED("packet", "daddr", daddr),
	NUMBER_IF("packet", "sport", packet.sport, KNOWN_PACKET,
		  PACKET_HAS_PORTS),
	NUMBER_IF("packet", "dport", packet.dport, KNOWN_PACKET,
		  PACKET_HAS_PORTS),
	FORMATTED("packet", "tcp_flags", tcp_flags),
	NUMBER_IF("packet", "icmp_type", packet.icmp_type, KNOWN_PACKET,
		  PACKET_HAS_ICMP),
	NUMBER_IF("packet", "icmp_code", packet.icmp_code, KNOWN_PACKET,
		  PACKET_HAS_ICMP),
	NUMBER_IF("packet", "arp_operation", packet.arp_operation, KNOWN_PACKET,
		  PACKET_HAS_ARP),
	NUMBER_IF("packet", "ttl", packet.ttl, KNOWN_PACKET, PACKET_HAS_TTL),
	NUMBER_IF("packet", "fragment_offset", packet.fragment_offset,
		  KNOWN_PACKET, PACKET_HAS_FRAGMENT),
	NUMBER_IF("packet", "ethertype", packet.ethertype, KNOWN_PACKET,
		  PACKET_HAS_ETHERTYPE),
	FORMATTED("packet", "smac", smac),
	FORMATTED("packet", "dmac", dmac),
	{ .object = "packet", .key = "vlans", .type = FIELD_VLANS },
	{ .object = "packet",
	  .key = "truncated",
	  .type = FIELD_FLAG,
	  .bit = PACKET_HAS_TRUNCATED },
	FORMATTED("netfilter", "kind", kind),
	STRING("netfilter", "hook", netfilter.hook),
	STRING("netfilter", "family", netfilter.family),
	STRING("netfilter", "table", netfilter.table),
	NUMBER("netfilter", "table_handle", netfilter.table_handle),
	STRING("netfilter", "chain", netfilter.chain),
	NUMBER("netfilter", "rule_handle", netfilter.rule_handle),
	OWNED("netfilter", "rule", netfilter.rule),
	STRING("netfilter", "comment", netfilter.comment),
	STRING("netfilter", "by", netfilter.by),
	STRING("netfilter", "set", netfilter.set),
	STRING("netfilter", "element", netfilter.element),
	{ .object = "netfilter",
	  .key = "policy",
	  .type = FIELD_BOOL,
	  .known = KNOWN_EVENT,
	  .bit = DROP_HAS_POLICY,
	  AT(netfilter.policy) },
	NUMBER("netfilter", "errno", netfilter.errnum),
	NUMBER("netfilter", "generation", netfilter.generation),
	NUMBER_IF("netfilter", "mark", netfilter.mark, KNOWN_EVENT,
		  DROP_HAS_MARK),
	NUMBER_IF("netfilter", "queue", netfilter.queue, KNOWN_EVENT,
		  DROP_HAS_QUEUE),
	NUMBER("netfilter", "ct_id", netfilter.ct_id),
	STRING("netfilter", "ct_state", netfilter.ct_state),
	NUMBER_IF("process", "uid", process.uid, KNOWN_EVENT, DROP_HAS_UID),
	OWNED("process", "unit", process.unit),
	{ .key = NULL },
};
