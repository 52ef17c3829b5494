/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many rules are different between two snapshots of a ruleset. Pure. */
#pragma once

#include "ruleset.h"

struct ruleset_diff {
	uint64_t added;
	uint64_t removed;
	uint64_t replaced; /* another rule has the handle */
};

/*
 * Adds what came and went from @old to @new. Costs what they do not share: the
 * chains that were changed.
 */
void ruleset_diff_add(struct ruleset_diff *diff, const struct ruleset *old,
		      const struct ruleset *new);
