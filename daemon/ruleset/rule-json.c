/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>

#include "json-add.h"
#include "netns.h"
#include "rule-json.h"
#include "ruleset-json.h"
#include "ruleset-path.h"
#include "utf8.h"

/* A rule in a snapshot, with where it is. */
struct found {
	const struct ruleset *rs; /* NULL: it is of x_tables */
	uint64_t read_ns;	  /* when that was like this */
	const struct table *table;
	const struct chain *chain;
	size_t place; /* chain->n_rules: the policy, or the chain alone */
	bool current;
	bool replaced; /* by another rule of that handle */
};

/* Is @name called so in JSON, which cannot have all names as they are? */
static bool is_called(const char *name, const char *text)
{
	char repaired[4 * DROP_NAME_MAX];

	if (strcmp(name, text) == 0)
		return true;
	if (utf8_is_valid(name))
		return false;
	utf8_repair(name, repaired, sizeof(repaired));
	return strcmp(repaired, text) == 0;
}

static struct table *find_table(const struct ruleset *rs,
				const struct rule_query *query)
{
	uint8_t family = nft_family_from_string(query->family);

	for (size_t i = 0; i < rs->n_tables; i++) {
		struct table *table = rs->tables[i];

		if (table->family == family &&
		    (query->table_handle == 0 ||
		     table->handle == query->table_handle) &&
		    is_called(table->name, query->table))
			return table;
	}
	return NULL;
}

static struct chain *find_chain(struct table *table, const char *text)
{
	struct chain *chain = table_find_chain(table, text);

	for (size_t i = 0; !chain && i < table->n_chains; i++)
		if (is_called(table->chains[i]->name, text))
			chain = table->chains[i];
	return chain;
}

static bool find_in(const struct ruleset *rs, const struct rule_query *query,
		    struct found *ret)
{
	struct table *table = find_table(rs, query);
	struct chain *chain = table ? find_chain(table, query->chain) : NULL;

	if (!chain)
		return false;
	*ret = (struct found){ .rs = rs, .table = table, .chain = chain };
	ret->place = query->handle != 0 ? chain_find_place(chain, query->handle)
					: chain->n_rules;
	return query->handle == 0 || ret->place < chain->n_rules;
}

static const struct ruleset *snapshot_at(const struct rulesets *s, size_t i)
{
	return i == 0 ? s->current : s->old[i - 1];
}

/*
 * In the newest snapshot that is not newer than the generation asked for, or
 * else in one before, or else in one behind it.
 */
static bool find_then(const struct rulesets *s, const struct rule_query *query,
		      struct found *ret)
{
	uint32_t generation = query->handle != 0 ? query->generation : 0;
	size_t at = 0;

	while (generation != 0 && at < s->n_old &&
	       (int32_t)(ruleset_first(snapshot_at(s, at)) - generation) > 0)
		at++;
	for (size_t i = at; i <= s->n_old; i++)
		if (find_in(snapshot_at(s, i), query, ret))
			return true;
	for (size_t i = at; i > 0; i--)
		if (find_in(snapshot_at(s, i - 1), query, ret))
			return true;
	return false;
}

/* A policy, or a chain, has no other text. */
static const struct rule *rule_of(const struct found *found)
{
	return found->place < found->chain->n_rules
		       ? found->chain->rules[found->place]
		       : NULL;
}

/* What is replaced keeps its handle. */
static bool is_same_rule(const struct rule *a, const struct rule *b)
{
	return a == b || (a->text && b->text && strcmp(a->text, b->text) == 0);
}

static bool find_rule(const struct rulesets *rulesets,
		      const struct rule_query *query, struct found *ret)
{
	struct found now;

	if (!rulesets->current || !find_then(rulesets, query, ret))
		return false;
	if (!find_in(rulesets->current, query, &now))
		return true;
	if (!rule_of(ret) || is_same_rule(rule_of(ret), rule_of(&now))) {
		*ret = now;
		ret->current = true;
	} else {
		ret->replaced = true;
	}
	return true;
}

static bool find_xt(const struct xt_tables *tables,
		    const struct rule_query *query, struct found *ret)
{
	const struct xt_table *xt = xt_tables_find(
		tables, nft_family_from_string(query->family), query->table);
	struct table *table = xt ? xt->save.table : NULL;
	struct chain *chain = table ? find_chain(table, query->chain) : NULL;

	if (!chain || query->handle > chain->n_rules)
		return false;
	*ret = (struct found){
		.read_ns = xt->read_ns,
		.table = table,
		.chain = chain,
		.place = query->handle ? (size_t)query->handle - 1
				       : chain->n_rules,
		.current = true,
	};
	return true;
}

static bool find(const struct ruleset_space *space,
		 const struct rule_query *query, struct found *ret)
{
	bool is_xt = query->kind >= DROP_KIND_XT_RULE &&
		     query->kind <= DROP_KIND_EBT_POLICY;
	bool any = query->kind == DROP_KIND_NONE && query->table_handle == 0;

	if (!is_xt && find_rule(space->rulesets, query, ret))
		return true;
	return (is_xt || any) && find_xt(space->xt, query, ret);
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

		if (!object ||
		    !ruleset_json_add_rule(object, found->chain->rules[i])) {
			json_object_put(object);
			return false;
		}
		if (!append_rule(array, object, &room))
			return false;
	}
	return true;
}

