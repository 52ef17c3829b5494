/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places in nf_tables' code, as drops tell them ("nft_do_chain+0x40f/0x630"):
 * at one it drops what a rule says, at another what a chain's policy says.
 * Which is which differs from kernel to kernel, and is learnt from drops whose
 * rule was traced. Pure.
 */
#pragma once

#include "event.h"

#define DROP_SITES_MAX 8

struct drop_sites {
	struct drop_site {
		char location[DROP_LOCATION_MAX];
		bool is_rule;	/* some rule's drop was made there */
		bool is_policy; /* and some policy's */
	} sites[DROP_SITES_MAX];
	size_t n;
};

/* Takes what @ev tells, if its rule is known by a trace. */
void drop_sites_learn(struct drop_sites *s, const struct drop_event *ev);

/*
 * What drops there: DROP_KIND_NFT_RULE or DROP_KIND_NFT_POLICY; NONE: not
 * known. It is only known when both were seen, each at places of its own: a
 * compiler may have made one place of them.
 */
enum drop_kind drop_sites_find(const struct drop_sites *s,
			       const char *location);
