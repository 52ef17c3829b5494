/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "connection.h"
#include "rule-place.h"
#include "rules-all.h"
#include "util.h"

DEFINE_CLEANUP(struct json_object *, json_object_put)

/* Four numbers, a kind, and a name of 255 bytes with each of three. */
#define KEY_MAX 1024

/*
 * Which rule it is, or which chain's policy. A rule keeps its handle when its
 * chain gets another name.
 */
static void make_key(struct json_object *rule, char key[KEY_MAX])
{
	uint64_t handle = json_find_uint64(rule, "rule_handle");
	uint64_t cookie = rule_is_in_initial_netns(rule)
				  ? 0
				  : json_find_uint64(rule, "netns/cookie");
	int n;

	n = snprintf(key, KEY_MAX, "%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%s/%s",
		     cookie, json_find_uint64(rule, "table_handle"), handle,
		     json_find_string(rule, "family"),
		     json_find_string(rule, "table"));
	/* Of iptables and the like it is a number in the chain. */
	if (handle == 0 || !json_find(rule, "table_handle"))
		snprintf(key + n, KEY_MAX - (size_t)n, "/%s/%s",
			 json_find_string(rule, "kind"),
			 json_find_string(rule, "chain"));
}

/* A set of keys, those of @rules. */
static struct json_object *index_rules(struct json_object *rules)
{
	struct json_object *index = json_object_new_object();
	char key[KEY_MAX];

	for (size_t i = 0; index && i < json_object_array_length(rules); i++) {
		make_key(json_object_array_get_idx(rules, i), key);
		if (json_object_object_add(index, key, NULL) < 0) {
			json_object_put(index);
			return NULL;
		}
	}
	return index;
}

static bool copy(struct json_object *to, struct json_object *from,
		 const char *key)
{
	struct json_object *value = json_find(from, key);

	return !value ||
	       json_object_object_add(to, key, json_object_get(value)) == 0;
}

static bool copy_all(struct json_object *to, struct json_object *from,
		     const char *const *keys)
{
	for (; *keys; keys++)
		if (!copy(to, from, *keys))
			return false;
	return true;
}

static const char *const place_keys[] = {
	"kind",	       "family", "table", "table_handle", "chain",
	"rule_handle", "hook",	 "rule",  "comment",	  NULL,
};

/* 1 or 0, or -ENOMEM. */
static int passes(struct json_object *rule, const struct filter *filter)
{
	_cleanup_(cleanup_json_object_put) struct json_object *event =
		json_object_new_object();
	struct json_object *netfilter = json_object_new_object();
	struct drop_event ev;
	int r;

	if (!event ||
	    json_object_object_add(event, "netfilter", netfilter) < 0) {
		json_object_put(netfilter);
		return -ENOMEM;
	}
	if (!copy(event, rule, "netns") ||
	    !copy_all(netfilter, rule, place_keys))
		return -ENOMEM;
	r = event_from_json(event, &ev);
	/* What is odd passes no filter. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	r = filter_match(filter, &ev);
	drop_event_done(&ev);
	return r;
}

static int add_one(struct json_object *rules, struct json_object *rule,
		   bool counted)
{
	static const char *const zeros[] = { "packets", "bytes", "rate" };
	_cleanup_(cleanup_json_object_put) struct json_object *object =
		json_object_new_object();

	if (!object || !copy(object, rule, "netns") ||
	    !copy_all(object, rule, place_keys) ||
	    json_object_object_add(object, "attribution",
				   json_object_new_string("exact")) < 0)
		return -ENOMEM;
	if (!copy(object, rule, "counter"))
		return -ENOMEM;
	for (size_t i = 0; counted && i < ARRAY_SIZE(zeros); i++)
		if (json_object_object_add(object, zeros[i],
					   json_object_new_int(0)) < 0)
			return -ENOMEM;
	if (json_object_array_add(rules, object) < 0)
		return -ENOMEM;
	(void)TAKE_PTR(object);
	return 0;
}

int rules_all_add(struct json_object *rules, struct json_object *ruleset,
		  const struct filter *filter, bool counted)
{
	_cleanup_(cleanup_json_object_put) struct json_object *index =
		index_rules(rules);
	char key[KEY_MAX];
	int r;

	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(ruleset); i++) {
		struct json_object *rule =
			json_object_array_get_idx(ruleset, i);

		make_key(rule, key);
		if (json_object_object_get_ex(index, key, NULL))
			continue;
		r = filter_is_empty(filter) ? 1 : passes(rule, filter);
		if (r > 0)
			r = add_one(rules, rule, counted);
		if (r < 0)
			return r;
	}
	return 0;
}
