/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nft-drop.h"
#include "ruleset.h"
#include "util.h"

bool nft_drop_is_one(const struct drop_event *ev)
{
	static const char *const functions[] = { "nft_do_chain",
						 "nf_hook_slow" };

	if (ev->attribution == DROP_ATTRIBUTION_EXACT ||
	    ev->origin != DROP_ORIGIN_SOFTWARE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		size_t len = strlen(functions[i]);

		/* Also a copy that the compiler made: ".constprop.0". */
		if (strncmp(ev->location, functions[i], len) == 0 &&
		    (ev->location[len] == '\0' || ev->location[len] == '+' ||
		     ev->location[len] == '.'))
			return true;
	}
	return false;
}

void nft_drop_set_rule(struct drop_event *ev, const struct nft_drop_rule *rule,
		       enum drop_attribution attribution)
{
	const char *family = nft_family_to_string(rule->family);
	struct drop_netfilter *nf = &ev->netfilter;

	copy_string(nf->family, sizeof(nf->family), family ? family : "",
		    SIZE_MAX);
	copy_string(nf->hook, sizeof(nf->hook), rule->hook ? rule->hook : "",
		    SIZE_MAX);
	copy_string(nf->table, sizeof(nf->table), rule->table, SIZE_MAX);
	copy_string(nf->chain, sizeof(nf->chain), rule->chain, SIZE_MAX);
	nf->table_handle = rule->table_handle;
	nf->rule_handle = rule->handle;
	nf->generation = rule->generation;
	nf->policy = rule->handle == 0;
	nf->kind = nf->policy ? DROP_KIND_NFT_POLICY : DROP_KIND_NFT_RULE;
	ev->has |= DROP_HAS_POLICY;
	ev->attribution = attribution;
}
