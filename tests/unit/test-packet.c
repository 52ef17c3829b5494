/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "packet.h"
#include "support.h"
#include "util.h"

/* Headers as text; lengths and checksums are in their arguments. */
#define MACS	   "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define ETH(type)  MACS type
#define T_IP	   "\x08\x00"
#define T_IP6	   "\x86\xdd"
#define T_ARP	   "\x08\x06"
#define T_VLAN	   "\x81\x00"
#define T_QINQ	   "\x88\xa8"
#define T_QINQ1	   "\x91\x00"
#define TAG(id, t) id t

#define A1 "\x0a\x09\x00\x02"
#define A2 "\x0a\x09\x00\x01"
/* 10.9.0.2 to 10.9.0.1; @vihl is version and header length. */
#define IP4(vihl, total, fragment, proto) \
	vihl "\0" total "\0\x01" fragment "\x40" proto "\0\0" A1 A2
#define IP4_40(proto) IP4("\x45", "\0\x28", "\x40\0", proto)

#define B1 "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02"
#define B2 "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
/* fd00::2 to fd00::1. */
#define IP6(length, next) "\x60\0\0\0" length next "\x3f" B1 B2

/* 40000 to 80, SYN. */
#define TCP   "\x9c\x40\0\x50\0\0\0\1\0\0\0\0\x50\x02\xff\xff\0\0\0\0"
#define UDP   "\xd4\x31\0\x35\0\x08\0\0"
#define PING  "\x08\0\0\0\0\1\0\1"
#define PING6 "\x80\0\0\0\0\1\0\1"

#define ARP_HEADER(op) "\0\x01" T_IP "\x06\x04" op
#define ARP_BODY       "\x02\0\0\0\0\x02" A1 "\0\0\0\0\0\0" A2

#define L2 "020000000002>020000000001 "
#define V4 "0800 ipv4 10.9.0.2>10.9.0.1 ttl 64 "
#define V6 "86dd ipv6 fd00::2>fd00::1 ttl 63 "

struct sample {
	const char *name;
	const char *bytes;
	size_t len;
	enum packet_start start;
	uint16_t ethertype;
	uint32_t orig_len; /* 0: @len */
	const char *expected;
};

#define SAMPLE(name, bytes, start, ethertype, orig_len, expected)     \
	{ name,	     bytes,    sizeof(bytes) - 1, PACKET_START_##start, \
	  ethertype, orig_len, expected }
#define MAC(name, bytes, ethertype, expected) \
	SAMPLE(name, bytes, MAC, ethertype, 0, expected)
#define NET(name, bytes, ethertype, expected) \
	SAMPLE(name, bytes, NETWORK, ethertype, 0, expected)

