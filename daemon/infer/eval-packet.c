/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/if_ether.h>
#include <linux/netfilter.h>

#include "eval-packet.h"
#include "util.h"

/* The kernel has no limit but the packet's end. */
#define IPV6_HEADERS_MAX 64

static uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

enum eval_place eval_packet_look(const struct eval_packet *p, size_t at,
				 size_t len)
{
	if (at <= p->len && len <= p->len - at)
		return EVAL_HERE;
	if (at > p->real_len || len > p->real_len - at)
		return EVAL_NONE;
	return EVAL_UNKNOWN;
}

static bool is_vlan(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/* Behind an Ethernet header and its tags. */
static void find_network(struct eval_packet *p,
			 const struct packet_bytes *bytes)
{
	uint16_t type = packet_bytes_type(bytes);
	size_t at = 14;

	if (type == 0 && bytes->start == PACKET_START_MAC) {
		p->link = eval_packet_look(p, 0, 14);
		if (p->link != EVAL_HERE) {
			p->network = p->link;
			return;
		}
		type = get_be16(p->data + 12);
		while (is_vlan(type) && type != bytes->ethertype &&
		       eval_packet_look(p, at, 4) == EVAL_HERE) {
			type = get_be16(p->data + at + 2);
			at += 4;
		}
		p->network_at = at;
	} else {
		/* No header is in the bytes; the packet may still have one. */
		p->link = EVAL_UNKNOWN;
	}
	p->network = EVAL_HERE;
	p->protocol = bytes->ethertype ? bytes->ethertype : type;
}

static void find_ipv4(struct eval_packet *p)
{
	const uint8_t *ip = p->data + p->network_at;
	size_t header, total;

	p->transport = eval_packet_look(p, p->network_at, 20);
	if (p->transport != EVAL_HERE)
		return;
	header = (size_t)(ip[0] & 15) * 4;
	total = get_be16(ip + 2);
	/* Such are gone before any hook but those of devices and bridges. */
	if (ip[0] >> 4 != 4 || header < 20 || (total != 0 && total < header) ||
	    total > p->real_len - p->network_at) {
		p->transport = EVAL_NONE;
		return;
	}
	/* More than 65535 bytes (BIG TCP): hooks differ in what they make of
	 * it. */
	if (total == 0) {
		p->transport = EVAL_UNKNOWN;
		return;
	}
	p->l4proto = ip[9];
	p->is_fragment = (get_be16(ip + 6) & 0x1fff) != 0;
	p->transport_at = p->network_at + header;
}

static bool is_ipv6_header(uint8_t type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING ||
	       type == IPPROTO_FRAGMENT || type == IPPROTO_DSTOPTS;
}

static void find_ipv6(struct eval_packet *p)
{
	size_t at = p->network_at + 40, len;
	const uint8_t *header;
	uint8_t type;

	p->transport = eval_packet_look(p, p->network_at, 40);
	if (p->transport != EVAL_HERE)
		return;
	if (p->data[p->network_at] >> 4 != 6 ||
	    get_be16(p->data + p->network_at + 4) >
		    p->real_len - p->network_at - 40) {
		p->transport = EVAL_NONE;
		return;
	}
	type = p->data[p->network_at + 6];
	for (int i = 0; is_ipv6_header(type); i++) {
		p->transport = eval_packet_look(p, at, 8);
		/* Of a fragment's header, the kernel needs four bytes. */
		if (type == IPPROTO_FRAGMENT && p->transport == EVAL_NONE &&
		    eval_packet_look(p, at, 4) != EVAL_NONE)
			p->transport = EVAL_UNKNOWN;
		if (i == IPV6_HEADERS_MAX)
			p->transport = EVAL_UNKNOWN;
		if (p->transport != EVAL_HERE)
			return;
		header = p->data + at;
		if (type == IPPROTO_FRAGMENT &&
		    (get_be16(header + 2) & 0xfff8) != 0) {
			type = header[0];
			p->is_fragment = true;
			/* Headers behind it are in another fragment. */
			if (is_ipv6_header(type) || type == IPPROTO_AH)
				p->transport = EVAL_NONE;
			break;
		}
		len = type == IPPROTO_FRAGMENT ? 8
					       : ((size_t)header[1] + 1) * 8;
		type = header[0];
		at += len;
		if (at > p->real_len) {
			p->transport = EVAL_NONE;
			return;
		}
	}
	p->l4proto = type;
	p->transport_at = at;
}

void eval_packet_init(struct eval_packet *p, const struct packet_bytes *bytes)
{
	*p = (struct eval_packet){
		.data = bytes->data,
		.len = bytes->len,
		.real_len = bytes->orig_len ? bytes->orig_len : SIZE_MAX,
		.network = EVAL_UNKNOWN,
		.transport = EVAL_UNKNOWN,
		.protocol = bytes->ethertype,
	};
	p->len = MIN(p->len, p->real_len);
	find_network(p, bytes);
	p->is_nfproto_known = p->protocol != 0;
	if (p->protocol == ETH_P_ARP)
		p->nfproto = NFPROTO_ARP;
	else if (p->protocol == ETH_P_IP)
		p->nfproto = NFPROTO_IPV4;
	else if (p->protocol == ETH_P_IPV6)
		p->nfproto = NFPROTO_IPV6;
	if (p->network != EVAL_HERE)
		return;
	if (p->nfproto == NFPROTO_IPV4)
		find_ipv4(p);
	else if (p->nfproto == NFPROTO_IPV6)
		find_ipv6(p);
	else if (p->is_nfproto_known)
		p->transport = EVAL_NONE;
	/* Without it, nothing says whether the header's lengths are sound. */
	if (p->real_len == SIZE_MAX && p->transport == EVAL_HERE)
		p->transport = EVAL_UNKNOWN;
}

bool eval_packet_is_padded(const struct eval_packet *p)
{
	const uint8_t *ip = p->data + p->network_at;
	size_t total;

	if (p->real_len == SIZE_MAX || p->network != EVAL_HERE ||
	    eval_packet_look(p, p->network_at, 20) != EVAL_HERE)
		return false;
	switch (p->nfproto) {
	case NFPROTO_IPV4:
		total = get_be16(ip + 2);
		break;
	case NFPROTO_IPV6:
		total = get_be16(ip + 4);
		total += total > 0 ? 40 : 0;
		break;
	default:
		return false;
	}
	/* 0: it has its length elsewhere. */
	return total > 0 && p->real_len - p->network_at > total;
}
