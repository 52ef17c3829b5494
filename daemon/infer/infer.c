/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "infer-way.h"

/* NFT_JUMP_STACK_SIZE; the kernel counts gotos, too, when rules are made. */
#define DEPTH_MAX 16

/* What a chain may do with the packet. */
enum {
	MAY_CONTINUE = 1 << 0, /* it comes back to whoever jumped here */
	MAY_ACCEPT = 1 << 1,
	MAY_DROP = 1 << 2,
	MAY_ALL = MAY_CONTINUE | MAY_ACCEPT | MAY_DROP,
};

struct memo {
	const struct chain *chain; /* NULL: free */
	uint32_t rewritten;
	uint32_t rewrites;
	uint8_t outcome;
	uint8_t stage; /* of the base chain, and whether it is one of NAT's */
	bool is_nat;
	bool is_busy;	  /* it is being walked */
	bool is_recorded; /* its candidates are, for this stage */
	uint64_t why;	  /* on the way to it, when they were */
};

struct walk {
	struct infer_result *result;
	struct eval_packet packet;
	struct infer_way way;
	struct memo *memos;
	size_t n_memos, memos_size; /* a power of two */
	uint32_t work;
	int error;
	/* Of the present base chain. */
	struct eval_hook hook;
	const struct infer_step *step;
	uint32_t rewritten;
	bool records;
	uint32_t rewrites; /* that it may do */
	uint64_t base_why;
};

/* The candidate that is least certain goes, when there is no room. */
static void add_candidate(struct walk *w, const struct infer_candidate *new)
{
	struct infer_result *r = w->result;
	unsigned int count = unknown_count(new->unknown);
	size_t i, at;

	for (i = 0; i < r->n; i++) {
		struct infer_candidate *c = &r->candidates[i];

		if (c->chain != new->chain || c->rule != new->rule)
			continue;
		if (unknown_count(c->unknown) <= count)
			return;
		/* It moves to its new place. */
		r->n--;
		memmove(c, c + 1, (r->n - i) * sizeof(*c));
		break;
	}
	at = r->n;
	while (at > 0 && unknown_count(r->candidates[at - 1].unknown) > count)
		at--;
	if (r->n == INFER_CANDIDATES_MAX) {
		r->is_partial = true;
		if (at == r->n)
			return;
		r->n--;
	}
	memmove(&r->candidates[at + 1], &r->candidates[at],
		(r->n - at) * sizeof(r->candidates[0]));
	r->candidates[at] = *new;
	r->n++;
}

static size_t memo_place(const struct walk *w, const struct chain *chain)
{
	size_t at =
		(size_t)((uintptr_t)chain / 16 * 0x9e3779b97f4a7c15ULL >> 20) &
		(w->memos_size - 1);

	while (w->memos[at].chain && w->memos[at].chain != chain)
		at = (at + 1) & (w->memos_size - 1);
	return at;
}

