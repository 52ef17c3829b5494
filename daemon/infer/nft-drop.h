/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A drop of nf_tables of which the kernel does not tell the rule, and how it is
 * given one that was found otherwise. Pure.
 */
#pragma once

#include <stdbool.h>

#include "event.h"

/* Points into what it was found in. */
struct nft_drop_rule {
	uint8_t family; /* of the table, NFPROTO_* */
	const char *hook;
	const char *table;
	uint64_t table_handle;
	const char *chain;
	uint64_t handle; /* 0: the chain's policy */
	uint32_t generation;
};

/*
 * Dropped by nf_tables, as far as a kernel without patches tells it? Before
 * reasons had subsystems it blamed the function that all hooks share.
 */
bool nft_drop_is_one(const struct drop_event *ev);

/* @ev was dropped by @rule, which is known in that way. */
void nft_drop_set_rule(struct drop_event *ev, const struct nft_drop_rule *rule,
		       enum drop_attribution attribution);
