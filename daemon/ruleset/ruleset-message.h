/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a message of nf_tables says of a table, chain, set or rule. Pure.
 *
 * Only what nfdropd keeps is looked at. libnftnl takes a rule apart down to
 * every expression and gives up at one that it does not know, such as that of a
 * newer kernel, and so would hide the whole ruleset; and it ends the process at
 * an attribute that is not as long as it should be.
 *
 * Sources: linux/netfilter/nf_tables.h; net/netfilter/nf_tables_api.c,
 * nf_tables_fill_*_info().
 */
#pragma once

#include <linux/netlink.h>

#include "ruleset.h"

/* Points into the message. */
struct ruleset_part {
	uint8_t family;
	const char *table;
	const char *name; /* of a chain or set, or of a rule's chain */
	uint64_t handle;
	uint64_t position;		  /* of a rule; 0: none */
	uint32_t flags;			  /* of a set */
	uint32_t n_uses;		  /* of an object */
	const struct nlattr *expressions; /* of a rule, or NULL; as the rest */
	const struct nlattr *userdata;
	const struct nlattr *hook; /* of a chain */
	const struct nlattr *policy;
	const struct nlattr *counters;
	const struct nlattr *type;
	const struct nlattr *elements; /* of a set */
	const struct nlattr *data;     /* of an object */
};

/*
 * Of a whole message with struct nfgenmsg, of any content. 0, or -EBADMSG
 * without the names. Of a table, @name is "".
 */
int ruleset_part_parse_table(const struct nlmsghdr *nlh,
			     struct ruleset_part *ret);
int ruleset_part_parse_chain(const struct nlmsghdr *nlh,
			     struct ruleset_part *ret);
int ruleset_part_parse_set(const struct nlmsghdr *nlh,
			   struct ruleset_part *ret);
int ruleset_part_parse_rule(const struct nlmsghdr *nlh,
			    struct ruleset_part *ret);
/* Of a list of a set's elements, @name is the set's. */
int ruleset_part_parse_elements(const struct nlmsghdr *nlh,
				struct ruleset_part *ret);
/* Of an object, which has a name in its table. */
int ruleset_part_parse_object(const struct nlmsghdr *nlh,
			      struct ruleset_part *ret);
/* -EBADMSG when there is no number. */
int ruleset_part_parse_generation(const struct nlmsghdr *nlh, uint32_t *ret);

/* What @m tells of; NULL without memory. */
struct chain *chain_from_message(const struct ruleset_part *m);
/* @infers: with its program. */
struct rule *rule_from_message(const struct ruleset_part *m, bool infers);
/* rule->content of what it tells. */
uint64_t rule_content_of_message(const struct ruleset_part *m);
/*
 * Has a chain a policy that drops, and counts what comes to it? That is all
 * that it counts (net/netfilter/nf_tables_core.c, nft_update_chain_stats()).
 */
bool chain_message_counts_drops(const struct ruleset_part *m);
/* Does a chain's message name devices? */
bool chain_message_has_devices(const struct ruleset_part *m);
