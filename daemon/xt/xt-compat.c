/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "xt-compat.h"

bool xt_compat_wants(const struct table *table)
{
	bool is_compat = false, is_saved = true;

	if (table->family != NFPROTO_IPV4 && table->family != NFPROTO_IPV6)
		return false;
	for (size_t c = 0; c < table->n_chains; c++) {
		const struct chain *chain = table->chains[c];

		for (size_t i = 0; i < chain->n_rules; i++) {
			is_compat |= chain->rules[i]->is_compat;
			is_saved &= chain->rules[i]->is_saved;
		}
	}
	return is_compat && !is_saved;
}

/* Returns the room that is left. */
static size_t give_text(struct rule *rule, const char *text, size_t room)
{
	size_t old = rule->text ? strlen(rule->text) + 1 : 0;
	size_t size = strlen(text) + 1;
	char *copy;

	if (rule->is_saved || size > room + old)
		return room;
	/* Without memory it stays as it is. */
	copy = strdup(text);
	if (!copy)
		return room;
	free(rule->text);
	rule->text = copy;
	return room + old - size;
}

void xt_compat_apply(struct table *table, const struct xt_save *save,
		     size_t room)
{
	for (size_t c = 0; c < table->n_chains; c++) {
		struct chain *chain = table->chains[c];
		const struct chain *from =
			save ? table_find_chain(save->table, chain->name)
			     : NULL;

		if (from && from->n_rules != chain->n_rules)
			from = NULL;
		for (size_t i = 0; i < chain->n_rules; i++) {
			struct rule *rule = chain->rules[i];

			if (from)
				room = give_text(rule, from->rules[i]->text,
						 room);
			rule->is_saved = true;
		}
	}
}
