/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From packet bytes to the flow that an administrator thinks in.
 *
 * A parser is a function of bytes: packet_parse() reads no further than it is
 * given, keeps no pointer into it, and calls nothing that can fail.
 *
 * Sources: IEEE 802.3 and 802.1Q, RFC 791, 8200, 4302, 9293, 768, 792, 4443,
 * 9260, 826; protocol numbers as in IANA's registries.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the first byte of the data is. */
enum packet_start {
	/*
	 * NET_DM_ATTR_PAYLOAD: begins at skb_mac_header(), which is an
	 * Ethernet header on most devices and the network header on those
	 * that have none (tun, ppp, wireguard). Told apart by skb->protocol,
	 * the lengths and IPv4's checksum; see find_network_start().
	 */
	PACKET_START_MAC,
	/* The network header, as in the patched kernel's L3_PAYLOAD. */
	PACKET_START_NETWORK,
};

/* Bytes of a packet, for as long as whoever has them says. */
struct packet_bytes {
	const void *data;
	size_t len;
	enum packet_start start;
	uint16_t ethertype; /* skb->protocol in host order, 0: unknown */
	uint32_t orig_len;  /* on the wire, from @data; 0: unknown */
};

enum packet_network {
	PACKET_NETWORK_NONE, /* nothing known: no such layer, or too short */
	PACKET_NETWORK_IPV4,
	PACKET_NETWORK_IPV6,
	PACKET_NETWORK_ARP,
	PACKET_NETWORK_OTHER, /* see ethertype; without one, IEEE 802.2 */
	_PACKET_NETWORK_MAX,
};

enum packet_has {
	PACKET_HAS_ETHERNET = 1 << 0,  /* smac, dmac */
	PACKET_HAS_ETHERTYPE = 1 << 1, /* ethertype */
	PACKET_HAS_ADDRS = 1 << 2,     /* saddr, daddr: also ARP's SPA, TPA */
	PACKET_HAS_PROTOCOL = 1 << 3,  /* protocol */
	PACKET_HAS_PORTS = 1 << 4,     /* sport, dport */
	PACKET_HAS_TCP_FLAGS = 1 << 5, /* tcp_flags */
	PACKET_HAS_ICMP = 1 << 6,      /* icmp_type, icmp_code: v4 and v6 */
	PACKET_HAS_ARP = 1 << 7,       /* arp_operation */
	PACKET_HAS_FRAGMENT = 1 << 8,  /* a fragment: fragment_offset */
	PACKET_HAS_TRUNCATED = 1 << 9, /* data or packet ended in a header */
	PACKET_HAS_TTL = 1 << 10,      /* ttl: TTL or hop limit */
};

#define PACKET_VLANS_MAX 4

struct packet {
	uint16_t has;	 /* enum packet_has; what it has not is 0 */
	uint8_t network; /* enum packet_network */
	/* IANA protocol number of the last header reached. */
	uint8_t protocol;
	uint16_t ethertype; /* host order, after the VLAN tags; no length */
	uint16_t sport;	    /* host order: TCP, UDP, UDP-Lite, SCTP, DCCP */
	uint16_t dport;
	uint16_t arp_operation;	  /* 1 request, 2 reply */
	uint16_t fragment_offset; /* in bytes */
	uint8_t tcp_flags;	  /* as in the header: FIN 0x01 ... CWR 0x80 */
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t ttl;
	uint8_t n_vlans;		  /* outermost first */
	uint16_t vlans[PACKET_VLANS_MAX]; /* VLAN identifiers, 0-4095 */
	uint8_t smac[6];
	uint8_t dmac[6];
	/* IPv4 (and ARP) addresses are in the first four bytes. */
	union packet_addr {
		struct in_addr v4;
		struct in6_addr v6;
	} saddr, daddr;
};

/*
 * Parses @len bytes at @data. @ethertype is skb->protocol in host order
 * (NET_DM_ATTR_PROTO), 0 when unknown; @orig_len is the packet's length on
 * the wire counted from @data (NET_DM_ATTR_ORIG_LEN), 0 when unknown.
 *
 * Always fills @ret; what a truncated or malformed packet does not tell is
 * left out of ret->has. A header is taken whole or not at all, and what lies
 * past the IP header's length (padding) is not read. Ports of a non-first
 * fragment are unknown. The bytes are an attacker's.
 */
void packet_parse(const void *data, size_t len, enum packet_start start,
		  uint16_t ethertype, uint32_t orig_len, struct packet *ret);

/*
 * The type of what begins at bytes->data, when that is no Ethernet header: an
 * EtherType in host order, as found by packet_parse(); 0 when it is one, or
 * when nothing is known of it (PACKET_START_NETWORK).
 */
uint16_t packet_bytes_type(const struct packet_bytes *bytes);

/* "ipv4", "ipv6", "arp"; NULL for none and other. */
const char *packet_network_to_string(enum packet_network network);
/* The reverse; PACKET_NETWORK_NONE for a name that is none of these. */
enum packet_network packet_network_from_string(const char *name);

/* Large enough for every string below, with its NUL. */
#define PACKET_STRING_MAX 64

/*
 * The usual keyword ("tcp", "udp", "icmp", "icmpv6", "sctp", "esp", ...: as in
 * most /etc/protocols, which is not read), or NULL for a number that the table
 * does not name. Number 41 is "ipv6" here, but see packet_network_to_string().
 */
const char *packet_protocol_to_string(uint8_t protocol);
/* The reverse in any case, also of "ipv6-icmp" and "0"-"255"; -EINVAL. */
int packet_protocol_from_string(const char *name);

/* "S", "SA", "FPU", "." for none, in tcpdump's letters: FSRPAUEC. */
const char *packet_tcp_flags_to_string(uint8_t flags,
				       char buf[PACKET_STRING_MAX]);
/* The reverse; -EINVAL for another letter. */
int packet_tcp_flags_from_string(const char *s, uint8_t *ret);

/* Address by @network; NULL when it has none. */
const char *packet_addr_to_string(enum packet_network network,
				  const union packet_addr *addr,
				  char buf[PACKET_STRING_MAX]);

/*
 * Name of an ICMP or ICMPv6 type, such as "echo-request" (nft's names), or
 * NULL.
 */
const char *packet_icmp_type_to_string(enum packet_network network,
				       uint8_t type);
