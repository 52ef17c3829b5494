/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a ruleset as they are told, transaction by transaction, until they
 * can be applied. Pure.
 *
 * The kernel tells of a transaction's parts and then its generation, one higher
 * than the last. What cannot be kept, or was not heard, leaves a gap; only
 * reading everything again closes it.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

#include "ruleset.h"

/* Kept while the ruleset is read; more leave a gap. */
#define RULESET_CHANGES_MAX (1 << 20)

struct ruleset_changes {
	char *data; /* messages, one behind the other */
	size_t len;
	size_t allocated;
	size_t complete; /* of them, up to the last transaction's end */
	/* The first transaction lacks its beginning. */
	bool broken;
	bool lost; /* some, nobody knows which: not to be mended but by reading */
	uint32_t newest; /* the last generation that was told */
};

void ruleset_changes_init(struct ruleset_changes *c);
void ruleset_changes_done(struct ruleset_changes *c);

/*
 * Some were not heard. The socket tells it before the messages that it received
 * earlier (net/core/datagram.c, __skb_try_recv_datagram()), so those that miss
 * may be any from now on: nothing can be applied until the ruleset was read.
 */
void ruleset_changes_lose(struct ruleset_changes *c);
/*
 * The ruleset is going to be read: what was lost before is part of that, since
 * the kernel tells of a change after it was made.
 */
void ruleset_changes_mend(struct ruleset_changes *c);
/* Keeps one message of any content; what is not of nf_tables is left out. */
void ruleset_changes_add(struct ruleset_changes *c, const struct nlmsghdr *nlh,
			 size_t len);

/*
 * Makes *@ret, a new snapshot, from @rs and the next transaction that it lacks,
 * and forgets those before. Returns 1; 0 when there is none; -ENOENT when there
 * is a gap, and then nothing is kept; -ENOMEM the same.
 */
int ruleset_changes_next(struct ruleset_changes *c, const struct ruleset *rs,
			 struct ruleset **ret);
