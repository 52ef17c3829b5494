/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives drops of which the kernel tells no rule what infer.h finds for them:
 * the rule, where only one can have been it, and else all that can. What that
 * may cost is bounded; drops past it stay as they are. Pure.
 */
#pragma once

#include "drop-sites.h"
#include "event.h"
#include "infer.h"
#include "links.h"
#include "packet.h"
#include "rulesets.h"

/*
 * Who knows where a packet that came in is routed, see routes.h: *@ret_out is
 * the device, of WAY_ON; 0: it is not known.
 */
struct ways {
	enum way (*find)(struct ways *ways, const struct packet *packet,
			 uint32_t ifindex, uint32_t *ret_out);
	/* Has the machine an address of that packet's family, for all? */
	bool (*has_address)(struct ways *ways, const struct packet *packet);
	/* Do IP's hooks see what a bridge passes on (br_netfilter)? */
	bool (*may_filter_bridges)(struct ways *ways);
};

struct inferrer {
	struct ways *ways;	   /* NULL: no way is known */
	const struct links *links; /* NULL: no device is */
	struct drop_sites sites;   /* where rules drop, and where policies */
	struct drop_netns netns; /* whose rules they are; else the initial's */
	/* Operations a second, as in struct infer_result; 0: it is off. */
	uint32_t work_max;
	int64_t credit; /* of these, of a second at most; below 0: a debt */
	uint64_t credit_ns;
	/* Packets. */
	uint64_t n_inferred; /* that got a rule */
	uint64_t n_several;  /* that got candidates */
	uint64_t n_none;     /* for which no rule was found */
	uint64_t n_skipped;  /* that would have cost too much */
};

/* Dropped by nf_tables, and nobody has told by which rule? */
bool inferrer_wants(const struct drop_event *ev);

/*
 * Which rules and policies of @rs can have dropped @ev, by all that is known
 * here: infer.h, and, where that leaves several, the packet's way. Pays for it,
 * also below 0. 0 or -ENOMEM.
 */
int inferrer_find(struct inferrer *i, const struct drop_event *ev,
		  const struct packet_bytes *bytes, const struct ruleset *rs,
		  struct infer_result *ret);

/*
 * Leaves out what cannot have dropped there, by what is known of the place in
 * the kernel's code.
 */
void inferrer_sift(const struct inferrer *i, const struct drop_event *ev,
		   struct infer_result *result);

/*
 * @ev is a drop in the network namespace of @s. If its rule was traced, its
 * place is learnt. It stays as it is where nothing is found, without memory,
 * and without @bytes.
 */
void inferrer_drop(struct inferrer *i, struct drop_event *ev,
		   const struct packet_bytes *bytes, const struct rulesets *s);
