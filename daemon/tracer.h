/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule dropped the packets of a flow, learnt from packets of it that the
 * kernel traced: for kernels that do not tell it themselves. Pure; trace-table
 * marks the flows, and trace-message reads the traces.
 *
 * A drop that netfilter made, and of which no rule is known, has its flow
 * marked. The next packet of the flow is traced, and what it tells holds for
 * the flow's other drops of the same ruleset generation, as long as all traces
 * of the flow agree. Where they do not, because a rule looks at more than the
 * flow (a limit, numgen, a mark), the flow's drops stay without a rule.
 *
 * Flows are told apart by addresses, protocol, destination port, TCP flags or
 * ICMP type and code, and the device they came in by. Whoever sends many flows
 * pushes out those that were dropped longest ago.
 */
#pragma once

#include "event.h"
#include "trace-message.h"

#define TRACER_FLOWS_MAX 4096
/* What a trace told of a flow is believed for so long, then it is traced again.
 */
#define TRACER_KNOWN_NS 60000000000ULL
/* A flow is marked for so long, and not again before as much time has passed.
 */
#define TRACER_MARKED_NS 10000000000ULL
/* Packets whose traces are being received. */
#define TRACER_PACKETS_MAX 64

/* Compared byte by byte: no padding, all set. */
struct tracer_key {
	union packet_addr saddr;
	union packet_addr daddr;
	uint32_t iif;
	uint16_t dport; /* host order */
	uint8_t network;
	uint8_t protocol;
	uint8_t tcp_flags;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t has_ports;
};

struct tracer_rule {
	uint64_t handle; /* 0: the chain's policy */
	uint32_t generation;
	uint8_t family;
	char *table; /* owned */
	char *chain; /* owned */
};

enum tracer_state {
	TRACER_WANTED,	  /* to be marked */
	TRACER_MARKED,	  /* no trace came yet */
	TRACER_KNOWN,	  /* the rule is */
	TRACER_AMBIGUOUS, /* traces disagree */
};

struct tracer_flow {
	struct tracer_key key;
	struct packet packet; /* the one that asked */
	enum tracer_state state;
	uint64_t since_ns; /* of the state, CLOCK_MONOTONIC */
	struct tracer_rule rule;
	uint32_t hash;
	uint32_t next;	       /* in the bucket; 0: none; numbers from 1 on */
	uint32_t older, newer; /* by their last drop */
};

/* A packet whose trace is being received. */
struct tracer_packet {
	uint32_t id;
	uint8_t family;
	struct tracer_key key;
	bool is_used;
};

struct tracer {
	struct tracer_flow *flows; /* TRACER_FLOWS_MAX; NULL: none yet */
	uint32_t *buckets;	   /* twice as many */
	uint32_t n_flows;
	uint32_t oldest, newest;
	uint32_t n_wanted;
	uint64_t seed;
	struct tracer_packet packets[TRACER_PACKETS_MAX];
	unsigned int next_packet;
	uint64_t n_traced;     /* packets whose traces told a drop's rule */
	uint64_t n_attributed; /* drops that got one */
};

/* @seed is anything that others cannot guess. */
void tracer_init(struct tracer *t, uint64_t seed);
void tracer_done(struct tracer *t);

/*
 * A drop of our own namespace, in the ruleset of @generation. If its rule is
 * known, @ev gets it, and DROP_ATTRIBUTION_TRACED. If not, and tracing could
 * tell it, its flow is wanted.
 */
void tracer_drop(struct tracer *t, struct drop_event *ev, uint32_t generation,
		 uint64_t now_ns);

/*
 * A flow that is to be marked, which it counts as from now on; NULL: none.
 * Valid until the next call.
 */
const struct packet *tracer_next(struct tracer *t, uint64_t now_ns);

/*
 * A trace, in the ruleset of @generation. Returns the flow that need not be
 * marked any more, as its rule is known now, or NULL. Valid until the next
 * call.
 */
const struct packet *tracer_trace(struct tracer *t,
				  const struct trace_message *m,
				  uint32_t generation, uint64_t now_ns);
/* Traces were lost: no packet's is whole. */
void tracer_lost(struct tracer *t);
