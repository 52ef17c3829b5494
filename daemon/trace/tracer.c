/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "decode-netfilter.h"
#include "hash.h"
#include "nft-drop.h"
#include "tracer.h"
#include "util.h"

#define BUCKETS (2U * TRACER_FLOWS_MAX)

void tracer_init(struct tracer *t, uint64_t seed, uint64_t marked_ns)
{
	*t = (struct tracer){ .seed = seed, .marked_ns = marked_ns };
	trace_ways_init(&t->ways);
}

static void rule_clear(struct tracer_rule *rule)
{
	free(rule->table);
	free(rule->chain);
	*rule = (struct tracer_rule){ 0 };
}

void tracer_done(struct tracer *t)
{
	for (uint32_t i = 0; i < t->n_flows; i++)
		rule_clear(&t->flows[i].rule);
	for (size_t i = 0; i < TRACER_SINGLES_MAX; i++)
		rule_clear(&t->singles[i].rule);
	free(t->flows);
	free(t->buckets);
	ruleset_unref(t->ruleset);
	tracer_init(t, 0, 0);
}

/* Clocks may be set back. */
static uint64_t elapsed(uint64_t since_ns, uint64_t now_ns)
{
	return now_ns > since_ns ? now_ns - since_ns : 0;
}

/* --- flows ---------------------------------------------------------------- */

static struct tracer_flow *flow_at(const struct tracer *t, uint32_t i)
{
	return i == 0 ? NULL : &t->flows[i - 1];
}

static uint32_t number_of(const struct tracer *t,
			  const struct tracer_flow *flow)
{
	return flow ? (uint32_t)(flow - t->flows) + 1 : 0;
}

static uint32_t hash_of(const struct tracer *t, const struct trace_flow *key)
{
	return (uint32_t)hash_bytes(t->seed, key, sizeof(*key));
}

static struct tracer_flow *find(const struct tracer *t,
				const struct trace_flow *key)
{
	struct tracer_flow *flow;

	if (!t->flows)
		return NULL;
	flow = flow_at(t, t->buckets[hash_of(t, key) % BUCKETS]);
	while (flow && memcmp(&flow->key, key, sizeof(*key)) != 0)
		flow = flow_at(t, flow->next);
	return flow;
}

static void set_state(struct tracer *t, struct tracer_flow *flow,
		      enum tracer_state state, uint64_t now_ns)
{
	t->n_wanted -= flow->state == TRACER_WANTED;
	t->n_wanted += state == TRACER_WANTED;
	t->n_repeated -= flow->state == TRACER_WANTED && flow->is_repeated;
	t->n_repeated += state == TRACER_WANTED && flow->is_repeated;
	flow->state = state;
	flow->since_ns = now_ns;
}

static void unlink_use(struct tracer *t, struct tracer_flow *flow)
{
	struct tracer_flow *older = flow_at(t, flow->older);
	struct tracer_flow *newer = flow_at(t, flow->newer);

	*(older ? &older->newer : &t->oldest) = flow->newer;
	*(newer ? &newer->older : &t->newest) = flow->older;
}

static void link_newest(struct tracer *t, struct tracer_flow *flow)
{
	struct tracer_flow *newest = flow_at(t, t->newest);
	uint32_t number = number_of(t, flow);

	flow->older = t->newest;
	flow->newer = 0;
	*(newest ? &newest->newer : &t->oldest) = number;
	t->newest = number;
}

static void forget_single(struct tracer_single *single)
{
	if (single->flow)
		single->flow->n_singles--;
	rule_clear(&single->rule);
	single->flow = NULL;
}

/* The flow whose last drop is longest ago, for another use. */
static struct tracer_flow *take_oldest(struct tracer *t)
{
	struct tracer_flow *flow = flow_at(t, t->oldest);
	uint32_t *at = &t->buckets[flow->hash % BUCKETS];

	while (*at != number_of(t, flow))
		at = &flow_at(t, *at)->next;
	*at = flow->next;
	unlink_use(t, flow);
	t->n_wanted -= flow->state == TRACER_WANTED;
	t->n_repeated -= flow->state == TRACER_WANTED && flow->is_repeated;
	rule_clear(&flow->rule);
	for (size_t i = 0; flow->n_singles > 0 && i < TRACER_SINGLES_MAX; i++)
		if (t->singles[i].flow == flow)
			forget_single(&t->singles[i]);
	return flow;
}

