/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule does, in a compact form: its expressions, each an operation, and
 * what they compare with. Pure.
 *
 * Made of NFTA_RULE_EXPRESSIONS of any content. What is not known here becomes
 * an operation that may do anything, or, where it is known which registers it
 * writes and that it gives no verdict, that and no more.
 *
 * A rule of nft's that compares an address and a port takes about 200 bytes.
 *
 * Sources: linux/netfilter/nf_tables.h; net/netfilter/nft_*.c, *_dump().
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "unknown.h"
#include "util.h"

/* Bytes of the registers for data, NFT_REG32_00 and on. */
#define RULE_REGS_SIZE 64

enum rule_op_code {
	RULE_OP_PAYLOAD,   /* dreg, len, base (NFT_PAYLOAD_*), arg: offset */
	RULE_OP_META,	   /* dreg, arg: NFT_META_* */
	RULE_OP_CMP,	   /* sreg, len, op (NFT_CMP_*), data */
	RULE_OP_RANGE,	   /* sreg, len, op (NFT_RANGE_*), data: from, to */
	RULE_OP_MASK,	   /* sreg, dreg, len, data: mask, xor */
	RULE_OP_SHIFT,	   /* sreg, dreg, len, op (NFT_BITWISE_*), arg */
	RULE_OP_BOOL,	   /* the same; base: another sreg, or NO_REG: data */
	RULE_OP_BYTEORDER, /* sreg, dreg, len, arg: size */
	RULE_OP_DATA,	   /* dreg, len, data */
	RULE_OP_VERDICT,   /* arg: the code; the chain is the rule's jump */
	RULE_OP_LOOKUP,	   /* sreg, dreg, op: inverted; data: name; arg: len */
	RULE_OP_DROP,	   /* as reject does */
	RULE_OP_UNKNOWN,   /* dreg, len, op: RULE_MAY_*, base: enum unknown */
	RULE_OP_REWRITE,   /* arg: RULE_REWRITES_* */
	RULE_OP_SET_META,  /* nothing that is known here */
	RULE_OP_OBJECT,	   /* of a map; data: name; arg: len */
};

/* Instead of a register. */
#define RULE_NO_REG	 0xff
#define RULE_VERDICT_REG 0xfe
#define RULE_ALL_REGS	 0xfd

/* What an unknown one may do, beside what it writes. */
enum {
	RULE_MAY_BREAK = 1 << 0, /* not match */
	RULE_MAY_DROP = 1 << 1,
	RULE_MAY_ACCEPT = 1 << 2,
	RULE_MAY_STEAL = 1 << 3, /* the packet is its own from now on */
	RULE_MAY_RETURN = 1 << 4,
	RULE_ENDS = 1 << 5, /* one of these, or it does not match */
	RULE_MAY_LACK_ADDRESS = 1 << 6, /* and drop it: none of ours is there */
};

/* Parts of a packet that rules, and the kernel between them, change. */
enum {
	RULE_REWRITES_LINK = 1 << 0,
	RULE_REWRITES_TTL = 1 << 1, /* TTL, hop limit; checksum */
	/* Addresses and ports; and what helpers and checksums do with them. */
	RULE_REWRITES_SOURCE = 1 << 2,
	RULE_REWRITES_DESTINATION = 1 << 3,
	RULE_REWRITES_NETWORK = 1 << 4, /* the rest of that header */
	RULE_REWRITES_TRANSPORT = 1 << 5,
	RULE_REWRITES_MARK = 1 << 6,
	RULE_REWRITES_META = 1 << 7,
	RULE_REWRITES_LENGTH = 1 << 8,
	RULE_REWRITES_PACKET = 0x3f,
	RULE_REWRITES_ALL = 0x1ff,
	RULE_REWRITES_NAT = RULE_REWRITES_SOURCE | RULE_REWRITES_DESTINATION,
};

struct rule_op {
	uint8_t code; /* enum rule_op_code */
	uint8_t op;
	uint8_t dreg; /* bytes from the first register's beginning */
	uint8_t sreg;
	uint8_t len; /* of data, in bytes */
	uint8_t base;
	uint16_t data; /* where in the program's data */
	uint32_t arg;
};

/* Immutable. */
struct rule_program {
	uint32_t n_refs;
	uint16_t n_ops;
	uint16_t data_len;
	uint32_t rewrites; /* RULE_REWRITES_*, of all its operations */
	bool needs_ct;	   /* without conntrack there is no such rule */
	struct rule_op ops[]; /* and the data behind them */
};

/* NULL without memory. @expressions may be NULL: it does nothing then. */
struct rule_program *rule_program_new(const struct nlattr *expressions);
struct rule_program *rule_program_ref(struct rule_program *p); /* NULL, too */
void rule_program_unref(struct rule_program *p);

DEFINE_CLEANUP(struct rule_program *, rule_program_unref)

/* Of an operation. */
static inline const uint8_t *rule_program_data(const struct rule_program *p,
					       const struct rule_op *op)
{
	return (const uint8_t *)&p->ops[p->n_ops] + op->data;
}

/* What the ruleset takes for it, with malloc(3)'s. */
size_t rule_program_count_bytes(const struct rule_program *p);
