/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <netinet/tcp.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "own-table.h"
#include "rule-looks.h"
#include "trace-way.h"
#include "util.h"

_Static_assert(sizeof(struct trace_flow) == 16 + 16 + 4 + 2 + 6,
	       "struct trace_flow has padding");

bool trace_flow_init(struct trace_flow *flow, const struct packet *p,
		     uint32_t iif)
{
	bool is_ip = p->network == PACKET_NETWORK_IPV4 ||
		     p->network == PACKET_NETWORK_IPV6;

	memset(flow, 0, sizeof(*flow));
	if (!(p->has & PACKET_HAS_ADDRS) ||
	    (is_ip ? !(p->has & PACKET_HAS_PROTOCOL)
		   : p->network != PACKET_NETWORK_ARP))
		return false;
	flow->saddr = p->saddr;
	flow->daddr = p->daddr;
	flow->iif = iif;
	flow->dport = p->dport;
	flow->network = p->network;
	flow->protocol = p->protocol;
	flow->tcp_flags = p->tcp_flags;
	flow->icmp_type = is_ip ? p->icmp_type : (uint8_t)p->arp_operation;
	flow->icmp_code = p->icmp_code;
	flow->has_ports = (p->has & PACKET_HAS_PORTS) != 0;
	return true;
}

void trace_ways_init(struct trace_ways *ways)
{
	*ways = (struct trace_ways){ .next = 0 };
}

void trace_ways_forget(struct trace_ways *ways)
{
	for (size_t i = 0; i < TRACE_WAYS_MAX; i++)
		ways->ways[i].is_used = false;
}

static struct trace_way *find(struct trace_ways *ways, uint32_t id)
{
	for (size_t i = 0; i < TRACE_WAYS_MAX; i++)
		if (ways->ways[i].is_used && ways->ways[i].id == id)
			return &ways->ways[i];
	return NULL;
}

/* --- the packet ----------------------------------------------------------- */

/* What the first message in each base chain tells of the packet. */
static bool set_packet(struct trace_way *way, const struct trace_message *m)
{
	struct packet packet;

	way->oif = m->oif;
	way->has_hook = false;
	if (!trace_message_get_packet(m, way->bytes, &way->len, &packet))
		return false;
	/* Where it goes out, the hook does not tell where it came in. */
	return trace_flow_init(&way->flow, &packet,
			       m->iif ? m->iif : way->flow.iif);
}

/* --- what it meets -------------------------------------------------------- */

/* Sets whose elements come and go without a transaction. */
static bool has_moving_sets(const struct table *table)
{
	for (size_t i = 0; i < table->n_sets; i++)
		if (table->sets[i]->flags & (NFT_SET_TIMEOUT | NFT_SET_EVAL))
			return true;
	return false;
}

/* The first @n rules of the chain. */
static void meet(struct trace_way *way, const struct table *table,
		 const struct chain *chain, size_t n)
{
	uint8_t looks = 0;

	for (size_t i = 0; i < n; i++)
		looks |= chain->rules[i]->looks;
	if ((looks & RULE_LOOKS_SET) && has_moving_sets(table))
		looks |= RULE_LOOKS_FURTHER;
	way->looks |= looks;
}

/* No more is told of the chain that it is in. */
static void leave(struct trace_way *way)
{
	if (way->chain)
		meet(way, way->table, way->chain, way->chain->n_rules);
	way->chain = NULL;
}

static void enter(struct trace_way *way, const struct chain *chain)
{
	way->is_unknown |= !chain;
	way->chain = chain;
}

static void meet_rule(struct trace_way *way, struct table *table,
		      struct chain *chain, const struct trace_message *m)
{
	size_t place = chain_find_place(chain, m->rule_handle);

	if (place == chain->n_rules) {
		way->is_unknown = true;
		return;
	}
	meet(way, table, chain, place + 1);
	if (m->jump)
		enter(way, table_find_chain(table, m->jump));
	else if (m->verdict >= 0)
		way->chain = NULL;
	else
		enter(way, chain);
}

static void meet_message(struct trace_way *way, const struct trace_message *m,
			 const struct ruleset *rs)
{
	struct table *table = ruleset_find_table(rs, m->family, m->table, 0);
	struct chain *chain = table ? table_find_chain(table, m->chain) : NULL;

	/* It came back from a chain without a word. */
	if (way->chain != chain)
		leave(way);
	way->table = table;
	if (!chain) {
		way->is_unknown = true;
		return;
	}
	if (m->network.data) {
		way->hook = (uint8_t)chain->hook;
		way->has_hook = true;
	}
	if (m->rule_handle != 0) {
		meet_rule(way, table, chain, m);
		return;
	}
	meet(way, table, chain, chain->n_rules);
	way->chain = NULL;
}

const struct trace_way *trace_ways_add(struct trace_ways *ways,
				       const struct trace_message *m,
				       const struct ruleset *rs)
{
	struct trace_way *way = find(ways, m->id);

	if (m->network.data) {
		if (!way) {
			way = &ways->ways[ways->next++ % TRACE_WAYS_MAX];
			*way = (struct trace_way){ .id = m->id,
						   .is_used = true };
		}
		leave(way);
		if (!set_packet(way, m)) {
			way->is_used = false;
			return NULL;
		}
	}
	if (!way)
		return NULL;
	if (!own_table_is_name(m->table))
		meet_message(way, m, rs);
	if (!trace_message_is_drop(m))
		return NULL;
	way->is_used = false;
	return way;
}

/*
 * What conntrack takes for new is the first packet of a connection, which is
 * known of a SYN alone. Other protocols' are new until they were answered, and
 * as others' they are not dropped by chance.
 */
static bool is_state_known(const struct trace_flow *flow)
{
	return flow->protocol != IPPROTO_TCP ||
	       (flow->tcp_flags & (TH_SYN | TH_ACK | TH_RST | TH_FIN)) ==
		       TH_SYN;
}

bool trace_way_is_of_flow(const struct trace_way *way)
{
	if (way->is_unknown || (way->looks & RULE_LOOKS_FURTHER))
		return false;
	return !(way->looks & RULE_LOOKS_STATE) || is_state_known(&way->flow);
}
