/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses a table's counters with names, as changes of the ruleset tell it:
 * rules, and elements of maps ("counter name ip saddr map @m"). Pure.
 *
 * A reading of counters says how many use each. That another one came and went
 * between two of them only the changes know: so each table counts those who
 * came, by the name's hash. Names that share a place are taken for one.
 *
 * Sources: linux/netfilter/nf_tables.h; net/netfilter/nft_objref.c; and
 * net/netfilter/nf_tables_api.c, nf_tables_fill_setelem().
 */
#pragma once

#include <linux/netlink.h>
#include <stdint.h>

#include "nft-attr.h"

#define COUNTER_USES_PLACES 64

/* How many came, by place; numbers go round. */
struct counter_uses {
	uint32_t of[COUNTER_USES_PLACES];
};

/* Less than COUNTER_USES_PLACES. */
uint8_t counter_uses_place(const char *name);

/*
 * Of the attributes of an expression "objref" of any content: the name, where
 * it is that of one counter; NULL: of another object, or a map.
 */
const char *counter_uses_name(const struct nft_attrs *objref);

/*
 * Adds what a rule with NFTA_RULE_EXPRESSIONS uses, or what elements with
 * NFTA_SET_ELEM_LIST_ELEMENTS do; of any content, or NULL. One that names a map
 * uses none: the map's elements do. Returns how many there were.
 */
uint32_t counter_uses_add_rule(struct counter_uses *uses,
			       const struct nlattr *expressions);
uint32_t counter_uses_add_elements(struct counter_uses *uses,
				   const struct nlattr *elements);
/* The same of @from, which came between. */
void counter_uses_add(struct counter_uses *uses,
		      const struct counter_uses *from);
/* Nobody knows who came: of each place it is taken for one. */
void counter_uses_lose(struct counter_uses *uses);