static const struct sample samples[] = {
	/* Ethernet and transports. */
	MAC("tcp", ETH(T_IP) IP4_40("\x06") TCP, 0x0800,
	    L2 V4 "proto 6 40000>80 flags S"),
	MAC("tcp, no type told", ETH(T_IP) IP4_40("\x06") TCP, 0,
	    L2 V4 "proto 6 40000>80 flags S"),
	MAC("loopback", "\0\0\0\0\0\0\0\0\0\0\0\0" T_IP IP4_40("\x06") TCP,
	    0x0800,
	    "000000000000>000000000000 " V4 "proto 6 40000>80 flags S"),
	MAC("udp", ETH(T_IP) IP4("\x45", "\0\x1c", "\0\0", "\x11") UDP, 0x0800,
	    L2 V4 "proto 17 54321>53"),
	NET("udp-lite", IP4("\x45", "\0\x1c", "\0\0", "\x88") UDP, 0x0800,
	    V4 "proto 136 54321>53"),
	NET("sctp", IP4("\x45", "\0\x1c", "\0\0", "\x84") UDP, 0x0800,
	    V4 "proto 132 54321>53"),
	NET("dccp", IP4("\x45", "\0\x1c", "\0\0", "\x21") UDP, 0x0800,
	    V4 "proto 33 54321>53"),
	NET("icmp", IP4("\x45", "\0\x1c", "\0\0", "\x01") PING, 0x0800,
	    V4 "proto 1 icmp 8/0"),
	NET("igmp", IP4("\x45", "\0\x1c", "\0\0", "\x02") PING, 0x0800,
	    V4 "proto 2"),
	NET("esp", IP4("\x45", "\0\x1c", "\0\0", "\x32") PING, 0x0800,
	    V4 "proto 50"),
	NET("icmpv6 has no meaning in ipv4",
	    IP4("\x45", "\0\x1c", "\0\0", "\x3a") PING, 0x0800,
	    V4 "proto 58"),
	NET("icmp has no meaning in ipv6", IP6("\0\x08", "\x01") PING, 0x86dd,
	    V6 "proto 1"),
	NET("every tcp flag",
	    IP4_40("\x06") "\x9c\x40\0\x50\0\0\0\1\0\0\0\0\x50\xff\xff\xff"
			   "\0\0\0\0",
	    0x0800, V4 "proto 6 40000>80 flags FSRPAUEC"),
	NET("tcp data offset 0",
	    IP4_40("\x06") "\x9c\x40\0\x50\0\0\0\1\0\0\0\0\0\x12\xff\xff"
			   "\0\0\0\0",
	    0x0800, V4 "proto 6 40000>80 flags SA"),
	/* IPv4. */
	NET("options",
	    IP4("\x47", "\0\x24", "\0\0", "\x11") "\x94\x04\0\0\x01\x01\x01\0"
		    UDP,
	    0x0800, V4 "proto 17 54321>53"),
	NET("all the options",
	    IP4("\x4f", "\0\x44", "\0\0", "\x11")
		    "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
		    "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1" UDP,
	    0x0800, V4 "proto 17 54321>53"),
	NET("first fragment",
	    IP4("\x45", "\0\x1c", "\x20\0", "\x11") UDP, 0x0800,
	    V4 "proto 17 54321>53 fragment 0"),
	NET("later fragment",
	    IP4("\x45", "\0\x1c", "\x20\xb9", "\x11") UDP, 0x0800,
	    V4 "proto 17 fragment 1480"),
	NET("last fragment", IP4("\x45", "\0\x1c", "\x1f\xff", "\x06") UDP,
	    0x0800, V4 "proto 6 fragment 65528"),
	NET("header length 4", IP4("\x44", "\0\x28", "\0\0", "\x06") TCP,
	    0x0800, V4 "proto 6"),
	NET("header length 0", IP4("\x40", "\0\x28", "\0\0", "\x06") TCP,
	    0x0800, V4 "proto 6"),
	NET("total length below the header's",
	    IP4("\x46", "\0\x17", "\0\0", "\x06") "\1\1\1\1" TCP, 0x0800,
	    V4 "proto 6"),
	NET("total length 0 of big tcp",
	    IP4("\x45", "\0\0", "\0\0", "\x06") TCP, 0x0800,
	    V4 "proto 6 40000>80 flags S"),
	NET("total length above the data's",
	    IP4("\x45", "\xff\xff", "\0\0", "\x06") TCP, 0x0800,
	    V4 "proto 6 40000>80 flags S"),
	MAC("padding is no port",
	    ETH(T_IP) IP4("\x45", "\0\x14", "\0\0", "\x11")
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	    0x0800, L2 V4 "proto 17 truncated"),
	NET("wrong version", IP6("\0\x08", "\x11") UDP, 0x0800, "0800 none"),
	/* IPv6. */
	MAC("tcp6", ETH(T_IP6) IP6("\0\x14", "\x06") TCP, 0x86dd,
	    L2 V6 "proto 6 40000>80 flags S"),
	NET("icmp6", IP6("\0\x08", "\x3a") PING6, 0x86dd,
	    V6 "proto 58 icmp 128/0"),
	NET("payload length 0 of a jumbogram", IP6("\0\0", "\x11") UDP, 0x86dd,
	    V6 "proto 17 54321>53"),
	NET("payload length 2", IP6("\0\x02", "\x11") UDP, 0x86dd,
	    V6 "proto 17 truncated"),
	NET("no next header", IP6("\0\0", "\x3b"), 0x86dd, V6 "proto 59"),
	NET("hop-by-hop",
	    IP6("\0\x10", "\0") "\x3a\0\x05\x02\0\0\0\0" PING6, 0x86dd,
	    V6 "proto 58 icmp 128/0"),
	NET("routing of 24 bytes",
	    IP6("\0\x20", "\x2b") "\x11\x02\x02\1\0\0\0\0" B1 UDP, 0x86dd,
	    V6 "proto 17 54321>53"),
	NET("destination options",
	    IP6("\0\x10", "\x3c") "\x11\0\1\4\0\0\0\0" UDP, 0x86dd,
	    V6 "proto 17 54321>53"),
	NET("mobility", IP6("\0\x10", "\x87") "\x11\0\0\0\0\0\0\0" UDP, 0x86dd,
	    V6 "proto 17 54321>53"),
	NET("authentication",
	    IP6("\0\x20", "\x33") "\x11\x04\0\0\0\0\0\1\0\0\0\1"
				  "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c" UDP,
	    0x86dd, V6 "proto 17 54321>53"),
	NET("every header",
	    IP6("\0\x48", "\0") "\x3c\0\1\4\0\0\0\0"
				"\x2b\0\1\4\0\0\0\0"
				"\x2c\0\0\0\0\0\0\0"
				"\x33\0\0\1\0\0\0\1"
				"\x87\1\0\0\0\0\0\1\0\0\0\1"
				"\x06\0\0\0\0\0\0\0" TCP,
	    0x86dd, V6 "proto 6 40000>80 flags S fragment 0"),
	NET("eight headers, and no more",
	    IP6("\0\0", "\x3c") "\x3c\0\1\4\0\0\0\0\x3c\0\1\4\0\0\0\0"
				"\x3c\0\1\4\0\0\0\0\x3c\0\1\4\0\0\0\0"
				"\x3c\0\1\4\0\0\0\0\x3c\0\1\4\0\0\0\0"
				"\x3c\0\1\4\0\0\0\0\x11\0\1\4\0\0\0\0" UDP,
	    0x86dd, V6 "proto 17 54321>53"),
	NET("nine headers",
	    IP6("\0\0", "\x3c") "\x3c\0\1\4\0\0\0\0\x3c\0\1\4\0\0\0\0"
				"\x3c\0\1\4\0\0\0\0\x3c\0\1\4\0\0\0\0"
				"\x3c\0\1\4\0\0\0\0\x3c\0\1\4\0\0\0\0"
				"\x3c\0\1\4\0\0\0\0\x3c\0\1\4\0\0\0\0"
				"\x11\0\1\4\0\0\0\0" UDP,
	    0x86dd, V6 "proto 60"),
	NET("header past the packet",
	    IP6("\0\x10", "\0") "\x11\xff\1\4\0\0\0\0" UDP, 0x86dd,
	    V6 "proto 0 truncated"),
	NET("first fragment 6",
	    IP6("\0\x10", "\x2c") "\x11\0\0\1\0\0\0\1" UDP, 0x86dd,
	    V6 "proto 17 54321>53 fragment 0"),
	NET("later fragment 6",
	    IP6("\0\x10", "\x2c") "\x11\0\x05\xa9\0\0\0\1" UDP, 0x86dd,
	    V6 "proto 17 fragment 1448"),
	NET("later fragment of an extension header",
	    IP6("\0\x10", "\x2c") "\0\0\0\x08\0\0\0\1" UDP, 0x86dd,
	    V6 "proto 0 fragment 8"),
	NET("esp 6", IP6("\0\x08", "\x32") PING, 0x86dd, V6 "proto 50"),
	/* ARP. */
	MAC("arp request", ETH(T_ARP) ARP_HEADER("\0\1") ARP_BODY, 0x0806,
	    L2 "0806 arp 10.9.0.2>10.9.0.1 operation 1"),
	NET("arp reply", ARP_HEADER("\0\2") ARP_BODY, 0x0806,
	    "0806 arp 10.9.0.2>10.9.0.1 operation 2"),
	NET("arp of infiniband",
	    "\0\x20" T_IP "\x14\x04\0\1"
	    "12345678901234567890" A1 "12345678901234567890" A2,
	    0x0806, "0806 arp operation 1"),
	NET("arp of another protocol", "\0\1\x12\x34\x06\x04\0\1" ARP_BODY,
	    0x0806, "0806 arp operation 1"),
	/* Tags. */
	MAC("vlan", ETH(T_VLAN) TAG("\x60\x05", T_IP) IP4_40("\x06") TCP,
	    0x8100, L2 "vlan 5 " V4 "proto 6 40000>80 flags S"),
	MAC("vlan, the inner type told",
	    ETH(T_VLAN) TAG("\xff\xff", T_IP) IP4_40("\x06") TCP, 0x0800,
	    L2 "vlan 4095 " V4 "proto 6 40000>80 flags S"),
	MAC("vlan told, tag stripped", ETH(T_IP) IP4_40("\x06") TCP, 0x8100,
	    L2 V4 "proto 6 40000>80 flags S"),
	MAC("priority tag",
	    ETH(T_VLAN) TAG("\xe0\0", T_ARP) ARP_HEADER("\0\1") ARP_BODY,
	    0x8100, L2 "vlan 0 0806 arp 10.9.0.2>10.9.0.1 operation 1"),
	MAC("qinq",
	    ETH(T_QINQ) TAG("\0\x64", T_VLAN) TAG("\0\x07", T_IP6)
		    IP6("\0\x08", "\x11") UDP,
	    0x88a8, L2 "vlan 100 vlan 7 " V6 "proto 17 54321>53"),
	MAC("four tags",
	    ETH(T_QINQ1) TAG("\0\1", T_QINQ) TAG("\0\2", T_VLAN)
		    TAG("\0\3", T_VLAN) TAG("\0\4", T_IP)
			    IP4("\x45", "\0\x1c", "\0\0", "\x11") UDP,
	    0x9100,
	    L2 "vlan 1 vlan 2 vlan 3 vlan 4 " V4 "proto 17 54321>53"),
	MAC("five tags",
	    ETH(T_VLAN) TAG("\0\1", T_VLAN) TAG("\0\2", T_VLAN)
		    TAG("\0\3", T_VLAN) TAG("\0\4", T_VLAN) TAG("\0\5", T_IP)
			    IP4_40("\x06") TCP,
	    0x8100, L2 "vlan 1 vlan 2 vlan 3 vlan 4 8100 other"),
	NET("tag at the network header",
	    TAG("\0\x05", T_IP) IP4_40("\x06") TCP, 0x8100,
	    "vlan 5 " V4 "proto 6 40000>80 flags S"),
	/* What is in other types. */
	MAC("pppoe", ETH("\x88\x64") "\x11\0\0\1\0\x2a\0\x21" IP4_40("\x06")
		    TCP,
	    0x8864,
	    L2 "8864 ipv4 10.9.0.2>10.9.0.1 ttl 64 proto 6 40000>80 flags S"),
	MAC("pppoe6",
	    ETH("\x88\x64") "\x11\0\0\1\0\x32\0\x57" IP6("\0\x08", "\x11") UDP,
	    0x8864,
	    L2 "8864 ipv6 fd00::2>fd00::1 ttl 63 proto 17 54321>53"),
	MAC("pppoe lcp", ETH("\x88\x64") "\x11\0\0\1\0\x0c\xc0\x21\1\1\0\x0a",
	    0x8864, L2 "8864 other"),
	MAC("lldp", "\x01\x80\xc2\0\0\x0e\x02\0\0\0\0\x02\x88\xcc\0\0", 0x88cc,
	    "020000000002>0180c200000e 88cc other"),
	MAC("spanning tree",
	    "\x01\x80\xc2\0\0\0\x02\0\0\0\0\x02\0\x26\x42\x42\x03", 0x0004,
	    "020000000002>0180c2000000 other"),
	NET("no type told, ipv4", IP4_40("\x06") TCP, 0,
	    V4 "proto 6 40000>80 flags S"),
	NET("no type told, ipv6", IP6("\0\x08", "\x11") UDP, 0,
	    V6 "proto 17 54321>53"),
	NET("no type told, neither", "\0\1\2\3", 0, "none"),
	NET("empty, no type told", "", 0, "none"),
};

