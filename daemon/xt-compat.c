/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "xt-compat.h"

bool xt_compat_wants(const struct table *table)
{
	if (table->family != NFPROTO_IPV4 && table->family != NFPROTO_IPV6)
		return false;
	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c]->n_rules; i++)
			if (table->chains[c]->rules[i]->is_compat &&
			    !table->chains[c]->rules[i]->text)
				return true;
	return false;
}

static size_t apply_chain(struct chain *chain, const struct chain *from,
			  size_t room)
{
	size_t given = 0;

	for (size_t i = 0; i < chain->n_rules; i++) {
		struct rule *rule = chain->rules[i];
		size_t size = strlen(from->rules[i]->text) + 1;

		if (rule->text || size > room - given)
			continue;
		/* Without memory it stays unknown. */
		rule->text = strdup(from->rules[i]->text);
		given += rule->text ? size : 0;
	}
	return given;
}

size_t xt_compat_apply(struct table *table, const struct xt_save *save,
		       size_t room)
{
	size_t given = 0;

	for (size_t i = 0; i < table->n_chains; i++) {
		struct chain *chain = table->chains[i];
		const struct chain *from =
			table_find_chain(save->table, chain->name);

		if (from && from->n_rules == chain->n_rules)
			given += apply_chain(chain, from, room - given);
	}
	return given;
}
