/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells of drops by rule, against what its own counters say:
 * those that stand right before a rule's verdict, so that they count what it
 * drops.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>

#include "event.h"

struct oracle_counter {
	uint64_t table_handle, rule_handle;
	unsigned long told, counted;
	bool has_counter, drops;
};

struct oracle_counters {
	/* Of the present ruleset. */
	struct oracle_counter *list;
	size_t n, n_allocated;
	/* Of all: rules that may drop, those that did, those with a counter
	 * that did, what these counted, and where what was told is something
	 * else. */
	unsigned long n_rules, n_met, n_counted, packets, n_wrong;
	unsigned int families; /* bits of NFPROTO_* in which something was */
};

/* Another ruleset. */
void oracle_counters_begin(struct oracle_counters *c);
void oracle_counters_done(struct oracle_counters *c);
/* The kernel told of one. */
void oracle_counters_add_told(struct oracle_counters *c,
			      const struct drop_netfilter *nf);
/* A message of a dump. @table_handle is that of a rule's table; 0: none. */
void oracle_counters_add_message(struct oracle_counters *c,
				 const struct nlmsghdr *nlh,
				 uint64_t table_handle);
/* Was less told than was counted? It may be on its way. */
bool oracle_counters_are_behind(const struct oracle_counters *c);
/* Compares; prints a line for each that differs. */
void oracle_counters_end(struct oracle_counters *c, const char *name);