/* Everything that @p knows, and in words when a field is not zero unknown. */
static const char *describe(const struct packet *p, char *buf, size_t size)
{
	char a[PACKET_STRING_MAX], b[PACKET_STRING_MAX];
	const char *network = packet_network_to_string(p->network);
	FILE *f = fmemopen(buf, size, "w");

	assert_non_null(f);
	if (p->has & PACKET_HAS_ETHERNET) {
		for (int i = 0; i < 6; i++)
			fprintf(f, "%02x", p->smac[i]);
		fprintf(f, ">");
		for (int i = 0; i < 6; i++)
			fprintf(f, "%02x", p->dmac[i]);
		fprintf(f, " ");
	}
	for (int i = 0; i < p->n_vlans; i++)
		fprintf(f, "vlan %u ", p->vlans[i]);
	if (p->has & PACKET_HAS_ETHERTYPE)
		fprintf(f, "%04x ", p->ethertype);
	if (!network)
		network = p->network == PACKET_NETWORK_OTHER ? "other" : "none";
	fprintf(f, "%s", network);
	if (p->has & PACKET_HAS_ADDRS)
		fprintf(f, " %s>%s",
			packet_addr_to_string(p->network, &p->saddr, a),
			packet_addr_to_string(p->network, &p->daddr, b));
	if (p->has & PACKET_HAS_TTL)
		fprintf(f, " ttl %u", p->ttl);
	if (p->has & PACKET_HAS_PROTOCOL)
		fprintf(f, " proto %u", p->protocol);
	if (p->has & PACKET_HAS_PORTS)
		fprintf(f, " %u>%u", p->sport, p->dport);
	if (p->has & PACKET_HAS_TCP_FLAGS)
		fprintf(f, " flags %s",
			packet_tcp_flags_to_string(p->tcp_flags, a));
	if (p->has & PACKET_HAS_ICMP)
		fprintf(f, " icmp %u/%u", p->icmp_type, p->icmp_code);
	if (p->has & PACKET_HAS_ARP)
		fprintf(f, " operation %u", p->arp_operation);
	if (p->has & PACKET_HAS_FRAGMENT)
		fprintf(f, " fragment %u", p->fragment_offset);
	if (p->has & PACKET_HAS_TRUNCATED)
		fprintf(f, " truncated");
	fclose(f);
	return buf;
}

