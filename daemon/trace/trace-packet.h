/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole way of packets that somebody asked to be traced: put together from
 * what the kernel tells of them, hook by hook, until it is known where each
 * ended. Pure.
 *
 * The tables that mark (trace-child.h) have a chain before all others and one
 * behind all others in each hook. What the kernel tells of these is the frame:
 * where a hook begins, which packet it is of whose request, and whether it came
 * out of the hook.
 */
#pragma once

#include <json-c/json_types.h>

#include "event.h"
#include "packet.h"
#include "ruleset.h"
#include "trace-message.h"

/* Packets on their way; with more the oldest is told as it is. */
#define TRACE_PACKETS_MAX      256
#define TRACE_PACKET_HOOKS_MAX 16
#define TRACE_STEPS_MAX	       512
/* So long nothing is told of a packet that is queued, or that something took.
 */
#define TRACE_SILENCE_USEC 1000000ULL
/*
 * And so long one that came out of the last hook: it may go through a bridge or
 * egress yet, or be dropped by a socket, say.
 */
#define TRACE_HELD_USEC 200000ULL
/* Requests at the same time, if so many are allowed. */
#define TRACE_REQUESTS_MAX 8

/* A rule or policy, or the end of a chain. */
struct trace_step {
	enum trace_type type;
	uint8_t family;
	int32_t verdict;
	uint64_t handle; /* 0: no rule */
	char *table;	 /* owned */
	char *chain;	 /* owned */
	char *jump;	 /* owned; NULL: none */
	/* As the ruleset had it then; NULL: it is not known. */
	struct rule *rule;
	uint32_t number; /* in its chain, from 1; 0: not known */
	bool is_base;	 /* the chain is, and has: */
	int32_t priority;
};

struct trace_hook {
	uint8_t family; /* of the table that marks */
	char name[16];	/* "": not known */
	uint32_t iif, oif;
	uint32_t mark;
	bool has_packet;
	struct packet packet; /* as it came to the hook */
	uint8_t bytes[TRACE_BYTES_MAX];
	size_t len;
	bool is_passed; /* it came out of it */
	uint32_t seen;	/* bits, requests whose first chain it met */
	size_t first_step;
};

enum trace_end {
	TRACE_END_UNKNOWN,   /* it was not seen again */
	TRACE_END_ELSEWHERE, /* dropped by something else: see drop */
	TRACE_END_DROP,	     /* by the last step */
	TRACE_END_DELIVERED, /* out of "input" */
	TRACE_END_SENT,	     /* out of "postrouting" */
	_TRACE_END_MAX,
};

struct trace_packet {
	bool is_used;
	uint32_t id;
	uint32_t wanted; /* bits, requests that it is of */
	uint64_t first_ns;
	uint64_t last_usec; /* CLOCK_MONOTONIC */
	struct trace_hook hooks[TRACE_PACKET_HOOKS_MAX];
	size_t n_hooks;
	struct trace_step *steps; /* owned */
	size_t n_steps;
	size_t n_allocated;
	bool is_cut;		  /* there was no room for all */
	bool is_held;		  /* it has ended, if nothing more is told */
	struct json_object *drop; /* as an event; NULL: none; owned */
	enum trace_end end;
};

struct trace_packets {
	struct trace_packet packets[TRACE_PACKETS_MAX];
};

/* What a message of one of the marking tables means. */
enum trace_role {
	TRACE_OF_OTHERS, /* it is of none */
	TRACE_MARKING,	 /* the rule that marks */
	TRACE_FIRST,	 /* the chain before all others */
	TRACE_LAST,	 /* and the one behind them */
	TRACE_IGNORED,	 /* nothing */
};

/* By the message's chain. *@ret_hook is "prerouting", of FIRST and LAST. */
enum trace_role trace_role_of(const char *chain, char ret_hook[16]);

struct trace_told {
	enum trace_role role;
	unsigned int request; /* whose table, unless TRACE_OF_OTHERS */
	char hook[16];
	bool may_go_on; /* more may be told behind the last hook */
	uint64_t ns;	/* CLOCK_REALTIME */
	uint64_t usec;	/* CLOCK_MONOTONIC */
};

/* Zeros are allowed, and empty. */
void trace_packets_done(struct trace_packets *packets);

/*
 * Takes a message, in the ruleset @rs, which may be NULL. Calls @ended for
 * packets that ended by it, and that are wanted.
 */
void trace_packets_add(struct trace_packets *packets,
		       const struct trace_message *m,
		       const struct trace_told *told, const struct ruleset *rs,
		       void (*ended)(void *data,
				     const struct trace_packet *packet),
		       void *data);
/*
 * The same for those that were not seen again. Returns when to look again, or
 * 0.
 */
uint64_t trace_packets_expire(struct trace_packets *packets, uint64_t usec,
			      void (*ended)(void *data,
					    const struct trace_packet *packet),
			      void *data);
/*
 * A drop, and its packet, which may be NULL: the end of a packet that is on its
 * way, if it is the same one, and no rule of nf_tables dropped it.
 */
void trace_packets_drop(struct trace_packets *packets,
			const struct drop_event *ev,
			const struct packet_bytes *bytes,
			void (*ended)(void *data,
				      const struct trace_packet *packet),
			void *data);
/* Traces were lost: no packet's is whole. */
void trace_packets_forget(struct trace_packets *packets);
/* The request is no more; its number may be another's. */
void trace_packets_forget_request(struct trace_packets *packets,
				  unsigned int request);

/* Are some of its packets on their way? */
bool trace_packets_has(const struct trace_packets *packets,
		       unsigned int request);

/* "drop", "delivered"; NULL for one that is none. */
const char *trace_end_to_string(enum trace_end end);
