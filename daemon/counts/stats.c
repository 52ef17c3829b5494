/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>

#include "aggregate-json.h"
#include "json-add.h"
#include "recall.h"
#include "stats-group.h"
#include "stats.h"
#include "util.h"

void stats_query_add(struct stats_query *query, enum stat_key key)
{
	for (size_t i = 0; i < query->n_by; i++)
		if (query->by[i] == key)
			return;
	query->by[query->n_by++] = key;
}

bool stats_query_is_sampled(const struct stats_query *query)
{
	for (size_t i = 0; i < query->n_by; i++)
		if (stat_key_scope(query->by[i]) < FILTER_OF_RULE)
			return true;
	return query->filter && filter_beyond(query->filter, FILTER_OF_RULE);
}

/* What is added up: a rule, or a flow of one. */
struct member {
	const struct aggregate_rule *rule;
	const struct flow_key *key;
	const struct flow *flow; /* NULL: the rule itself */
	bool is_beside;		 /* it is in no sum */
};

/* Goes through all of them; false at the end. */
static bool member_at(const struct aggregate *a, bool sampled, size_t i,
		      struct member *ret)
{
	*ret = (struct member){ 0 };
	if (sampled) {
		ret->flow = flows_at(&a->flows, i, &ret->key);
		if (ret->flow)
			ret->rule = ret->key->rule;
	} else if (i < a->n_rules) {
		ret->rule = a->rules[i];
		ret->is_beside = ret->rule->counted == AGGREGATE_BY_COUNTER;
	}
	return ret->rule;
}

/* @ev has the last one, of @last; the rule's part of it may stay. */
static void recall(const struct member *member,
		   const struct aggregate_rule **last, struct drop_event *ev)
{
	if (member->rule != *last)
		recall_rule(member->rule, ev);
	*last = member->rule;
	if (member->flow)
		recall_flow(member->key, member->flow, ev);
}

static void add_member(struct stats_group *group, const struct member *member)
{
	const struct rates *rates;

	if (member->flow) {
		rates = &member->flow->rates;
		group->packets += member->flow->counts.packets;
		group->bytes += member->flow->counts.bytes;
		group->first_ns = MIN(group->first_ns, member->flow->first_ns);
		group->last_ns = MAX(group->last_ns, member->flow->last_ns);
	} else {
		rates = &member->rule->rates;
		group->packets += member->rule->counts.packets;
		group->bytes += member->rule->counts.bytes;
		group->first_ns = MIN(group->first_ns, member->rule->first_ns);
		group->last_ns = MAX(group->last_ns, member->rule->last_ns);
	}
	group->rate += (double)rates->last;
	group->rate_1min += (double)rates->one;
	group->rate_15min += (double)rates->fifteen;
}

/* The sum of all that the filter lets through is added to @sum. */
static int gather(const struct aggregate *a, const struct stats_query *query,
		  struct stats_groups *groups, struct aggregate_counts *sum)
{
	bool sampled = stats_query_is_sampled(query);
	const struct aggregate_rule *last = NULL;
	struct stats_value value;
	struct drop_event ev;
	struct member member;

	for (size_t i = 0; member_at(a, sampled, i, &member); i++) {
		if (member.is_beside)
			continue;
		struct stats_group *group;

		/* Sampled, and not told by the kernel yet. */
		if (!sampled && member.rule->counts.packets == 0)
			continue;
		/* It turned out to be another rule's. */
		if (sampled && member.flow->counts.packets == 0)
			continue;
		recall(&member, &last, &ev);
		if (query->filter && !filter_match(query->filter, &ev))
			continue;
		value.len = 0;
		for (size_t k = 0; k < query->n_by; k++)
			stats_key_append(query->by[k], &ev, &value);
		group = stats_groups_get(groups, &value, i);
		if (!group)
			return -ENOMEM;
		add_member(group, &member);
		sum->packets += member.flow ? member.flow->counts.packets
					    : member.rule->counts.packets;
		sum->bytes += member.flow ? member.flow->counts.bytes
					  : member.rule->counts.bytes;
	}
	return 0;
}

