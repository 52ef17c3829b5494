/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline.h"
#include "aggregate-move.h"
#include "decode-rules.h"
#include "decode.h"
#include "netns.h"
#include "util.h"

void pipeline_init(struct pipeline *p, const struct links *links,
		   struct symbols *symbols, struct units *units,
		   struct aggregate *rules)
{
	*p = (struct pipeline){
		.links = links,
		.symbols = symbols,
		.units = units,
		.rules = rules,
	};
}

void pipeline_done(struct pipeline *p)
{
	held_done(&p->held);
}

void pipeline_add_sink(struct pipeline *p, struct sink *sink)
{
	sink->next = p->sinks;
	p->sinks = sink;
}

static void name_port(const struct links *links, struct drop_port *port)
{
	const char *name;

	if (port->ifindex == 0 || port->name[0] != '\0')
		return;
	name = links_find(links, port->ifindex);
	if (name)
		copy_string(port->name, sizeof(port->name), name, SIZE_MAX);
}

/* Device numbers are those of the initial namespace, unless we know better. */
static void name_ports(struct pipeline *p, struct drop_event *ev)
{
	if (ev->netns.cookie != 0 &&
	    !netns_is_initial(ev->netns.cookie, ev->netns.inum))
		return;
	name_port(p->links, &ev->in);
	name_port(p->links, &ev->out);
}

static void emit(struct pipeline *p, const struct drop_event *ev,
		 const struct packet_bytes *bytes)
{
	for (struct sink *sink = p->sinks; sink; sink = sink->next)
		sink->ops->emit(sink, ev, bytes);
}

/*
 * Of the initial namespace, as far as that is known: the kernels that tell no
 * rule tell no namespace either. Of a device that is not here it is another's.
 */
static bool may_be_ours(const struct drop_event *ev)
{
	return netns_is_initial(ev->netns.cookie, ev->netns.inum) ||
	       (ev->netns.cookie == 0 && ev->netns.inum == 0 &&
		(ev->in.ifindex == 0 || ev->in.name[0] != '\0'));
}

static struct tracer_flow *trace(struct pipeline *p, struct drop_event *ev,
				 const struct packet_bytes *bytes)
{
	if (!p->tracing || !may_be_ours(ev))
		return NULL;
	return tracer_drop(&p->tracing->tracer, ev, bytes);
}

/* What was counted before of the flow may be the rule's, too. */
static void add_traced(struct pipeline *p, struct tracer_flow *flow,
		       const struct drop_event *ev, bool counted)
{
	struct aggregate_rule *rule = aggregate_find(p->rules, ev, counted);
	struct tracer_pending pending;
	struct aggregate_moved moved;

	while (tracer_counted(&p->tracing->tracer, flow, ev, rule, &pending)) {
		moved = (struct aggregate_moved){
			.counts = { pending.packets, pending.bytes },
			.first_ns = pending.first_ns,
			.last_ns = pending.last_ns,
		};
		aggregate_move(p->rules, pending.from, rule, ev, &moved);
	}
}

void pipeline_look(struct pipeline *p)
{
	if (p->tracing)
		p->tracing->look(p->tracing);
}

/* @counted: it is in the kernel's own counts, too. */
static void push(struct pipeline *p, struct drop_event *ev,
		 const struct packet_bytes *bytes, bool counted)
{
	struct tracer_flow *flow;
	bool later = false;

	name_ports(p, ev);
	flow = trace(p, ev, bytes);
	/* What no trace tells. */
	if (p->correlate && may_be_ours(ev))
		inferrer_drop(&p->inferrer, ev, bytes, &p->correlate->rulesets);
	if (netns_is_initial(ev->netns.cookie, ev->netns.inum))
		copy_string(ev->netns.name, sizeof(ev->netns.name), "init",
			    SIZE_MAX);
	if (p->correlate)
		later = correlate_event(p->correlate, ev);
	p->n_events += ev->count;
	p->saw_reason |= ev->reason[0] != '\0';
	if (p->rules && !aggregate_add_event(p->rules, ev, counted))
		p->losses.aggregate_other += ev->count;
	else if (p->rules && flow)
		add_traced(p, flow, ev, counted);
	if (!later || !held_add(&p->held, ev, bytes))
		emit(p, ev, bytes);
}

