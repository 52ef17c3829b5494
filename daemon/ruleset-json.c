/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "decode-netfilter.h"
#include "json-add.h"
#include "netns.h"
#include "ruleset-json.h"
#include "ruleset-path.h"

/* A namespace and what is known of it. */
struct space {
	uint64_t cookie;
	uint32_t inum;
	const char *name;
	const struct rulesets *rulesets;
};

static bool add_signed(struct json_object *object, const char *key, int64_t v)
{
	return json_add(object, key, json_object_new_int64(v));
}

static bool add_flag(struct json_object *object, const char *key, bool v)
{
	return json_add(object, key, json_object_new_boolean(v));
}

static bool add_space(struct json_object *object, const struct space *space)
{
	struct json_object *netns;

	/* Its number and cookie are not known here. */
	if (space->cookie == 0) {
		netns = json_object_new_object();
		return json_add(object, "netns", netns) &&
		       json_add_text(netns, "name", space->name);
	}
	return json_add_netns(object, "netns", space->inum, space->cookie,
			      space->name);
}

/* The place of a base chain in the packet's way; nothing for others. */
static bool add_base(struct json_object *object, const struct table *table,
		     const struct chain *chain)
{
	if (!chain->type)
		return true;
	return json_add_text(object, "type", chain->type) &&
	       json_add_text(object, "hook",
			     netfilter_hook_name(table->family, chain->hook)) &&
	       add_signed(object, "priority", chain->priority) &&
	       json_add_text(object, "policy",
			     chain->policy_drop ? "drop" : "accept") &&
	       json_add_text(object, "devices", chain->devices);
}

static bool add_rule(struct json_object *object, const struct rule *rule)
{
	return json_add_number(object, "rule_handle", rule->handle) &&
	       json_add_text(object, "rule", rule->text) &&
	       json_add_text(object, "comment", rule->comment) &&
	       json_add_text(object, rule->is_goto ? "goto" : "jump",
			     rule->jump) &&
	       add_flag(object, "may_drop", rule->may_drop);
}

static bool add_place(struct json_object *object, const struct table *table,
		      const struct chain *chain)
{
	return json_add_text(object, "family",
			     nft_family_to_string(table->family)) &&
	       json_add_text(object, "table", table->name) &&
	       json_add_number(object, "table_handle", table->handle) &&
	       json_add_text(object, "chain", chain->name);
}

/* --- GetRuleset ----------------------------------------------------------- */

struct page {
	struct json_object *array;
	uint64_t first;
	uint64_t at; /* the number of the next one */
	size_t room;
	bool full;
	bool failed;
};

/* @rule NULL: the chain's policy. */
static void page_add(struct page *page, const struct space *space,
		     const struct table *table, const struct chain *chain,
		     const struct rule *rule)
{
	struct json_object *object;
	int r;

	if (page->full || page->failed || page->at++ < page->first)
		return;
	if (json_object_array_length(page->array) == RULESET_JSON_PAGE) {
		page->at--;
		page->full = true;
		return;
	}
	object = json_object_new_object();
	if (!object || !add_space(object, space) ||
	    !json_add_text(object, "kind",
			   drop_kind_to_string(rule ? DROP_KIND_NFT_RULE
						    : DROP_KIND_NFT_POLICY)) ||
	    !add_place(object, table, chain) ||
	    !add_base(object, table, chain) ||
	    (rule && !add_rule(object, rule))) {
		json_object_put(object);
		page->failed = true;
		return;
	}
	r = json_append(page->array, object, &page->room);
	page->failed = r < 0;
	page->full = r == 0;
	page->at -= r == 0;
}

static void page_add_ruleset(struct page *page, const struct space *space)
{
	const struct ruleset *rs = space->rulesets->current;

	for (size_t t = 0; rs && t < rs->n_tables; t++) {
		const struct table *table = rs->tables[t];

		for (size_t c = 0; c < table->n_chains; c++) {
			const struct chain *chain = table->chains[c];

			for (size_t r = 0; r < chain->n_rules && !page->full;
			     r++)
				if (chain->rules[r]->may_drop)
					page_add(page, space, table, chain,
						 chain->rules[r]);
			if (chain->type && chain->policy_drop)
				page_add(page, space, table, chain, NULL);
		}
	}
}

static struct space initial_space(const struct correlate *correlate)
{
	return (struct space){ 0, 0, "init", &correlate->rulesets };
}

static struct space other_space(const struct correlate_netns *netns)
{
	return (struct space){ netns->cookie, netns->inum, netns->name,
			       &netns->rulesets };
}

struct json_object *ruleset_to_json(const struct correlate *correlate,
				    uint64_t first)
{
	struct json_object *root = json_object_new_object();
	struct page page = { .array = json_object_new_array(),
			     .first = first,
			     .room = JSON_ROOM };
	struct space space = initial_space(correlate);

	if (!json_add(root, "rules", page.array)) {
		json_object_put(root);
		return NULL;
	}
	page_add_ruleset(&page, &space);
	for (size_t i = 0; i < correlate->n_netns; i++) {
		space = other_space(correlate->netns[i]);
		page_add_ruleset(&page, &space);
	}
	if (correlate->rulesets.current)
		page.failed |= !json_add_number(
			root, "generation",
			correlate->rulesets.current->generation);
	if (page.full)
		page.failed |= !json_add_number(root, "next", page.at);
	if (page.failed) {
		json_object_put(root);
		return NULL;
	}
	return root;
}

/* --- GetRule -------------------------------------------------------------- */

/* A rule in a snapshot, with where it is. */
struct found {
	const struct ruleset *rs;
	const struct table *table;
	const struct chain *chain;
	size_t place; /* chain->n_rules: the policy, or the chain alone */
	bool current;
};

