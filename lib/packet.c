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

/* What lies past @n bytes is padding, or another's: not of this packet. */
static void limit(struct cursor *c, size_t n)
{
	c->len = MIN(c->len, n);
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
		/* Each means nothing in the other family. */
		if ((packet->protocol == IPPROTO_ICMP) !=
		    (packet->network == PACKET_NETWORK_IPV4))
			break;
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

/*
 * RFC 791. A total length of 0 is what Linux writes for more than 65535 bytes
 * (BIG TCP). After a header shorter than its least, or longer than the packet,
 * nothing is sound.
 */
static void parse_ipv4(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 20, packet);
	size_t header, total;
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
	total = get_be16(p + 2);
	if (header < 20 || (total != 0 && total < header))
		return;
	if (packet->fragment_offset != 0)
		return;
	if (total != 0)
		limit(c, total - 20);
	if (take(c, header - 20, packet))
		parse_transport(c, packet);
}

/*
 * RFC 8200, RFC 4302. Steps over one header of type @next. Returns the type
 * of the one after it, or -1 when @next is none of these or is not all there.
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

/* A payload length of 0 is a jumbogram's (RFC 2675) and BIG TCP's. */
static void parse_ipv6(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 40, packet);
	int next;

	if (!p || p[0] >> 4 != 6)
		return;
	packet->network = PACKET_NETWORK_IPV6;
	packet->ttl = p[7];
	memcpy(&packet->saddr.v6, p + 8, 16);
	memcpy(&packet->daddr.v6, p + 24, 16);
	packet->has |= PACKET_HAS_ADDRS | PACKET_HAS_TTL;
	if (get_be16(p + 4) != 0)
		limit(c, get_be16(p + 4));
	set_protocol(packet, p[6]);
	for (int i = 0; i < IPV6_HEADERS_MAX; i++) {
		next = step_ipv6(c, packet->protocol, packet);
		if (next < 0)
			break;
		set_protocol(packet, (uint8_t)next);
		if (packet->fragment_offset != 0)
			return;
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

	if (!p)
		return;
	if (get_be16(p + 6) == 0x0021)
		parse_ipv4(c, packet);
	else if (get_be16(p + 6) == 0x0057)
		parse_ipv6(c, packet);
}

static void set_ethertype(struct packet *packet, uint16_t ethertype)
{
	packet->ethertype = ethertype;
	packet->has |= PACKET_HAS_ETHERTYPE;
}

/* What follows the field that holds @ethertype: tags, then the network. */
static void parse_network(struct cursor *c, uint16_t ethertype,
			  struct packet *packet)
{
	while (is_vlan(ethertype) && packet->n_vlans < PACKET_VLANS_MAX) {
		const uint8_t *p = take(c, 4, packet);

		if (!p)
			return;
		packet->vlans[packet->n_vlans++] = get_be16(p) & 0xfff;
		ethertype = get_be16(p + 2);
	}
	packet->network = PACKET_NETWORK_OTHER;
	if (ethertype < ETH_P_802_3_MIN)
		return; /* a length: IEEE 802.2 */
	set_ethertype(packet, ethertype);
	switch (ethertype) {
	case ETH_P_IP:
		packet->network = PACKET_NETWORK_NONE;
		parse_ipv4(c, packet);
		break;
	case ETH_P_IPV6:
		packet->network = PACKET_NETWORK_NONE;
		parse_ipv6(c, packet);
		break;
	case ETH_P_ARP:
		packet->network = PACKET_NETWORK_NONE;
		parse_arp(c, packet);
		break;
	case ETH_P_PPP_SES:
		parse_pppoe(c, packet);
		break;
	}
}

/* IEEE 802.3. */
static void parse_ethernet(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 14, packet);

	if (!p)
		return;
	memcpy(packet->dmac, p, 6);
	memcpy(packet->smac, p + 6, 6);
	packet->has |= PACKET_HAS_ETHERNET;
	parse_network(c, get_be16(p + 12), packet);
}

