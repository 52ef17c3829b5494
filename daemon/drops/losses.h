/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loss ledger: drops that happened and that somebody does not see,
 * counted where they were lost. Losses are data; nothing is lost silently.
 */
#pragma once

#include <stdint.h>

struct losses {
	/* The kernel's own queues, NET_DM_CMD_STATS_GET, since our start. */
	uint64_t kernel_queue;
	/* Our netlink socket's receive buffer, SK_MEMINFO_DROPS. */
	uint64_t socket;
	/* Counted in the aggregator's "other" bucket only. */
	uint64_t aggregate_other;
	/* Clients that did not read in time, summed over clients. */
	uint64_t sessions;
	/*
	 * These are missing from the counts by rule, and may have been seen as
	 * events: packets that the kernel had no room to count by rule, told
	 * by NET_DM_ATTR_NF_LOST; messages that our socket had no room for,
	 * each with the counts of many packets, or, where counts and packets
	 * come on one socket, perhaps with counts.
	 */
	uint64_t rule_packets;
	uint64_t rule_messages;
};
