/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule over one packet: what it may do. Pure.
 *
 * Each bit of a register is known or not. Whatever is not known may be any
 * value that it can have: no answer is "no" that may be "yes".
 *
 * Sources: net/netfilter/nf_tables_core.c, nft_do_chain(); nft_*.c, *_eval().
 */
#pragma once

#include "eval-packet.h"
#include "rule-program.h"
#include "ruleset.h"

/* A device that the hook's functions are given. */
struct eval_port {
	bool is_known;
	uint32_t ifindex; /* 0: there is none */
	const char *name; /* NULL or "": not known */
	/* What it is; false: not known. */
	bool has_type;
	uint16_t type; /* ARPHRD_* */
	bool is_port;  /* of a bridge, perhaps */
};

/* What does not change from rule to rule of a hook. */
struct eval_hook {
	const struct eval_packet *packet;
	uint8_t nfproto; /* what meta nfproto says; 0: not known */
	bool is_ip;	  /* a hook of IP: packets are as long as that says */
	bool is_received; /* it came from a device, */
	bool is_made;	  /* or was made here, and has no link header yet */
	struct eval_port in, out;
	bool has_address; /* see struct infer_input */
	bool has_mark;
	uint32_t mark;
};

/* A packet that others have from now on, such as a queue's reader. */
#define RULE_CODE_STOLEN 2 /* NF_STOLEN */

struct rule_eval {
	const struct eval_hook *hook;
	struct table *table;
	/* RULE_REWRITES_*: not as it was when the packet came by here. */
	uint32_t rewritten;
	uint32_t *work; /* counted down; at 0 the answers are "perhaps" */
	/*
	 * Called for each verdict that the rule may give but NFT_CONTINUE and
	 * NFT_BREAK: NF_DROP, NF_ACCEPT, RULE_CODE_STOLEN, NFT_RETURN, and
	 * NFT_JUMP and NFT_GOTO with their chain, which is NULL when it is not
	 * known. @why is what was not known on the way, UNKNOWN_BIT()s.
	 */
	void (*on_verdict)(void *data, int32_t code, const char *chain,
			   uint64_t why);
	void *data;
	/* The answer. */
	bool may_continue; /* the next rule may be the packet's */
	uint32_t rewrites; /* what it may change of the packet */
	uint64_t why;	   /* why it may continue, or not */
};

/* Of a rule without a program, everything may be. */
void rule_eval(struct rule_eval *e, const struct rule *rule);