static bool release(void *data, struct drop_event *ev,
		    const struct packet_bytes *bytes, bool over)
{
	struct pipeline *p = data;

	if (correlate_again(p->correlate, ev) && !over)
		return false;
	emit(p, ev, bytes);
	return true;
}

void pipeline_release(struct pipeline *p, uint64_t now_ns)
{
	if (p->held.n_drops > 0)
		held_release(&p->held, now_ns, release, p);
}

/* The kernel counts what netfilter told it of, and nothing else. */
static bool is_counted(const struct pipeline *p, const struct drop_event *ev)
{
	return p->kernel_counts && ev->attribution == DROP_ATTRIBUTION_EXACT;
}

void pipeline_push(struct pipeline *p, struct drop_event *ev,
		   const struct packet_bytes *bytes)
{
	push(p, ev, bytes, is_counted(p, ev));
}

/* Without memory it stays unknown. */
static void name_unit(struct pipeline *p, struct drop_event *ev,
		      uint64_t now_ns)
{
	const char *unit;

	if (ev->process.cgroup_id == 0 || !p->units)
		return;
	unit = p->units->find(p->units, ev->process.cgroup_id, now_ns);
	if (unit)
		ev->process.unit = strdup(unit);
}

static void push_packet(struct pipeline *p, const struct nlmsghdr *nlh,
			size_t len, uint64_t now_ns)
{
	struct packet_bytes bytes;
	struct drop_event ev;

	if (decode_packet(nlh, len, &ev, &bytes) < 0) {
		p->n_malformed++;
		return;
	}
	name_unit(p, &ev, now_ns);
	push(p, &ev, &bytes, is_counted(p, &ev));
	drop_event_done(&ev);
}

static void push_summary(struct pipeline *p, const struct nlmsghdr *nlh,
			 size_t len, uint64_t now_ns)
{
	struct drop_event ev;
	int r;

	for (uint32_t i = 0;; i++) {
		r = decode_summary(nlh, len, i, &ev);
		if (r <= 0)
			break;
		ev.timestamp_ns = now_ns;
		if (p->symbols && ev.pc != 0)
			(void)p->symbols->resolve(p->symbols, ev.pc,
						  ev.location,
						  sizeof(ev.location));
		/* Netfilter's drops are in it, and cannot be told apart. */
		push(p, &ev, NULL, p->kernel_counts);
		drop_event_done(&ev);
	}
	if (r < 0)
		p->n_malformed++;
}

/* Counts are no events: the packets may be told as events, too. */
static void push_rules(struct pipeline *p, const struct nlmsghdr *nlh,
		       size_t len, uint64_t now_ns)
{
	struct decode_rules rules;
	struct drop_event ev;
	uint64_t bytes;

	if (decode_rules_begin(nlh, len, &rules) < 0) {
		p->n_malformed++;
		return;
	}
	if (rules.timestamp_ns == 0)
		rules.timestamp_ns = now_ns;
	p->losses.rule_packets += rules.lost;
	while (decode_rules_next(&rules, &ev, &bytes) > 0) {
		if (p->rules && !aggregate_add(p->rules, &ev, bytes))
			p->losses.aggregate_other += ev.count;
		drop_event_done(&ev);
	}
}

void pipeline_push_message(struct pipeline *p, const struct nlmsghdr *nlh,
			   size_t len, uint64_t now_ns)
{
	switch (decode_type(nlh, len)) {
	case DECODE_PACKET:
		push_packet(p, nlh, len, now_ns);
		break;
	case DECODE_SUMMARY:
		push_summary(p, nlh, len, now_ns);
		break;
	case DECODE_RULES:
		push_rules(p, nlh, len, now_ns);
		break;
	case DECODE_OTHER:
		break;
	default:
		p->n_malformed++;
	}
}

void pipeline_lost(struct pipeline *p, const struct losses *delta)
{
	p->losses.kernel_queue += delta->kernel_queue;
	p->losses.socket += delta->socket;
	p->losses.aggregate_other += delta->aggregate_other;
	p->losses.sessions += delta->sessions;
	p->losses.rule_packets += delta->rule_packets;
	p->losses.rule_messages += delta->rule_messages;
	for (struct sink *sink = p->sinks; sink; sink = sink->next)
		sink->ops->lost(sink, delta);
}
