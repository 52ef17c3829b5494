/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libnftnl/set.h>
#include <net/ethernet.h>

#include <linux/netfilter/nf_tables.h>

#include "nft-make.h"
#include "trace-turns.h"
#include "util.h"

DEFINE_CLEANUP(struct nftnl_set *, nftnl_set_free)

#define SET "turns"
/* A power of two. */
#define TURNS 8
/* Numbers of four bytes for whoever lists it; nft, datatype.h. */
#define TYPE_MARK 19
#define KEY_TYPE  (TYPE_MARK << 6 | TYPE_MARK)

struct key {
	uint32_t second; /* host order */
	/* As the byte of a packet is in a register. */
	uint8_t slice;
	uint8_t zero[3];
};

static const struct trace_turn turns[] = {
	/* The last byte of the source. */
	{ TRACE_TURN_SOURCE, TRACE_IP_FAMILIES, ETHERTYPE_IP,
	  NFT_PAYLOAD_NETWORK_HEADER, 15 },
	{ TRACE_TURN_SOURCE, TRACE_IP_FAMILIES, ETHERTYPE_IPV6,
	  NFT_PAYLOAD_NETWORK_HEADER, 23 },
	{ TRACE_TURN_SOURCE, TRACE_ARP_FAMILIES, ETHERTYPE_ARP,
	  NFT_PAYLOAD_NETWORK_HEADER, 17 },
	/* The last one of the destination port; of ICMP, of its checksum. */
	{ TRACE_TURN_PORT, TRACE_IP_FAMILIES, 0, NFT_PAYLOAD_TRANSPORT_HEADER,
	  3 },
};

const struct trace_turn *trace_turn_of(size_t i)
{
	return i < ARRAY_SIZE(turns) ? &turns[i] : NULL;
}

void trace_turn_add(const struct trace_turn *turn, struct nftnl_rule *rule,
		    struct nft_batch *b)
{
	static const uint32_t second = TURNS - 1;
	static const uint8_t slice = TURNS - 1;
	uint32_t first = NFT_REG32_00, next = NFT_REG32_00 + 1;

	nft_add_expr(b, rule, nft_make_meta(NFT_META_TIME_HOUR, first));
	nft_add_expr(b, rule, nft_make_mask(first, &second, sizeof(second)));
	nft_add_expr(b, rule,
		     nft_make_payload(turn->base, turn->offset, sizeof(slice),
				      next));
	nft_add_expr(b, rule, nft_make_mask(next, &slice, sizeof(slice)));
	nft_add_expr(b, rule, nft_make_lookup(SET));
}

static bool add_elements(struct nftnl_set *set)
{
	for (uint8_t i = 0; i < TURNS; i++) {
		const struct key key = { .second = i, .slice = i };
		struct nftnl_set_elem *element = nftnl_set_elem_alloc();

		if (!element)
			return false;
		nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, &key,
				   sizeof(key));
		nftnl_set_elem_add(set, element);
	}
	return true;
}

void trace_turns_add_set(const struct trace_marks *marks, uint8_t nfproto,
			 struct nft_batch *b)
{
	static const uint8_t lengths[] = { sizeof(uint32_t), sizeof(uint32_t) };
	_cleanup_(cleanup_nftnl_set_free) struct nftnl_set *set =
		nftnl_set_alloc();

	if (!set || !add_elements(set)) {
		nft_batch_fail(b);
		return;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, marks->table);
	nftnl_set_set_str(set, NFTNL_SET_NAME, SET);
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, nfproto);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS,
			  NFT_SET_CONSTANT | NFT_SET_CONCAT);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, KEY_TYPE);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, sizeof(struct key));
	nftnl_set_set_data(set, NFTNL_SET_DESC_CONCAT, lengths,
			   sizeof(lengths));
	nftnl_set_set_u32(set, NFTNL_SET_ID, 1);
	nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, TURNS);
	nftnl_set_nlmsg_build_payload(nft_batch_message(b, NFT_MSG_NEWSET,
							nfproto, NLM_F_CREATE),
				      set);
	nft_batch_add(b);
	nftnl_set_elems_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_NEWSETELEM, nfproto, NLM_F_CREATE),
		set);
	nft_batch_add(b);
}
