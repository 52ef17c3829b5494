/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "decode-netfilter.h"
#include "json-add.h"
#include "ruleset-json.h"

static bool add_signed(struct json_object *object, const char *key, int64_t v)
{
	return json_add(object, key, json_object_new_int64(v));
}

bool ruleset_json_add_space(struct json_object *object,
			    const struct ruleset_space *space)
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
bool ruleset_json_add_base(struct json_object *object,
			   const struct table *table, const struct chain *chain)
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

static bool add_time(struct json_object *object, const char *key, uint64_t ns)
{
	return ns == 0 || json_add_number(object, key, ns);
}

bool ruleset_json_add_counter(struct json_object *object,
			      const struct rule *rule)
{
	const struct rule_counter *c = rule->counter;
	struct json_object *counter;

	if (!rule_counter_is_known(c))
		return true;
	counter = json_object_new_object();
	return json_add(object, "counter", counter) &&
	       json_add_number(counter, "packets", c->now.packets) &&
	       json_add_number(counter, "bytes", c->now.bytes) &&
	       json_add_number(counter, "added_packets", c->added.packets) &&
	       json_add_number(counter, "added_bytes", c->added.bytes) &&
	       add_time(counter, "read", c->read_ns) &&
	       add_time(counter, "moved", c->moved_ns) &&
	       add_time(counter, "reset", c->reset_ns);
}

bool ruleset_json_add_rule(struct json_object *object, const struct rule *rule)
{
	return json_add_number(object, "rule_handle", rule->handle) &&
	       json_add_text(object, "rule", rule->text) &&
	       json_add_text(object, "comment", rule->comment) &&
	       json_add_text(object, rule->is_goto ? "goto" : "jump",
			     rule->jump) &&
	       ruleset_json_add_counter(object, rule) &&
	       json_add_flag(object, "may_drop", rule->may_drop);
}

bool ruleset_json_add_place(struct json_object *object,
			    const struct table *table,
			    const struct chain *chain)
{
	return json_add_text(object, "family",
			     nft_family_to_string(table->family)) &&
	       json_add_text(object, "table", table->name) &&
	       (table->handle == 0 ||
		json_add_number(object, "table_handle", table->handle)) &&
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

/* What drops of a table's rules and policies are told as. */
struct kinds {
	enum drop_kind rule, policy;
};

/* @rule NULL: the chain's policy. */
static void page_add(struct page *page, const struct ruleset_space *space,
		     const struct kinds *kinds, const struct table *table,
		     const struct chain *chain, const struct rule *rule)
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
	if (!object || !ruleset_json_add_space(object, space) ||
	    !json_add_text(object, "kind",
			   drop_kind_to_string(rule ? (int)kinds->rule
						    : (int)kinds->policy)) ||
	    !ruleset_json_add_place(object, table, chain) ||
	    !ruleset_json_add_base(object, table, chain) ||
	    (rule && !ruleset_json_add_rule(object, rule)) ||
	    (!rule && chain->policy &&
	     !ruleset_json_add_counter(object, chain->policy))) {
		json_object_put(object);
		page->failed = true;
		return;
	}
	r = json_append(page->array, object, &page->room);
	page->failed = r < 0;
	page->full = r == 0;
	page->at -= r == 0;
}

static void page_add_table(struct page *page, const struct ruleset_space *space,
			   const struct kinds *kinds, const struct table *table)
{
	for (size_t c = 0; c < table->n_chains; c++) {
		const struct chain *chain = table->chains[c];

		for (size_t r = 0; r < chain->n_rules && !page->full; r++)
			if (chain->rules[r]->may_drop)
				page_add(page, space, kinds, table, chain,
					 chain->rules[r]);
		if (chain->type && chain->policy_drop)
			page_add(page, space, kinds, table, chain, NULL);
	}
}

static void page_add_ruleset(struct page *page,
			     const struct ruleset_space *space)
{
	static const struct kinds nft = { DROP_KIND_NFT_RULE,
					  DROP_KIND_NFT_POLICY };
	static const struct kinds xt = { DROP_KIND_XT_RULE,
					 DROP_KIND_XT_POLICY };
	static const struct kinds ebt = { DROP_KIND_EBT_RULE,
					  DROP_KIND_EBT_POLICY };
	const struct ruleset *rs = space->rulesets->current;

	for (size_t t = 0; rs && t < rs->n_tables; t++)
		page_add_table(page, space, &nft, rs->tables[t]);
	for (size_t t = 0; t < space->xt->n_tables; t++) {
		const struct xt_table *table = &space->xt->tables[t];

		if (table->save.table)
			page_add_table(page, space,
				       table->family == NFPROTO_BRIDGE ? &ebt
								       : &xt,
				       table->save.table);
	}
}

struct ruleset_space ruleset_space_initial(const struct correlate *correlate)
{
	return (struct ruleset_space){ 0, 0, "init", &correlate->rulesets,
				       &correlate->xt };
}

struct ruleset_space ruleset_space_other(const struct correlate_netns *netns)
{
	return (struct ruleset_space){ netns->cookie, netns->inum, netns->name,
				       &netns->rulesets, &netns->xt };
}

struct json_object *ruleset_to_json(const struct correlate *correlate,
				    uint64_t first)
{
	struct json_object *root = json_object_new_object();
	struct page page = { .array = json_object_new_array(),
			     .first = first,
			     .room = JSON_ROOM };
	struct ruleset_space space = ruleset_space_initial(correlate);

	if (!json_add(root, "rules", page.array)) {
		json_object_put(root);
		return NULL;
	}
	page_add_ruleset(&page, &space);
	for (size_t i = 0; i < correlate->n_netns; i++) {
		space = ruleset_space_other(correlate->netns[i]);
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