/* A new object; NULL without memory. @room is for the rules' texts. */
static struct json_object *path_to_json(const struct table *table,
					const struct ruleset_path *path,
					size_t *room)
{
	struct json_object *way = json_object_new_object();
	struct json_object *steps = json_object_new_array();

	if (!json_add(way, "steps", steps)) {
		json_object_put(way);
		return NULL;
	}
	for (size_t i = 0; i < path->n_steps; i++) {
		struct json_object *step = json_object_new_object();

		if (!step ||
		    !json_add_text(step, "chain", path->steps[i].chain->name) ||
		    !ruleset_json_add_base(step, table, path->steps[i].chain) ||
		    (path->steps[i].rule &&
		     !ruleset_json_add_rule(step, path->steps[i].rule))) {
			json_object_put(step);
			json_object_put(way);
			return NULL;
		}
		if (!append_rule(steps, step, room)) {
			json_object_put(way);
			return NULL;
		}
	}
	return way;
}

static bool add_paths(struct json_object *root, const struct found *found)
{
	struct ruleset_path *paths;
	struct json_object *array = json_object_new_array();
	size_t room = JSON_ROOM / 2, text_room = JSON_ROOM / 4;
	bool more = false;
	int n, r = 1;

	if (!json_add(root, "paths", array))
		return false;
	paths = calloc(RULESET_PATHS_MAX, sizeof(*paths));
	n = paths ? ruleset_find_paths(found->table, found->chain, paths, &more)
		  : -ENOMEM;
	for (int i = 0; r > 0 && i < n; i++)
		r = json_append(array,
				path_to_json(found->table, &paths[i],
					     &text_room),
				&room);
	free(paths);
	return n >= 0 && r >= 0 &&
	       json_add_flag(root, "more_paths", more || r == 0);
}

/* The rule of the same text that is there now, in a chain of that name. */
static bool add_successor(struct json_object *root, const struct found *found,
			  const struct ruleset *current)
{
	const struct rule *rule = rule_of(found);
	struct table *table;
	const struct chain *chain;

	if (found->current || !rule || !rule->text)
		return true;
	table = ruleset_find_table(current, found->table->family,
				   found->table->name, 0);
	chain = table ? table_find_chain(table, found->chain->name) : NULL;
	for (size_t i = 0; chain && i < chain->n_rules; i++)
		if (chain->rules[i]->text &&
		    strcmp(chain->rules[i]->text, rule->text) == 0)
			return json_add_number(root, "same_text",
					       chain->rules[i]->handle);
	return true;
}

static bool add_generation(struct json_object *root, const struct ruleset *rs)
{
	return json_add_number(root, "generation", rs->generation) &&
	       (rs->n_own == 0 || json_add_number(root, "unchanged_since",
						  rs->generation - rs->n_own));
}

static bool add_found(struct json_object *root, const struct found *found,
		      const struct rule_query *query,
		      const struct ruleset *current)
{
	struct json_object *chain = json_object_new_object();

	return json_add(root, "chain", chain) &&
	       ruleset_json_add_place(chain, found->table, found->chain) &&
	       ruleset_json_add_base(chain, found->table, found->chain) &&
	       (!found->chain->policy ||
		ruleset_json_add_counter(chain, found->chain->policy)) &&
	       json_add_flag(root, "current", found->current) &&
	       (!found->replaced || json_add_flag(root, "replaced", true)) &&
	       (found->rs ? add_generation(root, found->rs)
			  : json_add_number(root, "read_ns", found->read_ns)) &&
	       (found->place == found->chain->n_rules ||
		json_add_number(root, "place", found->place)) &&
	       add_successor(root, found, current) &&
	       add_surroundings(root, found, query->around) &&
	       add_paths(root, found);
}

/*
 * NULL: nothing is known of it. Inode numbers are given again, and names: it is
 * the one that dropped something last.
 */
static const struct correlate_netns *
find_netns(const struct correlate *correlate, const struct rule_query *query)
{
	const struct correlate_netns *netns = correlate->newest;

	for (; netns; netns = netns->older)
		if ((query->inum == 0 || netns->inum == query->inum) &&
		    (query->cookie == 0 || netns->cookie == query->cookie) &&
		    (query->inum != 0 || is_called(netns->name, query->netns)))
			return netns;
	return NULL;
}

/* By what names it first: a namespace can have any name. */
static bool is_in_initial(const struct rule_query *query)
{
	if (query->inum != 0)
		return netns_is_initial(query->cookie, query->inum);
	return !query->netns || strcmp(query->netns, "init") == 0;
}

struct json_object *rule_to_json(const struct correlate *correlate,
				 const struct rule_query *query)
{
	struct json_object *root = json_object_new_object();
	struct ruleset_space space = ruleset_space_initial(correlate);
	struct found found;
	bool known = true;

	if (!is_in_initial(query)) {
		const struct correlate_netns *netns =
			find_netns(correlate, query);

		known = netns != NULL;
		if (netns)
			space = ruleset_space_other(netns);
	}
	known = known && find(&space, query, &found);
	if (!root || !ruleset_json_add_space(root, &space) ||
	    !json_add_flag(root, "known", known) ||
	    (known &&
	     !add_found(root, &found, query, space.rulesets->current))) {
		json_object_put(root);
		return NULL;
	}
	return root;
}
