/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets: what is told is told wholly and of these bytes alone. The input is
 * one byte, whose lowest bit is the start (0: MAC, 1: network), the ethertype
 * and the original length (16 and 32 bits, big endian), and then the packet.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "escape.h"
#include "fuzz.h"
#include "packet.h"
#include "support.h"
#include "util.h"

#define HEAD_SIZE  7
#define PREFIX_MAX 256

struct input {
	enum packet_start start;
	uint16_t ethertype;
	uint32_t orig_len;
};

/* Parses bytes of which no more can be read, twice, into anything. */
static void parse(const void *data, size_t len, const struct input *in,
		  struct packet *ret)
{
	void *copy = copy_bytes(data, len);
	struct packet again;

	memset(ret, 0xa5, sizeof(*ret));
	packet_parse(copy, len, in->start, in->ethertype, in->orig_len, ret);
	memset(&again, 0x5a, sizeof(again));
	packet_parse(copy, len, in->start, in->ethertype, in->orig_len, &again);
	check(memcmp(ret, &again, sizeof(again)) == 0);
	free(copy);
}

static bool is_zero(const void *data, size_t size)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < size; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* Unless @p has @bit, @member is 0. */
#define CHECK_HAS(p, bit, member)              \
	check(((p)->has & PACKET_HAS_##bit) || \
	      is_zero(&(p)->member, sizeof((p)->member)))

static void check_zero(const struct packet *p)
{
	CHECK_HAS(p, ETHERNET, smac);
	CHECK_HAS(p, ETHERNET, dmac);
	CHECK_HAS(p, ETHERTYPE, ethertype);
	CHECK_HAS(p, ADDRS, saddr);
	CHECK_HAS(p, ADDRS, daddr);
	CHECK_HAS(p, PROTOCOL, protocol);
	CHECK_HAS(p, PORTS, sport);
	CHECK_HAS(p, PORTS, dport);
	CHECK_HAS(p, TCP_FLAGS, tcp_flags);
	CHECK_HAS(p, ICMP, icmp_type);
	CHECK_HAS(p, ICMP, icmp_code);
	CHECK_HAS(p, ARP, arp_operation);
	CHECK_HAS(p, FRAGMENT, fragment_offset);
	CHECK_HAS(p, TTL, ttl);
	check(p->n_vlans <= PACKET_VLANS_MAX);
	for (size_t i = 0; i < PACKET_VLANS_MAX; i++)
		check(p->vlans[i] <= (i < p->n_vlans ? 4095 : 0));
	if (p->network != PACKET_NETWORK_IPV6) {
		check(is_zero(p->saddr.v6.s6_addr + 4, 12));
		check(is_zero(p->daddr.v6.s6_addr + 4, 12));
	}
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP;
}

/* @a is not known without @b. */
#define CHECK_NEEDS(p, a, b) check(!((p)->has & PACKET_HAS_##a) || (b))

static void check_sense(const struct packet *p, const struct input *in)
{
	bool ip = p->network == PACKET_NETWORK_IPV4 ||
		  p->network == PACKET_NETWORK_IPV6;
	bool whole = p->fragment_offset == 0;
	bool icmp = p->protocol == (p->network == PACKET_NETWORK_IPV4
					    ? IPPROTO_ICMP
					    : IPPROTO_ICMPV6);

	check(p->network < _PACKET_NETWORK_MAX);
	check(p->has < PACKET_HAS_TTL << 1);
	CHECK_NEEDS(p, ETHERNET, in->start == PACKET_START_MAC);
	CHECK_NEEDS(p, ETHERTYPE, p->ethertype >= 1536);
	CHECK_NEEDS(p, ADDRS, ip || p->network == PACKET_NETWORK_ARP);
	CHECK_NEEDS(p, ARP, p->network == PACKET_NETWORK_ARP);
	CHECK_NEEDS(p, TTL, ip);
	CHECK_NEEDS(p, PROTOCOL, ip);
	CHECK_NEEDS(p, FRAGMENT, ip && p->fragment_offset % 8 == 0);
	CHECK_NEEDS(p, PORTS, ip && whole && has_ports(p->protocol));
	CHECK_NEEDS(p, TCP_FLAGS, p->has & PACKET_HAS_PORTS);
	CHECK_NEEDS(p, TCP_FLAGS, p->protocol == IPPROTO_TCP);
	CHECK_NEEDS(p, ICMP, ip && whole && icmp);
	if (ip)
		check((p->has & PACKET_HAS_ADDRS) &&
		      (p->has & PACKET_HAS_TTL) &&
		      (p->has & PACKET_HAS_PROTOCOL));
}

static void check_shown(const char *s)
{
	char shown[4 * PACKET_STRING_MAX];

	check(s && s[0] != '\0' && strlen(s) < PACKET_STRING_MAX);
	check(strcmp(escape_string(s, shown, sizeof(shown)), s) == 0);
}

static void check_address(const struct packet *p, const union packet_addr *addr)
{
	enum packet_network network = (enum packet_network)p->network;
	bool v6 = network == PACKET_NETWORK_IPV6;
	char *buf = malloc(PACKET_STRING_MAX);
	union packet_addr back = { 0 };
	const char *s;

	check(buf);
	s = packet_addr_to_string(network, addr, buf);
	check(!s == (network == PACKET_NETWORK_NONE ||
		     network == PACKET_NETWORK_OTHER));
	if (s) {
		check_shown(s);
		check(inet_pton(v6 ? AF_INET6 : AF_INET, s, &back) == 1);
		check(memcmp(&back, addr, sizeof(back)) == 0);
	}
	free(buf);
}

static void check_strings(const struct packet *p)
{
	enum packet_network network = (enum packet_network)p->network;
	char *buf = malloc(PACKET_STRING_MAX);
	uint8_t flags = (uint8_t)~p->tcp_flags;
	const char *s;

	check(buf);
	check_address(p, &p->saddr);
	check_address(p, &p->daddr);
	s = packet_network_to_string(network);
	if (s) {
		check_shown(s);
		check(packet_network_from_string(s) == network);
	}
	s = packet_protocol_to_string(p->protocol);
	if (!s)
		snprintf(buf, PACKET_STRING_MAX, "%d", p->protocol);
	check_shown(s ? s : buf);
	check(packet_protocol_from_string(s ? s : buf) == p->protocol);
	s = packet_tcp_flags_to_string(p->tcp_flags, buf);
	check_shown(s);
	check(packet_tcp_flags_from_string(s, &flags) == 0);
	check(flags == p->tcp_flags);
	s = packet_icmp_type_to_string(network, p->icmp_type);
	if (s)
		check_shown(s);
	free(buf);
}

/* What both know is the same. */
#define CHECK_SAME(a, b, bit, member)                      \
	check(!((a)->has & (b)->has & PACKET_HAS_##bit) || \
	      memcmp(&(a)->member, &(b)->member, sizeof((a)->member)) == 0)

/*
 * @less is of the first bytes of @more's. Which header was the last that was
 * reached may change, in IPv6 a fragment's offset too.
 */
static void check_prefix(const struct packet *less, const struct packet *more)
{
	check((less->has & ~more->has & ~PACKET_HAS_TRUNCATED) == 0);
	check(less->n_vlans <= more->n_vlans);
	check(memcmp(less->vlans, more->vlans,
		     less->n_vlans * sizeof(less->vlans[0])) == 0);
	if (less->has & PACKET_HAS_ADDRS)
		check(less->network == more->network);
	CHECK_SAME(less, more, ETHERTYPE, ethertype);
	CHECK_SAME(less, more, ADDRS, saddr);
	CHECK_SAME(less, more, ADDRS, daddr);
	CHECK_SAME(less, more, PORTS, sport);
	CHECK_SAME(less, more, PORTS, dport);
	CHECK_SAME(less, more, PORTS, protocol);
	CHECK_SAME(less, more, TCP_FLAGS, tcp_flags);
	CHECK_SAME(less, more, ICMP, icmp_type);
	CHECK_SAME(less, more, ICMP, icmp_code);
	CHECK_SAME(less, more, ARP, arp_operation);
	CHECK_SAME(less, more, TTL, ttl);
	if (less->network == PACKET_NETWORK_IPV4) {
		CHECK_SAME(less, more, PROTOCOL, protocol);
		CHECK_SAME(less, more, FRAGMENT, fragment_offset);
	}
}

static void check_prefixes(const uint8_t *data, size_t len,
			   const struct input *in, const struct packet *whole)
{
	struct packet prefix;

	for (size_t n = 0; n < len && n < PREFIX_MAX; n++) {
		parse(data, n, in, &prefix);
		check_zero(&prefix);
		check_sense(&prefix, in);
		check_prefix(&prefix, whole);
		/* With the first byte unknown, so is what is missing. */
		if (n > 0 && (whole->has & PACKET_HAS_TRUNCATED))
			check(prefix.has & PACKET_HAS_TRUNCATED);
	}
}

/* An Ethernet header before it, which is no IP header, tells the same. */
static void check_framed(const uint8_t *data, size_t len,
			 const struct input *in, const struct packet *bare)
{
	static const char macs[] = "\2\0\0\0\0\1\2\0\0\0\0\2";
	const struct input framed = { PACKET_START_MAC, in->ethertype,
				      in->orig_len };
	uint8_t *frame = malloc(len + 14);
	struct packet packet;

	check(frame);
	memcpy(frame, macs, 12);
	frame[12] = (uint8_t)(in->ethertype >> 8);
	frame[13] = (uint8_t)in->ethertype;
	if (len > 0)
		memcpy(frame + 14, data, len);
	parse(frame, len + 14, &framed, &packet);
	check(packet.has & PACKET_HAS_ETHERNET);
	check(memcmp(packet.dmac, macs, 6) == 0);
	check(memcmp(packet.smac, macs + 6, 6) == 0);
	packet.has &= (uint16_t)~PACKET_HAS_ETHERNET;
	memset(packet.dmac, 0, sizeof(packet.dmac));
	memset(packet.smac, 0, sizeof(packet.smac));
	check(memcmp(&packet, bare, sizeof(packet)) == 0);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *head = data;
	struct packet packet;
	struct input in;

	if (size < HEAD_SIZE)
		return 0;
	data += HEAD_SIZE;
	size -= HEAD_SIZE;
	in.start = head[0] & 1 ? PACKET_START_NETWORK : PACKET_START_MAC;
	in.ethertype = (uint16_t)(head[1] << 8 | head[2]);
	in.orig_len = (uint32_t)head[3] << 24 | (uint32_t)head[4] << 16 |
		      (uint32_t)head[5] << 8 | head[6];
	parse(data, size, &in, &packet);
	check_zero(&packet);
	check_sense(&packet, &in);
	check_strings(&packet);
	if (in.start == PACKET_START_NETWORK) {
		check_prefixes(data, size, &in, &packet);
		if (in.ethertype != 0)
			check_framed(data, size, &in, &packet);
	}
	return 0;
}
