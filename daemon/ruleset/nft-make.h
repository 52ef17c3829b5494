/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of a ruleset, for messages of a transaction (nft-batch.h): expressions
 * of rules, and what rules name.
 *
 * What makes an expression returns NULL without memory, which nft_add_expr()
 * takes as well.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* After stdio.h, which it needs. */
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "nft-batch.h"

/* An attribute, NFTNL_EXPR_*. */
struct nft_number {
	uint16_t attr;
	uint32_t value;
};

/* One with @n numbers; what else it has is the caller's. */
struct nftnl_expr *nft_make_expr(const char *name,
				 const struct nft_number *numbers, size_t n);
/* Into the register @reg: NFT_META_*; or of a header, NFT_PAYLOAD_*. */
struct nftnl_expr *nft_make_meta(uint32_t key, uint32_t reg);
struct nftnl_expr *nft_make_payload(uint32_t base, uint32_t offset,
				    uint32_t len, uint32_t reg);
/* @op: NFT_CMP_*. */
struct nftnl_expr *nft_make_compare(uint32_t reg, uint32_t op, const void *data,
				    uint32_t len);
struct nftnl_expr *nft_make_equal(uint32_t reg, const void *data, uint32_t len);
/* The register, and no more of it than @mask has. */
struct nftnl_expr *nft_make_mask(uint32_t reg, const void *mask, uint32_t len);
/* Of what begins in NFT_REG32_00. */
struct nftnl_expr *nft_make_lookup(const char *set);
/* The limit of that name: nft_add_limit(). */
struct nftnl_expr *nft_make_limit(const char *name);

/* Takes @expr. */
void nft_add_expr(struct nft_batch *b, struct nftnl_rule *rule,
		  struct nftnl_expr *expr);
/*
 * An empty rule for that chain, and its message, behind the rules that are
 * there; takes @rule. NULL without memory, which all that add to it take.
 */
struct nftnl_rule *nft_make_rule(const char *table, const char *chain);
void nft_add_rule(struct nft_batch *b, uint8_t nfproto,
		  struct nftnl_rule *rule);
/* meta protocol @ethertype, in host order */
void nft_add_ethertype(struct nft_batch *b, struct nftnl_rule *rule,
		       uint16_t ethertype);
/* meta nftrace set 1 */
void nft_add_trace(struct nft_batch *b, struct nftnl_rule *rule);
/* accept, which ends the way through the base chain's table and no more. */
void nft_add_accept(struct nft_batch *b, struct nftnl_rule *rule);

/* Of all rules of @table together that name it: packets a second. */
void nft_add_limit(struct nft_batch *b, uint8_t nfproto, const char *table,
		   const char *name, uint32_t rate);
