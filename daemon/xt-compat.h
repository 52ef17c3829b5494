/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of nf_tables that iptables-nft made, whose rules have matches and
 * targets of x_tables (nft_compat): their texts as iptables-nft shows them.
 * Pure.
 */
#pragma once

#include "xt-save.h"

/* Is it such a table, with a rule whose text is not known? */
bool xt_compat_wants(const struct table *table);

/*
 * Gives the rules of @table texts from @save, of the same generation of the
 * ruleset: the n-th rule of a chain has the n-th text, if both have as many.
 * Rules that have a text keep it; all texts together have at most @room bytes.
 * Returns the bytes given.
 */
size_t xt_compat_apply(struct table *table, const struct xt_save *save,
		       size_t room);
