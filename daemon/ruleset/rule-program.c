/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <stdbool.h>

#include "nft-attr.h"
#include "rule-program.h"

/* NFT_RULE_MAXEXPRS is 128; most are one operation, none is three. */
#define OPS_MAX	 260
#define DATA_MAX 16384

struct builder {
	struct rule_op ops[OPS_MAX];
	size_t n_ops;
	uint8_t data[DATA_MAX];
	size_t data_len;
	bool failed; /* of the present expression */
	bool needs_ct;
};

static struct rule_op *add(struct builder *b, enum rule_op_code code)
{
	static struct rule_op none;
	struct rule_op *op;

	if (b->n_ops == OPS_MAX) {
		b->failed = true;
		return &none;
	}
	op = &b->ops[b->n_ops++];
	*op = (struct rule_op){ .code = (uint8_t)code,
				.dreg = RULE_NO_REG,
				.sreg = RULE_NO_REG };
	return op;
}

/* Returns where it is. */
static uint16_t add_bytes(struct builder *b, const void *data, size_t len)
{
	size_t at = b->data_len;

	if (len > DATA_MAX - at) {
		b->failed = true;
		return 0;
	}
	memcpy(b->data + at, data, len);
	b->data_len += len;
	return (uint16_t)at;
}

/* The value in an attribute of struct nft_data, of @len bytes. */
static uint16_t add_value(struct builder *b, const struct nlattr *attr,
			  size_t len)
{
	const struct nlattr *value = nft_attrs_in(attr).of[NFTA_DATA_VALUE];

	if (!value || mnl_attr_get_payload_len(value) != len) {
		b->failed = true;
		return 0;
	}
	return add_bytes(b, mnl_attr_get_payload(value), len);
}

/*
 * A register of @len bytes: nft_parse_register(), nft_validate_register_load().
 */
static uint8_t parse_reg(struct builder *b, const struct nlattr *attr,
			 size_t len)
{
	uint32_t reg = nft_attr_u32(attr, UINT32_MAX), at = UINT32_MAX;

	if (reg >= NFT_REG_1 && reg <= NFT_REG_4)
		at = (reg - NFT_REG_1) * NFT_REG_SIZE;
	else if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		at = (reg - NFT_REG32_00) * NFT_REG32_SIZE;
	if (at >= RULE_REGS_SIZE || len == 0 || len > RULE_REGS_SIZE - at) {
		b->failed = true;
		return 0;
	}
	return (uint8_t)at;
}

/* A length of data in registers. */
static uint8_t parse_len(struct builder *b, const struct nlattr *attr)
{
	uint32_t len = nft_attr_u32(attr, 0);

	if (len == 0 || len > RULE_REGS_SIZE) {
		b->failed = true;
		return 0;
	}
	return (uint8_t)len;
}

static void add_unknown(struct builder *b, enum unknown what, unsigned int may)
{
	struct rule_op *op = add(b, RULE_OP_UNKNOWN);

	op->base = (uint8_t)what;
	op->op = (uint8_t)may;
}

/* Writes what is not known to a register, or nothing where @dreg is missing. */
static void add_unknown_data(struct builder *b, enum unknown what,
			     const struct nlattr *dreg, size_t len)
{
	struct rule_op *op;
	uint8_t reg = RULE_NO_REG;

	if (dreg)
		reg = parse_reg(b, dreg, len);
	add_unknown(b, what, RULE_MAY_BREAK);
	op = &b->ops[b->n_ops - 1];
	op->dreg = reg;
	op->len = (uint8_t)len;
}

static void add_rewrite(struct builder *b, uint32_t what)
{
	add(b, RULE_OP_REWRITE)->arg = what;
}

/* May do what no other does: all of it. */
static void add_anything(struct builder *b, enum unknown what)
{
	add_unknown(b, what,
		    RULE_MAY_BREAK | RULE_MAY_DROP | RULE_MAY_ACCEPT |
			    RULE_MAY_STEAL | RULE_MAY_RETURN);
	b->ops[b->n_ops - 1].dreg = RULE_ALL_REGS;
	add_rewrite(b, RULE_REWRITES_ALL);
}