static bool make_room(struct tracer *t)
{
	if (t->flows)
		return true;
	t->flows = calloc(TRACER_FLOWS_MAX, sizeof(*t->flows));
	t->buckets = calloc(BUCKETS, sizeof(*t->buckets));
	if (t->flows && t->buckets)
		return true;
	free(t->flows);
	free(t->buckets);
	t->flows = NULL;
	t->buckets = NULL;
	return false;
}

/* NULL without memory. */
static struct tracer_flow *add(struct tracer *t, const struct trace_flow *key,
			       const struct packet *packet, uint64_t now_ns)
{
	struct tracer_flow *flow;
	uint32_t *bucket;

	if (!make_room(t))
		return NULL;
	flow = t->n_flows < TRACER_FLOWS_MAX ? &t->flows[t->n_flows++]
					     : take_oldest(t);
	*flow = (struct tracer_flow){
		.key = *key,
		.packet = *packet,
		.state = TRACER_WANTED,
		.since_ns = now_ns,
		.era = t->era,
		.hash = hash_of(t, key),
	};
	t->n_wanted++;
	bucket = &t->buckets[flow->hash % BUCKETS];
	flow->next = *bucket;
	*bucket = number_of(t, flow);
	link_newest(t, flow);
	return flow;
}

/* --- which ruleset it was ------------------------------------------------- */

static void set_ruleset(struct tracer *t, struct ruleset *rs)
{
	if (t->ruleset == rs)
		return;
	/* They point into it. */
	trace_ways_forget(&t->ways);
	ruleset_unref(t->ruleset);
	t->ruleset = rs ? ruleset_ref(rs) : NULL;
}

bool tracer_confirm(struct tracer *t, struct ruleset *rs, uint64_t ns,
		    uint64_t now_ns)
{
	uint32_t first = rs ? rs->generation - rs->n_own : 0;

	/* Nothing is new: it may be the same when it is known again. */
	if (!rs)
		return false;
	set_ruleset(t, rs);
	if (t->era > 0 && first == t->first) {
		t->until_ns = MAX(t->until_ns, ns);
		return false;
	}
	t->era++;
	t->first = first;
	t->from_ns = now_ns + TRACER_MARGIN_NS;
	t->until_ns = 0;
	trace_ways_forget(&t->ways);
	for (size_t i = 0; i < TRACER_SINGLES_MAX; i++)
		forget_single(&t->singles[i]);
	return true;
}

static bool is_confirmed(const struct tracer *t, uint64_t ns)
{
	return ns >= t->from_ns && ns <= t->until_ns;
}

/* --- drops ---------------------------------------------------------------- */

static void attribute(struct tracer *t, const struct tracer_rule *rule,
		      struct drop_event *ev)
{
	const struct nft_drop_rule found = {
		.family = rule->family,
		.hook = netfilter_hook_name(rule->family, rule->hook),
		.table = rule->table,
		.table_handle = rule->table_handle,
		.chain = rule->chain,
		.handle = rule->handle,
		.generation = t->ruleset ? t->ruleset->generation : 0,
	};

	nft_drop_set_rule(ev, &found, DROP_ATTRIBUTION_TRACED);
	ev->netns = t->netns;
	t->n_attributed += ev->count;
}

/* The packet's own trace: its headers begin somewhere in @bytes. */
static struct tracer_single *find_single(struct tracer *t,
					 const struct tracer_flow *flow,
					 const struct packet_bytes *bytes)
{
	if (flow->n_singles == 0 || !bytes || !bytes->data)
		return NULL;
	for (size_t i = 0; i < TRACER_SINGLES_MAX; i++) {
		struct tracer_single *single = &t->singles[i];

		if (single->flow == flow &&
		    memmem(bytes->data, bytes->len, single->bytes, single->len))
			return single;
	}
	return NULL;
}

/* And for long enough, so that none of its packets is missed. */
static bool is_marked(const struct tracer *t, const struct tracer_flow *flow,
		      uint64_t now_ns)
{
	return flow->marked_until_ns >= now_ns + t->marked_ns / 2;
}

