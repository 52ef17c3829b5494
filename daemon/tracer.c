/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "hash.h"
#include "ruleset.h"
#include "tracer.h"
#include "util.h"

#define BUCKETS (2U * TRACER_FLOWS_MAX)

void tracer_init(struct tracer *t, uint64_t seed)
{
	*t = (struct tracer){ .seed = seed };
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
	free(t->flows);
	free(t->buckets);
	tracer_init(t, 0);
}

/* --- flows ---------------------------------------------------------------- */

static bool make_key(const struct packet *p, uint32_t iif,
		     struct tracer_key *ret)
{
	const uint16_t needs = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL;

	if ((p->has & needs) != needs || (p->network != PACKET_NETWORK_IPV4 &&
					  p->network != PACKET_NETWORK_IPV6))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->saddr = p->saddr;
	ret->daddr = p->daddr;
	ret->iif = iif;
	ret->dport = p->dport;
	ret->network = p->network;
	ret->protocol = p->protocol;
	ret->tcp_flags = p->tcp_flags;
	ret->icmp_type = p->icmp_type;
	ret->icmp_code = p->icmp_code;
	ret->has_ports = (p->has & PACKET_HAS_PORTS) != 0;
	return true;
}

static struct tracer_flow *flow_at(const struct tracer *t, uint32_t i)
{
	return i == 0 ? NULL : &t->flows[i - 1];
}

static uint32_t number_of(const struct tracer *t,
			  const struct tracer_flow *flow)
{
	return flow ? (uint32_t)(flow - t->flows) + 1 : 0;
}

static uint32_t hash_of(const struct tracer *t, const struct tracer_key *key)
{
	return (uint32_t)hash_bytes(t->seed, key, sizeof(*key));
}

static struct tracer_flow *find(const struct tracer *t,
				const struct tracer_key *key)
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
	rule_clear(&flow->rule);
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
static struct tracer_flow *add(struct tracer *t, const struct tracer_key *key,
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
		.hash = hash_of(t, key),
	};
	t->n_wanted++;
	bucket = &t->buckets[flow->hash % BUCKETS];
	flow->next = *bucket;
	*bucket = number_of(t, flow);
	link_newest(t, flow);
	return flow;
}

/* --- drops ---------------------------------------------------------------- */

/*
 * Dropped by nf_tables, as far as such a kernel tells: before reasons had
 * subsystems it blamed the function that all hooks share.
 */
static bool is_nft_drop(const struct drop_event *ev)
{
	static const char *const functions[] = { "nft_do_chain",
						 "nf_hook_slow" };

	if (ev->attribution == DROP_ATTRIBUTION_EXACT ||
	    ev->origin != DROP_ORIGIN_SOFTWARE ||
	    ev->netfilter.table[0] != '\0')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strncmp(ev->location, functions[i], strlen(functions[i])) ==
		    0)
			return true;
	return false;
}

static void attribute(struct tracer *t, const struct tracer_rule *rule,
		      struct drop_event *ev)
{
	struct drop_netfilter *nf = &ev->netfilter;
	const char *family = nft_family_to_string(rule->family);

	copy_string(nf->table, sizeof(nf->table), rule->table, SIZE_MAX);
	copy_string(nf->chain, sizeof(nf->chain), rule->chain, SIZE_MAX);
	copy_string(nf->family, sizeof(nf->family), family ? family : "",
		    SIZE_MAX);
	nf->rule_handle = rule->handle;
	nf->generation = rule->generation;
	nf->policy = rule->handle == 0;
	nf->kind = nf->policy ? DROP_KIND_NFT_POLICY : DROP_KIND_NFT_RULE;
	ev->has |= DROP_HAS_POLICY;
	ev->attribution = DROP_ATTRIBUTION_TRACED;
	t->n_attributed += ev->count;
}

/* Is what is known of the flow to be asked for again? */
static bool is_stale(const struct tracer_flow *flow, uint32_t generation,
		     uint64_t now_ns)
{
	switch (flow->state) {
	case TRACER_MARKED:
		return now_ns - flow->since_ns > 2 * TRACER_MARKED_NS;
	case TRACER_KNOWN:
	case TRACER_AMBIGUOUS:
		return flow->rule.generation != generation ||
		       now_ns - flow->since_ns > TRACER_KNOWN_NS;
	default:
		return false;
	}
}

void tracer_drop(struct tracer *t, struct drop_event *ev, uint32_t generation,
		 uint64_t now_ns)
{
	struct tracer_flow *flow;
	struct tracer_key key;

	if (!is_nft_drop(ev) || !make_key(&ev->packet, ev->in.ifindex, &key))
		return;
	flow = find(t, &key);
	if (!flow) {
		(void)add(t, &key, &ev->packet, now_ns);
		return;
	}
	unlink_use(t, flow);
	link_newest(t, flow);
	/* It holds until another trace tells something else. */
	if (flow->state == TRACER_KNOWN && flow->rule.generation == generation)
		attribute(t, &flow->rule, ev);
	if (is_stale(flow, generation, now_ns))
		set_state(t, flow, TRACER_WANTED, now_ns);
}

