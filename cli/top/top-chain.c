/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdio.h>

#include "connection.h"
#include "top-chain.h"
#include "util.h"

void top_chain_done(struct top_chain *chain)
{
	for (size_t i = 0; i < chain->n_rules; i++)
		free(chain->rules[i].text);
	*chain = (struct top_chain){ 0 };
}

static void add(struct top_chain *chain, uint64_t handle, const char *text)
{
	struct top_chain_rule *rule = &chain->rules[chain->n_rules];

	if (chain->n_rules == TOP_CHAIN_MAX)
		return;
	rule->handle = handle;
	rule->text = text[0] ? strdup(text) : NULL;
	chain->n_rules++;
}

static void add_policy(struct top_chain *chain, struct json_object *reply,
		       size_t n)
{
	const char *policy = json_find_string(reply, "chain/policy");
	char text[64];

	if (!policy[0] || json_find_uint64(reply, "first") + n !=
				  json_find_uint64(reply, "n_rules"))
		return;
	snprintf(text, sizeof(text), "policy %s", policy);
	add(chain, 0, text);
}

void top_chain_take(struct top_chain *chain, struct json_object *reply)
{
	struct json_object *rules = json_find(reply, "rules");
	struct json_object *current = json_find(reply, "current");
	size_t n;

	if (!json_object_is_type(rules, json_type_array))
		return;
	n = json_object_array_length(rules);
	top_chain_done(chain);
	chain->gone = current && !json_object_get_boolean(current);
	for (size_t i = 0; i < n; i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);

		add(chain, json_find_uint64(rule, "rule_handle"),
		    json_find_string(rule, "rule"));
	}
	add_policy(chain, reply, n);
}
