/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "drop-sites.h"
#include "util.h"

static struct drop_site *find(const struct drop_sites *s, const char *location)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->sites[i].location, location) == 0)
			return (struct drop_site *)&s->sites[i];
	return NULL;
}

void drop_sites_learn(struct drop_sites *s, const struct drop_event *ev)
{
	bool is_rule = ev->netfilter.kind == DROP_KIND_NFT_RULE;
	struct drop_site *site;

	if (ev->attribution != DROP_ATTRIBUTION_TRACED ||
	    ev->origin != DROP_ORIGIN_SOFTWARE || ev->location[0] == '\0' ||
	    (!is_rule && ev->netfilter.kind != DROP_KIND_NFT_POLICY))
		return;
	site = find(s, ev->location);
	if (!site) {
		/* There are two; more of them are none that help. */
		if (s->n == DROP_SITES_MAX)
			return;
		site = &s->sites[s->n++];
		*site = (struct drop_site){ .is_rule = false };
		copy_string(site->location, sizeof(site->location),
			    ev->location, SIZE_MAX);
	}
	site->is_rule |= is_rule;
	site->is_policy |= !is_rule;
}

enum drop_kind drop_sites_find(const struct drop_sites *s, const char *location)
{
	const struct drop_site *site = find(s, location);
	bool rules = false, policies = false;

	if (!site || s->n == DROP_SITES_MAX)
		return DROP_KIND_NONE;
	for (size_t i = 0; i < s->n; i++) {
		/* One place of both: then others may be, too. */
		if (s->sites[i].is_rule && s->sites[i].is_policy)
			return DROP_KIND_NONE;
		rules |= s->sites[i].is_rule;
		policies |= s->sites[i].is_policy;
	}
	if (!rules || !policies)
		return DROP_KIND_NONE;
	return site->is_rule ? DROP_KIND_NFT_RULE : DROP_KIND_NFT_POLICY;
}
