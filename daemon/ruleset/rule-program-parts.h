/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is being made, for its own files: rule-program.c, all of it;
 * rule-program-known.c, expressions that become what they do;
 * rule-program-unknown.c, those of which it is known what they may do.
 */
#pragma once

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

/*
 * What does not fit, or makes no sense, sets failed: then the expression is one
 * that may do anything.
 */
struct rule_op *builder_add(struct builder *b, enum rule_op_code code);
/* Returns where it is. */
uint16_t builder_add_bytes(struct builder *b, const void *data, size_t len);
/* The value in an attribute of struct nft_data, of @len bytes. */
uint16_t builder_add_value(struct builder *b, const struct nlattr *attr,
			   size_t len);
/* A register of @len bytes; a length of data in registers. */
uint8_t builder_parse_reg(struct builder *b, const struct nlattr *attr,
			  size_t len);
uint8_t builder_parse_len(struct builder *b, const struct nlattr *attr);
/* @may: RULE_MAY_*. */
void builder_add_unknown(struct builder *b, enum unknown what,
			 unsigned int may);
/* Writes what is not known to a register, or nothing where @dreg is missing. */
void builder_add_unknown_data(struct builder *b, enum unknown what,
			      const struct nlattr *dreg, size_t len);
/* @what: RULE_REWRITES_*. */
void builder_add_rewrite(struct builder *b, uint32_t what);
/* May do what no other does: all of it. */
void builder_add_anything(struct builder *b, enum unknown what);

/* An expression of that name; false where it is none of theirs. */
bool builder_take_known(struct builder *b, const char *name,
			const struct nft_attrs *a);
bool builder_take_unknown(struct builder *b, const char *name,
			  const struct nft_attrs *a);
