/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_ether.h>

#include "packet.h"
#include "util.h"

/* Headers between the IPv6 header and the transport that are followed. */
#define IPV6_HEADERS_MAX 8

/* What is left of the bytes; a header is taken whole or not at all. */
struct cursor {
	const uint8_t *data;
	size_t len;
};

static uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* The next @n bytes, or NULL and @packet is truncated. */
static const uint8_t *take(struct cursor *c, size_t n, struct packet *packet)
{
	const uint8_t *p = c->data;

	if (c->len < n) {
		packet->has |= PACKET_HAS_TRUNCATED;
		return NULL;
	}
	c->data += n;
	c->len -= n;
	return p;
}

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD ||
	       ethertype == ETH_P_QINQ1;
}

static void parse_ports(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 4, packet);

	if (!p)
		return;
	packet->sport = get_be16(p);
	packet->dport = get_be16(p + 2);
	packet->has |= PACKET_HAS_PORTS;
}

static void parse_transport(struct cursor *c, struct packet *packet)
{
	const uint8_t *p;

	switch (packet->protocol) {
	case IPPROTO_TCP:
		parse_ports(c, packet);
		/* Sequence, acknowledgement, offset, flags. */
		p = take(c, 10, packet);
		if (p) {
			packet->tcp_flags = p[9];
			packet->has |= PACKET_HAS_TCP_FLAGS;
		}
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		parse_ports(c, packet);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		p = take(c, 2, packet);
		if (p) {
			packet->icmp_type = p[0];
			packet->icmp_code = p[1];
			packet->has |= PACKET_HAS_ICMP;
		}
		break;
	}
}

static void set_protocol(struct packet *packet, uint8_t protocol)
{
	packet->protocol = protocol;
	packet->has |= PACKET_HAS_PROTOCOL;
}

/* RFC 791. */
static void parse_ipv4(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 20, packet);
	size_t header;
	uint16_t fragment;

	if (!p || p[0] >> 4 != 4)
		return;
	packet->network = PACKET_NETWORK_IPV4;
	packet->ttl = p[8];
	memcpy(&packet->saddr.v4, p + 12, 4);
	memcpy(&packet->daddr.v4, p + 16, 4);
	packet->has |= PACKET_HAS_ADDRS | PACKET_HAS_TTL;
	set_protocol(packet, p[9]);
	fragment = get_be16(p + 6);
	if (fragment & 0x3fff) { /* more fragments, or an offset */
		packet->fragment_offset = (uint16_t)((fragment & 0x1fff) * 8);
		packet->has |= PACKET_HAS_FRAGMENT;
	}
	header = (size_t)(p[0] & 15) * 4;
	if (header < 20 || (fragment & 0x1fff) != 0)
		return;
	if (take(c, header - 20, packet))
		parse_transport(c, packet);
}

/*
 * RFC 8200, RFC 4302. Steps over one header of type @next. Returns the type
 * of the one after it, or -1 when @next is none of these, or its bytes or
 * what follows a later fragment are not there.
 */
static int step_ipv6(struct cursor *c, int next, struct packet *packet)
{
	const uint8_t *p;
	size_t len;

	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
	case IPPROTO_AH:
		p = take(c, 2, packet);
		if (!p)
			return -1;
		len = next == IPPROTO_AH ? ((size_t)p[1] + 2) * 4
					 : ((size_t)p[1] + 1) * 8;
		next = p[0];
		return take(c, len - 2, packet) ? next : -1;
	case IPPROTO_FRAGMENT:
		p = take(c, 8, packet);
		if (!p)
			return -1;
		packet->fragment_offset = get_be16(p + 2) & 0xfff8;
		packet->has |= PACKET_HAS_FRAGMENT;
		return p[0];
	default:
		return -1;
	}
}

static void parse_ipv6(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 40, packet);
	int next, after;

	if (!p || p[0] >> 4 != 6)
		return;
	packet->network = PACKET_NETWORK_IPV6;
	packet->ttl = p[7];
	memcpy(&packet->saddr.v6, p + 8, 16);
	memcpy(&packet->daddr.v6, p + 24, 16);
	packet->has |= PACKET_HAS_ADDRS | PACKET_HAS_TTL;
	next = p[6];
	for (int i = 0; i < IPV6_HEADERS_MAX; i++) {
		set_protocol(packet, (uint8_t)next);
		after = step_ipv6(c, next, packet);
		if (after < 0)
			break;
		next = after;
		if ((packet->has & PACKET_HAS_FRAGMENT) &&
		    packet->fragment_offset != 0) {
			set_protocol(packet, (uint8_t)next);
			return;
		}
	}
	if (!(packet->has & PACKET_HAS_TRUNCATED))
		parse_transport(c, packet);
}

/* RFC 826, for Ethernet and IPv4. */
static void parse_arp(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 8, packet);

	if (!p)
		return;
	packet->network = PACKET_NETWORK_ARP;
	packet->arp_operation = get_be16(p + 6);
	packet->has |= PACKET_HAS_ARP;
	if (get_be16(p + 2) != ETH_P_IP || p[4] != 6 || p[5] != 4)
		return;
	p = take(c, 20, packet);
	if (!p)
		return;
	memcpy(&packet->saddr.v4, p + 6, 4);
	memcpy(&packet->daddr.v4, p + 16, 4);
	packet->has |= PACKET_HAS_ADDRS;
}