/* The Internet checksum of an IPv4 header is zero over the whole of it. */
static bool ipv4_checksum_ok(const uint8_t *p, size_t len)
{
	size_t header = (size_t)(p[0] & 15) * 4;
	uint32_t sum = 0;

	if (header > len)
		return false;
	for (size_t i = 0; i < header; i += 2)
		sum += get_be16(p + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* The type of the IP packet whose first byte is @first, or 0. */
static uint16_t ip_ethertype(uint8_t first)
{
	switch (first >> 4) {
	case 4:
		return ETH_P_IP;
	case 6:
		return ETH_P_IPV6;
	default:
		return 0;
	}
}

/* What speaks for a guess, in points. */
enum {
	POINTS_TYPE = 1,     /* the Ethernet header has skb->protocol */
	POINTS_CARRIER = 2,  /* or the type of what carries IP */
	POINTS_VERSION = 1,  /* the IP header has the right version */
	POINTS_LENGTH = 1,   /* its length does not exceed the packet's */
	POINTS_EXACT = 3,    /* its length is the packet's */
	POINTS_CHECKSUM = 2, /* its checksum is right */
	POINTS_UNTYPED = 4,  /* least, when skb->protocol says otherwise */
};

/*
 * How much the @len bytes at @p look like an IP packet of @ethertype that has
 * @orig_len bytes (0: unknown): 0 for not at all.
 */
static int rate_ip(const uint8_t *p, size_t len, uint16_t ethertype,
		   uint32_t orig_len)
{
	int points = POINTS_VERSION;
	uint32_t total = 0, header = 40;

	if (len == 0 || ip_ethertype(p[0]) != ethertype)
		return 0;
	if (ethertype == ETH_P_IP) {
		header = (p[0] & 15) * 4U;
		if (header < 20)
			return 0;
		if (len >= 4)
			total = get_be16(p + 2);
		if (ipv4_checksum_ok(p, len))
			points += POINTS_CHECKSUM;
	} else if (len >= 6 && get_be16(p + 4) != 0) {
		total = get_be16(p + 4) + 40U;
	}
	if (total >= header && total == orig_len)
		points += POINTS_EXACT;
	else if (total >= header && (orig_len == 0 || total < orig_len))
		points += POINTS_LENGTH;
	return points;
}

/* How much they look like an Ethernet header and such a packet. */
static int rate_ethernet(const uint8_t *data, size_t len, uint16_t ethertype,
			 uint32_t orig_len)
{
	size_t at = 14;
	uint16_t type;

	if (len < at)
		return 0;
	type = get_be16(data + 12);
	while (is_vlan(type) && len - at >= 4 &&
	       at < 14 + 4 * PACKET_VLANS_MAX) {
		type = get_be16(data + at + 2);
		at += 4;
	}
	if ((type == ETH_P_IP || type == ETH_P_IPV6) &&
	    (type == ethertype || ethertype == 0)) {
		if (orig_len != 0)
			orig_len = orig_len > at ? orig_len - (uint32_t)at : 1;
		return POINTS_TYPE +
		       rate_ip(data + at, len - at, type, orig_len);
	}
	switch (type) {
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
	case ETH_P_PPP_SES:
	case ETH_P_MACSEC:
		return POINTS_CARRIER;
	default:
		return at > 14 || is_vlan(type) ? POINTS_CARRIER : 0;
	}
}

/*
 * The type of the IP packet that begins at @data, or 0 when that is an
 * Ethernet header. A device without one (tun, ppp, wireguard, most tunnels)
 * has its MAC header where its network header is, and nothing says so:
 *
 * - bytes 12 and 13 are an Ethernet header's type, and skb->protocol or a VLAN
 *   tag (which skb->protocol can have as well, or not have any more) must be
 *   in it. But they are a part of an IP packet's source address: those of
 *   8.0.0.0/16 look like ETH_P_IP, of 129.0.0.0/16 like a VLAN tag;
 * - the first byte of an IP header is its version, but also that of Ethernet
 *   addresses such as 46:... or 60:....
 *
 * So both guesses collect points: for the type that agrees, an IP header where
 * it should be, with a length that fits (exactly, as a packet without padding
 * has it) and a right checksum. The Ethernet header wins a tie. Most packets
 * need none of this: their first byte is no IP version. When skb->protocol is
 * unknown or of the other version (a GRE device with several peers has the
 * outer header there), a version alone is no evidence.
 */
static uint16_t find_network_start(const uint8_t *data, size_t len,
				   uint16_t ethertype, uint32_t orig_len)
{
	uint16_t found = len > 0 ? ip_ethertype(data[0]) : 0;
	int points;

	if (found == 0 || (ethertype != 0 && ethertype != ETH_P_IP &&
			   ethertype != ETH_P_IPV6))
		return 0;
	points = rate_ip(data, len, found, orig_len);
	if (found != ethertype && points < POINTS_UNTYPED)
		return 0;
	if (points <= rate_ethernet(data, len, ethertype, orig_len))
		return 0;
	return found;
}

static uint16_t find_type(const uint8_t *data, size_t len,
			  enum packet_start start, uint16_t ethertype,
			  uint32_t orig_len)
{
	if (start == PACKET_START_MAC)
		return find_network_start(data, len, ethertype, orig_len);
	return ethertype == 0 && len > 0 ? ip_ethertype(data[0]) : ethertype;
}

uint16_t packet_bytes_type(const struct packet_bytes *bytes)
{
	return find_type(bytes->data, bytes->len, bytes->start,
			 bytes->ethertype, bytes->orig_len);
}

void packet_parse(const void *data, size_t len, enum packet_start start,
		  uint16_t ethertype, uint32_t orig_len, struct packet *ret)
{
	struct cursor c = { .data = data, .len = len };
	uint16_t type = find_type(data, len, start, ethertype, orig_len);

	memset(ret, 0, sizeof(*ret));
	if (type != 0)
		parse_network(&c, type, ret);
	else if (start == PACKET_START_MAC)
		parse_ethernet(&c, ret);
	/* Where the bytes do not reach it, there is still what we were told. */
	if ((ret->has & PACKET_HAS_TRUNCATED) &&
	    !(ret->has & PACKET_HAS_ETHERTYPE) &&
	    ethertype >= ETH_P_802_3_MIN && !is_vlan(ethertype))
		set_ethertype(ret, ethertype);
}
