/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <endian.h>
#include <libnftnl/object.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft-make.h"
#include "util.h"

DEFINE_CLEANUP(struct nftnl_obj *, nftnl_obj_free)

struct nftnl_expr *nft_make_expr(const char *name,
				 const struct nft_number *numbers, size_t n)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	for (size_t i = 0; expr && i < n; i++)
		nftnl_expr_set_u32(expr, numbers[i].attr, numbers[i].value);
	return expr;
}

void nft_add_expr(struct nft_batch *b, struct nftnl_rule *rule,
		  struct nftnl_expr *expr)
{
	if (expr && rule) {
		nftnl_rule_add_expr(rule, expr);
		return;
	}
	if (expr)
		nftnl_expr_free(expr);
	nft_batch_fail(b);
}

struct nftnl_rule *nft_make_rule(const char *table, const char *chain)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (rule) {
		nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table);
		nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	}
	return rule;
}

void nft_add_rule(struct nft_batch *b, uint8_t nfproto, struct nftnl_rule *rule)
{
	if (!rule) {
		nft_batch_fail(b);
		return;
	}
	nftnl_rule_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_NEWRULE, nfproto,
				  NLM_F_CREATE | NLM_F_APPEND),
		rule);
	nft_batch_add(b);
	nftnl_rule_free(rule);
}

void nft_add_ethertype(struct nft_batch *b, struct nftnl_rule *rule,
		       uint16_t ethertype)
{
	uint16_t type = htobe16(ethertype);

	nft_add_expr(b, rule, nft_make_meta(NFT_META_PROTOCOL, NFT_REG_1));
	nft_add_expr(b, rule, nft_make_equal(NFT_REG_1, &type, sizeof(type)));
}

struct nftnl_expr *nft_make_meta(uint32_t key, uint32_t reg)
{
	const struct nft_number numbers[] = { { NFTNL_EXPR_META_KEY, key },
					      { NFTNL_EXPR_META_DREG, reg } };

	return nft_make_expr("meta", numbers, ARRAY_SIZE(numbers));
}

struct nftnl_expr *nft_make_payload(uint32_t base, uint32_t offset,
				    uint32_t len, uint32_t reg)
{
	const struct nft_number numbers[] = {
		{ NFTNL_EXPR_PAYLOAD_BASE, base },
		{ NFTNL_EXPR_PAYLOAD_OFFSET, offset },
		{ NFTNL_EXPR_PAYLOAD_LEN, len },
		{ NFTNL_EXPR_PAYLOAD_DREG, reg }
	};

	return nft_make_expr("payload", numbers, ARRAY_SIZE(numbers));
}

struct nftnl_expr *nft_make_compare(uint32_t reg, uint32_t op, const void *data,
				    uint32_t len)
{
	const struct nft_number numbers[] = { { NFTNL_EXPR_CMP_SREG, reg },
					      { NFTNL_EXPR_CMP_OP, op } };
	struct nftnl_expr *expr =
		nft_make_expr("cmp", numbers, ARRAY_SIZE(numbers));

	if (expr)
		nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, len);
	return expr;
}

struct nftnl_expr *nft_make_equal(uint32_t reg, const void *data, uint32_t len)
{
	return nft_make_compare(reg, NFT_CMP_EQ, data, len);
}

struct nftnl_expr *nft_make_mask(uint32_t reg, const void *mask, uint32_t len)
{
	static const uint8_t none[16];
	const struct nft_number numbers[] = {
		{ NFTNL_EXPR_BITWISE_SREG, reg },
		{ NFTNL_EXPR_BITWISE_DREG, reg },
		{ NFTNL_EXPR_BITWISE_LEN, len },
	};
	struct nftnl_expr *expr =
		nft_make_expr("bitwise", numbers, ARRAY_SIZE(numbers));

	assert(len <= sizeof(none));
	if (expr) {
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, len);
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, len);
	}
	return expr;
}

struct nftnl_expr *nft_make_lookup(const char *set)
{
	const struct nft_number numbers[] = { { NFTNL_EXPR_LOOKUP_SREG,
						NFT_REG32_00 } };
	struct nftnl_expr *expr =
		nft_make_expr("lookup", numbers, ARRAY_SIZE(numbers));

	if (expr)
		nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	return expr;
}

struct nftnl_expr *nft_make_limit(const char *name)
{
	const struct nft_number numbers[] = { { NFTNL_EXPR_OBJREF_IMM_TYPE,
						NFT_OBJECT_LIMIT } };
	struct nftnl_expr *expr =
		nft_make_expr("objref", numbers, ARRAY_SIZE(numbers));

	if (expr)
		nftnl_expr_set_str(expr, NFTNL_EXPR_OBJREF_IMM_NAME, name);
	return expr;
}

void nft_add_trace(struct nft_batch *b, struct nftnl_rule *rule)
{
	static const struct nft_number from[] = { { NFTNL_EXPR_IMM_DREG,
						    NFT_REG_1 } };
	static const struct nft_number to[] = {
		{ NFTNL_EXPR_META_KEY, NFT_META_NFTRACE },
		{ NFTNL_EXPR_META_SREG, NFT_REG_1 },
	};
	static const uint8_t one = 1;
	struct nftnl_expr *expr =
		nft_make_expr("immediate", from, ARRAY_SIZE(from));

	if (expr)
		nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, &one, sizeof(one));
	nft_add_expr(b, rule, expr);
	nft_add_expr(b, rule, nft_make_expr("meta", to, ARRAY_SIZE(to)));
}

void nft_add_accept(struct nft_batch *b, struct nftnl_rule *rule)
{
	static const struct nft_number numbers[] = {
		{ NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT },
		{ NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT },
	};

	nft_add_expr(b, rule,
		     nft_make_expr("immediate", numbers, ARRAY_SIZE(numbers)));
}

void nft_add_limit(struct nft_batch *b, uint8_t nfproto, const char *table,
		   const char *name, uint32_t rate)
{
	_cleanup_(cleanup_nftnl_obj_free) struct nftnl_obj *obj =
		nftnl_obj_alloc();

	if (!obj) {
		nft_batch_fail(b);
		return;
	}
	nftnl_obj_set_str(obj, NFTNL_OBJ_TABLE, table);
	nftnl_obj_set_str(obj, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(obj, NFTNL_OBJ_TYPE, NFT_OBJECT_LIMIT);
	nftnl_obj_set_u64(obj, NFTNL_OBJ_LIMIT_RATE, rate);
	nftnl_obj_set_u64(obj, NFTNL_OBJ_LIMIT_UNIT, 1);
	nftnl_obj_set_u32(obj, NFTNL_OBJ_LIMIT_BURST, rate);
	nftnl_obj_set_u32(obj, NFTNL_OBJ_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_obj_nlmsg_build_payload(nft_batch_message(b, NFT_MSG_NEWOBJ,
							nfproto, NLM_F_CREATE),
				      obj);
	nft_batch_add(b);
}
