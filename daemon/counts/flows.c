/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "flows.h"
#include "hash.h"
#include "util.h"

/* Memory with values between the members would not compare. */
_Static_assert(sizeof(struct flow_key) == 8 + 8 + 24 + 24 + 12 + 4 + 8 + 32,
	       "struct flow_key has padding");

void flows_init(struct flows *f, uint64_t seed)
{
	*f = (struct flows){ .seed = seed, .max = FLOWS_USUAL };
}

void flows_set_max(struct flows *f, uint32_t max)
{
	f->max = MIN(max, (uint32_t)FLOWS_MAX);
}

static void table_done(struct flow_table *table)
{
	for (uint32_t i = 0; i < table->sketch.n_entries; i++)
		free(table->flows[i].unit);
	free(table->flows);
	sketch_done(&table->sketch);
}

void flows_done(struct flows *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(f->tables); i++)
		table_done(&f->tables[i]);
	*f = (struct flows){ 0 };
}

static int table_init(struct flow_table *table, uint32_t max, uint64_t seed)
{
	struct flow *flows = calloc(max, sizeof(*flows));

	if (!flows || sketch_init(&table->sketch, max, sizeof(struct flow_key),
				  seed) < 0) {
		free(flows);
		return -ENOMEM;
	}
	table->flows = flows;
	return 0;
}

static void set_key(struct flow_key *key, const struct aggregate_rule *rule,
		    const struct drop_event *ev, uint64_t seed)
{
	const struct packet *p = &ev->packet;

	*key = (struct flow_key){
		.rule = rule,
		.in = ev->in.ifindex,
		.out = ev->out.ifindex,
		.dport = p->dport,
		.has = p->has & (PACKET_HAS_ADDRS | PACKET_HAS_PORTS |
				 PACKET_HAS_PROTOCOL),
		.network = p->network,
		.protocol = p->protocol,
	};
	if (p->has & PACKET_HAS_ADDRS) {
		heaviest_addr_init(&key->source, p->network, &p->saddr);
		heaviest_addr_init(&key->destination, p->network, &p->daddr);
	}
	copy_string(key->in_name, IFNAMSIZ, ev->in.name, SIZE_MAX);
	copy_string(key->out_name, IFNAMSIZ, ev->out.name, SIZE_MAX);
	if (ev->has & DROP_HAS_UID) {
		key->uid = ev->process.uid;
		key->has_uid = 1;
	}
	if (ev->process.unit)
		key->unit = hash_string(seed, ev->process.unit) | 1;
}

static void add(struct flow_counts *counts, uint64_t packets, uint64_t bytes)
{
	counts->packets += packets;
	counts->bytes += bytes;
}

/* What was there before, if anything, is forgotten. */
static void begin(struct flows *f, struct flow *flow,
		  const struct drop_event *ev)
{
	add(&f->other, flow->counts.packets, flow->counts.bytes);
	free(flow->unit);
	*flow = (struct flow){ .first_ns = ev->timestamp_ns };
	/* Without memory it is as a flow of no unit. */
	if (ev->process.unit)
		flow->unit = strdup(ev->process.unit);
}

void flows_add(struct flows *f, const struct aggregate_rule *rule,
	       const struct drop_event *ev, bool foreign)
{
	struct flow_table *table = &f->tables[foreign];
	uint64_t bytes = ev->count * ev->length;
	struct flow_key key;
	struct flow *flow;
	bool taken;

	add(&f->total, ev->count, bytes);
	if (!rule ||
	    (!table->flows && table_init(table, f->max, f->seed) < 0)) {
		add(&f->other, ev->count, bytes);
		return;
	}
	set_key(&key, rule, ev, f->seed);
	flow = &table->flows[sketch_add(&table->sketch, &key, ev->count,
					&taken)];
	if (taken)
		begin(f, flow, ev);
	add(&flow->counts, ev->count, bytes);
	flow->last_ns = MAX(flow->last_ns, ev->timestamp_ns);
	flow->first_ns = MIN(flow->first_ns, ev->timestamp_ns);
}

void flows_move(struct flows *f, const struct aggregate_rule *from,
		const struct aggregate_rule *to, const struct drop_event *ev,
		const struct flow_counts *counts, uint64_t first_ns)
{
	struct flow_table *table = &f->tables[0];
	struct flow *flow;
	struct flow_key key;
	uint32_t i;
	bool taken;

	if (!table->flows)
		return;
	set_key(&key, from, ev, f->seed);
	i = sketch_find(&table->sketch, &key);
	if (i >= table->sketch.n_entries)
		return;
	flow = &table->flows[i];
	if (flow->counts.packets < counts->packets ||
	    flow->counts.bytes < counts->bytes)
		return;
	flow->counts.packets -= counts->packets;
	flow->counts.bytes -= counts->bytes;
	flow->rates.before = MIN(flow->rates.before, flow->counts.packets);
	set_key(&key, to, ev, f->seed);
	flow = &table->flows[sketch_add(&table->sketch, &key, counts->packets,
					&taken)];
	if (taken)
		begin(f, flow, ev);
	add(&flow->counts, counts->packets, counts->bytes);
	flow->first_ns = MIN(flow->first_ns, first_ns);
}

void flows_tick(struct flows *f, const struct rates_decay *decay)
{
	for (size_t t = 0; t < ARRAY_SIZE(f->tables); t++) {
		struct flow_table *table = &f->tables[t];

		for (uint32_t i = 0; i < table->sketch.n_entries; i++)
			rates_update(&table->flows[i].rates, decay,
				     table->flows[i].counts.packets);
	}
}

const struct flow *flows_at(const struct flows *f, size_t i,
			    const struct flow_key **key)
{
	for (size_t t = 0; t < ARRAY_SIZE(f->tables); t++) {
		const struct flow_table *table = &f->tables[t];

		if (i < table->sketch.n_entries) {
			*key = sketch_key(&table->sketch, (uint32_t)i);
			return &table->flows[i];
		}
		i -= table->sketch.n_entries;
	}
	return NULL;
}