/* The first @len bytes of a sample, in a block that ends where they do. */
static void parse(const struct sample *s, size_t len, struct packet *ret)
{
	void *bytes = copy_bytes(s->bytes, len);

	/* Whatever was there before must not stay. */
	memset(ret, 0xa5, sizeof(*ret));
	packet_parse(bytes, len, s->start, s->ethertype,
		     s->orig_len ? s->orig_len : (uint32_t)s->len, ret);
	free(bytes);
}

static void check(const struct sample *s)
{
	struct packet p;
	char text[512];

	parse(s, s->len, &p);
	if (strcmp(describe(&p, text, sizeof(text)), s->expected) != 0)
		fail_msg("%s:\n  is       \"%s\"\n  expected \"%s\"", s->name,
			 text, s->expected);
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		check(&samples[i]);
}

#define KNOWN(bit, member)                                                  \
	do {                                                                \
		if ((part->has & (bit)) &&                                  \
		    memcmp(&part->member, &whole->member,                   \
			   sizeof(part->member)) != 0)                      \
			fail_msg("%s: %s differs after %zu bytes", s->name, \
				 #member, len);                             \
	} while (0)

/* What a beginning tells is true of the whole. */
static void check_beginning(const struct sample *s, size_t len,
			    const struct packet *part,
			    const struct packet *whole)
{
	KNOWN(PACKET_HAS_ETHERNET, smac);
	KNOWN(PACKET_HAS_ETHERNET, dmac);
	KNOWN(PACKET_HAS_ADDRS, saddr);
	KNOWN(PACKET_HAS_ADDRS, daddr);
	KNOWN(PACKET_HAS_TTL, ttl);
	KNOWN(PACKET_HAS_PORTS, sport);
	KNOWN(PACKET_HAS_PORTS, dport);
	KNOWN(PACKET_HAS_TCP_FLAGS, tcp_flags);
	KNOWN(PACKET_HAS_ICMP, icmp_type);
	KNOWN(PACKET_HAS_ICMP, icmp_code);
	KNOWN(PACKET_HAS_ARP, arp_operation);
	KNOWN(PACKET_HAS_FRAGMENT, fragment_offset);
	/* skb->protocol is all that is known of what was not reached. */
	if (part->has & whole->has & PACKET_HAS_ETHERTYPE)
		assert_true(part->ethertype == whole->ethertype ||
			    part->ethertype == s->ethertype);
	assert_true(part->n_vlans <= whole->n_vlans);
	assert_memory_equal(part->vlans, whole->vlans,
			    part->n_vlans * sizeof(part->vlans[0]));
	/* Of no bytes and no type there is nothing to be told. */
	if (part->network != whole->network && len > 0)
		assert_true(part->has & PACKET_HAS_TRUNCATED);
}

/* Every beginning of every sample, and nothing is read past it. */
static void test_truncation(void **state)
{
	const uint16_t may_gain = PACKET_HAS_TRUNCATED | PACKET_HAS_ETHERTYPE;
	struct packet part, whole;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		uint16_t before = 0;

		parse(s, s->len, &whole);
		for (size_t len = 0; len <= s->len; len++) {
			parse(s, len, &part);
			check_beginning(s, len, &part, &whole);
			/* More bytes tell no less, and no more than all. */
			assert_int_equal(before & ~part.has & ~may_gain, 0);
			assert_int_equal(part.has & ~whole.has & ~may_gain, 0);
			before = part.has;
			if (!(part.has & PACKET_HAS_TRUNCATED) && len > 0)
				assert_int_equal(part.has, whole.has);
		}
	}
}

