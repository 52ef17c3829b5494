/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

#include "rule-program-parts.h"

struct rule_op *builder_add(struct builder *b, enum rule_op_code code)
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

uint16_t builder_add_bytes(struct builder *b, const void *data, size_t len)
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

uint16_t builder_add_value(struct builder *b, const struct nlattr *attr,
			   size_t len)
{
	const struct nlattr *value = nft_attrs_in(attr).of[NFTA_DATA_VALUE];

	if (!value || mnl_attr_get_payload_len(value) != len) {
		b->failed = true;
		return 0;
	}
	return builder_add_bytes(b, mnl_attr_get_payload(value), len);
}

/* nft_parse_register(), nft_validate_register_load(). */
uint8_t builder_parse_reg(struct builder *b, const struct nlattr *attr,
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

uint8_t builder_parse_len(struct builder *b, const struct nlattr *attr)
{
	uint32_t len = nft_attr_u32(attr, 0);

	if (len == 0 || len > RULE_REGS_SIZE) {
		b->failed = true;
		return 0;
	}
	return (uint8_t)len;
}

void builder_add_unknown(struct builder *b, enum unknown what, unsigned int may)
{
	struct rule_op *op = builder_add(b, RULE_OP_UNKNOWN);

	op->base = (uint8_t)what;
	op->op = (uint8_t)may;
}

void builder_add_unknown_data(struct builder *b, enum unknown what,
			      const struct nlattr *dreg, size_t len)
{
	struct rule_op *op;
	uint8_t reg = RULE_NO_REG;

	if (dreg)
		reg = builder_parse_reg(b, dreg, len);
	builder_add_unknown(b, what, RULE_MAY_BREAK);
	op = &b->ops[b->n_ops - 1];
	op->dreg = reg;
	op->len = (uint8_t)len;
}

void builder_add_rewrite(struct builder *b, uint32_t what)
{
	builder_add(b, RULE_OP_REWRITE)->arg = what;
}

void builder_add_anything(struct builder *b, enum unknown what)
{
	builder_add_unknown(b, what,
			    RULE_MAY_BREAK | RULE_MAY_DROP | RULE_MAY_ACCEPT |
				    RULE_MAY_STEAL | RULE_MAY_RETURN);
	b->ops[b->n_ops - 1].dreg = RULE_ALL_REGS;
	builder_add_rewrite(b, RULE_REWRITES_ALL);
}

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
	if (!name || (!builder_take_known(b, name, a) &&
		      !builder_take_unknown(b, name, a)))
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
	builder_add_anything(b, UNKNOWN_OTHER);
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
		builder_add_anything(&b, UNKNOWN_OTHER);
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
