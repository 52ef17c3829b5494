/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "rule-program-parts.h"

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
		builder_add_unknown(b, UNKNOWN_PAYLOAD, RULE_MAY_BREAK);
		builder_add_rewrite(b, base < ARRAY_SIZE(rewrites)
					       ? rewrites[base]
					       : RULE_REWRITES_PACKET);
		return;
	}
	op = builder_add(b, RULE_OP_PAYLOAD);
	op->len = builder_parse_len(b, a->of[NFTA_PAYLOAD_LEN]);
	op->dreg = builder_parse_reg(b, a->of[NFTA_PAYLOAD_DREG], op->len);
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
		builder_add_rewrite(b, key == NFT_META_MARK
					       ? RULE_REWRITES_MARK
					       : RULE_REWRITES_META);
		return;
	}
	op = builder_add(b, RULE_OP_META);
	/* The longest value that meta has is an interface's name. */
	op->dreg = builder_parse_reg(b, a->of[NFTA_META_DREG], NFT_REG32_SIZE);
	op->len = (uint8_t)MIN(16, RULE_REGS_SIZE - op->dreg);
	op->arg = key;
}

static void add_cmp(struct builder *b, const struct nft_attrs *a)
{
	const struct nlattr *data = a->of[NFTA_CMP_DATA];
	const struct nlattr *value = nft_attrs_in(data).of[NFTA_DATA_VALUE];
	size_t len = value ? mnl_attr_get_payload_len(value) : 0;
	uint32_t cmp = nft_attr_u32(a->of[NFTA_CMP_OP], UINT32_MAX);
	struct rule_op *op = builder_add(b, RULE_OP_CMP);

	if (len > RULE_REGS_SIZE || cmp > NFT_CMP_GTE) {
		b->failed = true;
		return;
	}
	op->sreg = builder_parse_reg(b, a->of[NFTA_CMP_SREG], len);
	op->len = (uint8_t)len;
	op->op = (uint8_t)cmp;
	op->data = builder_add_value(b, data, len);
}

static void add_range(struct builder *b, const struct nft_attrs *a)
{
	const struct nlattr *from = a->of[NFTA_RANGE_FROM_DATA];
	const struct nlattr *value = nft_attrs_in(from).of[NFTA_DATA_VALUE];
	size_t len = value ? mnl_attr_get_payload_len(value) : 0;
	uint32_t cmp = nft_attr_u32(a->of[NFTA_RANGE_OP], UINT32_MAX);
	struct rule_op *op = builder_add(b, RULE_OP_RANGE);

	if (len > RULE_REGS_SIZE || cmp > NFT_RANGE_NEQ) {
		b->failed = true;
		return;
	}
	op->sreg = builder_parse_reg(b, a->of[NFTA_RANGE_SREG], len);
	op->len = (uint8_t)len;
	op->op = (uint8_t)cmp;
	op->data = builder_add_value(b, from, len);
	(void)builder_add_value(b, a->of[NFTA_RANGE_TO_DATA], len);
}

/* Since 6.13: the other operand is in a register, or is data. */
static void add_bool(struct builder *b, const struct nft_attrs *a,
		     struct rule_op *op)
{
	op->code = RULE_OP_BOOL;
	op->base = RULE_NO_REG;
	if (a->of[NFTA_BITWISE_DATA + 1]) /* NFTA_BITWISE_SREG2 */
		op->base = builder_parse_reg(b, a->of[NFTA_BITWISE_DATA + 1],
					     op->len);
	else
		op->data =
			builder_add_value(b, a->of[NFTA_BITWISE_DATA], op->len);
}

static void add_bitwise(struct builder *b, const struct nft_attrs *a)
{
	uint32_t kind = nft_attr_u32(a->of[NFTA_BITWISE_OP], NFT_BITWISE_BOOL);
	struct rule_op *op = builder_add(b, RULE_OP_MASK);
	const struct nlattr *shift;

	op->len = builder_parse_len(b, a->of[NFTA_BITWISE_LEN]);
	op->sreg = builder_parse_reg(b, a->of[NFTA_BITWISE_SREG], op->len);
	op->dreg = builder_parse_reg(b, a->of[NFTA_BITWISE_DREG], op->len);
	op->op = (uint8_t)kind;
	switch (kind) {
	case NFT_BITWISE_BOOL:
		op->data =
			builder_add_value(b, a->of[NFTA_BITWISE_MASK], op->len);
		(void)builder_add_value(b, a->of[NFTA_BITWISE_XOR], op->len);
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
	struct rule_op *op = builder_add(b, RULE_OP_BYTEORDER);

	op->len = builder_parse_len(b, a->of[NFTA_BYTEORDER_LEN]);
	op->sreg = builder_parse_reg(b, a->of[NFTA_BYTEORDER_SREG], op->len);
	op->dreg = builder_parse_reg(b, a->of[NFTA_BYTEORDER_DREG], op->len);
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
			builder_add(b, RULE_OP_VERDICT)->arg = nft_attr_u32(
				verdict.of[NFTA_VERDICT_CODE], NF_DROP);
		return;
	}
	len = in.of[NFTA_DATA_VALUE]
		      ? mnl_attr_get_payload_len(in.of[NFTA_DATA_VALUE])
		      : 0;
	if (len > RULE_REGS_SIZE) {
		b->failed = true;
	} else {
		struct rule_op *op = builder_add(b, RULE_OP_DATA);

		op->dreg =
			builder_parse_reg(b, a->of[NFTA_IMMEDIATE_DREG], len);
		op->len = (uint8_t)len;
		op->data = builder_add_value(b, data, len);
	}
}

static void add_lookup(struct builder *b, const struct nft_attrs *a)
{
	const char *name = nft_attr_string(a->of[NFTA_LOOKUP_SET]);
	const struct nlattr *dreg = a->of[NFTA_LOOKUP_DREG];
	uint32_t flags = nft_attr_u32(a->of[NFTA_LOOKUP_FLAGS], 0);
	struct rule_op *op = builder_add(b, RULE_OP_LOOKUP);

	if (!name || flags & ~(uint32_t)NFT_LOOKUP_F_INV) {
		b->failed = true;
		return;
	}
	op->sreg = builder_parse_reg(b, a->of[NFTA_LOOKUP_SREG], 1);
	op->op = flags & NFT_LOOKUP_F_INV ? 1 : 0;
	op->data = builder_add_bytes(b, name, strlen(name) + 1);
	if (dreg)
		op->dreg = nft_attr_u32(dreg, UINT32_MAX) == NFT_REG_VERDICT
				   ? RULE_VERDICT_REG
				   : builder_parse_reg(b, dreg, 1);
}

static void add_reject(struct builder *b, const struct nft_attrs *a)
{
	(void)a;
	(void)builder_add(b, RULE_OP_DROP);
}

static void add_nothing(struct builder *b, const struct nft_attrs *a)
{
	(void)b;
	(void)a;
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
};

bool builder_take_known(struct builder *b, const char *name,
			const struct nft_attrs *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(exprs); i++) {
		if (strcmp(name, exprs[i].name) == 0) {
			exprs[i].add(b, a);
			return true;
		}
	}
	return false;
}
