/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "explain-ask.h"
#include "netns.h"
#include "proto.h"
#include "rule-place.h"
#include "verb.h"

#define AROUND	 5
#define HEAVIEST 32

DEFINE_CLEANUP(struct json_object *, json_object_put)

static bool put(struct json_object *object, const char *key,
		struct json_object *value)
{
	if (object && value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool is_nft(const struct drop_event *ev)
{
	switch (ev->netfilter.kind) {
	case DROP_KIND_NONE: /* asked for by name */
	case DROP_KIND_NFT_RULE:
	case DROP_KIND_NFT_POLICY:
	case DROP_KIND_NFT_CHAIN:
		return true;
	default:
		return false;
	}
}

static bool is_xt(const struct drop_event *ev)
{
	switch (ev->netfilter.kind) {
	case DROP_KIND_XT_RULE:
	case DROP_KIND_XT_POLICY:
	case DROP_KIND_EBT_RULE:
	case DROP_KIND_EBT_POLICY:
		return true;
	default:
		return false;
	}
}

bool explain_is_in_chain(const struct drop_event *ev)
{
	return (is_nft(ev) || is_xt(ev)) && ev->netfilter.family[0] &&
	       ev->netfilter.table[0] && ev->netfilter.chain[0];
}

bool explain_is_counted(const struct drop_event *ev)
{
	return ev->netfilter.table[0] &&
	       (ev->netfilter.rule_handle || ev->netfilter.policy);
}

static bool put_netns(struct json_object *object, const struct drop_netns *n)
{
	struct json_object *netns;

	if (n->inum == 0 && n->name[0] == '\0')
		return true;
	netns = json_object_new_object();
	if ((n->inum && !put(netns, "inum", json_object_new_uint64(n->inum))) ||
	    (n->cookie &&
	     !put(netns, "cookie", json_object_new_uint64(n->cookie))) ||
	    (n->name[0] &&
	     !put(netns, "name", json_object_new_string(n->name)))) {
		json_object_put(netns);
		return false;
	}
	return put(object, "netns", netns);
}

/* The parameters of GetRule, or NULL without memory. */
static struct json_object *rule_parameters(const struct drop_event *ev)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	struct json_object *root = json_object_new_object();
	struct json_object *rule = json_object_new_object();

	if (!put(root, "rule", rule) ||
	    !put(root, "around", json_object_new_int(AROUND)) ||
	    !put_netns(rule, &ev->netns) ||
	    (nf->kind != DROP_KIND_NONE &&
	     !put(rule, "kind",
		  json_object_new_string(
			  drop_kind_to_string((int)nf->kind)))) ||
	    !put(rule, "family", json_object_new_string(nf->family)) ||
	    !put(rule, "table", json_object_new_string(nf->table)) ||
	    !put(rule, "chain", json_object_new_string(nf->chain)) ||
	    (nf->table_handle &&
	     !put(rule, "table_handle",
		  json_object_new_uint64(nf->table_handle))) ||
	    (nf->rule_handle &&
	     !put(rule, "rule_handle",
		  json_object_new_uint64(nf->rule_handle))) ||
	    (nf->generation && !put(rule, "generation",
				    json_object_new_uint64(nf->generation)))) {
		json_object_put(root);
		return NULL;
	}
	return root;
}

int explain_ask_rule(const char *socket, const struct drop_event *ev,
		     struct answer *ret)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		rule_parameters(ev);

	if (!parameters)
		return -ENOMEM;
	return ask(socket, PROTO_MONITOR ".GetRule", parameters, ret);
}

static bool is_same_netns(struct json_object *rule, const struct drop_netns *n)
{
	if (n->cookie)
		return netns_is_initial(n->cookie, n->inum)
			       ? rule_is_in_initial_netns(rule)
			       : json_find_uint64(rule, "netns/cookie") ==
					 n->cookie;
	if (n->inum)
		return json_find_uint64(rule, "netns/inum") == n->inum;
	if (n->name[0] && strcmp(n->name, "init") != 0)
		return strcmp(json_find_string(rule, "netns/name"), n->name) ==
		       0;
	return rule_is_in_initial_netns(rule);
}

bool explain_is_same(struct json_object *rule, const struct drop_event *ev)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	const char *kind = json_find_string(rule, "kind");
	uint64_t handle = json_find_uint64(rule, "rule_handle");
	uint64_t table = json_find_uint64(rule, "table_handle");

	return strcmp(json_find_string(rule, "family"), nf->family) == 0 &&
	       strcmp(json_find_string(rule, "table"), nf->table) == 0 &&
	       strcmp(json_find_string(rule, "chain"), nf->chain) == 0 &&
	       (strncmp(kind, "nft-", 4) == 0) == is_nft(ev) &&
	       (nf->table_handle == 0 || table == nf->table_handle) &&
	       is_same_netns(rule, &ev->netns) && handle == nf->rule_handle &&
	       (handle != 0 || (nf->policy && strstr(kind, "-policy")));
}

/* {"key": ["value"]}, unless it would be read as a pattern. */
static bool put_name(struct json_object *filter, const char *key,
		     const char *name)
{
	struct json_object *array;

	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("!*?[\\", *p))
			return true;
	array = json_object_new_array();
	if (array &&
	    json_object_array_add(array, json_object_new_string(name)) < 0) {
		json_object_put(array);
		return false;
	}
	return put(filter, key, array);
}

/* Only to have less to look at. */
static struct json_object *counts_parameters(const struct drop_event *ev)
{
	struct json_object *root = json_object_new_object();
	struct json_object *filter = json_object_new_object();

	if (put(root, "filter", filter) &&
	    put_name(filter, "table", ev->netfilter.table) &&
	    put_name(filter, "chain", ev->netfilter.chain) &&
	    put(root, "heaviest", json_object_new_int(HEAVIEST)))
		return root;
	json_object_put(root);
	return NULL;
}

int explain_ask_counts(const char *socket, const struct drop_event *ev,
		       struct json_object **ret, struct answer *page)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		counts_parameters(ev);
	_cleanup_(cleanup_json_object_put) struct json_object *all = NULL;
	_cleanup_(cleanup_json_object_put) struct json_object *found =
		json_object_new_array();
	int r;

	if (!parameters || !found)
		return -ENOMEM;
	r = ask_rules_fresh(socket, parameters, &all, page);
	if (r != STATUS_FINE)
		return r;
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *rule = json_object_array_get_idx(all, i);

		if (!explain_is_same(rule, ev))
			continue;
		if (json_object_array_add(found, json_object_get(rule)) < 0) {
			json_object_put(rule);
			return -ENOMEM;
		}
	}
	*ret = TAKE_PTR(found);
	return STATUS_FINE;
}
