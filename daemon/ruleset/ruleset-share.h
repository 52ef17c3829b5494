/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a ruleset that was read anew has in common with the one before. Pure. */
#pragma once

#include "ruleset.h"

/*
 * Where @rs has the same rules as @old, takes those: with their texts, and
 * counted once. After @rs was read anew. Not where a chain has another name.
 */
void ruleset_share(struct ruleset *rs, const struct ruleset *old);