static void test_truncated_text(void **state)
{
#define CUT(cut, expected)                                             \
	{ "cut after " #cut, ETH(T_IP) IP4_40("\x06") TCP, cut,        \
	  PACKET_START_MAC,  0x0800, 54, expected " truncated" }
	static const struct sample cases[] = {
		CUT(0, "0800 none"),
		CUT(13, "0800 none"),
		CUT(14, L2 "0800 none"),
		CUT(33, L2 "0800 none"),
		CUT(34, L2 V4 "proto 6"),
		CUT(37, L2 V4 "proto 6"),
		CUT(38, L2 V4 "proto 6 40000>80"),
		CUT(47, L2 V4 "proto 6 40000>80"),
		{ "cut in a tag", ETH(T_VLAN) "\0\5", 16, PACKET_START_MAC,
		  0x8100, 64, L2 "none truncated" },
		{ "cut in a tag, inner type told", ETH(T_VLAN) "\0\5", 16,
		  PACKET_START_MAC, 0x0800, 64, L2 "0800 none truncated" },
		{ "cut in pppoe", ETH("\x88\x64") "\x11\0", 16,
		  PACKET_START_MAC, 0x8864, 64, L2 "8864 other truncated" },
		{ "empty", "", 0, PACKET_START_MAC, 0, 0, "none truncated" },
		{ "empty, type told", "", 0, PACKET_START_NETWORK, 0x86dd, 0,
		  "86dd none truncated" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

/* Where does the data of a device begin that may have no Ethernet header? */
#define FLOW(src, rest) src "\x0a\x09\x00\x01" rest
/* The header checksums are right: RFC 1071 over each. */
#define L3_PLAIN                                                       \
	"\x45\0\0\x1c\0\1\0\0\x40\x11\x66\xba" FLOW("\x0a\x09\x00\x02", UDP)
#define L3_V4(sum, src) \
	"\x45\0\0\x1c\0\1\0\0\x40\x11" sum FLOW(src, UDP)
#define L3_V6(src) "\x60\0\0\0\0\x08\x11\x3f" src B2 UDP
#define OUT(src)   "0800 ipv4 " src ">10.9.0.1 ttl 64 proto 17 54321>53"
#define OUT6(src)  "86dd ipv6 " src ">fd00::1 ttl 63 proto 17 54321>53"
/* An Ethernet address that begins as an IPv4 or IPv6 header does. */
#define MACS_AS(dmac) dmac "\x02\0\0\0\0\x02"
#define WAS(dmac)     "020000000002>" dmac " "

static const struct sample starts[] = {
	MAC("tun", L3_PLAIN, 0x0800, OUT("10.9.0.2")),
	MAC("tun, no type told", L3_PLAIN, 0, OUT("10.9.0.2")),
	SAMPLE("tun, no length told", L3_PLAIN, MAC, 0x0800, UINT32_MAX,
	       OUT("10.9.0.2")),
	MAC("tun, wrong checksum", L3_V4("\0\0", "\x0a\x09\x00\x02"), 0x0800,
	    OUT("10.9.0.2")),
	MAC("tun, followed by bytes", L3_PLAIN "abcdef", 0x0800,
	    OUT("10.9.0.2")),
	MAC("tun6", L3_V6(B1), 0x86dd, OUT6("fd00::2")),
	MAC("tun6, no type told", L3_V6(B1), 0, OUT6("fd00::2")),
	/* Bytes 12 and 13 are an IPv4 type. */
	MAC("8.0.0.2", L3_V4("\x68\xc3", "\x08\0\0\x02"), 0x0800,
	    OUT("8.0.0.2")),
	MAC("8.0.0.2, no type told", L3_V4("\x68\xc3", "\x08\0\0\x02"), 0,
	    OUT("8.0.0.2")),
	MAC("8.0.0.2, wrong checksum", L3_V4("\0\0", "\x08\0\0\x02"), 0x0800,
	    OUT("8.0.0.2")),
	/* And an IPv4 version follows. */
	MAC("8.0.69.2", L3_V4("\x23\xc3", "\x08\0\x45\x02"), 0x0800,
	    OUT("8.0.69.2")),
	MAC("8.0.69.2, wrong checksum", L3_V4("\0\0", "\x08\0\x45\x02"),
	    0x0800, OUT("8.0.69.2")),
	MAC("8.0.69.0 to 0.5.0.1, its length as well",
	    "\x45\0\0\x1c\0\1\0\0\x40\x11\x2d\xc9\x08\0\x45\0\0\x05\0\1" UDP,
	    0x0800, "0800 ipv4 8.0.69.0>0.5.0.1 ttl 64 proto 17 54321>53"),
	/* A VLAN tag, a service tag, MPLS. */
	MAC("129.0.0.2", L3_V4("\xef\xc2", "\x81\0\0\x02"), 0x0800,
	    OUT("129.0.0.2")),
	MAC("136.168.0.2", L3_V4("\xe8\x1a", "\x88\xa8\0\x02"), 0x0800,
	    OUT("136.168.0.2")),
	MAC("136.71.0.2", L3_V4("\xe8\x7b", "\x88\x47\0\x02"), 0x0800,
	    OUT("136.71.0.2")),
	MAC("fd00:0:86dd::2",
	    L3_V6("\xfd\0\0\0\x86\xdd\0\0\0\0\0\0\0\0\0\x02"), 0x86dd,
	    OUT6("fd00:0:86dd::2")),
	MAC("fd00:0:86dd:6000::2",
	    L3_V6("\xfd\0\0\0\x86\xdd\x60\0\0\0\0\0\0\0\0\x02"), 0x86dd,
	    OUT6("fd00:0:86dd:6000::2")),
	/* An outer header that was left: the type is the inner packet's. */
	MAC("gre device with several peers",
	    "\x45\0\0\x4c\0\1\0\0\x40\x2f\x66\x6c" A1 A2 "\0\0\x86\xdd" L3_V6(
		    B1) "\0\0\0\0",
	    0x86dd, "0800 ipv4 10.9.0.2>10.9.0.1 ttl 64 proto 47"),
	/* Ethernet addresses that look like an IP header. */
	MAC("46:..", MACS_AS("\x46\0\0\x36\0\x01") T_IP IP4_40("\x06") TCP,
	    0x0800,
	    WAS("460000360001") V4 "proto 6 40000>80 flags S"),
	MAC("60:..", MACS_AS("\x60\x5b\xb4\0\0\x0e") T_IP6 IP6("\0\x14", "\x06")
		    TCP,
	    0x86dd, WAS("605bb400000e") V6 "proto 6 40000>80 flags S"),
	MAC("60:.. of the right length",
	    MACS_AS("\x60\x5b\xb4\0\0\x22") T_IP6 IP6("\0\x14", "\x06") TCP,
	    0x86dd, WAS("605bb4000022") V6 "proto 6 40000>80 flags S"),
	MAC("48:.., no type told",
	    MACS_AS("\x48\x5b\xb4\0\0\x22") T_ARP ARP_HEADER("\0\1") ARP_BODY,
	    0, WAS("485bb4000022") "0806 arp 10.9.0.2>10.9.0.1 operation 1"),
	MAC("48:.., a type of no interest, none told",
	    MACS_AS("\x48\x5b\0\x0e\0\x22") "\x88\xb5", 0,
	    WAS("485b000e0022") "88b5 other"),
	MAC("46:.. with a tag",
	    MACS_AS("\x46\0\0\x2e\0\x01") T_VLAN TAG("\0\x05", T_IP)
		    L3_PLAIN,
	    0x0800, WAS("4600002e0001") "vlan 5 " OUT("10.9.0.2")),
	MAC("60:.., labels gone from skb->protocol",
	    MACS_AS("\x60\x5b\xb4\0\xff\x0e") "\x88\x47\0\0\x01\x40"
		    IP6("\0\x14", "\x06") TCP,
	    0x86dd, WAS("605bb400ff0e") "8847 other"),
	MAC("60:.., ipv4", MACS_AS("\x60\x5b\xb4\0\0\x0e") T_IP L3_PLAIN,
	    0x0800, WAS("605bb400000e") OUT("10.9.0.2")),
	MAC("46:.., a malformed ipv4 packet",
	    MACS_AS("\x46\0\0\0\0\x01") T_IP
		    IP4("\x45", "\xff\xff", "\0\0", "\x11") UDP,
	    0x0800, WAS("460000000001") V4 "proto 17 54321>53"),
};

static void test_starts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		struct sample s = starts[i];
		struct packet p;
		char text[512];

		if (s.orig_len != UINT32_MAX) {
			check(&s);
		} else {
			packet_parse(s.bytes, s.len, s.start, s.ethertype, 0,
				     &p);
			assert_string_equal(describe(&p, text, sizeof(text)),
					    s.expected);
		}
	}
}

/* An Ethernet header, a tag, and an IP header up to its length. */
#define ENOUGH (14 + 4 + 6)

/*
 * The guess does not read past the end either, and data that is cut behind
 * what it looks at changes it not. (nfdropd asks for 64 bytes at least.)
 */
static void test_starts_truncated(void **state)
{
	struct packet part, whole;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		const struct sample *s = &starts[i];

		parse(s, s->len, &whole);
		for (size_t len = 0; len <= s->len; len++) {
			parse(s, len, &part);
			if (s->ethertype == 0)
				continue;
			if (len >= ENOUGH)
				assert_int_equal(
					part.has & PACKET_HAS_ETHERNET,
					whole.has & PACKET_HAS_ETHERNET);
			if (len >= 34)
				check_beginning(s, len, &part, &whole);
		}
	}
}

