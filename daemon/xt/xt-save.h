/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of x_tables or ebtables, from what its tool prints of it:
 * iptables-save and ip6tables-save with "-c", arptables with "-L -n -v",
 * ebtables with "-L
 * --Lc". Pure.
 *
 * Rules are told as the tools' save format has them: "-A INPUT -p udp -j DROP".
 * A rule's handle is its number in its chain, from 1, as the kernel tells it.
 *
 * Those that drop whatever comes to their target have rule->counter, and
 * policies that do chain->policy, where the tool tells what came to them.
 */
#pragma once

#include "ruleset.h"

struct xt_save {
	struct table *table; /* NULL: empty */
	/* The rules' own counters, in the order of the chains. */
	uint64_t *packets;
	size_t *first; /* of each chain, its first rule's place in packets */
	size_t n_rules;
	size_t n_counters; /* of rules and policies, those that have one */
	size_t bytes;	   /* what the rules take, about */
};

/*
 * @text is of any content. What could be read in two ways, since names and
 * comments have line breaks and quotes in them, is not believed: -EBADMSG, as
 * for everything that no tool prints, or that is not table @name. -ENOMEM.
 */
int xt_save_parse(struct xt_save *ret, uint8_t family, const char *name,
		  const char *text, size_t len);
void xt_save_done(struct xt_save *save);

/* The same chains, policies and rules; counters may differ. */
bool xt_save_equal(const struct xt_save *a, const struct xt_save *b);

/* The place in packets of a rule, or -ENOENT; *@ret is the rule. */
int64_t xt_save_find(const struct xt_save *save, const char *chain,
		     uint64_t number, struct rule **ret);
