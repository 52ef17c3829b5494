/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "eval-run.h"
#include "rule-eval.h"
#include "set-elements.h"

static void give(struct eval_run *run, int32_t code, const char *chain)
{
	run->e->on_verdict(run->e->data, code, chain, run->why);
}

/*
 * A verdict is given; EVAL_NO when the rule goes on with the next expression,
 * which is what NFT_CONTINUE says, EVAL_PERHAPS when it does not match.
 */
static enum eval_answer give_verdict(struct eval_run *run, int32_t code,
				     const char *chain)
{
	if (code == NFT_CONTINUE)
		return EVAL_NO;
	if (code == NFT_BREAK)
		return EVAL_PERHAPS;
	if (code >= 0 && (code & NF_VERDICT_MASK) == NF_QUEUE) {
		/* Nobody reads, or it is full; somebody reads and gives it
		 * back. */
		run->why |= UNKNOWN_BIT(UNKNOWN_QUEUE);
		give(run, NF_DROP, NULL);
		give(run, NF_ACCEPT, NULL);
		code = NF_STOLEN;
	} else if (code >= 0) {
		code &= NF_VERDICT_MASK;
	}
	if (code == NF_ACCEPT || code == NF_DROP || code == NF_STOLEN ||
	    code == NFT_RETURN || code == NFT_JUMP || code == NFT_GOTO)
		give(run, code,
		     code == NFT_JUMP || code == NFT_GOTO ? chain : NULL);
	else
		give(run, NF_DROP, NULL); /* as nft_do_chain() does */
	return EVAL_YES;
}

/* Everything that a verdict can be. */
static void give_any(struct eval_run *run)
{
	give(run, NF_DROP, NULL);
	give(run, NF_ACCEPT, NULL);
	give(run, NFT_RETURN, NULL);
	give(run, NFT_JUMP, NULL);
}

/* What a map of verdicts says, perhaps; EVAL_PERHAPS when it goes on perhaps.
 */
static enum eval_answer do_verdict_map(struct eval_run *run,
				       struct set_elements *s,
				       const struct set_key *key)
{
	uint32_t *work = run->e->work;
	enum eval_answer goes_on = EVAL_NO;
	const char *chain;
	int32_t code;
	size_t at = 0, i;

	while ((i = set_elements_next(s, key, &at)) != SET_END) {
		if (*work == 0) {
			give_any(run);
			return EVAL_PERHAPS;
		}
		*work -= 1;
		if (!set_elements_data(s, i)) {
			give_any(run);
			continue;
		}
		code = set_elements_verdict(s, i, &chain);
		if (give_verdict(run, code, chain) == EVAL_NO)
			goes_on = EVAL_PERHAPS;
	}
	return goes_on;
}

struct lookup {
	struct set_elements *elements;
	struct set_key key;
	enum set_found found;
	size_t at;
};

static void look_up(struct eval_run *run, const struct rule_op *op,
		    const char *name, struct lookup *ret)
{
	struct set *set = table_find_set(run->e->table, name);
	struct set_elements *s = set ? set->elements : NULL;
	struct eval_regs *r = &run->regs;

	*ret = (struct lookup){
		.elements = s,
		.key = { r->value + op->sreg, r->unknown + op->sreg },
		.found = SET_PERHAPS,
	};
	if (!s || s->key_len > RULE_REGS_SIZE - op->sreg) {
		ret->elements = NULL;
		run->why |= UNKNOWN_BIT(UNKNOWN_SET);
		return;
	}
	ret->found = set_elements_find(s, &ret->key, run->e->work, &ret->at);
	if (ret->found != SET_PERHAPS)
		return;
	run->why |= eval_regs_why(r, op->sreg, s->key_len);
	if (s->flags & NFT_SET_EVAL)
		run->why |= UNKNOWN_BIT(UNKNOWN_DYNSET);
	else if (s->is_partial || *run->e->work == 0)
		run->why |= UNKNOWN_BIT(UNKNOWN_SET);
	else if (eval_regs_why(r, op->sreg, s->key_len) == 0)
		run->why |= UNKNOWN_BIT(UNKNOWN_TIMEOUT);
}

