/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "counter-tell.h"
#include "ruleset-message.h"
#include "util.h"

/* Whose handle its rules' messages do not tell. */
static int take_table(struct counter_teller *t, const struct nlmsghdr *nlh)
{
	struct ruleset_part part;
	int r;

	r = ruleset_part_parse_table(nlh, &part);
	return r < 0 ? r
		     : nft_places_add(&t->tables, part.family, part.table, "",
				      part.handle);
}

static int take_counter(struct counter_teller *t, const struct nlmsghdr *nlh)
{
	size_t more = MAX(t->n_named_allocated * 2, 64UL), n = t->counters.n;
	struct counter_named *named;
	struct ruleset_part part;
	int r;

	r = ruleset_part_parse_object(nlh, &part);
	if (r < 0)
		return r;
	if (n == t->n_named_allocated) {
		named = reallocarray(t->named, more, sizeof(*named));
		if (!named)
			return -ENOMEM;
		t->named = named;
		t->n_named_allocated = more;
	}
	t->named[n] = (struct counter_named){
		.n_uses = part.n_uses,
		.counts = rule_counts_in(part.data),
	};
	return nft_places_add(&t->counters, part.family, part.table, part.name,
			      n);
}

/* Its counts; false: it is gone, or came meanwhile. */
static bool find_named(struct counter_teller *t,
		       const struct ruleset_part *rule, const char *name,
		       struct counter_value *value)
{
	const struct counter_named *named;
	const struct nft_place *found;

	if (!t->is_sorted)
		nft_places_sort(&t->counters);
	t->is_sorted = true;
	found = nft_places_find(&t->counters, rule->family, rule->table, name);
	named = found ? &t->named[found->value] : NULL;
	if (!named || named->n_uses == 0)
		return false;
	value->n_uses = named->n_uses;
	value->counts = named->counts;
	return true;
}

/* A table that is new meanwhile has no handle. */
static uint64_t table_handle(const struct counter_teller *t,
			     const struct ruleset_part *part)
{
	for (size_t i = 0; i < t->tables.n; i++)
		if (t->tables.list[i].family == part->family &&
		    strcmp(t->tables.list[i].table, part->table) == 0)
			return t->tables.list[i].value;
	return 0;
}

/* Whose rules come now. */
static int tell_place(struct counter_teller *t, const struct ruleset_part *part)
{
	struct counter_place place = { .kind = COUNTER_PLACE,
				       .family = part->family };

	place.table_handle = table_handle(t, part);
	copy_string(place.chain, sizeof(place.chain), part->name, SIZE_MAX);
	if (memcmp(&place, &t->place, sizeof(place)) == 0)
		return 0;
	t->place = place;
	return t->add(t->data, &place, sizeof(place));
}

static int tell(struct counter_teller *t, const struct ruleset_part *part,
		const struct counter_value *value)
{
	int r = tell_place(t, part);

	return r < 0 ? r : t->add(t->data, value, sizeof(*value));
}

/* The policy has the handle 0. */
static int take_chain(struct counter_teller *t, const struct nlmsghdr *nlh)
{
	struct counter_value value = { .kind = COUNTER_VALUE };
	struct ruleset_part part;
	int r;

	r = ruleset_part_parse_chain(nlh, &part);
	if (r < 0 || !chain_message_counts_drops(&part))
		return r;
	value.counts = rule_counts_in(part.counters);
	return tell(t, &part, &value);
}

static int take_rule(struct counter_teller *t, const struct nlmsghdr *nlh)
{
	struct counter_value value = { .kind = COUNTER_VALUE };
	struct rule_counter_found found;
	struct ruleset_part part;
	int r;

	r = ruleset_part_parse_rule(nlh, &part);
	if (r < 0 || !rule_counter_find(part.expressions, &found))
		return r;
	value.counts = found.counts;
	if (found.name && !find_named(t, &part, found.name, &value))
		return 0;
	value.handle = part.handle;
	value.content = rule_content_of_message(&part);
	return tell(t, &part, &value);
}

int counter_teller_take(struct counter_teller *t, int message,
			const struct nlmsghdr *nlh)
{
	switch (message) {
	case NFT_MSG_GETTABLE:
		return take_table(t, nlh);
	case NFT_MSG_GETOBJ:
		return take_counter(t, nlh);
	case NFT_MSG_GETCHAIN:
		return take_chain(t, nlh);
	case NFT_MSG_GETRULE:
		return take_rule(t, nlh);
	default:
		return 0;
	}
}

void counter_teller_done(struct counter_teller *t)
{
	nft_places_done(&t->tables);
	nft_places_done(&t->counters);
	free(t->named);
}
