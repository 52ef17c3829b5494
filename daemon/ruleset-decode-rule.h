/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule from its message of nf_tables, or a set. Pure.
 *
 * Only what nfdropd keeps is looked at. libnftnl takes a rule apart down to
 * every expression and gives up at one that it does not know, such as that of a
 * newer kernel, and so would hide the whole ruleset.
 */
#pragma once

#include <linux/netlink.h>

#include "ruleset.h"

/* Points into the message. */
struct rule_message {
	uint8_t family;
	const char *table;
	const char *chain; /* of a set, its name */
	uint64_t handle;
	uint64_t position;			     /* 0: none */
	uint32_t flags;				     /* of a set */
	const struct nlattr *expressions, *userdata; /* of a rule, or NULL */
};

/* Of a whole message with struct nfgenmsg. 0, or -EBADMSG without the names. */
int rule_message_parse(const struct nlmsghdr *nlh, struct rule_message *ret);
int set_message_parse(const struct nlmsghdr *nlh, struct rule_message *ret);

/* The rule that @m tells of; NULL without memory. */
struct rule *rule_from_message(const struct rule_message *m);