static void add_payload(struct builder *b, const struct nft_attrs *a)
{
	static const uint16_t rewrites[] = {
		[NFT_PAYLOAD_LL_HEADER] = RULE_REWRITES_LINK,
		[NFT_PAYLOAD_NETWORK_HEADER] = RULE_REWRITES_PACKET &
					       ~RULE_REWRITES_LINK,
		[NFT_PAYLOAD_TRANSPORT_HEADER] = RULE_REWRITES_NAT |
						 RULE_REWRITES_TRANSPORT,
	};
	uint32_t base = nft_attr_u32(a->of[NFTA_PAYLOAD_BASE], UINT32_MAX);
	struct rule_op *op;

	if (a->of[NFTA_PAYLOAD_SREG]) {
		/* It does not match where there is no such place. */
		add_unknown(b, UNKNOWN_PAYLOAD, RULE_MAY_BREAK);
		add_rewrite(b, base < ARRAY_SIZE(rewrites)
				       ? rewrites[base]
				       : RULE_REWRITES_PACKET);
		return;
	}
	op = add(b, RULE_OP_PAYLOAD);
	op->len = parse_len(b, a->of[NFTA_PAYLOAD_LEN]);
	op->dreg = parse_reg(b, a->of[NFTA_PAYLOAD_DREG], op->len);
	op->base = base < 0xff ? (uint8_t)base : 0xff;
	op->arg = nft_attr_u32(a->of[NFTA_PAYLOAD_OFFSET], UINT32_MAX);
	if (op->arg > UINT16_MAX)
		b->failed = true;
}

static void add_meta(struct builder *b, const struct nft_attrs *a)
{
	uint32_t key = nft_attr_u32(a->of[NFTA_META_KEY], UINT32_MAX);
	struct rule_op *op;

	if (a->of[NFTA_META_SREG]) {
		add_rewrite(b, key == NFT_META_MARK ? RULE_REWRITES_MARK
						    : RULE_REWRITES_META);
		return;
	}
	op = add(b, RULE_OP_META);
	/* The longest value that meta has is an interface's name. */
	op->dreg = parse_reg(b, a->of[NFTA_META_DREG], NFT_REG32_SIZE);
	op->len = (uint8_t)MIN(16, RULE_REGS_SIZE - op->dreg);
	op->arg = key;
}

static void add_cmp(struct builder *b, const struct nft_attrs *a)
{
	const struct nlattr *data = a->of[NFTA_CMP_DATA];
	const struct nlattr *value = nft_attrs_in(data).of[NFTA_DATA_VALUE];
	size_t len = value ? mnl_attr_get_payload_len(value) : 0;
	uint32_t cmp = nft_attr_u32(a->of[NFTA_CMP_OP], UINT32_MAX);
	struct rule_op *op = add(b, RULE_OP_CMP);

	if (len > RULE_REGS_SIZE || cmp > NFT_CMP_GTE) {
		b->failed = true;
		return;
	}
	op->sreg = parse_reg(b, a->of[NFTA_CMP_SREG], len);
	op->len = (uint8_t)len;
	op->op = (uint8_t)cmp;
	op->data = add_value(b, data, len);
}

static void add_range(struct builder *b, const struct nft_attrs *a)
{
	const struct nlattr *from = a->of[NFTA_RANGE_FROM_DATA];
	const struct nlattr *value = nft_attrs_in(from).of[NFTA_DATA_VALUE];
	size_t len = value ? mnl_attr_get_payload_len(value) : 0;
	uint32_t cmp = nft_attr_u32(a->of[NFTA_RANGE_OP], UINT32_MAX);
	struct rule_op *op = add(b, RULE_OP_RANGE);

	if (len > RULE_REGS_SIZE || cmp > NFT_RANGE_NEQ) {
		b->failed = true;
		return;
	}
	op->sreg = parse_reg(b, a->of[NFTA_RANGE_SREG], len);
	op->len = (uint8_t)len;
	op->op = (uint8_t)cmp;
	op->data = add_value(b, from, len);
	(void)add_value(b, a->of[NFTA_RANGE_TO_DATA], len);
}

/* Since 6.13: the other operand is in a register, or is data. */
static void add_bool(struct builder *b, const struct nft_attrs *a,
		     struct rule_op *op)
{
	op->code = RULE_OP_BOOL;
	op->base = RULE_NO_REG;
	if (a->of[NFTA_BITWISE_DATA + 1]) /* NFTA_BITWISE_SREG2 */
		op->base = parse_reg(b, a->of[NFTA_BITWISE_DATA + 1], op->len);
	else
		op->data = add_value(b, a->of[NFTA_BITWISE_DATA], op->len);
}

