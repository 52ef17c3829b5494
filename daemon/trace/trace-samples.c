/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft-make.h"
#include "trace-samples.h"
#include "trace-turns.h"
#include "util.h"

#define TCP_FLAGS_OFFSET 13
#define TCP_FLAGS_MASK	 (TH_FIN | TH_SYN | TH_RST | TH_ACK)

#define SYN		 "sample-syn"
#define TCP		 "sample-tcp"
#define OTHER		 "sample-other"

/* Of the rate, a share for each. */
static const struct {
	const char *name;
	uint32_t divisor;
} limits[] = {
	{ SYN, 4 },
	{ TCP, 4 },
	{ OTHER, 4 },
	{ TRACE_TURN_SOURCE, 8 },
	{ TRACE_TURN_PORT, 8 },
};

static const struct sample_kind {
	const char *limit;
	uint32_t families;
	uint16_t ethertype;	 /* 0: of the other two */
	uint32_t is_tcp, is_syn; /* NFT_CMP_EQ or NFT_CMP_NEQ */
	bool has_flags;
} kinds[] = {
	{ SYN, TRACE_IP_FAMILIES, 0, NFT_CMP_EQ, NFT_CMP_EQ, true },
	{ TCP, TRACE_IP_FAMILIES, 0, NFT_CMP_EQ, NFT_CMP_NEQ, true },
	{ OTHER, TRACE_IP_FAMILIES, 0, NFT_CMP_NEQ, NFT_CMP_NEQ, false },
	{ OTHER, TRACE_ARP_FAMILIES, ETHERTYPE_ARP, 0, 0, false },
};

/* tcp flags & (fin | syn | rst | ack) == syn, or != */
static void add_flags(struct nft_batch *b, struct nftnl_rule *rule, uint32_t op)
{
	static const uint8_t mask = TCP_FLAGS_MASK, syn = TH_SYN;

	nft_add_expr(b, rule,
		     nft_make_payload(NFT_PAYLOAD_TRANSPORT_HEADER,
				      TCP_FLAGS_OFFSET, sizeof(mask),
				      NFT_REG_1));
	nft_add_expr(b, rule, nft_make_mask(NFT_REG_1, &mask, sizeof(mask)));
	nft_add_expr(b, rule,
		     nft_make_compare(NFT_REG_1, op, &syn, sizeof(syn)));
}

static void add_kind(const struct sample_kind *kind, uint8_t nfproto,
		     struct nftnl_rule *rule, struct nft_batch *b)
{
	static const uint8_t tcp = IPPROTO_TCP;

	if (kind->ethertype == 0) {
		nft_add_expr(b, rule,
			     nft_make_meta(NFT_META_L4PROTO, NFT_REG_1));
		nft_add_expr(b, rule,
			     nft_make_compare(NFT_REG_1, kind->is_tcp, &tcp,
					      sizeof(tcp)));
	} else if (nfproto != NFPROTO_ARP) {
		nft_add_ethertype(b, rule, kind->ethertype);
	}
	if (kind->has_flags)
		add_flags(b, rule, kind->is_syn);
}

/* What it matches is marked within the limit, and takes no second share. */
static void end_rule(struct nft_batch *b, uint8_t nfproto,
		     struct nftnl_rule *rule, const char *limit)
{
	nft_add_expr(b, rule, nft_make_limit(limit));
	nft_add_trace(b, rule);
	nft_add_accept(b, rule);
	nft_add_rule(b, nfproto, rule);
}

static void add_limits(const struct trace_marks *marks, uint8_t nfproto,
		       struct nft_batch *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		nft_add_limit(b, nfproto, marks->table, limits[i].name,
			      MAX(marks->samples / limits[i].divisor, 1U));
}

static void add_rules(const struct trace_marks *marks, enum trace_family family,
		      const char *chain, struct nft_batch *b)
{
	uint8_t nfproto = trace_family_to_nfproto(family);
	const struct trace_turn *turn;
	struct nftnl_rule *rule;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!(kinds[i].families & 1U << family))
			continue;
		rule = nft_make_rule(marks->table, chain);
		add_kind(&kinds[i], nfproto, rule, b);
		end_rule(b, nfproto, rule, kinds[i].limit);
	}
	for (size_t i = 0; (turn = trace_turn_of(i)); i++) {
		if (!(turn->families & 1U << family))
			continue;
		rule = nft_make_rule(marks->table, chain);
		if (turn->ethertype != 0 && nfproto != NFPROTO_ARP)
			nft_add_ethertype(b, rule, turn->ethertype);
		trace_turn_add(turn, rule, b);
		end_rule(b, nfproto, rule, turn->limit);
	}
}

void trace_samples_add(const struct trace_marks *marks,
		       const struct trace_places *places, struct nft_batch *b)
{
	const char *chain;

	for (int f = 0; f < _TRACE_FAMILY_MAX; f++) {
		uint8_t nfproto = trace_family_to_nfproto(f);

		if (!trace_places_has(places, f))
			continue;
		add_limits(marks, nfproto, b);
		trace_turns_add_set(marks, nfproto, b);
		for (uint32_t h = 0; h < TRACE_HOOKS_MAX; h++)
			if ((chain = trace_places_chain(places, f, h)))
				add_rules(marks, f, chain, b);
	}
}