/* @ends: a verdict was given, and nothing comes after it. */
static enum eval_answer do_lookup_verdict(struct eval_run *run,
					  struct lookup *l, bool *ends)
{
	struct set_elements *s = l->elements;
	enum eval_answer goes_on;
	const char *chain;
	int32_t code;

	if (!s || !s->has_verdicts || s->is_partial ||
	    (s->flags & NFT_SET_EVAL)) {
		give_any(run);
		return EVAL_PERHAPS;
	}
	if (l->found == SET_PERHAPS) {
		goes_on = do_verdict_map(run, s, &l->key);
		*ends = goes_on == EVAL_NO;
		/* A miss ends the rule, a hit perhaps: see the caller. */
		return EVAL_PERHAPS;
	}
	if (!set_elements_data(s, l->at)) {
		give_any(run);
		return EVAL_PERHAPS;
	}
	code = set_elements_verdict(s, l->at, &chain);
	goes_on = give_verdict(run, code, chain);
	*ends = goes_on == EVAL_YES;
	return goes_on == EVAL_PERHAPS ? EVAL_NO : EVAL_YES;
}

static void do_lookup_data(struct eval_run *run, const struct rule_op *op,
			   const struct lookup *l)
{
	const struct set_elements *s = l->elements;
	const uint8_t *data = NULL;
	size_t len = s ? s->data_len : RULE_REGS_SIZE;
	uint64_t why = run->why | UNKNOWN_BIT(UNKNOWN_SET);

	len = MIN(len, (size_t)(RULE_REGS_SIZE - op->dreg));
	if (s && l->found == SET_HIT && s->data_len == len && len > 0)
		data = set_elements_data(s, l->at);
	if (data)
		eval_regs_put(&run->regs, op->dreg, data, len);
	else
		eval_regs_forget(&run->regs, op->dreg, len ? len : 4, why);
}

static enum eval_answer do_lookup(struct eval_run *run,
				  const struct rule_op *op, const char *name,
				  bool *ends)
{
	struct lookup l;
	enum eval_answer a;

	look_up(run, op, name, &l);
	a = l.found == SET_HIT	  ? EVAL_YES
	    : l.found == SET_MISS ? EVAL_NO
				  : EVAL_PERHAPS;
	if (op->op)
		return eval_negate(a);
	if (a == EVAL_NO)
		return EVAL_NO;
	if (op->dreg == RULE_VERDICT_REG) {
		enum eval_answer verdict = do_lookup_verdict(run, &l, ends);

		if (a == EVAL_PERHAPS && *ends &&
		    !set_elements_may_miss(l.elements))
			return EVAL_YES;
		return verdict;
	}
	if (op->dreg != RULE_NO_REG)
		do_lookup_data(run, op, &l);
	return a;
}

/* @ends: there is nothing behind it. */
static enum eval_answer do_unknown(struct eval_run *run,
				   const struct rule_op *op, bool *ends)
{
	run->why |= UNKNOWN_BIT(op->base);
	if ((op->op & RULE_MAY_DROP) ||
	    ((op->op & RULE_MAY_LACK_ADDRESS) && !run->e->hook->has_address))
		give(run, NF_DROP, NULL);
	if (op->op & RULE_MAY_ACCEPT)
		give(run, NF_ACCEPT, NULL);
	if (op->op & RULE_MAY_STEAL)
		give(run, NF_STOLEN, NULL);
	if (op->op & RULE_MAY_RETURN)
		give(run, NFT_RETURN, NULL);
	if (op->dreg == RULE_ALL_REGS)
		eval_regs_forget(&run->regs, 0, RULE_REGS_SIZE,
				 UNKNOWN_BIT(op->base));
	else if (op->dreg != RULE_NO_REG)
		eval_regs_forget(&run->regs, op->dreg, op->len,
				 UNKNOWN_BIT(op->base));
	*ends = op->op & RULE_ENDS;
	return op->op & RULE_MAY_BREAK ? EVAL_PERHAPS : EVAL_YES;
}

/* An object of a map: of all of them, one may drop. */
static enum eval_answer do_object(struct eval_run *run, const char *name)
{
	const struct set *set = table_find_set(run->e->table, name);
	uint32_t type = set && set->elements ? set->elements->object_type : 0;

