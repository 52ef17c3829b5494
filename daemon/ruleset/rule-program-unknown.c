/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

#include "rule-program-parts.h"

static void add_ct(struct builder *b, const struct nft_attrs *a)
{
	uint32_t key = nft_attr_u32(a->of[NFTA_CT_KEY], UINT32_MAX);
	size_t len = key == NFT_CT_LABELS || key == NFT_CT_HELPER ||
				     key == NFT_CT_SRC || key == NFT_CT_DST ||
				     key == NFT_CT_SRC_IP6 ||
				     key == NFT_CT_DST_IP6
			     ? 16
		     : key == NFT_CT_PKTS || key == NFT_CT_BYTES ||
				     key == NFT_CT_AVGPKT
			     ? 8
			     : 4;

	/* What is set of a connection is not of the packet. */
	if (!a->of[NFTA_CT_SREG])
		builder_add_unknown_data(
			b, key == NFT_CT_STATE ? UNKNOWN_CT_STATE : UNKNOWN_CT,
			a->of[NFTA_CT_DREG], len);
}

static void add_exthdr(struct builder *b, const struct nft_attrs *a)
{
	if (a->of[NFTA_EXTHDR_DREG]) {
		builder_add_unknown_data(
			b, UNKNOWN_EXTHDR, a->of[NFTA_EXTHDR_DREG],
			MIN(nft_attr_u32(a->of[NFTA_EXTHDR_LEN], 4) + 4,
			    RULE_REGS_SIZE));
		return;
	}
	/* Set, or taken away. */
	builder_add_unknown(b, UNKNOWN_EXTHDR, RULE_MAY_BREAK | RULE_MAY_DROP);
	builder_add_rewrite(b, RULE_REWRITES_TRANSPORT | RULE_REWRITES_LENGTH);
}

static void add_fib(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(b, UNKNOWN_FIB, a->of[NFTA_FIB_DREG],
				 nft_attr_u32(a->of[NFTA_FIB_RESULT], 0) ==
						 NFT_FIB_RESULT_OIFNAME
					 ? 16
					 : 4);
}

static void add_rt(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(
		b, UNKNOWN_ROUTE, a->of[NFTA_RT_DREG],
		nft_attr_u32(a->of[NFTA_RT_KEY], 0) == NFT_RT_NEXTHOP6 ? 16
								       : 4);
}

static void add_socket(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(b, UNKNOWN_SOCKET, a->of[NFTA_SOCKET_DREG],
				 nft_attr_u32(a->of[NFTA_SOCKET_KEY], 0) ==
						 NFT_SOCKET_CGROUPV2
					 ? 8
					 : 4);
}

static void add_osf(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(b, UNKNOWN_OSF, a->of[NFTA_OSF_DREG], 16);
}

static void add_numgen(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(b, UNKNOWN_NUMGEN, a->of[NFTA_NG_DREG], 4);
}

static void add_hash(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(b, UNKNOWN_HASH, a->of[NFTA_HASH_DREG], 4);
}

static void add_tunnel(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(b, UNKNOWN_TUNNEL, a->of[NFTA_TUNNEL_DREG], 4);
}

/* Its outermost attributes are of the kind that it wraps. */
static void add_inner(struct builder *b, const struct nft_attrs *a)
{
	(void)a;
	builder_add_unknown(b, UNKNOWN_INNER, RULE_MAY_BREAK);
	b->ops[b->n_ops - 1].dreg = RULE_ALL_REGS;
}

/* NFTA_XFRM_DREG is 1; it is not in all headers. */
static void add_xfrm(struct builder *b, const struct nft_attrs *a)
{
	builder_add_unknown_data(b, UNKNOWN_TUNNEL, a->of[1], 16);
}

/* How long keys and data are, the set knows. */
static struct rule_op *add_name(struct builder *b, enum rule_op_code code,
				const char *name)
{
	struct rule_op *op = builder_add(b, code);

	op->data = builder_add_bytes(b, name, strlen(name) + 1);
	return op;
}

/* Those that go on, or do not, and write nothing. */
static void add_objref(struct builder *b, const struct nft_attrs *a)
{
	static const uint8_t unknown[] = {
		[NFT_OBJECT_QUOTA] = UNKNOWN_QUOTA,
		[NFT_OBJECT_LIMIT] = UNKNOWN_LIMIT,
		[NFT_OBJECT_CONNLIMIT] = UNKNOWN_CONNLIMIT,
		[NFT_OBJECT_SYNPROXY] = UNKNOWN_SYNPROXY,
	};
	uint32_t type = nft_attr_u32(a->of[NFTA_OBJREF_IMM_TYPE], UINT32_MAX);

	if (type == NFT_OBJECT_COUNTER || type == NFT_OBJECT_CT_HELPER ||
	    type == NFT_OBJECT_CT_TIMEOUT || type == NFT_OBJECT_CT_EXPECT ||
	    type == NFT_OBJECT_SECMARK || type == NFT_OBJECT_TUNNEL)
		return;
	if (type == NFT_OBJECT_QUOTA || type == NFT_OBJECT_LIMIT ||
	    type == NFT_OBJECT_CONNLIMIT)
		builder_add_unknown(b, unknown[type], RULE_MAY_BREAK);
	else if (nft_attr_string(a->of[NFTA_OBJREF_SET_NAME]))
		add_name(b, RULE_OP_OBJECT,
			 nft_attr_string(a->of[NFTA_OBJREF_SET_NAME]));
	else
		builder_add_unknown(b, UNKNOWN_SYNPROXY,
				    RULE_MAY_BREAK | RULE_MAY_DROP |
					    RULE_MAY_STEAL);
}

