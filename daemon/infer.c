/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "infer.h"

/* NFT_JUMP_STACK_SIZE; the kernel counts gotos, too, when rules are made. */
#define DEPTH_MAX 16

/* Priorities of linux/netfilter_ipv4.h. */
#define PRIORITY_DEFRAG	 (-400)
#define PRIORITY_DST_NAT (-100)
#define PRIORITY_SRC_NAT 100
#define PRIORITY_LAST	 INT32_MAX

#define BIT(stage)	 INFER_STAGE_BIT(INFER_##stage)

/* What a chain may do with the packet. */
enum {
	MAY_CONTINUE = 1 << 0, /* it comes back to whoever jumped here */
	MAY_ACCEPT = 1 << 1,
	MAY_DROP = 1 << 2,
	MAY_ALL = MAY_CONTINUE | MAY_ACCEPT | MAY_DROP,
};

static const struct stage {
	const char *name;
	bool is_ip, is_received;
	bool has_in, has_out; /* the hook is given such devices */
} stages[] = {
	[INFER_INGRESS] = { "ingress", false, true, true, false },
	[INFER_BRIDGE_PREROUTING] = { "prerouting", false, true, true, false },
	[INFER_BRIDGE_INPUT] = { "input", false, true, true, false },
	[INFER_BRIDGE_FORWARD] = { "forward", false, true, true, true },
	[INFER_BRIDGE_OUTPUT] = { "output", false, false, false, true },
	[INFER_BRIDGE_POSTROUTING] = { "postrouting", false, false, false,
				       true },
	[INFER_ARP_INPUT] = { "input", false, true, true, false },
	[INFER_ARP_FORWARD] = { "forward", false, true, true, true },
	[INFER_ARP_OUTPUT] = { "output", false, false, false, true },
	[INFER_PREROUTING] = { "prerouting", true, true, true, false },
	[INFER_INPUT] = { "input", true, true, true, false },
	[INFER_FORWARD] = { "forward", true, true, true, true },
	[INFER_OUTPUT] = { "output", true, false, false, true },
	[INFER_POSTROUTING] = { "postrouting", true, false, true, true },
	[INFER_EGRESS] = { "egress", false, false, false, true },
};

/* A base chain on the packet's way, or what the kernel does between them. */
struct step {
	struct table *table;
	struct chain *chain; /* NULL: see rewrites */
	enum infer_stage stage;
	int32_t priority;
	/* RULE_REWRITES_*: of any packet, of this one, and as was found last.
	 */
	uint32_t may_rewrite, rewrites, found;
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
	const struct infer_input *input;
	struct infer_result *result;
	struct eval_packet packet;
	struct step *steps;
	size_t n_steps, n_allocated;
	struct memo *memos;
	size_t n_memos, memos_size; /* a power of two */
	uint32_t work;
	int error;
	/* Of the present base chain. */
	struct eval_hook hook;
	const struct step *step;
	uint32_t rewritten;
	bool records;
	uint32_t rewrites; /* that it may do */
	uint64_t base_why;
};

const char *infer_stage_to_string(enum infer_stage stage)
{
	return stage < _INFER_STAGE_MAX ? stages[stage].name : "";
}

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

/* @device is one of "eth0, eth1"; newer kernels have prefixes there, too. */
static bool has_device(const char *devices, const char *device)
{
	size_t len;

	for (; *devices; devices += len) {
		devices += strspn(devices, ", ");
		len = strcspn(devices, ",");
		if (len > 0 && strncmp(devices, device, len) == 0)
			return true;
	}
	return false;
}

static struct eval_port port_of(bool has, const struct eval_port *port)
{
	return has ? *port : (struct eval_port){ .is_known = true };
}

/* What a base chain's expressions are given. */
static void enter(struct walk *w, const struct step *step)
{
	const struct stage *stage = &stages[step->stage];
	const struct infer_input *input = w->input;
	struct eval_hook *hook = &w->hook;

	*hook = (struct eval_hook){
		.packet = &w->packet,
		.nfproto = step->table->family,
		.is_ip = stage->is_ip,
		.is_received = stage->is_received,
		.in = port_of(stage->has_in, &input->in),
		.out = port_of(stage->has_out, &input->out),
		.has_mark = input->has_mark,
		.mark = input->mark,
	};
	if (step->table->family == NFPROTO_INET ||
	    step->table->family == NFPROTO_IPV4 ||
	    step->table->family == NFPROTO_IPV6)
		hook->nfproto = w->packet.nfproto;
	if (stage->is_ip && input->in.is_known && input->in.ifindex == 0) {
		hook->is_made = true;
		/* ip_output() takes skb->dev, which a tunnel may have set. */
		if (step->stage == INFER_POSTROUTING)
			hook->in.is_known = false;
	} else if (step->stage == INFER_POSTROUTING && input->in.is_known) {
		hook->is_received = true;
	}
	w->step = step;
	w->base_why = 0;
	if (step->chain->type && strcmp(step->chain->type, "nat") == 0)
		w->base_why = UNKNOWN_BIT(UNKNOWN_NEW_CONNECTION);
}