static void add_bitwise(struct builder *b, const struct nft_attrs *a)
{
	uint32_t kind = nft_attr_u32(a->of[NFTA_BITWISE_OP], NFT_BITWISE_BOOL);
	struct rule_op *op = add(b, RULE_OP_MASK);
	const struct nlattr *shift;

	op->len = parse_len(b, a->of[NFTA_BITWISE_LEN]);
	op->sreg = parse_reg(b, a->of[NFTA_BITWISE_SREG], op->len);
	op->dreg = parse_reg(b, a->of[NFTA_BITWISE_DREG], op->len);
	op->op = (uint8_t)kind;
	switch (kind) {
	case NFT_BITWISE_BOOL:
		op->data = add_value(b, a->of[NFTA_BITWISE_MASK], op->len);
		(void)add_value(b, a->of[NFTA_BITWISE_XOR], op->len);
		break;
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT:
		op->code = RULE_OP_SHIFT;
		shift = nft_attrs_in(a->of[NFTA_BITWISE_DATA])
				.of[NFTA_DATA_VALUE];
		if (!shift ||
		    mnl_attr_get_payload_len(shift) != sizeof(op->arg)) {
			b->failed = true;
			break;
		}
		memcpy(&op->arg, mnl_attr_get_payload(shift), sizeof(op->arg));
		if (op->arg == 0 || op->arg >= 32)
			b->failed = true;
		break;
	case NFT_BITWISE_RSHIFT + 1: /* NFT_BITWISE_AND, */
	case NFT_BITWISE_RSHIFT + 2: /* NFT_BITWISE_OR, */
	case NFT_BITWISE_RSHIFT + 3: /* NFT_BITWISE_XOR */
		add_bool(b, a, op);
		break;
	default:
		b->failed = true;
		break;
	}
}

static void add_byteorder(struct builder *b, const struct nft_attrs *a)
{
	struct rule_op *op = add(b, RULE_OP_BYTEORDER);

	op->len = parse_len(b, a->of[NFTA_BYTEORDER_LEN]);
	op->sreg = parse_reg(b, a->of[NFTA_BYTEORDER_SREG], op->len);
	op->dreg = parse_reg(b, a->of[NFTA_BYTEORDER_DREG], op->len);
	op->arg = nft_attr_u32(a->of[NFTA_BYTEORDER_SIZE], 0);
	/* Of more than one of 8 bytes, kernels differ. */
	if ((op->arg != 2 && op->arg != 4 && op->arg != 8) ||
	    (op->arg == 8 && op->len != 8) || op->len % 2 != 0)
		b->failed = true;
}

static void add_immediate(struct builder *b, const struct nft_attrs *a)
{
	const struct nlattr *data = a->of[NFTA_IMMEDIATE_DATA];
	const struct nft_attrs in = nft_attrs_in(data);
	const struct nft_attrs verdict = nft_attrs_in(in.of[NFTA_DATA_VERDICT]);
	size_t len;

	if (nft_attr_u32(a->of[NFTA_IMMEDIATE_DREG], UINT32_MAX) ==
	    NFT_REG_VERDICT) {
		if (!verdict.of[NFTA_VERDICT_CODE])
			b->failed = true;
		else
			add(b, RULE_OP_VERDICT)->arg = nft_attr_u32(
				verdict.of[NFTA_VERDICT_CODE], NF_DROP);
		return;
	}
	len = in.of[NFTA_DATA_VALUE]
		      ? mnl_attr_get_payload_len(in.of[NFTA_DATA_VALUE])
		      : 0;
	if (len > RULE_REGS_SIZE) {
		b->failed = true;
	} else {
		struct rule_op *op = add(b, RULE_OP_DATA);

		op->dreg = parse_reg(b, a->of[NFTA_IMMEDIATE_DREG], len);
		op->len = (uint8_t)len;
		op->data = add_value(b, data, len);
	}
}

/* How long keys and data are, the set knows. */
static struct rule_op *add_name(struct builder *b, enum rule_op_code code,
				const char *name)
{
	struct rule_op *op = add(b, code);

	op->data = add_bytes(b, name, strlen(name) + 1);
	return op;
}