/* RFC 2516, with the PPP protocol of RFC 1332 and 5072 in it. */
static void parse_pppoe(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 8, packet);

	packet->network = PACKET_NETWORK_OTHER;
	if (!p)
		return;
	if (get_be16(p + 6) == 0x0021)
		parse_ipv4(c, packet);
	else if (get_be16(p + 6) == 0x0057)
		parse_ipv6(c, packet);
}

static void parse_network(struct cursor *c, struct packet *packet)
{
	switch (packet->ethertype) {
	case ETH_P_IP:
		parse_ipv4(c, packet);
		break;
	case ETH_P_IPV6:
		parse_ipv6(c, packet);
		break;
	case ETH_P_ARP:
		parse_arp(c, packet);
		break;
	case ETH_P_PPP_SES:
		parse_pppoe(c, packet);
		break;
	default:
		packet->network = PACKET_NETWORK_OTHER;
	}
}

static void set_ethertype(struct packet *packet, uint16_t ethertype)
{
	packet->ethertype = ethertype;
	packet->has |= PACKET_HAS_ETHERTYPE;
}

/* IEEE 802.3 and 802.1Q. */
static void parse_ethernet(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 14, packet);
	uint16_t ethertype;

	if (!p)
		return;
	memcpy(packet->dmac, p, 6);
	memcpy(packet->smac, p + 6, 6);
	packet->has |= PACKET_HAS_ETHERNET;
	ethertype = get_be16(p + 12);
	while (is_vlan(ethertype) && packet->n_vlans < PACKET_VLANS_MAX) {
		p = take(c, 4, packet);
		if (!p)
			break;
		packet->vlans[packet->n_vlans++] = get_be16(p) & 0xfff;
		ethertype = get_be16(p + 2);
	}
	set_ethertype(packet, ethertype);
	if (packet->has & PACKET_HAS_TRUNCATED)
		packet->network = PACKET_NETWORK_OTHER;
	else
		parse_network(c, packet);
}

/* The Internet checksum of an IPv4 header is zero over the whole of it. */
static bool ipv4_checksum_ok(const uint8_t *p, size_t len)
{
	size_t header = (size_t)(p[0] & 15) * 4;
	uint32_t sum = 0;

	if (header < 20 || header > len)
		return false;
	for (size_t i = 0; i < header; i += 2)
		sum += get_be16(p + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/*
 * Whether an IP header of @ethertype can begin at @p: its version, and its
 * length no more than @orig_len (0: unknown), or exactly that if @exact.
 */
static bool looks_like_ip(const uint8_t *p, size_t len, uint16_t ethertype,
			  uint32_t orig_len, bool exact)
{
	uint32_t total;

	if (ethertype == ETH_P_IP) {
		if (len < 20 || p[0] >> 4 != 4 || (p[0] & 15) < 5)
			return false;
		total = get_be16(p + 2);
	} else if (ethertype == ETH_P_IPV6) {
		if (len < 40 || p[0] >> 4 != 6)
			return false;
		total = get_be16(p + 4) + 40U;
	} else {
		return false;
	}
	if (orig_len == 0)
		return true;
	return exact ? total == orig_len : total <= orig_len;
}

/*
 * A device without link-layer header has its MAC header where the network
 * header is, and nothing says so. An Ethernet header has skb->protocol, or a
 * VLAN tag, at its end; but on such a device those bytes are the source
 * address, and 8.0.0.0/16 looks like ETH_P_IP there. So: what looks like one
 * only is that one; what looks like both is Ethernet if an IP header of
 * fitting length follows it, unless the first bytes are an IPv4 header with a
 * right checksum; what looks like neither is Ethernet.
 */
static bool has_no_link_layer(const uint8_t *data, size_t len,
			      uint16_t ethertype, uint32_t orig_len)
{
	bool network, ethernet = false, ethernet_ip = false;
	uint16_t found;

	if (ethertype != ETH_P_IP && ethertype != ETH_P_IPV6)
		return false;
	network = looks_like_ip(data, len, ethertype, orig_len, true);
	if (len >= 14) {
		found = get_be16(data + 12);
		ethernet = found == ethertype || is_vlan(found);
		ethernet_ip = is_vlan(found) ||
			      (ethernet &&
			       looks_like_ip(data + 14, len - 14, ethertype,
					     orig_len > 14 ? orig_len - 14 : 0,
					     false));
	}
	if (!ethernet)
		return network || looks_like_ip(data, len, ethertype, 0, false);
	if (!network)
		return false;
	return !ethernet_ip ||
	       (ethertype == ETH_P_IP && ipv4_checksum_ok(data, len));
}

void packet_parse(const void *data, size_t len, enum packet_start start,
		  uint16_t ethertype, uint32_t orig_len, struct packet *ret)
{
	struct cursor c = { .data = data, .len = len };

	memset(ret, 0, sizeof(*ret));
	if (len == 0)
		return;
	if (start == PACKET_START_MAC &&
	    !has_no_link_layer(c.data, len, ethertype, orig_len)) {
		parse_ethernet(&c, ret);
		return;
	}
	if (ethertype == 0 && c.data[0] >> 4 == 4)
		ethertype = ETH_P_IP;
	else if (ethertype == 0 && c.data[0] >> 4 == 6)
		ethertype = ETH_P_IPV6;
	if (ethertype == 0)
		return;
	set_ethertype(ret, ethertype);
	parse_network(&c, ret);
}