/* Every two bytes as the type, with every start, and no bytes to speak of. */
static void test_every_ethertype(void **state)
{
	static const uint8_t zeros[60];
	struct packet p;

	(void)state;
	for (uint32_t type = 0; type <= 0xffff; type++) {
		uint8_t frame[60] = { 0 };

		frame[12] = (uint8_t)(type >> 8);
		frame[13] = (uint8_t)type;
		packet_parse(frame, sizeof(frame), PACKET_START_MAC,
			     (uint16_t)type, sizeof(frame), &p);
		assert_true(p.has & PACKET_HAS_ETHERNET);
		assert_int_equal(p.has & PACKET_HAS_ADDRS, 0);
		if (p.n_vlans == 0 && type >= 0x600)
			assert_int_equal(p.ethertype, type);
		packet_parse(zeros, sizeof(zeros), PACKET_START_NETWORK,
			     (uint16_t)type, sizeof(zeros), &p);
		assert_int_equal(p.has & PACKET_HAS_ETHERNET, 0);
		assert_int_equal(p.has & PACKET_HAS_ADDRS, 0);
	}
}

static void test_network_names(void **state)
{
	(void)state;
	for (int i = 0; i < _PACKET_NETWORK_MAX; i++) {
		const char *name = packet_network_to_string(i);

		if (i == PACKET_NETWORK_NONE || i == PACKET_NETWORK_OTHER)
			assert_null(name);
		else
			assert_int_equal(packet_network_from_string(name), i);
	}
	assert_null(packet_network_to_string(_PACKET_NETWORK_MAX));
	assert_null(packet_network_to_string((enum packet_network)-1));
	assert_int_equal(packet_network_from_string(""), PACKET_NETWORK_NONE);
	assert_int_equal(packet_network_from_string("IPv4"),
			 PACKET_NETWORK_NONE);
}