static void add_lookup(struct builder *b, const struct nft_attrs *a)
{
	const char *name = nft_attr_string(a->of[NFTA_LOOKUP_SET]);
	const struct nlattr *dreg = a->of[NFTA_LOOKUP_DREG];
	uint32_t flags = nft_attr_u32(a->of[NFTA_LOOKUP_FLAGS], 0);
	struct rule_op *op = add(b, RULE_OP_LOOKUP);

	if (!name || flags & ~(uint32_t)NFT_LOOKUP_F_INV) {
		b->failed = true;
		return;
	}
	op->sreg = parse_reg(b, a->of[NFTA_LOOKUP_SREG], 1);
	op->op = flags & NFT_LOOKUP_F_INV ? 1 : 0;
	op->data = add_bytes(b, name, strlen(name) + 1);
	if (dreg)
		op->dreg = nft_attr_u32(dreg, UINT32_MAX) == NFT_REG_VERDICT
				   ? RULE_VERDICT_REG
				   : parse_reg(b, dreg, 1);
}

static void add_reject(struct builder *b, const struct nft_attrs *a)
{
	(void)a;
	(void)add(b, RULE_OP_DROP);
}

static void add_nothing(struct builder *b, const struct nft_attrs *a)
{
	(void)b;
	(void)a;
}

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
		add_unknown_data(
			b, key == NFT_CT_STATE ? UNKNOWN_CT_STATE : UNKNOWN_CT,
			a->of[NFTA_CT_DREG], len);
}

static void add_exthdr(struct builder *b, const struct nft_attrs *a)
{
	if (a->of[NFTA_EXTHDR_DREG]) {
		add_unknown_data(
			b, UNKNOWN_EXTHDR, a->of[NFTA_EXTHDR_DREG],
			MIN(nft_attr_u32(a->of[NFTA_EXTHDR_LEN], 4) + 4,
			    RULE_REGS_SIZE));
		return;
	}
	/* Set, or taken away. */
	add_unknown(b, UNKNOWN_EXTHDR, RULE_MAY_BREAK | RULE_MAY_DROP);
	add_rewrite(b, RULE_REWRITES_TRANSPORT | RULE_REWRITES_LENGTH);
}

static void add_fib(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_FIB, a->of[NFTA_FIB_DREG],
			 nft_attr_u32(a->of[NFTA_FIB_RESULT], 0) ==
					 NFT_FIB_RESULT_OIFNAME
				 ? 16
				 : 4);
}

static void add_rt(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_ROUTE, a->of[NFTA_RT_DREG],
			 nft_attr_u32(a->of[NFTA_RT_KEY], 0) == NFT_RT_NEXTHOP6
				 ? 16
				 : 4);
}

static void add_socket(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_SOCKET, a->of[NFTA_SOCKET_DREG],
			 nft_attr_u32(a->of[NFTA_SOCKET_KEY], 0) ==
					 NFT_SOCKET_CGROUPV2
				 ? 8
				 : 4);
}

static void add_osf(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_OSF, a->of[NFTA_OSF_DREG], 16);
}

static void add_numgen(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_NUMGEN, a->of[NFTA_NG_DREG], 4);
}

static void add_hash(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_HASH, a->of[NFTA_HASH_DREG], 4);
}

static void add_tunnel(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_TUNNEL, a->of[NFTA_TUNNEL_DREG], 4);
}

/* Its outermost attributes are of the kind that it wraps. */
static void add_inner(struct builder *b, const struct nft_attrs *a)
{
	(void)a;
	add_unknown(b, UNKNOWN_INNER, RULE_MAY_BREAK);
	b->ops[b->n_ops - 1].dreg = RULE_ALL_REGS;
}

/* NFTA_XFRM_DREG is 1; it is not in all headers. */
static void add_xfrm(struct builder *b, const struct nft_attrs *a)
{
	add_unknown_data(b, UNKNOWN_TUNNEL, a->of[1], 16);
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
		add_unknown(b, unknown[type], RULE_MAY_BREAK);
	else if (nft_attr_string(a->of[NFTA_OBJREF_SET_NAME]))
		add_name(b, RULE_OP_OBJECT,
			 nft_attr_string(a->of[NFTA_OBJREF_SET_NAME]));
	else
		add_unknown(b, UNKNOWN_SYNPROXY,
			    RULE_MAY_BREAK | RULE_MAY_DROP | RULE_MAY_STEAL);
}