static struct json_object *row_to_json(const struct aggregate *a,
				       const struct stats_query *query,
				       const struct stats_group *group)
{
	struct json_object *row = json_object_new_object();
	const struct aggregate_rule *last = NULL;
	struct drop_event ev;
	struct member member;

	member_at(a, stats_query_is_sampled(query), group->member, &member);
	recall(&member, &last, &ev);
	for (size_t k = 0; k < query->n_by; k++)
		if (!row || !stats_key_to_json(query->by[k], &ev, row))
			goto nomem;
	if (json_add_number(row, "packets", group->packets) &&
	    json_add_number(row, "bytes", group->bytes) &&
	    json_add_number(row, "first_seen", group->first_ns) &&
	    json_add_number(row, "last_seen", group->last_ns) &&
	    json_add_float(row, "rate", group->rate) &&
	    json_add_float(row, "rate_1min", group->rate_1min) &&
	    json_add_float(row, "rate_15min", group->rate_15min))
		return row;
nomem:
	json_object_put(row);
	return NULL;
}

/* As many as wanted, or as fit; what they have is taken from @sum. */
static int add_rows(struct json_object *rows, const struct aggregate *a,
		    const struct stats_query *query,
		    const struct stats_groups *groups,
		    struct aggregate_counts *sum)
{
	size_t n = MIN(groups->n_groups, query->limit), size = 0, len;

	for (size_t i = 0; i < n; i++) {
		const struct stats_group *group = &groups->groups[i];
		struct json_object *row = row_to_json(a, query, group);

		if (!row)
			return -ENOMEM;
		(void)json_object_to_json_string_length(
			row, JSON_C_TO_STRING_PLAIN, &len);
		size += len + 1;
		if (size > STATS_ROWS_SIZE) {
			json_object_put(row);
			return 0;
		}
		if (json_object_array_add(rows, row) < 0) {
			json_object_put(row);
			return -ENOMEM;
		}
		sum->packets -= group->packets;
		sum->bytes -= group->bytes;
	}
	return 0;
}

static bool add_totals(struct json_object *root, const struct aggregate *a,
		       bool sampled)
{
	struct aggregate_counts total = aggregate_total(a);
	const struct flows *flows = &a->flows;

	if (!sampled)
		return json_add_counts(root, "total", total.packets,
				       total.bytes) &&
		       json_add_counts(root, "other", a->other.packets,
				       a->other.bytes);
	return json_add_counts(root, "total", flows->total.packets,
			       flows->total.bytes) &&
	       json_add_counts(root, "other", flows->other.packets,
			       flows->other.bytes);
}

DEFINE_CLEANUP(struct json_object *, json_object_put)

struct json_object *stats_to_json(const struct aggregate *a,
				  const struct stats_query *query,
				  const struct losses *losses,
				  uint64_t since_ns)
{
	_cleanup_(cleanup_json_object_put) struct json_object *root = NULL;
	_cleanup_(stats_groups_done) struct stats_groups groups;
	bool sampled = stats_query_is_sampled(query);
	struct aggregate_counts sum = { 0 };
	struct json_object *rows;

	stats_groups_init(&groups, a->seed);
	root = json_object_new_object();
	if (!json_add(root, "sampled", json_object_new_boolean(sampled)) ||
	    gather(a, query, &groups, &sum) < 0)
		return NULL;
	stats_groups_sort(&groups);
	rows = json_object_new_array();
	if (!json_add(root, "rows", rows) ||
	    add_rows(rows, a, query, &groups, &sum) < 0 ||
	    !json_add_number(root, "groups", groups.n_groups) ||
	    !json_add_counts(root, "rest", sum.packets, sum.bytes) ||
	    !json_add_number(root, "since", since_ns) ||
	    !add_totals(root, a, sampled) ||
	    !aggregate_json_add_lost(root, losses))
		return NULL;
	return TAKE_PTR(root);
}