static int grow_memos(struct walk *w)
{
	struct memo *old = w->memos;
	size_t n = w->memos_size;

	w->memos_size = n ? n * 2 : 64;
	w->memos = calloc(w->memos_size, sizeof(*w->memos));
	if (!w->memos) {
		w->memos = old;
		w->memos_size = n;
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (old[i].chain)
			w->memos[memo_place(w, old[i].chain)] = old[i];
	free(old);
	return 0;
}

/* Valid until the next one. */
static struct memo *find_memo(struct walk *w, const struct chain *chain)
{
	struct memo *memo;

	if ((w->n_memos + 1) * 2 > w->memos_size && grow_memos(w) < 0) {
		w->error = -ENOMEM;
		return NULL;
	}
	memo = &w->memos[memo_place(w, chain)];
	if (!memo->chain) {
		*memo = (struct memo){ .chain = chain,
				       .rewritten = UINT32_MAX };
		w->n_memos++;
	}
	return memo;
}

/* One rule of a chain that is walked. */
struct visit {
	struct walk *w;
	uint64_t why; /* on the way to the chain */
	unsigned int depth;
	unsigned int outcome;
	bool comes_back; /* from where it jumped */
	bool drops;
	uint64_t drop_why;
};

static unsigned int walk_chain(struct walk *w, const char *name,
			       struct chain *chain, uint64_t why,
			       unsigned int depth);

static void note_drop(struct visit *v, uint64_t why)
{
	if (!v->drops || unknown_count(why) < unknown_count(v->drop_why))
		v->drop_why = why;
	v->drops = true;
}

static void on_verdict(void *data, int32_t code, const char *chain,
		       uint64_t why)
{
	struct visit *v = data;
	unsigned int outcome;

	switch (code) {
	case NF_DROP:
		note_drop(v, why);
		v->outcome |= MAY_DROP;
		break;
	case NF_ACCEPT:
		v->outcome |= MAY_ACCEPT;
		break;
	case NFT_RETURN:
		v->outcome |= MAY_CONTINUE;
		break;
	case NFT_JUMP:
		outcome = walk_chain(v->w, chain, NULL, v->why | why,
				     v->depth + 1);
		v->outcome |= outcome & (MAY_ACCEPT | MAY_DROP);
		v->comes_back |= outcome & MAY_CONTINUE;
		break;
	case NFT_GOTO:
		v->outcome |= walk_chain(v->w, chain, NULL, v->why | why,
					 v->depth + 1);
		break;
	}
}

/* The same when only the rule itself is looked at. */
static void on_own_verdict(void *data, int32_t code, const char *chain,
			   uint64_t why)
{
	(void)chain;
	if (code == NF_DROP)
		note_drop(data, why);
}

static void eval(struct visit *v, const struct rule *rule, uint32_t rewritten,
		 bool own, struct rule_eval *e)
{
	*e = (struct rule_eval){
		.hook = &v->w->hook,
		.table = v->w->step->table,
		.rewritten = rewritten,
		.work = &v->w->work,
		.on_verdict = own ? on_own_verdict : on_verdict,
		.data = v,
	};
	rule_eval(e, rule);
}

/*
 * A rule that drops: the packet was then as it is now, whatever was rewritten
 * before.
 */
static void record_drop(struct visit *v, const struct chain *chain,
			const struct rule *rule)
{
	struct walk *w = v->w;
	struct rule_eval e;

	if (w->rewritten != 0) {
		v->drops = false;
		eval(v, rule, 0, true, &e);
	}
	if (v->drops)
		add_candidate(w, &(struct infer_candidate){
					 .table = w->step->table,
					 .chain = chain,
					 .rule = rule,
					 .stage = w->step->stage,
					 .unknown = v->why | v->drop_why |
						    w->base_why,
				 });
}

static unsigned int walk_rules(struct walk *w, const struct chain *chain,
			       uint64_t why, unsigned int depth)
{
	unsigned int outcome = 0;

	for (size_t i = 0; i < chain->n_rules; i++) {
		struct visit v = { .w = w, .why = why, .depth = depth };
		struct rule_eval e;

		eval(&v, chain->rules[i], w->rewritten, false, &e);
		w->rewrites |= e.rewrites;
		outcome |= v.outcome;
		if (v.drops && w->records)
			record_drop(&v, chain, chain->rules[i]);
		if (!e.may_continue && !v.comes_back)
			return outcome;
		if (w->work == 0 || w->error < 0)
			return MAY_ALL;
	}
	return outcome | MAY_CONTINUE;
}

/* What it does is not known, or not looked at. */
static unsigned int give_up(struct walk *w)
{
	if (w->records)
		w->result->is_partial = true;
	w->rewrites |= RULE_REWRITES_ALL;
	return MAY_ALL;
}

/* The chain of that name, unless @chain is given. */
static unsigned int walk_chain(struct walk *w, const char *name,
			       struct chain *chain, uint64_t why,
			       unsigned int depth)
{
	uint32_t before = w->rewrites;
	unsigned int outcome;
	struct memo *memo;

	if (!chain && name)
		chain = table_find_chain(w->step->table, name);
	memo = chain && depth <= DEPTH_MAX && w->work > 0 ? find_memo(w, chain)
							  : NULL;
	if (!memo || memo->is_busy)
		return give_up(w);
	if (memo->rewritten == w->rewritten && memo->stage == w->step->stage &&
	    memo->is_nat == (w->base_why != 0) &&
	    (!w->records || (memo->is_recorded &&
			     unknown_count(memo->why) <= unknown_count(why)))) {
		w->work--;
		w->rewrites |= memo->rewrites;
		return memo->outcome;
	}
	memo->is_busy = true;
	w->rewrites = 0;
	outcome = walk_rules(w, chain, why, depth);
	memo = find_memo(w, chain);
	if (!memo)
		return give_up(w);
	memo->is_busy = false;
	memo->rewritten = w->rewritten;
	memo->rewrites = w->rewrites;
	memo->outcome = (uint8_t)outcome;
	memo->stage = (uint8_t)w->step->stage;
	memo->is_nat = w->base_why != 0;
	memo->is_recorded = w->records;
	memo->why = why;
	w->rewrites |= before;
	return outcome;
}

/* What the base chain of @step does, with its policy. */
static unsigned int walk_step(struct walk *w, struct infer_step *step,
			      bool records)
{
	unsigned int outcome;

	infer_way_enter(&w->way, step, &w->hook);
	w->step = step;
	w->base_why = 0;
	if (step->chain->type && strcmp(step->chain->type, "nat") == 0)
		w->base_why = UNKNOWN_BIT(UNKNOWN_NEW_CONNECTION);
	w->records = records;
	w->rewrites = 0;
	outcome = walk_chain(w, NULL, step->chain, 0, 0);
	step->found = w->rewrites;
	if (outcome & MAY_CONTINUE) {
		if (step->chain->policy_drop && records)
			add_candidate(w, &(struct infer_candidate){
						 .table = step->table,
						 .chain = step->chain,
						 .stage = step->stage,
						 .unknown = w->base_why,
					 });
		outcome |= step->chain->policy_drop ? MAY_DROP : MAY_ACCEPT;
	}
	/* Later packets of a connection do not come by. */
	return w->base_why ? outcome | MAY_ACCEPT : outcome;
}

/*
 * Has the packet come as far as the @k'th step? It looked then as it does now
 * but for what was rewritten since: w->rewritten is that behind @k's beginning.
 */
static bool may_reach(struct walk *w, size_t k)
{
	size_t start, end = k + 1;
	uint32_t rewritten = 0;
	bool reached = true;

	while (end < w->way.n_steps &&
	       infer_way_group_start(&w->way, end + 1) <= k)
		end++;
	for (; end > 0 && w->work > 0 && reached; end = start) {
		start = infer_way_group_start(&w->way, end);
		for (size_t i = start; i < end; i++)
			if (infer_way_is_maybe_before(&w->way, &w->way.steps[i],
						      &w->way.steps[k]))
				rewritten |= w->way.steps[i].rewrites;
		w->rewritten = rewritten;
		for (size_t i = start; i < end && w->work > 0; i++) {
			struct infer_step *s = &w->way.steps[i];

			w->work--;
			if (s->chain &&
			    infer_way_is_before(&w->way, s, &w->way.steps[k]) &&
			    !(walk_step(w, s, false) & MAY_ACCEPT))
				reached = false;
		}
	}
	return reached;
}

/* Does some rule that the packet may have met on its way to @k rewrite it? */
static bool may_be_rewritten(const struct walk *w, size_t k)
{
	const struct infer_step *steps = w->way.steps;

	for (size_t i = 0; i < w->way.n_steps; i++)
		if (steps[i].chain && steps[i].may_rewrite &&
		    (i == k ||
		     infer_way_is_before(&w->way, &steps[i], &steps[k])))
			return true;
	return false;
}

/*
 * Finds what is rewritten on the way to @k: at first, whatever any rule of the
 * tables rewrites, which decides which rules the packet may have met; and then,
 * what these do. False when it cannot come there.
 */
static bool find_rewrites(struct walk *w, size_t k)
{
	struct infer_step *steps = w->way.steps;

	w->rewritten = infer_way_rewrites_at(&w->way, k);
	(void)walk_step(w, &steps[k], false);
	if (!may_reach(w, k))
		return false;
	for (size_t i = 0; i < w->way.n_steps; i++)
		if (steps[i].chain &&
		    (i == k ||
		     infer_way_is_before(&w->way, &steps[i], &steps[k])))
			steps[i].rewrites &= steps[i].found;
	return true;
}

/* Looks at a base chain, as if the packet was dropped there. */
static void try_step(struct walk *w, size_t k)
{
	struct infer_step *steps = w->way.steps;

	for (size_t i = 0; i < w->way.n_steps; i++)
		steps[i].rewrites = steps[i].may_rewrite;
	w->work -= (uint32_t)MIN(w->way.n_steps, w->work);
	if (may_be_rewritten(w, k) && !find_rewrites(w, k))
		return;
	if (!may_reach(w, k))
		return;
	w->rewritten = infer_way_rewrites_at(&w->way, k);
	(void)walk_step(w, &steps[k], true);
}

void infer_input_from_event(const struct drop_event *ev,
			    const struct packet_bytes *bytes,
			    struct infer_input *ret)
{
	*ret = (struct infer_input){
		.bytes = *bytes,
		.in = { .is_known = ev->origin == DROP_ORIGIN_SOFTWARE,
			.ifindex = ev->in.ifindex,
			.name = ev->in.name },
		.out = { .is_known = ev->out.ifindex != 0,
			 .ifindex = ev->out.ifindex,
			 .name = ev->out.name },
		.has_mark = ev->has & DROP_HAS_MARK,
		.mark = ev->netfilter.mark,
	};
}

int infer(const struct ruleset *rs, const struct infer_input *input,
	  struct infer_result *ret)
{
	struct walk w = {
		.result = ret,
		.work = INFER_WORK_MAX,
	};
	uint32_t possible;

	memset(ret, 0, sizeof(*ret));
	eval_packet_init(&w.packet, &input->bytes);
	w.error = infer_way_init(&w.way, rs, input, &w.packet);
	possible = infer_way_stages(&w.way);
	for (size_t i = 0; i < w.way.n_steps && w.error == 0 && w.work > 0; i++)
		if (w.way.steps[i].chain &&
		    (possible & INFER_STAGE_BIT(w.way.steps[i].stage)))
			try_step(&w, i);
	if (w.work == 0)
		ret->is_partial = true;
	ret->work = INFER_WORK_MAX - w.work;
	infer_way_done(&w.way);
	free(w.memos);
	return w.error;
}
