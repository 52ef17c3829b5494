/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of nf_tables over nfnetlink, as changes of a ruleset. Pure.
 *
 * The bytes come from the kernel, and what is in them from whoever owns the
 * namespace. Source: net/netfilter/nf_tables_api.c, nf_tables_fill_*_info().
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset.h"

enum ruleset_message {
	RULESET_IGNORED,   /* no part of a ruleset that is kept here, or ours */
	RULESET_CHANGED,   /* applied */
	RULESET_GENERATION /* the end of a transaction, or the answer to GETGEN */
};

/*
 * Applies one message to @rs. @dumped: it is part of a dump, in the kernel's
 * order; otherwise it tells a change. A generation is set in @rs.
 *
 * Returns an enum ruleset_message; -EBADMSG: it does not parse; -ENOENT: it
 * speaks of what is not there, or a rule's place cannot be told: read
 * everything again; -ENOMEM.
 */
int ruleset_decode(struct ruleset *rs, const struct nlmsghdr *nlh, size_t len,
		   bool dumped);

/* Is this a message of nf_tables that ends a transaction? Of any bytes. */
bool ruleset_decode_is_generation(const struct nlmsghdr *nlh, size_t len,
				  uint32_t *generation);
/* Is it of one of nfdropd's own tables, which are left out? Of any bytes. */
bool ruleset_decode_is_own(const struct nlmsghdr *nlh, size_t len);
