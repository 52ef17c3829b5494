/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "infer-stages.h"

/* Priorities of linux/netfilter_ipv4.h. */
#define PRIORITY_DEFRAG	 (-400)
#define PRIORITY_DST_NAT (-100)
#define PRIORITY_SRC_NAT 100
#define PRIORITY_LAST	 INT32_MAX

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

const char *infer_stage_to_string(enum infer_stage stage)
{
	return stage < _INFER_STAGE_MAX ? stages[stage].name : "";
}

/*
 * Of equal priorities, what was made later comes first: nf_hook_entries_grow()
 * of net/netfilter/core.c. In one table, handles tell; otherwise it is not
 * known.
 */
static bool is_made_later(const struct infer_step *a,
			  const struct infer_step *b)
{
	return a->table == b->table && a->chain && b->chain &&
	       a->stage != INFER_INGRESS && a->stage != INFER_EGRESS &&
	       a->chain->handle > b->chain->handle;
}

bool infer_way_is_before(const struct infer_way *w, const struct infer_step *a,
			 const struct infer_step *b)
{
	if (a->stage == b->stage)
		return a->priority < b->priority ||
		       (a->priority == b->priority && is_made_later(a, b));
	return infer_stages_before(w, b->stage) & INFER_STAGE_BIT(a->stage);
}

/*
 * NAT is done behind its rules, whatever their priorities: they are called by
 * nf_nat_inet_fn().
 */
static bool is_nat_behind(const struct infer_step *nat,
			  const struct infer_step *rules)
{
	return !nat->chain && nat->stage == rules->stage &&
	       !(nat->may_rewrite & ~(uint32_t)RULE_REWRITES_NAT) &&
	       rules->chain && strcmp(rules->chain->type, "nat") == 0;
}

bool infer_way_is_maybe_before(const struct infer_way *w,
			       const struct infer_step *a,
			       const struct infer_step *b)
{
	if (is_nat_behind(a, b))
		return false;
	if (a->stage == b->stage)
		return a->priority <= b->priority;
	return infer_stages_maybe_before(w, b->stage) &
	       INFER_STAGE_BIT(a->stage);
}

/* Where the steps begin that are at the same place as that before @end. */
size_t infer_way_group_start(const struct infer_way *w, size_t end)
{
	const struct infer_step *last = &w->steps[end - 1];

	while (end > 0 && w->steps[end - 1].stage == last->stage &&
	       w->steps[end - 1].priority == last->priority)
		end--;
	return end;
}

/* What is rewritten at the @k'th step's place. */
uint32_t infer_way_rewrites_at(const struct infer_way *w, size_t k)
{
	uint32_t rewrites = 0;

	for (size_t i = 0; i < w->n_steps; i++)
		if (w->steps[i].stage == w->steps[k].stage &&
		    w->steps[i].priority == w->steps[k].priority &&
		    !is_nat_behind(&w->steps[i], &w->steps[k]))
			rewrites |= w->steps[i].rewrites;
	return rewrites;
}

static struct eval_port port_of(bool has, const struct eval_port *port)
{
	return has ? *port : (struct eval_port){ .is_known = true };
}

/* What a base chain's expressions are given. */
void infer_way_enter(const struct infer_way *w, const struct infer_step *step,
		     struct eval_hook *hook)
{
	const struct stage *stage = &stages[step->stage];
	const struct infer_input *input = w->input;