static void test_protocol_names(void **state)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		{ "tcp", 6 },	   { "TCP", 6 },      { "udp", 17 },
		{ "udplite", 136 }, { "icmp", 1 },     { "icmpv6", 58 },
		{ "ipv6-icmp", 58 }, { "sctp", 132 },  { "dccp", 33 },
		{ "esp", 50 },	   { "ah", 51 },      { "gre", 47 },
		{ "igmp", 2 },	   { "ospf", 89 },    { "vrrp", 112 },
		{ "0", 0 },	   { "255", 255 },    { "006", 6 },
		{ "256", -EINVAL }, { "-1", -EINVAL }, { "", -EINVAL },
		{ "6 ", -EINVAL }, { " 6", -EINVAL }, { "6x", -EINVAL },
		{ "+6", -EINVAL }, { "0x6", -EINVAL }, { "tcp6", -EINVAL },
		{ "99999999999999999999999", -EINVAL },
	};
	char number[8];

	(void)state;
	for (int i = 0; i < 256; i++) {
		const char *name = packet_protocol_to_string((uint8_t)i);

		snprintf(number, sizeof(number), "%d", i);
		assert_int_equal(packet_protocol_from_string(number), i);
		if (!name)
			continue;
		assert_true(strlen(name) < PACKET_STRING_MAX);
		assert_int_equal(packet_protocol_from_string(name), i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(packet_protocol_from_string(cases[i].name),
				 cases[i].number);
}

static void test_tcp_flags(void **state)
{
	static const char *const wrong[] = { "", "X", "SX", "s", "S.", ".S",
					     "..", " " };
	char text[PACKET_STRING_MAX];
	uint8_t flags;

	(void)state;
	for (int i = 0; i < 256; i++) {
		packet_tcp_flags_to_string((uint8_t)i, text);
		assert_int_equal(packet_tcp_flags_from_string(text, &flags), 0);
		assert_int_equal(flags, i);
	}
	assert_string_equal(packet_tcp_flags_to_string(0x12, text), "SA");
	assert_string_equal(packet_tcp_flags_to_string(0x29, text), "FPU");
	assert_string_equal(packet_tcp_flags_to_string(0, text), ".");
	assert_int_equal(packet_tcp_flags_from_string("AS", &flags), 0);
	assert_int_equal(flags, 0x12);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(packet_tcp_flags_from_string(wrong[i], &flags),
				 -EINVAL);
		assert_int_equal(flags, 0x12);
	}
}