	run->why |= UNKNOWN_BIT(UNKNOWN_SET);
	if (type == NFT_OBJECT_UNSPEC || type == NFT_OBJECT_SYNPROXY ||
	    type > NFT_OBJECT_MAX) {
		give(run, NF_DROP, NULL);
		give(run, NF_STOLEN, NULL);
	}
	return EVAL_PERHAPS;
}

static enum eval_answer step(struct eval_run *run, const struct rule_op *op,
			     const uint8_t *data, bool *ends)
{
	enum eval_answer a;

	switch (op->code) {
	case RULE_OP_PAYLOAD:
		return eval_payload(run, op);
	case RULE_OP_META:
		return eval_meta(run, op);
	case RULE_OP_CMP:
		return eval_cmp(run, op, data);
	case RULE_OP_RANGE:
		return eval_range(run, op, data);
	case RULE_OP_MASK:
		eval_mask(&run->regs, op, data);
		return EVAL_YES;
	case RULE_OP_SHIFT:
		eval_shift(&run->regs, op);
		return EVAL_YES;
	case RULE_OP_BOOL:
		eval_bool(&run->regs, op, data);
		return EVAL_YES;
	case RULE_OP_BYTEORDER:
		eval_byteorder(&run->regs, op);
		return EVAL_YES;
	case RULE_OP_DATA:
		eval_regs_put(&run->regs, op->dreg, data, op->len);
		return EVAL_YES;
	case RULE_OP_VERDICT:
		a = give_verdict(run, (int32_t)op->arg, run->rule->jump);
		*ends = a == EVAL_YES;
		return a == EVAL_PERHAPS ? EVAL_NO : EVAL_YES;
	case RULE_OP_LOOKUP:
		return do_lookup(run, op, (const char *)data, ends);
	case RULE_OP_DROP:
		give(run, NF_DROP, NULL);
		*ends = true;
		return EVAL_YES;
	case RULE_OP_UNKNOWN:
		return do_unknown(run, op, ends);
	case RULE_OP_OBJECT:
		return do_object(run, (const char *)data);
	default:
		/* What it rewrites, see rewrites_of(). */
		return EVAL_YES;
	}
}

/*
 * What an operation changes of the packet. Reject, before it drops it, cuts off
 * what is behind the IP packet: net/ipv4/netfilter/nf_reject_ipv4.c,
 * nf_reject_skb_v4_unreach().
 */
static uint32_t op_rewrites(const struct eval_hook *hook,
			    const struct rule_op *op)
{
	if (op->code == RULE_OP_DROP && !hook->is_ip)
		return RULE_REWRITES_LENGTH;
	return op->code == RULE_OP_REWRITE ? op->arg : 0;
}

static uint32_t rewrites_of(const struct eval_hook *hook,
			    const struct rule_program *p)
{
	uint32_t what = 0;

	for (size_t i = 0; i < p->n_ops; i++)
		what |= op_rewrites(hook, &p->ops[i]);
	return what;
}

void rule_eval(struct rule_eval *e, const struct rule *rule)
{
	const struct rule_program *p = rule->program;
	struct eval_run run;
	bool ends = false;

	run.e = e;
	run.rule = rule;
	run.why = 0;
	e->may_continue = false;
	e->rewrites = 0;
	e->why = 0;
	if (!p) {
		run.why = UNKNOWN_BIT(UNKNOWN_OTHER);
		give_any(&run);
		e->may_continue = true;
		e->rewrites = RULE_REWRITES_ALL;
		e->why = run.why;
		return;
	}
	/* The packet may be as it was behind this rule, not as it is before. */
	run.rewritten = e->rewritten | rewrites_of(e->hook, p);
	eval_regs_forget(&run.regs, 0, RULE_REGS_SIZE,
			 UNKNOWN_BIT(UNKNOWN_REGISTER));
	for (size_t i = 0; i < p->n_ops && !ends; i++) {
		const struct rule_op *op = &p->ops[i];
		enum eval_answer a;

		e->rewrites |= op_rewrites(e->hook, op);
		a = step(&run, op, rule_program_data(p, op), &ends);
		if (*e->work > 0)
			*e->work -= 1;
		if (a != EVAL_YES)
			e->may_continue = true;
		if (a == EVAL_NO)
			break;
		if (i + 1 == p->n_ops && !ends)
			e->may_continue = true;
	}
	if (p->n_ops == 0)
		e->may_continue = true;
	e->why = run.why;
}