static void add_match(struct builder *b, const struct nft_attrs *a)
{
	(void)a;
	add_unknown(b, UNKNOWN_XT, RULE_MAY_BREAK | RULE_MAY_DROP);
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
			add_unknown(b, UNKNOWN_XT, targets[i].may);
		if (!(targets[i].may & RULE_ENDS))
			add_rewrite(b, RULE_REWRITES_TRANSPORT |
					       RULE_REWRITES_LENGTH);
		return;
	}
	add_anything(b, UNKNOWN_XT);
}

static const struct {
	const char *name;
	void (*add)(struct builder *b, const struct nft_attrs *a);
} exprs[] = {
	{ "payload", add_payload },
	{ "meta", add_meta },
	{ "cmp", add_cmp },
	{ "immediate", add_immediate },
	{ "counter", add_nothing },
	{ "lookup", add_lookup },
	{ "bitwise", add_bitwise },
	{ "range", add_range },
	{ "byteorder", add_byteorder },
	{ "log", add_nothing },
	{ "last", add_nothing },
	{ "notrack", add_nothing },
	{ "dup", add_nothing },
	{ "reject", add_reject },
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

/* Whose init function calls nf_ct_netns_get(), of those that are common. */
static bool is_of_ct(const char *name)
{
	static const char *const names[] = { "ct", "nat", "masq", "redir" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void add_expr(struct builder *b, const char *name,
		     const struct nft_attrs *a)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(exprs); i++) {
		if (strcmp(name, exprs[i].name) == 0) {
			exprs[i].add(b, a);
			return;
		}
	}
	for (size_t i = 0; name && i < ARRAY_SIZE(unknown_exprs); i++) {
		if (strcmp(name, unknown_exprs[i].name) != 0)
			continue;
		/* The rewriting is done when it ends the rule. */
		if (unknown_exprs[i].rewrites)
			add_rewrite(b, unknown_exprs[i].rewrites);
		add_unknown(b, unknown_exprs[i].unknown, unknown_exprs[i].may);
		return;
	}
	b->failed = true;
}

static int on_expr(const struct nlattr *attr, void *data)
{
	const struct nft_attrs expr = nft_attrs_in(attr);
	const struct nft_attrs in = nft_attrs_in(expr.of[NFTA_EXPR_DATA]);
	const char *name = nft_attr_string(expr.of[NFTA_EXPR_NAME]);
	struct builder *b = data;
	size_t n_ops = b->n_ops, data_len = b->data_len;

	b->failed = false;
	/* Room for what takes the place of what does not fit. */
	if (n_ops + 4 > OPS_MAX)
		return MNL_CB_ERROR;
	add_expr(b, name, &in);
	b->needs_ct |= name && is_of_ct(name);
	if (!b->failed)
		return MNL_CB_OK;
	b->n_ops = n_ops;
	b->data_len = data_len;
	add_anything(b, UNKNOWN_OTHER);
	return MNL_CB_OK;
}

struct rule_program *rule_program_new(const struct nlattr *expressions)
{
	struct builder b;
	struct rule_program *p;

	b.n_ops = 0;
	b.data_len = 0;
	b.needs_ct = false;
	if (expressions && mnl_attr_parse_nested(expressions, on_expr, &b) < 0)
		add_anything(&b, UNKNOWN_OTHER);
	p = malloc(sizeof(*p) + b.n_ops * sizeof(p->ops[0]) + b.data_len);
	if (!p)
		return NULL;
	p->n_refs = 1;
	p->n_ops = (uint16_t)b.n_ops;
	p->data_len = (uint16_t)b.data_len;
	p->needs_ct = b.needs_ct;
	p->rewrites = 0;
	for (size_t i = 0; i < b.n_ops; i++) {
		if (b.ops[i].code == RULE_OP_REWRITE)
			p->rewrites |= b.ops[i].arg;
		/* See rule-eval.c, op_rewrites(). */
		if (b.ops[i].code == RULE_OP_DROP)
			p->rewrites |= RULE_REWRITES_LENGTH;
	}
	memcpy(p->ops, b.ops, b.n_ops * sizeof(p->ops[0]));
	memcpy(&p->ops[b.n_ops], b.data, b.data_len);
	return p;
}

struct rule_program *rule_program_ref(struct rule_program *p)
{
	if (p)
		p->n_refs++;
	return p;
}

void rule_program_unref(struct rule_program *p)
{
	if (p && --p->n_refs == 0)
		free(p);
}

size_t rule_program_count_bytes(const struct rule_program *p)
{
	return p ? sizeof(*p) + p->n_ops * sizeof(p->ops[0]) + p->data_len + 16
		 : 0;
}