const struct packet *tracer_next(struct tracer *t, uint64_t now_ns)
{
	struct tracer_flow *flow = flow_at(t, t->newest);

	if (t->n_wanted == 0)
		return NULL;
	/* Who dropped something last comes first. */
	while (flow && flow->state != TRACER_WANTED)
		flow = flow_at(t, flow->older);
	if (!flow)
		return NULL;
	set_state(t, flow, TRACER_MARKED, now_ns);
	return &flow->packet;
}

/* --- traces --------------------------------------------------------------- */

static struct tracer_packet *find_packet(struct tracer *t,
					 const struct trace_message *m)
{
	for (size_t i = 0; i < TRACER_PACKETS_MAX; i++)
		if (t->packets[i].is_used && t->packets[i].id == m->id &&
		    t->packets[i].family == m->family)
			return &t->packets[i];
	return NULL;
}

/*
 * Is all of the network header there, so that the transport header is what
 * comes next? The kernel tells 40 bytes of it (NFT_TRACETYPE_NETWORK_HSIZE): no
 * extension headers of IPv6, and not all options of IPv4.
 */
static bool is_whole(const struct trace_message *m)
{
	const uint8_t *data = m->network.data;

	if (m->network.len < 20)
		return false;
	if (data[0] >> 4 == 4)
		return (data[0] & 15U) * 4 == m->network.len;
	if (data[0] >> 4 != 6 || m->network.len != 40)
		return false;
	switch (data[6]) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
		return false;
	default:
		return true;
	}
}

static bool parse_headers(const struct trace_message *m, struct packet *ret)
{
	uint8_t data[128];
	size_t len = m->network.len;

	if (!m->transport.data || len + m->transport.len > sizeof(data) ||
	    !is_whole(m))
		return false;
	memcpy(data, m->network.data, len);
	memcpy(data + len, m->transport.data, m->transport.len);
	packet_parse(data, len + m->transport.len, PACKET_START_NETWORK, 0, 0,
		     ret);
	return true;
}

static void begin_packet(struct tracer *t, const struct trace_message *m)
{
	struct tracer_packet *at = find_packet(t, m);
	struct packet packet;
	struct tracer_key key;

	if (!parse_headers(m, &packet) || !make_key(&packet, m->iif, &key)) {
		if (at)
			at->is_used = false;
		return;
	}
	if (!at)
		at = &t->packets[t->next_packet++ % TRACER_PACKETS_MAX];
	*at = (struct tracer_packet){
		.id = m->id, .family = m->family, .key = key, .is_used = true
	};
}

static bool is_rule(const struct tracer_rule *rule,
		    const struct trace_message *m)
{
	return rule->handle == m->rule_handle && rule->family == m->family &&
	       strcmp(rule->table, m->table) == 0 &&
	       strcmp(rule->chain, m->chain) == 0;
}

/* False without memory. */
static bool set_rule(struct tracer_rule *rule, const struct trace_message *m,
		     uint32_t generation)
{
	struct tracer_rule new = {
		.handle = m->type == TRACE_RULE ? m->rule_handle : 0,
		.generation = generation,
		.family = m->family,
		.table = strdup(m->table),
		.chain = strdup(m->chain),
	};

	if (!new.table || !new.chain) {
		rule_clear(&new);
		return false;
	}
	rule_clear(rule);
	*rule = new;
	return true;
}

static void learn(struct tracer *t, struct tracer_flow *flow,
		  const struct trace_message *m, uint32_t generation,
		  uint64_t now_ns)
{
	bool same_ruleset = flow->rule.table &&
			    flow->rule.generation == generation;

	if (same_ruleset && !is_rule(&flow->rule, m)) {
		set_state(t, flow, TRACER_AMBIGUOUS, now_ns);
		return;
	}
	if (same_ruleset && flow->state == TRACER_AMBIGUOUS)
		return;
	if (same_ruleset || set_rule(&flow->rule, m, generation))
		set_state(t, flow, TRACER_KNOWN, now_ns);
}

const struct packet *tracer_trace(struct tracer *t,
				  const struct trace_message *m,
				  uint32_t generation, uint64_t now_ns)
{
	struct tracer_packet *packet;
	struct tracer_flow *flow;

	if (m->network.data)
		begin_packet(t, m);
	if (!trace_message_is_drop(m))
		return NULL;
	packet = find_packet(t, m);
	if (!packet)
		return NULL;
	packet->is_used = false;
	flow = find(t, &packet->key);
	if (!flow)
		return NULL;
	t->n_traced++;
	learn(t, flow, m, generation, now_ns);
	return &flow->packet;
}

void tracer_lost(struct tracer *t)
{
	for (size_t i = 0; i < TRACER_PACKETS_MAX; i++)
		t->packets[i].is_used = false;
}