static void test_addresses(void **state)
{
	char text[PACKET_STRING_MAX];
	union packet_addr addr;

	(void)state;
	memset(&addr, 0xff, sizeof(addr));
	assert_string_equal(
		packet_addr_to_string(PACKET_NETWORK_IPV6, &addr, text),
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_string_equal(
		packet_addr_to_string(PACKET_NETWORK_IPV4, &addr, text),
		"255.255.255.255");
	assert_string_equal(
		packet_addr_to_string(PACKET_NETWORK_ARP, &addr, text),
		"255.255.255.255");
	assert_null(packet_addr_to_string(PACKET_NETWORK_NONE, &addr, text));
	assert_null(packet_addr_to_string(PACKET_NETWORK_OTHER, &addr, text));
}

static void test_icmp_names(void **state)
{
	static const struct {
		enum packet_network network;
		uint8_t type;
		const char *name;
	} cases[] = {
		{ PACKET_NETWORK_IPV4, 0, "echo-reply" },
		{ PACKET_NETWORK_IPV4, 3, "destination-unreachable" },
		{ PACKET_NETWORK_IPV4, 8, "echo-request" },
		{ PACKET_NETWORK_IPV4, 11, "time-exceeded" },
		{ PACKET_NETWORK_IPV4, 16, "info-reply" },
		{ PACKET_NETWORK_IPV6, 1, "destination-unreachable" },
		{ PACKET_NETWORK_IPV6, 128, "echo-request" },
		{ PACKET_NETWORK_IPV6, 135, "nd-neighbor-solicit" },
		{ PACKET_NETWORK_IPV6, 143, "mld2-listener-report" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(
			packet_icmp_type_to_string(cases[i].network,
						   cases[i].type),
			cases[i].name);
	assert_null(packet_icmp_type_to_string(PACKET_NETWORK_IPV4, 128));
	assert_null(packet_icmp_type_to_string(PACKET_NETWORK_IPV6, 8));
	assert_null(packet_icmp_type_to_string(PACKET_NETWORK_NONE, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_truncated_text),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_starts_truncated),
		cmocka_unit_test(test_every_ethertype),
		cmocka_unit_test(test_network_names),
		cmocka_unit_test(test_protocol_names),
		cmocka_unit_test(test_tcp_flags),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_icmp_names),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
