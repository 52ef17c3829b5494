/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule that is evaluated: registers, of which each bit is known or not, and
 * what operations do with them, for rule-eval.c. Pure.
 *
 * An operation's registers and lengths were checked by rule-program.h.
 */
#pragma once

#include "rule-eval.h"

#define EVAL_WORDS (RULE_REGS_SIZE / 4)

struct eval_regs {
	uint8_t value[RULE_REGS_SIZE];
	uint8_t unknown[RULE_REGS_SIZE]; /* bits */
	uint64_t why[EVAL_WORDS];	 /* UNKNOWN_BIT()s, of each register */
};

struct eval_run {
	struct rule_eval *e;
	const struct rule *rule;
	struct eval_regs regs;
	uint32_t rewritten; /* since, or by the rule itself */
	uint64_t why;	    /* why it matches only perhaps */
};

/* Does it match, and go on with the next operation? */
enum eval_answer { EVAL_NO, EVAL_YES, EVAL_PERHAPS };

enum eval_answer eval_negate(enum eval_answer a);

/* eval-calc.c. Registers are written whole: what is behind @len is zero. */
void eval_regs_put(struct eval_regs *r, size_t at, const void *value,
		   size_t len);
void eval_regs_forget(struct eval_regs *r, size_t at, size_t len, uint64_t why);
void eval_regs_set_why(struct eval_regs *r, size_t at, size_t len,
		       uint64_t why);
uint64_t eval_regs_why(const struct eval_regs *r, size_t at, size_t len);

enum eval_answer eval_cmp(struct eval_run *run, const struct rule_op *op,
			  const uint8_t *data);
enum eval_answer eval_range(struct eval_run *run, const struct rule_op *op,
			    const uint8_t *data);
void eval_mask(struct eval_regs *r, const struct rule_op *op,
	       const uint8_t *data);
void eval_shift(struct eval_regs *r, const struct rule_op *op);
void eval_bool(struct eval_regs *r, const struct rule_op *op,
	       const uint8_t *data);
void eval_byteorder(struct eval_regs *r, const struct rule_op *op);

/* eval-load.c: of the packet, and what is known of it. */
enum eval_answer eval_payload(struct eval_run *run, const struct rule_op *op);
enum eval_answer eval_meta(struct eval_run *run, const struct rule_op *op);
