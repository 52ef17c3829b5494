/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The base chains that a packet can have met, in the order in which it meets
 * them, and what the kernel does to it between them. Pure.
 *
 * Sources: net/netfilter/core.c, nf_hook_entries_grow(); linux/netfilter_*.h;
 * where hooks are called: net/ipv4/ip_*.c, net/ipv6/ip6_*.c, net/bridge/br_*.c,
 * net/ipv4/arp.c, net/core/dev.c.
 */
#pragma once

#include "infer.h"

/* A base chain on the packet's way, or what the kernel does between them. */
struct infer_step {
	struct table *table;
	struct chain *chain; /* NULL: see rewrites */
	enum infer_stage stage;
	int32_t priority;
	/* RULE_REWRITES_*: of any packet, of this one, and as was found last.
	 */
	uint32_t may_rewrite, rewrites, found;
};

struct infer_way {
	const struct infer_input *input;
	const struct eval_packet *packet;
	struct infer_step *steps; /* by stage and priority */
	size_t n_steps, n_allocated;
	bool has_way; /* input->way is to be believed */
	int error;
};

/* Fills *@w, whose input and packet have to stay; 0 or -ENOMEM. */
int infer_way_init(struct infer_way *w, const struct ruleset *rs,
		   const struct infer_input *input,
		   const struct eval_packet *packet);
void infer_way_done(struct infer_way *w); /* also after an error */

/* Where the packet can have been dropped: INFER_STAGE_BIT()s. */
uint32_t infer_way_stages(const struct infer_way *w);
/* What the expressions of a base chain are given. */
void infer_way_enter(const struct infer_way *w, const struct infer_step *step,
		     struct eval_hook *hook);

/* A packet that is at @b has been at @a, for certain; or may have been. */
bool infer_way_is_before(const struct infer_way *w, const struct infer_step *a,
			 const struct infer_step *b);
bool infer_way_is_maybe_before(const struct infer_way *w,
			       const struct infer_step *a,
			       const struct infer_step *b);
/* Where the steps begin that are at the same place as that before @end. */
size_t infer_way_group_start(const struct infer_way *w, size_t end);
/* What is rewritten at the @k'th step's place: RULE_REWRITES_*. */
uint32_t infer_way_rewrites_at(const struct infer_way *w, size_t k);
