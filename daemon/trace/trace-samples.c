/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft-make.h"
#include "trace-samples.h"
#include "util.h"

DEFINE_CLEANUP(struct nftnl_rule *, nftnl_rule_free)

#define TCP_FLAGS_OFFSET 13
#define TCP_FLAGS_MASK	 (TH_FIN | TH_SYN | TH_RST | TH_ACK)

static const struct sample_kind {
	const char *limit;
	uint32_t families;
	uint16_t ethertype;	 /* 0: of the other two */
	uint32_t is_tcp, is_syn; /* NFT_CMP_EQ or NFT_CMP_NEQ */
	bool has_flags;
} kinds[] = {
	{ "sample-syn", TRACE_IP_FAMILIES, 0, NFT_CMP_EQ, NFT_CMP_EQ, true },
	{ "sample-tcp", TRACE_IP_FAMILIES, 0, NFT_CMP_EQ, NFT_CMP_NEQ, true },
	{ "sample-other", TRACE_IP_FAMILIES, 0, NFT_CMP_NEQ, NFT_CMP_NEQ,
	  false },
	{ "sample-other", TRACE_ARP_FAMILIES, ETHERTYPE_ARP, 0, 0, false },
};

/* tcp flags & (fin | syn | rst | ack) == syn, or != */
static void add_flags(struct nft_batch *b, struct nftnl_rule *rule, uint32_t op)
{
	static const uint8_t mask = TCP_FLAGS_MASK, none, syn = TH_SYN;
	const struct nft_number numbers[] = {
		{ NFTNL_EXPR_BITWISE_SREG, NFT_REG_1 },
		{ NFTNL_EXPR_BITWISE_DREG, NFT_REG_1 },
		{ NFTNL_EXPR_BITWISE_LEN, sizeof(mask) },
	};
	struct nftnl_expr *expr =
		nft_make_expr("bitwise", numbers, ARRAY_SIZE(numbers));

	if (expr) {
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, &mask,
			       sizeof(mask));
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, &none,
			       sizeof(none));
	}
	nft_add_expr(b, rule,
		     nft_make_payload(NFT_PAYLOAD_TRANSPORT_HEADER,
				      TCP_FLAGS_OFFSET, sizeof(mask),
				      NFT_REG_1));
	nft_add_expr(b, rule, expr);
	nft_add_expr(b, rule,
		     nft_make_compare(NFT_REG_1, op, &syn, sizeof(syn)));
}

static void add_rule(const struct trace_marks *marks, uint8_t nfproto,
		     const char *chain, const struct sample_kind *kind,
		     struct nft_batch *b)
{
	static const uint8_t tcp = IPPROTO_TCP;
	uint16_t ethertype = htobe16(kind->ethertype);
	_cleanup_(cleanup_nftnl_rule_free) struct nftnl_rule *rule =
		nftnl_rule_alloc();

	if (!rule) {
		nft_batch_fail(b);
		return;
	}
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, marks->table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	if (kind->ethertype == 0) {
		nft_add_expr(b, rule,
			     nft_make_meta(NFT_META_L4PROTO, NFT_REG_1));
		nft_add_expr(b, rule,
			     nft_make_compare(NFT_REG_1, kind->is_tcp, &tcp,
					      sizeof(tcp)));
	} else if (nfproto != NFPROTO_ARP) {
		nft_add_expr(b, rule,
			     nft_make_meta(NFT_META_PROTOCOL, NFT_REG_1));
		nft_add_expr(b, rule,
			     nft_make_equal(NFT_REG_1, &ethertype,
					    sizeof(ethertype)));
	}
	if (kind->has_flags)
		add_flags(b, rule, kind->is_syn);
	nft_add_expr(b, rule, nft_make_limit(kind->limit));
	nft_add_trace(b, rule);
	nftnl_rule_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_NEWRULE, nfproto,
				  NLM_F_CREATE | NLM_F_APPEND),
		rule);
	nft_batch_add(b);
}

/* Limits that a family's kinds name, each once. */
static void add_limits(const struct trace_marks *marks, uint8_t nfproto,
		       struct nft_batch *b)
{
	static const char *const limits[] = { "sample-syn", "sample-tcp",
					      "sample-other" };
	uint32_t rate = marks->samples / (uint32_t)ARRAY_SIZE(limits);

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		nft_add_limit(b, nfproto, marks->table, limits[i],
			      MAX(rate, 1U));
}

static void add_rules(const struct trace_marks *marks, enum trace_family family,
		      const char *chain, struct nft_batch *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].families & 1U << family)
			add_rule(marks, trace_family_to_nfproto(family), chain,
				 &kinds[i], b);
}

void trace_samples_add(const struct trace_marks *marks,
		       const struct trace_places *places, struct nft_batch *b)
{
	const char *chain;

	for (int f = 0; f < _TRACE_FAMILY_MAX; f++) {
		if (!trace_places_has(places, f))
			continue;
		add_limits(marks, trace_family_to_nfproto(f), b);
		for (uint32_t h = 0; h < TRACE_HOOKS_MAX; h++)
			if ((chain = trace_places_chain(places, f, h)))
				add_rules(marks, f, chain, b);
	}
}
