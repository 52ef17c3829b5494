/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reading of the counters of rules and policies (rule-counter.h), from what
 * the kernel dumps: tables, objects, chains and rules, in this order. Pure.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>

#include "nft-places.h"
#include "rule-counter.h"

/* Of a counter with a name. */
struct counter_named {
	uint32_t n_uses;
	struct rule_counts counts;
};

struct counter_teller {
	/* Takes a struct counter_place or counter_value; 0, or what is to be
	 * returned.
	 */
	int (*add)(void *data, const void *record, size_t size);
	void *data;
	struct nft_places tables;   /* whose value is their handle */
	struct nft_places counters; /* the place in named */
	struct counter_named *named;
	size_t n_named_allocated;
	bool is_sorted;
	struct counter_place place; /* the last one that was told */
};

/*
 * A message of a dump: @message is what was asked for, NFT_MSG_GET*. 0, or a
 * negative errno: -EBADMSG, -ENOMEM, or what add() returned.
 */
int counter_teller_take(struct counter_teller *t, int message,
			const struct nlmsghdr *nlh);
/* What it has allocated. */
void counter_teller_done(struct counter_teller *t);
