/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ways lead to a chain: from a base chain, by rules that jump or go to
 * the next one. Pure.
 */
#pragma once

#include "ruleset.h"

/* NFT_JUMP_STACK_SIZE of linux/netfilter/nf_tables.h, and the base chain. */
#define RULESET_PATH_LENGTH 17
/* More ways than these are not told. */
#define RULESET_PATHS_MAX 8

struct ruleset_path {
	/* The base chain first, the chain asked for last. */
	struct {
		const struct chain *chain;
		const struct rule *rule; /* that leads on; NULL in the last */
	} steps[RULESET_PATH_LENGTH];
	size_t n_steps;
};

/*
 * Finds the RULESET_PATHS_MAX shortest ways to @chain, which is one of @table.
 * Ways through maps of verdicts are not known. Returns their number, -ENOENT
 * for a chain of another table, or -ENOMEM; *@more is set when there are more.
 * Takes a time in proportion to the table's size, whatever the ways.
 */
int ruleset_find_paths(const struct table *table, const struct chain *chain,
		       struct ruleset_path ret[RULESET_PATHS_MAX], bool *more);
