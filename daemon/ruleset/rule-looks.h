/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule looks at that packets of one flow need not have in common: with
 * it, the rule that took one packet need not be the one that takes the next.
 * Pure.
 *
 * A flow is here what tracer.h tells apart: addresses, protocol, destination
 * port, TCP flags, ICMP type and code, and the device it comes in by.
 *
 * Source: linux/netfilter/nf_tables.h.
 */
#pragma once

#include <linux/netlink.h>
#include <stdint.h>

enum rule_looks {
	/* Whether conntrack takes a packet for new, or for none. */
	RULE_LOOKS_STATE = 1 << 0,
	/* Into a set, which may be one whose elements go by themselves. */
	RULE_LOOKS_SET = 1 << 1,
	/* Anything else: a rate, the length, a mark, the source port, ... */
	RULE_LOOKS_FURTHER = 1 << 2,
};

/*
 * Of NFTA_RULE_EXPRESSIONS of any content, or NULL. 0 also where the rule
 * decides nothing, as one that logs. What is not known looks further.
 */
uint8_t rule_looks(const struct nlattr *expressions);