static void add_match(struct builder *b, const struct nft_attrs *a)
{
	(void)a;
	builder_add_unknown(b, UNKNOWN_XT, RULE_MAY_BREAK | RULE_MAY_DROP);
}

/* Some of iptables' give no verdict, most of ebtables' do: any. */
static void add_target(struct builder *b, const struct nft_attrs *a)
{
	static const struct {
		const char *name;
		uint8_t may;
	} targets[] = {
		{ "LOG", 0 },
		{ "NFLOG", 0 },
		{ "TCPMSS", RULE_MAY_DROP },
		{ "REJECT", RULE_MAY_DROP | RULE_ENDS },
		{ "NFQUEUE", RULE_MAY_DROP | RULE_MAY_STEAL | RULE_ENDS },
	};
	const char *name = nft_attr_string(a->of[NFTA_TARGET_NAME]);

	for (size_t i = 0; name && i < ARRAY_SIZE(targets); i++) {
		if (strcmp(name, targets[i].name) != 0)
			continue;
		if (targets[i].may)
			builder_add_unknown(b, UNKNOWN_XT, targets[i].may);
		if (!(targets[i].may & RULE_ENDS))
			builder_add_rewrite(b, RULE_REWRITES_TRANSPORT |
						       RULE_REWRITES_LENGTH);
		return;
	}
	builder_add_anything(b, UNKNOWN_XT);
}

static const struct {
	const char *name;
	void (*add)(struct builder *b, const struct nft_attrs *a);
} exprs[] = {
	{ "ct", add_ct },
	{ "exthdr", add_exthdr },
	{ "fib", add_fib },
	{ "rt", add_rt },
	{ "socket", add_socket },
	{ "osf", add_osf },
	{ "numgen", add_numgen },
	{ "hash", add_hash },
	{ "tunnel", add_tunnel },
	{ "inner", add_inner },
	{ "xfrm", add_xfrm },
	{ "objref", add_objref },
	{ "match", add_match },
	{ "target", add_target },
};

/* Those whose attributes do not matter. */
static const struct {
	const char *name;
	uint8_t unknown;
	uint8_t may;
	uint16_t rewrites;
} unknown_exprs[] = {
	{ "limit", UNKNOWN_LIMIT, RULE_MAY_BREAK, 0 },
	{ "quota", UNKNOWN_QUOTA, RULE_MAY_BREAK, 0 },
	{ "connlimit", UNKNOWN_CONNLIMIT, RULE_MAY_BREAK, 0 },
	{ "dynset", UNKNOWN_DYNSET, RULE_MAY_BREAK, 0 },
	{ "fwd", UNKNOWN_OTHER,
	  RULE_MAY_STEAL | RULE_MAY_DROP | RULE_MAY_BREAK | RULE_ENDS, 0 },
	{ "queue", UNKNOWN_QUEUE,
	  RULE_MAY_DROP | RULE_MAY_STEAL | RULE_MAY_ACCEPT | RULE_ENDS, 0 },
	{ "synproxy", UNKNOWN_SYNPROXY,
	  RULE_MAY_BREAK | RULE_MAY_DROP | RULE_MAY_STEAL, 0 },
	{ "tproxy", UNKNOWN_TPROXY, RULE_MAY_BREAK | RULE_MAY_DROP,
	  RULE_REWRITES_MARK },
	/* nf_nat_setup_info() drops what it has no memory for, and no more. */
	{ "nat", UNKNOWN_NAT, RULE_MAY_BREAK | RULE_MAY_ACCEPT | RULE_ENDS,
	  RULE_REWRITES_NAT },
	{ "masq", UNKNOWN_NAT,
	  RULE_MAY_BREAK | RULE_MAY_LACK_ADDRESS | RULE_MAY_ACCEPT | RULE_ENDS,
	  RULE_REWRITES_NAT },
	{ "redir", UNKNOWN_NAT,
	  RULE_MAY_BREAK | RULE_MAY_DROP | RULE_MAY_ACCEPT | RULE_ENDS,
	  RULE_REWRITES_NAT },
	{ "flow_offload", UNKNOWN_FLOWTABLE, RULE_MAY_BREAK, 0 },
};

bool builder_take_unknown(struct builder *b, const char *name,
			  const struct nft_attrs *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(exprs); i++) {
		if (strcmp(name, exprs[i].name) == 0) {
			exprs[i].add(b, a);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(unknown_exprs); i++) {
		if (strcmp(name, unknown_exprs[i].name) != 0)
			continue;
		/* The rewriting is done when it ends the rule. */
		if (unknown_exprs[i].rewrites)
			builder_add_rewrite(b, unknown_exprs[i].rewrites);
		builder_add_unknown(b, unknown_exprs[i].unknown,
				    unknown_exprs[i].may);
		return true;
	}
	return false;
}
