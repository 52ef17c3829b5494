/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet's way through the rules of nf_tables, put together from what is
 * traced of it: which flow it is of, which rules it has met, and which one
 * dropped it. Pure.
 */
#pragma once

#include "packet.h"
#include "ruleset.h"
#include "trace-message.h"

/* Packets whose traces are being received. */
#define TRACE_WAYS_MAX 64

/* What tells flows apart. Compared byte by byte: no padding, all set. */
struct trace_flow {
	union packet_addr saddr;
	union packet_addr daddr;
	uint32_t iif;	/* the device it came in by last; 0: made here */
	uint16_t dport; /* host order */
	uint8_t network;
	uint8_t protocol;
	uint8_t tcp_flags;
	uint8_t icmp_type; /* of ARP the operation */
	uint8_t icmp_code;
	uint8_t has_ports;
};

/* False: of none that could be traced. */
bool trace_flow_init(struct trace_flow *flow, const struct packet *p,
		     uint32_t iif);

struct trace_way {
	bool is_used;
	uint32_t id;
	struct trace_flow flow;
	/* Its network and transport headers, as far as they are told. */
	uint8_t bytes[TRACE_BYTES_MAX];
	size_t len;
	/*
	 * What the rules that it may have met look at, enum rule_looks; or some
	 * of them are not known.
	 */
	uint8_t looks;
	bool is_unknown;
	uint8_t hook;  /* of the base chain that it is in */
	bool has_hook; /* it is known */
	uint32_t oif;  /* the device it goes out by; 0: none that is told */
	/*
	 * The chain that it is in, of whose rules it may have met any; valid
	 * until trace_ways_forget().
	 */
	const struct table *table;
	const struct chain *chain;
};

struct trace_ways {
	struct trace_way ways[TRACE_WAYS_MAX];
	unsigned int next;
};

void trace_ways_init(struct trace_ways *ways);

/*
 * Takes a trace of a packet in the ruleset @rs. Returns the packet's way if it
 * ended here, dropped by the rule or policy that @m tells of, and NULL
 * otherwise. Valid until the next call.
 */
const struct trace_way *trace_ways_add(struct trace_ways *ways,
				       const struct trace_message *m,
				       const struct ruleset *rs);
/*
 * Traces were lost, or the ruleset is another one: what begins in the middle is
 * not known.
 */
void trace_ways_forget(struct trace_ways *ways);

/*
 * Would the packets of @way's flow all have met the same rules? Not where rules
 * look at more than the flow.
 */
bool trace_way_is_of_flow(const struct trace_way *way);
