/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rules and policies of a ruleset can have dropped a packet, where the
 * kernel does not say it. Pure.
 *
 * The packet is known as it was when it was dropped; what rules and the kernel
 * rewrote before (NAT, TTL, marks), is not known of the time before that. The
 * true rule is among the candidates when the ruleset is that of the drop's
 * generation, unless is_partial says that there may be more. It is a guess
 * nevertheless, and never to be called exact.
 *
 * Not seen: x_tables' NAT, IPsec's second pass (that of the clear packet), hooks
 * of other kernel modules, lengths that a program behind a queue got wrong, and
 * what NAT drops as it has no memory.
 */
#pragma once

#include "event.h"
#include "links.h"
#include "rule-eval.h"

/* Where a packet meets base chains, in this order but for branches. */
enum infer_stage {
	INFER_INGRESS,
	INFER_BRIDGE_PREROUTING,
	INFER_BRIDGE_INPUT,
	INFER_BRIDGE_FORWARD,
	INFER_BRIDGE_OUTPUT,
	INFER_BRIDGE_POSTROUTING,
	INFER_ARP_INPUT,
	INFER_ARP_FORWARD,
	INFER_ARP_OUTPUT,
	INFER_PREROUTING,
	INFER_INPUT,
	INFER_FORWARD,
	INFER_OUTPUT,
	INFER_POSTROUTING,
	INFER_EGRESS,
	_INFER_STAGE_MAX,
};

#define INFER_STAGE_BIT(stage) (1U << (stage))

/* Where a packet that came in is routed. */
enum way {
	WAY_UNKNOWN,
	WAY_HERE, /* to this machine: it meets input */
	WAY_ON,	  /* to another one: it meets forward */
};

/* What is known of a drop. */
struct infer_input {
	struct packet_bytes bytes;
	/*
	 * The device that it came in by last, as skb->skb_iif has it: none
	 * where it was made here.
	 */
	struct eval_port in;
	struct eval_port out;
	uint32_t stages; /* where it may have been dropped; 0: not known */
	/* By the addresses that it had when it was dropped; and of WAY_ON: */
	enum way way;
	struct eval_port way_out;
	/* The machine has addresses of the packet's family, for masquerading:
	 * inet_select_addr() takes any device's. */
	bool has_address;
	bool has_mark;
	uint32_t mark; /* when it was dropped */
	/* By a bridge, by the address that it had when it was dropped. */
	enum link_lead lead;
	bool no_br_netfilter; /* IP's hooks do not see what is bridged */
};

/* Pointers are valid as long as the ruleset. */
struct infer_candidate {
	const struct table *table;
	const struct chain *chain;
	const struct rule *rule; /* NULL: the chain's policy */
	enum infer_stage stage;	 /* of the base chain */
	uint64_t unknown; /* UNKNOWN_BIT()s of what it looks at; 0: certain */
};

#define INFER_CANDIDATES_MAX 16

/*
 * What one inference may cost, about: operations of rules and elements of sets
 * that are looked at. Some tenths of a second; what is larger is partial.
 */
#define INFER_WORK_MAX 8000000

struct infer_result {
	/* Those with the least unknown first, then in the packet's way. */
	struct infer_candidate candidates[INFER_CANDIDATES_MAX];
	size_t n;
	/* There are, or may be, others: too many, too costly, not known. */
	bool is_partial;
	uint32_t work; /* what it cost */
};

/*
 * What @ev, of a kernel as it is, tells of its packet, whose bytes are @bytes.
 * Points into both.
 */
void infer_input_from_event(const struct drop_event *ev,
			    const struct packet_bytes *bytes,
			    struct infer_input *ret);

/*
 * Fills *@ret, of a ruleset that was read with ruleset.infers. Nothing in it: no
 * rule can have dropped this. 0 or -ENOMEM.
 */
int infer(const struct ruleset *rs, const struct infer_input *input,
	  struct infer_result *ret);

/* "prerouting"; never NULL. */
const char *infer_stage_to_string(enum infer_stage stage);
