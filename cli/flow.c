/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "util.h"

static void format_mac(const uint8_t mac[6], char *buf, size_t size)
{
	snprintf(buf, size, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
}

static void format_end(const struct packet *p, const union packet_addr *addr,
		       const uint8_t mac[6], uint16_t port, char *buf,
		       size_t size)
{
	char text[PACKET_STRING_MAX];
	const char *name = NULL;

	if (p->has & PACKET_HAS_ADDRS)
		name = packet_addr_to_string(p->network, addr, text);
	if (!name && (p->has & PACKET_HAS_ETHERNET))
		format_mac(mac, buf, size);
	else if (!name)
		snprintf(buf, size, "-");
	else if (!(p->has & PACKET_HAS_PORTS))
		snprintf(buf, size, "%s", name);
	else if (p->network == PACKET_NETWORK_IPV6)
		snprintf(buf, size, "[%s]:%u", name, port);
	else
		snprintf(buf, size, "%s:%u", name, port);
}

static void add(char *buf, size_t size, const char *format, ...) _printf_(3, 4);

static void add(char *buf, size_t size, const char *format, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf + used, size - used, format, ap);
	va_end(ap);
}

static void add_icmp(const struct packet *p, char *buf, size_t size)
{
	const char *name = packet_icmp_type_to_string(p->network, p->icmp_type);

	if (name)
		add(buf, size, " %s", name);
	else
		add(buf, size, " type %u", p->icmp_type);
	if (p->icmp_code != 0 || !name)
		add(buf, size, " code %u", p->icmp_code);
}

static void add_arp(const struct packet *p, char *buf, size_t size)
{
	add(buf, size, " arp");
	if (!(p->has & PACKET_HAS_ARP))
		return;
	if (p->arp_operation == 1)
		add(buf, size, " request");
	else if (p->arp_operation == 2)
		add(buf, size, " reply");
	else
		add(buf, size, " operation %u", p->arp_operation);
}

static void add_transport(const struct packet *p, char *buf, size_t size)
{
	const char *name = packet_protocol_to_string(p->protocol);
	char flags[PACKET_STRING_MAX];

	if (name)
		add(buf, size, " %s", name);
	else
		add(buf, size, " protocol %u", p->protocol);
	if (p->has & PACKET_HAS_TCP_FLAGS)
		add(buf, size, " %s",
		    packet_tcp_flags_to_string(p->tcp_flags, flags));
	if (p->has & PACKET_HAS_ICMP)
		add_icmp(p, buf, size);
}

const char *flow_to_string(const struct packet *p, char buf[FLOW_MAX])
{
	const char *network = packet_network_to_string(p->network);
	char from[80], to[80];

	format_end(p, &p->saddr, p->smac, p->sport, from, sizeof(from));
	format_end(p, &p->daddr, p->dmac, p->dport, to, sizeof(to));
	snprintf(buf, FLOW_MAX, "%s > %s", from, to);
	if (p->network == PACKET_NETWORK_ARP)
		add_arp(p, buf, FLOW_MAX);
	else if (p->has & PACKET_HAS_PROTOCOL)
		add_transport(p, buf, FLOW_MAX);
	else if (network)
		add(buf, FLOW_MAX, " %s", network);
	else if (p->has & PACKET_HAS_ETHERTYPE)
		add(buf, FLOW_MAX, " ethertype 0x%04x", p->ethertype);
	if (p->has & PACKET_HAS_FRAGMENT)
		add(buf, FLOW_MAX, " fragment %u", p->fragment_offset);
	if (p->has & PACKET_HAS_TRUNCATED)
		add(buf, FLOW_MAX, " cut");
	return buf;
}