/* Is what is known of the flow to be asked for again? */
static bool is_stale(const struct tracer *t, const struct tracer_flow *flow,
		     uint64_t now_ns)
{
	uint64_t age = elapsed(flow->since_ns, now_ns);

	if (flow->state == TRACER_WANTED)
		return false;
	if (flow->era != t->era)
		return true;
	switch (flow->state) {
	case TRACER_MARKED:
		return age > 2 * t->marked_ns;
	case TRACER_KNOWN:
		return age > TRACER_KNOWN_NS;
	default:
		return !is_marked(t, flow, now_ns);
	}
}

static void forget_rule(struct tracer *t, struct tracer_flow *flow)
{
	rule_clear(&flow->rule);
	memset(flow->pending, 0, sizeof(flow->pending));
	flow->is_single = flow->era == t->era && flow->is_single;
	flow->era = t->era;
}

static void repeat(struct tracer *t, struct tracer_flow *flow)
{
	if (flow->is_repeated)
		return;
	flow->is_repeated = true;
	t->n_repeated += flow->state == TRACER_WANTED;
}

struct tracer_flow *tracer_drop(struct tracer *t, struct drop_event *ev,
				const struct packet_bytes *bytes)
{
	struct tracer_single *single;
	struct tracer_flow *flow;
	struct trace_flow key;

	if (!nft_drop_is_one(ev) ||
	    !trace_flow_init(&key, &ev->packet, ev->in.ifindex))
		return NULL;
	flow = find(t, &key);
	if (!flow)
		return add(t, &key, &ev->packet, ev->timestamp_ns);
	unlink_use(t, flow);
	link_newest(t, flow);
	repeat(t, flow);
	if (is_stale(t, flow, ev->timestamp_ns)) {
		/* It holds until another trace tells something else. */
		if (flow->state != TRACER_KNOWN || flow->era != t->era)
			forget_rule(t, flow);
		set_state(t, flow,
			  is_marked(t, flow, ev->timestamp_ns) ? TRACER_MARKED
							       : TRACER_WANTED,
			  ev->timestamp_ns);
	}
	if (!is_confirmed(t, ev->timestamp_ns))
		return flow;
	if (flow->rule.table) {
		attribute(t, &flow->rule, ev);
		return flow;
	}
	single = find_single(t, flow, bytes);
	if (single) {
		attribute(t, &single->rule, ev);
		forget_single(single);
	}
	return flow;
}

/* The place of a guess, or a free one; NULL: there is none. */
static struct tracer_pending *find_pending(struct tracer_flow *flow,
					   const struct aggregate_rule *from)
{
	for (size_t i = 0; i < TRACER_GUESSES_MAX; i++)
		if (!flow->pending[i].from || flow->pending[i].from == from)
			return &flow->pending[i];
	return NULL;
}

static int take_pending(struct tracer *t, struct tracer_flow *flow,
			struct tracer_pending *ret)
{
	for (size_t i = 0; i < TRACER_GUESSES_MAX; i++) {
		struct tracer_pending *pending = &flow->pending[i];

		if (!pending->from)
			continue;
		*ret = *pending;
		*pending = (struct tracer_pending){ 0 };
		t->n_moved += ret->packets;
		t->n_attributed += ret->packets;
		return 1;
	}
	return 0;
}

int tracer_counted(struct tracer *t, struct tracer_flow *flow,
		   const struct drop_event *ev, struct aggregate_rule *rule,
		   struct tracer_pending *ret)
{
	struct tracer_pending *pending;

	if (ev->attribution == DROP_ATTRIBUTION_TRACED)
		return flow->rule.table && rule ? take_pending(t, flow, ret)
						: 0;
	if (!rule || flow->era != t->era || !is_confirmed(t, ev->timestamp_ns))
		return 0;
	pending = find_pending(flow, rule);
	/* Too many guesses were made: this one stays where it is. */
	if (!pending)
		return 0;
	if (!pending->from)
		*pending =
			(struct tracer_pending){ .from = rule,
						 .first_ns = ev->timestamp_ns };
	pending->packets += ev->count;
	pending->bytes += ev->count * ev->length;
	pending->first_ns = MIN(pending->first_ns, ev->timestamp_ns);
	pending->last_ns = MAX(pending->last_ns, ev->timestamp_ns);
	return 0;
}

