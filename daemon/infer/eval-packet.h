/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet as an expression of nf_tables sees it, of which only the first bytes
 * may be known. Pure.
 *
 * Where nf_tables finds no such place in a packet, the rule does not match
 * (NFT_BREAK): what lies beyond the packet's end is "no", beyond what was
 * captured it is unknown.
 *
 * Sources: include/net/netfilter/nf_tables_ipv{4,6}.h; nft_payload.c;
 * net/ipv6/exthdrs_core.c, ipv6_find_hdr().
 */
#pragma once

#include "packet.h"

enum eval_place {
	EVAL_NONE, /* there is none */
	EVAL_HERE,
	EVAL_UNKNOWN,
};

struct eval_packet {
	const uint8_t *data;
	size_t len;	   /* captured */
	size_t real_len;   /* SIZE_MAX: unknown */
	uint16_t protocol; /* skb->protocol in host order; 0: unknown */
	uint8_t nfproto; /* NFPROTO_IPV4, _IPV6, _ARP; 0: another, or unknown */
	bool is_nfproto_known;
	enum eval_place link, network, transport;
	size_t network_at; /* in data; the link layer's is 0 */
	/* Of transport: EVAL_NONE has no protocol, either. */
	uint8_t l4proto;
	size_t transport_at;
	bool is_fragment; /* and not the first: no such header is in it */
};

void eval_packet_init(struct eval_packet *p, const struct packet_bytes *bytes);

/* Is there anything behind it? False where that is not known. */
bool eval_packet_is_padded(const struct eval_packet *p);

/* Are @len bytes from @at on there? */
enum eval_place eval_packet_look(const struct eval_packet *p, size_t at,
				 size_t len);
