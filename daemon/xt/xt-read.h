/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the tools of x_tables and ebtables print a table; see xt-save.h. Pure.
 */
#pragma once

#include "xt-part.h"
#include "xt-save.h"

struct xt_parser {
	struct xt_save *save;
	struct part rest;
	size_t chain; /* whose rules are being read, in table->chains */
	size_t n_allocated;
	bool done; /* the table's end was there */
};

/* "iptables-save -c"; "arptables -L -n -v" and "ebtables -L --Lc". */
int xt_read_save(struct xt_parser *p);
int xt_read_list(struct xt_parser *p);

/* Chains' names are printed as they are: is one behind this word? */
bool xt_names_chain(const struct part *word);

/*
 * What they find. All return 0, -EBADMSG or -ENOMEM. @policy is "ACCEPT",
 * "DROP", or empty for a chain of people; @counts what came to it, or NULL.
 */
int xt_parser_add_chain(struct xt_parser *p, const struct part *name,
			const struct part *policy,
			const struct rule_counts *counts);
/*
 * The last rule yet, of the chain that is being read. None is so long that its
 * text would be cut, and could not be compared.
 */
int xt_parser_add_rule(struct xt_parser *p, const struct part *text,
		       const struct rule_counts *counts);
