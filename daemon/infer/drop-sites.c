/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "drop-sites.h"
#include "util.h"

/* Its number, or s->n. */
static size_t find(const struct drop_sites *s, const char *location)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->sites[i].location, location) != 0)
		i++;
	return i;
}

void drop_sites_learn(struct drop_sites *s, const struct drop_event *ev)
{
	bool is_rule = ev->netfilter.kind == DROP_KIND_NFT_RULE;
	struct drop_site *site;
	size_t i;

	if (ev->attribution != DROP_ATTRIBUTION_TRACED ||
	    ev->origin != DROP_ORIGIN_SOFTWARE || ev->location[0] == '\0' ||
	    (!is_rule && ev->netfilter.kind != DROP_KIND_NFT_POLICY))
		return;
	i = find(s, ev->location);
	/* There are two; so many are none that help. */
	if (i == DROP_SITES_MAX)
		return;
	site = &s->sites[i];
	if (i == s->n) {
		s->n++;
		*site = (struct drop_site){ .is_rule = false };
		copy_string(site->location, sizeof(site->location),
			    ev->location, SIZE_MAX);
	}
	site->is_rule |= is_rule;
	site->is_policy |= !is_rule;
}

enum drop_kind drop_sites_find(const struct drop_sites *s, const char *location)
{
	size_t at = find(s, location);
	bool rules = false, policies = false;

	if (at == s->n || s->n == DROP_SITES_MAX)
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
	return s->sites[at].is_rule ? DROP_KIND_NFT_RULE : DROP_KIND_NFT_POLICY;
}