/* What the base chain of @step does, with its policy. */
static unsigned int walk_step(struct walk *w, struct step *step, bool records)
{
	unsigned int outcome;

	enter(w, step);
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

/* The stages before @stage that the packet has passed, for certain. */
static uint32_t stages_before(const struct walk *w, enum infer_stage stage)
{
	const struct eval_port *in = &w->input->in;
	bool is_made = in->is_known && in->ifindex == 0;
	bool came = in->is_known && in->ifindex != 0;
	uint32_t ingress = came && in->name && in->name[0] ? BIT(INGRESS) : 0;

	switch (stage) {
	case INFER_PREROUTING:
		return ingress;
	case INFER_INPUT:
	case INFER_FORWARD:
		return BIT(PREROUTING) | ingress;
	case INFER_POSTROUTING:
		return is_made ? BIT(OUTPUT)
		       : came  ? BIT(PREROUTING) | BIT(FORWARD) | ingress
			       : 0;
	default:
		return 0;
	}
}

/* Those that may have been before, and rewrote something. */
static uint32_t stages_maybe_before(const struct walk *w,
				    enum infer_stage stage)
{
	switch (stage) {
	case INFER_POSTROUTING:
		return BIT(INGRESS) | BIT(PREROUTING) | BIT(FORWARD) |
		       BIT(OUTPUT);
	default:
		return stages_before(w, stage);
	}
}

/*
 * Of equal priorities, what was made later comes first: nf_hook_entries_grow() of
 * net/netfilter/core.c. In one table, handles tell; otherwise it is not known.
 */
static bool is_made_later(const struct step *a, const struct step *b)
{
	return a->table == b->table && a->chain && b->chain &&
	       a->stage != INFER_INGRESS && a->stage != INFER_EGRESS &&
	       a->chain->handle > b->chain->handle;
}

static bool is_before(const struct walk *w, const struct step *a,
		      const struct step *b)
{
	if (a->stage == b->stage)
		return a->priority < b->priority ||
		       (a->priority == b->priority && is_made_later(a, b));
	return stages_before(w, b->stage) & INFER_STAGE_BIT(a->stage);
}

static bool is_maybe_before(const struct walk *w, const struct step *a,
			    const struct step *b)
{
	if (a->stage == b->stage)
		return a->priority <= b->priority;
	return stages_maybe_before(w, b->stage) & INFER_STAGE_BIT(a->stage);
}

/* Where the steps begin that are at the same place as that before @end. */
static size_t group_start(const struct walk *w, size_t end)
{
	const struct step *last = &w->steps[end - 1];

	while (end > 0 && w->steps[end - 1].stage == last->stage &&
	       w->steps[end - 1].priority == last->priority)
		end--;
	return end;
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

	while (end < w->n_steps && group_start(w, end + 1) <= k)
		end++;
	for (; end > 0 && w->work > 0 && reached; end = start) {
		start = group_start(w, end);
		for (size_t i = start; i < end; i++)
			if (is_maybe_before(w, &w->steps[i], &w->steps[k]))
				rewritten |= w->steps[i].rewrites;
		w->rewritten = rewritten;
		for (size_t i = start; i < end && w->work > 0; i++) {
			struct step *s = &w->steps[i];

			w->work--;
			if (s->chain && is_before(w, s, &w->steps[k]) &&
			    !(walk_step(w, s, false) & MAY_ACCEPT))
				reached = false;
		}
	}
	return reached;
}

/* What is rewritten at the @k'th step's place. */
static uint32_t rewrites_at(const struct walk *w, size_t k)
{
	uint32_t rewrites = 0;

	for (size_t i = 0; i < w->n_steps; i++)
		if (w->steps[i].stage == w->steps[k].stage &&
		    w->steps[i].priority == w->steps[k].priority)
			rewrites |= w->steps[i].rewrites;
	return rewrites;
}

/*
 * Looks at a base chain, as if the packet was dropped there. Any of the table's
 * rules may have rewritten it on the way: what is rewritten then decides which
 * rules it met, and only these do it.
 */
static void try_step(struct walk *w, size_t k)
{
	for (size_t i = 0; i < w->n_steps; i++)
		w->steps[i].rewrites = w->steps[i].may_rewrite;
	w->work -= (uint32_t)MIN(w->n_steps, w->work);
	w->rewritten = rewrites_at(w, k);
	(void)walk_step(w, &w->steps[k], false);
	if (!may_reach(w, k) && w->work > 0)
		return;
	for (size_t i = 0; i <= k; i++)
		if (w->steps[i].chain &&
		    (i == k || is_before(w, &w->steps[i], &w->steps[k])))
			w->steps[i].rewrites &= w->steps[i].found;
	if (!may_reach(w, k) && w->work > 0)
		return;
	w->rewritten = rewrites_at(w, k);
	(void)walk_step(w, &w->steps[k], true);
}

/* The stage of a base chain; _INFER_STAGE_MAX for one that is not known. */
static enum infer_stage stage_of(uint8_t family, uint32_t hook)
{
	static const uint8_t ip[] = { INFER_PREROUTING,	 INFER_INPUT,
				      INFER_FORWARD,	 INFER_OUTPUT,
				      INFER_POSTROUTING, INFER_INGRESS };
	static const uint8_t bridge[] = { INFER_BRIDGE_PREROUTING,
					  INFER_BRIDGE_INPUT,
					  INFER_BRIDGE_FORWARD,
					  INFER_BRIDGE_OUTPUT,
					  INFER_BRIDGE_POSTROUTING };
	static const uint8_t arp[] = { INFER_ARP_INPUT, INFER_ARP_OUTPUT,
				       INFER_ARP_FORWARD };
	static const uint8_t netdev[] = { INFER_INGRESS, INFER_EGRESS };
	static const struct {
		const uint8_t *stages;
		size_t n;
	} families[] = {
		[NFPROTO_INET] = { ip, ARRAY_SIZE(ip) },
		[NFPROTO_IPV4] = { ip, ARRAY_SIZE(ip) - 1 },
		[NFPROTO_IPV6] = { ip, ARRAY_SIZE(ip) - 1 },
		[NFPROTO_BRIDGE] = { bridge, ARRAY_SIZE(bridge) },
		[NFPROTO_ARP] = { arp, ARRAY_SIZE(arp) },
		[NFPROTO_NETDEV] = { netdev, ARRAY_SIZE(netdev) },
	};

	if (family >= ARRAY_SIZE(families) || hook >= families[family].n)
		return _INFER_STAGE_MAX;
	return families[family].stages[hook];
}

/* Does a table of that family get such packets? */
static bool is_of_family(const struct walk *w, uint8_t family)
{
	uint8_t nfproto = w->packet.nfproto;

	if (!w->packet.is_nfproto_known)
		return true;
	switch (family) {
	case NFPROTO_INET:
		return nfproto == NFPROTO_IPV4 || nfproto == NFPROTO_IPV6;
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_ARP:
		return nfproto == family;
	default:
		return true;
	}
}

static bool is_of_device(const struct walk *w, const struct chain *chain,
			 enum infer_stage stage)
{
	const struct eval_port *port = stage == INFER_EGRESS ? &w->input->out
							     : &w->input->in;

	if ((stage != INFER_EGRESS && stage != INFER_INGRESS) ||
	    !chain->devices || !port->is_known || !port->name || !port->name[0])
		return true;
	return has_device(chain->devices, port->name);
}

static void add_step(struct walk *w, const struct step *step)
{
	size_t more = MAX(w->n_allocated * 2, 64UL);
	struct step *steps;

	if (w->n_steps == w->n_allocated) {
		steps = reallocarray(w->steps, more, sizeof(*steps));
		if (!steps) {
			w->error = -ENOMEM;
			return;
		}
		w->steps = steps;
		w->n_allocated = more;
	}
	w->steps[w->n_steps++] = *step;
}

/* Returns whether it is one of NAT's. */
static bool add_chain(struct walk *w, struct table *table, struct chain *chain,
		      uint32_t may_rewrite)
{
	struct step step = {
		.table = table,
		.chain = chain,
		.priority = chain->priority,
		.may_rewrite = may_rewrite,
	};

	if (!chain->type)
		return false;
	step.stage = stage_of(table->family, chain->hook);
	if (step.stage == _INFER_STAGE_MAX)
		return false;
	if (is_of_device(w, chain, step.stage))
		add_step(w, &step);
	return strcmp(chain->type, "nat") == 0;
}

/* What the kernel itself changes on the way. */
static void add_kernel(struct walk *w, bool has_nat)
{
	static const struct {
		struct step step;
		bool is_nat;
	} steps[] = {
		/* VLAN tags, Ethernet's padding. */
		{ { .stage = INFER_INGRESS,
		    .priority = PRIORITY_LAST,
		    .may_rewrite = RULE_REWRITES_LINK | RULE_REWRITES_LENGTH },
		  false },
		/* Fragments become one packet. */
		{ { .stage = INFER_PREROUTING,
		    .priority = PRIORITY_DEFRAG,
		    .may_rewrite = RULE_REWRITES_PACKET |
				   RULE_REWRITES_LENGTH },
		  false },
		{ { .stage = INFER_OUTPUT,
		    .priority = PRIORITY_DEFRAG,
		    .may_rewrite = RULE_REWRITES_PACKET |
				   RULE_REWRITES_LENGTH },
		  false },
		/* ip_forward(); of INPUT, nothing is known to be before. */
		{ { .stage = INFER_FORWARD,
		    .priority = INT32_MIN,
		    .may_rewrite = RULE_REWRITES_TTL | RULE_REWRITES_META },
		  false },
		{ { .stage = INFER_PREROUTING,
		    .priority = PRIORITY_DST_NAT,
		    .may_rewrite = RULE_REWRITES_NAT },
		  true },
		{ { .stage = INFER_OUTPUT,
		    .priority = PRIORITY_DST_NAT,
		    .may_rewrite = RULE_REWRITES_NAT },
		  true },
		{ { .stage = INFER_INPUT,
		    .priority = PRIORITY_SRC_NAT,
		    .may_rewrite = RULE_REWRITES_NAT },
		  true },
		{ { .stage = INFER_POSTROUTING,
		    .priority = PRIORITY_SRC_NAT,
		    .may_rewrite = RULE_REWRITES_NAT },
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (has_nat || !steps[i].is_nat)
			add_step(w, &steps[i].step);
}

static int compare_steps(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->stage != y->stage)
		return x->stage < y->stage ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return 0;
}

/* What some rule of it changes of a packet. */
static uint32_t table_rewrites(const struct table *table)
{
	uint32_t rewrites = 0;

	for (size_t c = 0; c < table->n_chains; c++) {
		const struct chain *chain = table->chains[c];

		for (size_t i = 0; i < chain->n_rules; i++)
			rewrites |= chain->rules[i]->program
					    ? chain->rules[i]->program->rewrites
					    : (uint32_t)RULE_REWRITES_ALL;
	}
	return rewrites;
}

static void find_steps(struct walk *w, const struct ruleset *rs)
{
	uint32_t may_rewrite;
	bool has_nat = false;

	for (size_t t = 0; t < rs->n_tables; t++) {
		struct table *table = rs->tables[t];

		if (!is_of_family(w, table->family))
			continue;
		may_rewrite = table_rewrites(table);
		for (size_t c = 0; c < table->n_chains; c++)
			has_nat |= add_chain(w, table, table->chains[c],
					     may_rewrite);
	}
	add_kernel(w, has_nat);
	if (w->error == 0)
		qsort(w->steps, w->n_steps, sizeof(*w->steps), compare_steps);
}

/* Where it can have been dropped. */
static uint32_t possible_stages(const struct walk *w)
{
	static const uint32_t made = BIT(OUTPUT) | BIT(POSTROUTING) |
				     BIT(EGRESS) | BIT(BRIDGE_OUTPUT) |
				     BIT(BRIDGE_POSTROUTING) | BIT(ARP_OUTPUT);
	static const uint32_t never = BIT(OUTPUT) | BIT(BRIDGE_OUTPUT) |
				      BIT(ARP_OUTPUT);
	const struct infer_input *input = w->input;
	uint32_t all = INFER_STAGE_BIT(_INFER_STAGE_MAX) - 1;

	if (input->stages != 0)
		return input->stages;
	if (!input->in.is_known)
		return all;
	if (input->in.ifindex == 0)
		return made;
	/* IPsec's packets keep the device by which the clear one came. */
	if (w->packet.transport != EVAL_HERE ||
	    w->packet.l4proto == IPPROTO_ESP || w->packet.l4proto == IPPROTO_AH)
		return all;
	return all & ~never;
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
		.input = input,
		.result = ret,
		.work = INFER_WORK_MAX,
	};
	uint32_t possible;

	memset(ret, 0, sizeof(*ret));
	eval_packet_init(&w.packet, &input->bytes);
	find_steps(&w, rs);
	possible = possible_stages(&w);
	for (size_t i = 0; i < w.n_steps && w.error == 0 && w.work > 0; i++)
		if (w.steps[i].chain &&
		    (possible & INFER_STAGE_BIT(w.steps[i].stage)))
			try_step(&w, i);
	if (w.work == 0)
		ret->is_partial = true;
	ret->work = INFER_WORK_MAX - w.work;
	free(w.steps);
	free(w.memos);
	return w.error;
}
