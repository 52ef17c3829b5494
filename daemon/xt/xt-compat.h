/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of nf_tables that iptables-nft made, whose rules have matches and
 * targets of x_tables (nft_compat): their texts as iptables-nft shows them.
 * Pure.
 */
#pragma once

#include "xt-save.h"

/*
 * Is it such a table, with a rule that iptables-nft was not asked for? That rule
 * may have no match or target of x_tables itself: "-j DROP" needs none.
 */
bool xt_compat_wants(const struct table *table);

/*
 * Gives the rules of @table texts from @save, of the same generation of the
 * ruleset: the n-th rule of a chain has the n-th text, if both have as many.
 * They replace those that nft gave; all together have at most @room bytes.
 * Without @save, iptables-nft does not show the table. In any case it is not
 * wanted any more.
 */
void xt_compat_apply(struct table *table, const struct xt_save *save,
		     size_t room);