	*hook = (struct eval_hook){
		.packet = w->packet,
		.nfproto = step->table->family,
		.is_ip = stage->is_ip,
		.is_received = stage->is_received,
		.in = port_of(stage->has_in, &input->in),
		.out = port_of(stage->has_out, &input->out),
		.has_address = input->has_address,
		.has_mark = input->has_mark,
		.mark = input->mark,
	};
	if (!hook->out.is_known && w->has_way &&
	    (step->stage == INFER_FORWARD || step->stage == INFER_POSTROUTING))
		hook->out = input->way_out;
	if (step->table->family == NFPROTO_INET ||
	    step->table->family == NFPROTO_IPV4 ||
	    step->table->family == NFPROTO_IPV6)
		hook->nfproto = w->packet->nfproto;
	if (stage->is_ip && input->in.is_known && input->in.ifindex == 0) {
		hook->is_made = true;
		/* ip_output() takes skb->dev, which a tunnel may have set. */
		if (step->stage == INFER_POSTROUTING)
			hook->in.is_known = false;
	} else if (step->stage == INFER_POSTROUTING && input->in.is_known) {
		hook->is_received = true;
	}
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
static bool is_of_family(const struct infer_way *w, uint8_t family)
{
	uint8_t nfproto = w->packet->nfproto;

	if (!w->packet->is_nfproto_known)
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

static bool is_of_device(const struct infer_way *w, const struct chain *chain,
			 enum infer_stage stage)
{
	const struct eval_port *port = stage == INFER_EGRESS ? &w->input->out
							     : &w->input->in;

	if ((stage != INFER_EGRESS && stage != INFER_INGRESS) ||
	    !chain->devices || !port->is_known || !port->name || !port->name[0])
		return true;
	return has_device(chain->devices, port->name);
}

static void add_step(struct infer_way *w, const struct infer_step *step)
{
	size_t more = MAX(w->n_allocated * 2, 64UL);
	struct infer_step *steps;

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
static bool add_chain(struct infer_way *w, struct table *table,
		      struct chain *chain, uint32_t may_rewrite)
{
	struct infer_step step = {
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
static void add_kernel(struct infer_way *w, bool has_nat, bool has_ct)
{
	static const struct {
		struct infer_step step;
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
		    .may_rewrite = RULE_REWRITES_DESTINATION },
		  true },
		{ { .stage = INFER_OUTPUT,
		    .priority = PRIORITY_DST_NAT,
		    .may_rewrite = RULE_REWRITES_DESTINATION },
		  true },
		{ { .stage = INFER_INPUT,
		    .priority = PRIORITY_SRC_NAT,
		    .may_rewrite = RULE_REWRITES_SOURCE },
		  true },
		{ { .stage = INFER_POSTROUTING,
		    .priority = PRIORITY_SRC_NAT,
		    .may_rewrite = RULE_REWRITES_SOURCE },
		  true },
	};

	/* ip_local_deliver() does it for who has no conntrack. */
	static const struct infer_step reassembly = {
		.stage = INFER_INPUT,
		.priority = INT32_MIN,
		.may_rewrite = RULE_REWRITES_PACKET | RULE_REWRITES_LENGTH,
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (has_nat || !steps[i].is_nat)
			add_step(w, &steps[i].step);
	if (!has_ct && w->packet->nfproto == NFPROTO_IPV4)
		add_step(w, &reassembly);
}

static int compare_steps(const void *a, const void *b)
{
	const struct infer_step *x = a, *y = b;

	if (x->stage != y->stage)
		return x->stage < y->stage ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return 0;
}

/*
 * What some rule of it changes of a packet. What NAT does is a step of its own
 * (add_kernel()): its rules only say what is to be done, for a connection.
 */
static uint32_t table_rewrites(const struct table *table)
{
	static const uint32_t other = RULE_REWRITES_NETWORK |
				      RULE_REWRITES_TRANSPORT;
	uint32_t rewrites = 0, rule;

	for (size_t c = 0; c < table->n_chains; c++) {
		const struct chain *chain = table->chains[c];

		for (size_t i = 0; i < chain->n_rules; i++) {
			rule = chain->rules[i]->program
				       ? chain->rules[i]->program->rewrites
				       : (uint32_t)RULE_REWRITES_ALL;
			if (!(rule & other))
				rule &= ~(uint32_t)RULE_REWRITES_NAT;
			rewrites |= rule;
		}
	}
	return rewrites;
}

/* Is conntrack there for it, and puts fragments together in prerouting? */
static bool needs_ct(const struct table *table)
{
	if (table->family != NFPROTO_INET && table->family != NFPROTO_IPV4)
		return false;
	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c]->n_rules; i++)
			if (table->chains[c]->rules[i]->program &&
			    table->chains[c]->rules[i]->program->needs_ct)
				return true;
	return false;
}

int infer_way_init(struct infer_way *w, const struct ruleset *rs,
		   const struct infer_input *input,
		   const struct eval_packet *packet)
{
	uint32_t may_rewrite;
	bool has_nat = false, has_ct = false;

	*w = (struct infer_way){ .input = input, .packet = packet };
	for (size_t t = 0; t < rs->n_tables; t++) {
		struct table *table = rs->tables[t];

		if (!is_of_family(w, table->family))
			continue;
		may_rewrite = table_rewrites(table);
		has_ct |= needs_ct(table);
		for (size_t c = 0; c < table->n_chains; c++)
			has_nat |= add_chain(w, table, table->chains[c],
					     may_rewrite);
	}
	add_kernel(w, has_nat, has_ct);
	if (w->error < 0)
		return w->error;
	qsort(w->steps, w->n_steps, sizeof(*w->steps), compare_steps);
	w->has_way = infer_has_way(w);
	return 0;
}

void infer_way_done(struct infer_way *w)
{
	free(w->steps);
}