static bool find_in(const struct ruleset *rs, const struct rule_query *query,
		    struct found *ret)
{
	struct table *table;
	struct chain *chain;

	table = ruleset_find_table(rs, nft_family_from_string(query->family),
				   query->table, query->table_handle);
	chain = table ? table_find_chain(table, query->chain) : NULL;
	if (!chain)
		return false;
	*ret = (struct found){ .rs = rs, .table = table, .chain = chain };
	ret->place = query->handle != 0
			     ? chain_find_place(chain, query->handle)
			     : chain->n_rules;
	return query->handle == 0 || ret->place < chain->n_rules;
}

static bool find_rule(const struct rulesets *rulesets,
		      const struct rule_query *query, struct found *ret)
{
	if (!rulesets->current)
		return false;
	if (find_in(rulesets->current, query, ret)) {
		ret->current = true;
		return true;
	}
	for (size_t i = 0; i < rulesets->n_old; i++)
		if (find_in(rulesets->old[i], query, ret))
			return true;
	return false;
}

/* Takes @object. Where there is no room for its text, it has none. */
static bool append_rule(struct json_object *array, struct json_object *object,
			size_t *room)
{
	int r = json_append(array, json_object_get(object), room);

	if (r == 0) {
		json_object_object_del(object, "rule");
		r = json_object_array_add(array, json_object_get(object)) < 0
			    ? -ENOMEM
			    : 1;
	}
	json_object_put(object);
	return r > 0;
}

static bool add_surroundings(struct json_object *root,
			     const struct found *found, uint32_t around)
{
	struct json_object *array = json_object_new_array();
	size_t place = found->place, n = found->chain->n_rules;
	size_t from = place > around ? place - around : 0;
	size_t to = MIN(place + around + 1, n);
	size_t room = JSON_ROOM / 2;

	if (!json_add(root, "rules", array) ||
	    !json_add_number(root, "n_rules", n) ||
	    !json_add_number(root, "first", from))
		return false;
	for (size_t i = from; i < to; i++) {
		struct json_object *object = json_object_new_object();

		if (!object || !add_rule(object, found->chain->rules[i])) {
			json_object_put(object);
			return false;
		}
		if (!append_rule(array, object, &room))
			return false;
	}
	return true;
}

static bool add_path(struct json_object *array, const struct table *table,
		     const struct ruleset_path *path, size_t *room)
{
	struct json_object *way = json_object_new_object();
	struct json_object *steps = json_object_new_array();

	if (!json_add(way, "steps", steps) ||
	    json_object_array_add(array, way) < 0) {
		json_object_put(way);
		return false;
	}
	for (size_t i = 0; i < path->n_steps; i++) {
		struct json_object *step = json_object_new_object();

		if (!step ||
		    !json_add_text(step, "chain",
				   path->steps[i].chain->name) ||
		    !add_base(step, table, path->steps[i].chain) ||
		    (path->steps[i].rule &&
		     !add_rule(step, path->steps[i].rule))) {
			json_object_put(step);
			return false;
		}
		if (!append_rule(steps, step, room))
			return false;
	}
	return true;
}

static bool add_paths(struct json_object *root, const struct found *found)
{
	struct ruleset_path *paths;
	struct json_object *array = json_object_new_array();
	size_t room = JSON_ROOM / 2;
	bool more = false, ok;
	int n;

	if (!json_add(root, "paths", array))
		return false;
	paths = calloc(RULESET_PATHS_MAX, sizeof(*paths));
	n = paths ? ruleset_find_paths(found->table, found->chain, paths,
				       &more)
		  : -1;
	ok = n >= 0;
	for (int i = 0; ok && i < n; i++)
		ok = add_path(array, found->table, &paths[i], &room);
	free(paths);
	return ok && add_flag(root, "more_paths", more);
}

static bool add_found(struct json_object *root, const struct found *found,
		      const struct rule_query *query)
{
	struct json_object *chain = json_object_new_object();

	return json_add(root, "chain", chain) &&
	       add_place(chain, found->table, found->chain) &&
	       add_base(chain, found->table, found->chain) &&
	       add_flag(root, "current", found->current) &&
	       json_add_number(root, "generation", found->rs->generation) &&
	       (found->place == found->chain->n_rules ||
		json_add_number(root, "place", found->place)) &&
	       add_surroundings(root, found, query->around) &&
	       add_paths(root, found);
}

/* NULL: nothing is known of it. */
static const struct correlate_netns *
find_netns(const struct correlate *correlate, const struct rule_query *query)
{
	for (size_t i = 0; i < correlate->n_netns; i++) {
		const struct correlate_netns *netns = correlate->netns[i];

		if (netns->inum == query->inum &&
		    (query->cookie == 0 || netns->cookie == query->cookie))
			return netns;
	}
	return NULL;
}

struct json_object *rule_to_json(const struct correlate *correlate,
				 const struct rule_query *query)
{
	struct json_object *root = json_object_new_object();
	struct space space = initial_space(correlate);
	struct found found;
	bool known = true;

	if (query->inum != 0 &&
	    !netns_is_initial(query->cookie, query->inum)) {
		const struct correlate_netns *netns =
			find_netns(correlate, query);

		known = netns != NULL;
		if (netns)
			space = other_space(netns);
	}
	known = known && find_rule(space.rulesets, query, &found);
	if (!root || !add_space(root, &space) ||
	    !add_flag(root, "known", known) ||
	    (known && !add_found(root, &found, query))) {
		json_object_put(root);
		return NULL;
	}
	return root;
}