/* --- marks ---------------------------------------------------------------- */

const struct packet *tracer_next(struct tracer *t, uint64_t now_ns,
				 bool repeated, bool *ret_again)
{
	struct tracer_flow *flow = flow_at(t, t->newest);

	repeated |= t->n_repeated > 0;
	if ((repeated ? t->n_repeated : t->n_wanted) == 0)
		return NULL;
	/* Who dropped something last comes first. */
	while (flow && (flow->state != TRACER_WANTED ||
			(repeated && !flow->is_repeated)))
		flow = flow_at(t, flow->older);
	if (!flow)
		return NULL;
	set_state(t, flow, TRACER_MARKED, now_ns);
	*ret_again = flow->marked_until_ns > now_ns;
	flow->marked_until_ns = now_ns + t->marked_ns;
	return &flow->packet;
}

void tracer_unmark(struct tracer *t, const struct packet *packet)
{
	for (uint32_t i = 0; i < t->n_flows; i++)
		if (&t->flows[i].packet == packet)
			t->flows[i].marked_until_ns = 0;
}

void tracer_unmark_all(struct tracer *t)
{
	for (uint32_t i = 0; i < t->n_flows; i++)
		t->flows[i].marked_until_ns = 0;
}

uint32_t tracer_count_marked(const struct tracer *t, uint64_t now_ns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n_flows; i++)
		n += t->flows[i].marked_until_ns > now_ns &&
		     t->flows[i].state != TRACER_KNOWN;
	return n;
}

/* --- traces --------------------------------------------------------------- */

static bool is_rule(const struct tracer_rule *rule,
		    const struct trace_message *m)
{
	return rule->handle == m->rule_handle && rule->family == m->family &&
	       strcmp(rule->table, m->table) == 0 &&
	       strcmp(rule->chain, m->chain) == 0;
}

/* False without memory. */
static bool set_rule(struct tracer_rule *rule, const struct trace_message *m,
		     const struct trace_way *way)
{
	struct tracer_rule new = {
		.table_handle = way->table ? way->table->handle : 0,
		.handle = m->type == TRACE_RULE ? m->rule_handle : 0,
		.family = m->family,
		.hook = way->hook,
		.table = strdup(m->table),
		.chain = strdup(m->chain),
	};

	rule_clear(rule);
	if (!new.table || !new.chain) {
		rule_clear(&new);
		return false;
	}
	*rule = new;
	return true;
}

static void learn_single(struct tracer *t, struct tracer_flow *flow,
			 const struct trace_message *m,
			 const struct trace_way *way)
{
	struct tracer_single *single =
		&t->singles[t->next_single++ % TRACER_SINGLES_MAX];

	forget_single(single);
	if (!set_rule(&single->rule, m, way))
		return;
	single->flow = flow;
	flow->n_singles++;
	memcpy(single->bytes, way->bytes, way->len);
	single->len = way->len;
}

static const struct packet *learn(struct tracer *t, struct tracer_flow *flow,
				  const struct trace_message *m,
				  const struct trace_way *way, uint64_t now_ns)
{
	bool contradicts = flow->rule.table && flow->era == t->era &&
			   !is_rule(&flow->rule, m);

	if (flow->era != t->era)
		forget_rule(t, flow);
	if (trace_way_is_of_flow(way) && !contradicts && !flow->is_single) {
		if (!flow->rule.table && !set_rule(&flow->rule, m, way))
			return NULL;
		set_state(t, flow, TRACER_KNOWN, now_ns);
		return &flow->packet;
	}
	forget_rule(t, flow);
	flow->is_single = true;
	set_state(t, flow, TRACER_SINGLE, now_ns);
	learn_single(t, flow, m, way);
	return NULL;
}

const struct packet *
tracer_trace(struct tracer *t, const struct trace_message *m, uint64_t now_ns)
{
	const struct trace_way *way;
	struct tracer_flow *flow;

	if (!t->ruleset)
		return NULL;
	way = trace_ways_add(&t->ways, m, t->ruleset);
	if (!way)
		return NULL;
	flow = find(t, &way->flow);
	if (!flow)
		return NULL;
	t->n_traced++;
	return learn(t, flow, m, way, now_ns);
}

void tracer_lost(struct tracer *t)
{
	trace_ways_forget(&t->ways);
}
