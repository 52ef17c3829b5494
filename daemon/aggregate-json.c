/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>

#include "aggregate-json.h"
#include "netns.h"
#include "utf8.h"
#include "util.h"

/* Takes @value; false, and then it is gone, when memory is out. */
static bool add(struct json_object *object, const char *key,
		struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool add_number(struct json_object *object, const char *key, uint64_t v)
{
	return add(object, key, json_object_new_uint64(v));
}

/* A name in the kernel is any bytes, JSON is UTF-8. Absent when unknown. */
static bool add_text(struct json_object *object, const char *key, const char *s)
{
	char repaired[4 * DROP_NAME_MAX];

	if (!utf8_is_valid(s)) {
		utf8_repair(s, repaired, sizeof(repaired));
		s = repaired;
	}
	return s[0] == '\0' || add(object, key, json_object_new_string(s));
}

static struct json_object *netns_to_json(const struct aggregate_rule *rule)
{
	struct json_object *object = json_object_new_object();
	bool initial = netns_is_initial(rule->netns_cookie, rule->netns_inum);

	if (object && add_number(object, "inum", rule->netns_inum) &&
	    add_number(object, "cookie", rule->netns_cookie) &&
	    add_text(object, "name", initial ? "init" : ""))
		return object;
	json_object_put(object);
	return NULL;
}

static bool rule_fill(struct json_object *object,
		      const struct aggregate_rule *rule)
{
	return (rule->netns_cookie == 0 ||
		add(object, "netns", netns_to_json(rule))) &&
	       (rule->kind == DROP_KIND_NONE ||
		add_text(object, "kind",
			 drop_kind_to_string((int)rule->kind))) &&
	       add_text(object, "family", rule->family) &&
	       add_text(object, "table", rule->table) &&
	       add_text(object, "chain", rule->chain) &&
	       (rule->rule_handle == 0 ||
		add_number(object, "rule_handle", rule->rule_handle)) &&
	       add_text(object, "hook", rule->hook) &&
	       add_text(object, "by", rule->by) &&
	       (!(rule->has & DROP_HAS_QUEUE) ||
		add_number(object, "queue", rule->queue)) &&
	       add_text(object, "reason", rule->reason) &&
	       (!(rule->has & DROP_HAS_REASON_CODE) ||
		add_number(object, "reason_code", rule->reason_code)) &&
	       add_text(object, "attribution",
			drop_attribution_to_string(DROP_ATTRIBUTION_EXACT)) &&
	       add_number(object, "packets", rule->counts.packets) &&
	       add_number(object, "bytes", rule->counts.bytes) &&
	       add_number(object, "first_seen", rule->first_ns) &&
	       add_number(object, "last_seen", rule->last_ns);
}

static bool append(struct json_object *array, const struct aggregate_rule *rule)
{
	struct json_object *object = json_object_new_object();

	if (object && rule_fill(object, rule) &&
	    json_object_array_add(array, object) == 0)
		return true;
	json_object_put(object);
	return false;
}

static struct json_object *counts_to_json(const struct aggregate_counts *counts)
{
	struct json_object *object = json_object_new_object();

	if (object && add_number(object, "packets", counts->packets) &&
	    add_number(object, "bytes", counts->bytes))
		return object;
	json_object_put(object);
	return NULL;
}

struct json_object *aggregate_to_json(const struct aggregate *a, uint64_t first)
{
	struct json_object *root = json_object_new_object();
	struct json_object *rules = json_object_new_array();
	size_t from = (size_t)MIN(first, a->n_rules);
	size_t to = MIN(from + AGGREGATE_PAGE, a->n_rules);

	if (!root || !rules)
		goto nomem;
	for (size_t i = from; i < to; i++)
		if (!append(rules, a->rules[i]))
			goto nomem;
	if ((to < a->n_rules && !add_number(root, "next", to)) ||
	    !add(root, "total", counts_to_json(&a->total)) ||
	    !add(root, "other", counts_to_json(&a->other)))
		goto nomem;
	if (add(root, "rules", TAKE_PTR(rules)))
		return root;
nomem:
	json_object_put(rules);
	json_object_put(root);
	return NULL;
}
