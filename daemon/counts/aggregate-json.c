/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "aggregate-json.h"
#include "json-add.h"
#include "netns.h"
#include "recall.h"
#include "ruleset-json.h"
#include "util.h"

static const char *const counted_names[_AGGREGATE_COUNTED_MAX] = {
	[AGGREGATE_BY_KERNEL] = "kernel",
	[AGGREGATE_BY_EVENTS] = "events",
	[AGGREGATE_BY_COUNTER] = "counter",
};

const char *aggregate_counted_to_string(enum aggregate_counted counted)
{
	return counted_names[counted];
}

static bool hitter_fill_addr(struct json_object *object, const void *key)
{
	const struct heaviest_addr *addr = key;
	char text[PACKET_STRING_MAX];

	return json_add_text(object, "address",
			     packet_addr_to_string(addr->network, &addr->addr,
						   text));
}

static bool hitter_fill_port(struct json_object *object, const void *key)
{
	const struct heaviest_port *port = key;
	const char *name = packet_protocol_to_string(port->protocol);
	char text[PACKET_STRING_MAX];

	snprintf(text, sizeof(text), "%u", port->protocol);
	return json_add_text(object, "protocol", name ? name : text) &&
	       json_add_number(object, "port", port->port);
}

static bool add_hitters(struct json_object *object, const char *name,
			const struct sketch *s, uint32_t n,
			bool (*fill)(struct json_object *object,
				     const void *key))
{
	struct json_object *array = json_object_new_array();
	uint32_t entries[HEAVIEST_CAPACITY];

	if (!json_add(object, name, array))
		return false;
	n = sketch_heaviest(s, entries, MIN(n, HEAVIEST_CAPACITY));
	for (uint32_t i = 0; i < n; i++) {
		const struct sketch_entry *entry = &s->entries[entries[i]];
		struct json_object *hitter = json_object_new_object();

		if (!hitter || json_object_array_add(array, hitter) < 0) {
			json_object_put(hitter);
			return false;
		}
		if (!fill(hitter, sketch_key(s, entries[i])) ||
		    !json_add_number(hitter, "packets", entry->count) ||
		    !json_add_number(hitter, "error", entry->error))
			return false;
	}
	return true;
}

static bool add_heaviest(struct json_object *object, const struct heaviest *h,
			 uint32_t n)
{
	struct json_object *value;

	if (!h || n == 0)
		return true;
	value = json_object_new_object();
	return json_add(object, "heaviest", value) &&
	       json_add_number(value, "samples", h->samples) &&
	       add_hitters(value, "sources", &h->sources, n,
			   hitter_fill_addr) &&
	       add_hitters(value, "destinations", &h->destinations, n,
			   hitter_fill_addr) &&
	       add_hitters(value, "ports", &h->ports, n, hitter_fill_port);
}

static bool is_lower_bound(const struct aggregate_rule *rule,
			   const struct losses *losses)
{
	if (rule->counted == AGGREGATE_BY_KERNEL)
		return losses->rule_packets + losses->rule_messages > 0;
	if (rule->counted == AGGREGATE_BY_COUNTER)
		return false;
	return losses->kernel_queue + losses->socket > 0;
}

static bool add_identity(struct json_object *object,
			 const struct aggregate_rule *rule)
{
	bool initial = netns_is_initial(rule->netns_cookie, rule->netns_inum);

	return json_add_netns(object, "netns", rule->netns_inum,
			      rule->netns_cookie,
			      initial ? "init" : rule->netns_name) &&
	       (rule->kind == DROP_KIND_NONE ||
		json_add_text(object, "kind",
			      drop_kind_to_string((int)rule->kind))) &&
	       json_add_text(object, "family", rule->family) &&
	       json_add_text(object, "table", rule->table) &&
	       (rule->table_handle == 0 ||
		json_add_number(object, "table_handle", rule->table_handle)) &&
	       json_add_text(object, "chain", rule->chain) &&
	       (rule->rule_handle == 0 ||
		json_add_number(object, "rule_handle", rule->rule_handle)) &&
	       json_add_text(object, "hook", rule->hook) &&
	       json_add_text(object, "by", rule->by) &&
	       (!(rule->has & DROP_HAS_QUEUE) ||
		json_add_number(object, "queue", rule->queue)) &&
	       json_add_text(object, "reason", rule->reason) &&
	       (!(rule->has & DROP_HAS_REASON_CODE) ||
		json_add_number(object, "reason_code", rule->reason_code)) &&
	       json_add_text(object, "location", rule->location) &&
	       json_add_text(object, "trap", rule->trap) &&
	       json_add_text(object, "origin",
			     drop_origin_to_string((int)rule->origin)) &&
	       json_add_text(
		       object, "attribution",
		       drop_attribution_to_string((int)rule->attribution));
}

/* Of nf_tables, as far as the ruleset is known. */
static bool add_text(struct json_object *object,
		     const struct aggregate_rule *rule)
{
	return !rule->rule ||
	       (json_add_text(object, "rule", rule->rule->text) &&
		json_add_text(object, "comment", rule->rule->comment) &&
		ruleset_json_add_counter(object, rule->rule));
}

static bool add_measures(struct json_object *object,
			 const struct aggregate_rule *rule,
			 const struct losses *losses)
{
	return json_add_text(object, "counted",
			     aggregate_counted_to_string(rule->counted)) &&
	       json_add(
		       object, "lower_bound",
		       json_object_new_boolean(is_lower_bound(rule, losses))) &&
	       json_add_number(object, "packets", rule->counts.packets) &&
	       json_add_number(object, "bytes", rule->counts.bytes) &&
	       json_add_number(object, "samples", rule->samples) &&
	       json_add_number(object, "first_seen", rule->first_ns) &&
	       json_add_number(object, "last_seen", rule->last_ns) &&
	       json_add_float(object, "rate", rule->rates.last) &&
	       json_add_float(object, "rate_1min", rule->rates.one) &&
	       json_add_float(object, "rate_15min", rule->rates.fifteen);
}

/* What a reply is made from. */
struct page {
	const struct aggregate *a;
	const struct rules_query *query;
	const struct losses *losses;
	struct json_object *rules;
	size_t room;
	size_t n; /* rules in it */
};

static bool add_pace(struct json_object *object, size_t number,
		     const struct pace *pace)
{
	return json_add_number(object, "number", number) &&
	       json_add_float(object, "rate_now", pace->rate) &&
	       json_add_float(object, "byte_rate_now", pace->byte_rate);
}

/* As json_append(). */
static int append(struct page *page, size_t number)
{
	const struct aggregate_rule *rule = page->a->rules[number];
	struct json_object *object = json_object_new_object();

	page->n++;
	if (object && add_identity(object, rule) && add_text(object, rule) &&
	    add_measures(object, rule, page->losses) &&
	    (!page->query->look || add_pace(object, number, &rule->pace)) &&
	    add_heaviest(object, rule->heaviest, page->query->heaviest))
		return json_append(page->rules, object, &page->room);
	json_object_put(object);
	return -ENOMEM;
}

/* Sets @next to where the next page begins, or 0. */
static bool add_page(struct page *page, size_t *next)
{
	const struct aggregate *a = page->a;
	size_t limit = rules_query_limit(page->query);
	size_t i = (size_t)MIN(page->query->first, a->n_rules);

	for (; i < a->n_rules && page->n < limit; i++) {
		int r;

		if (!rules_query_wants(page->query, a->rules[i]))
			continue;
		r = append(page, i);
		if (r < 0)
			return false;
		if (r == 0)
			break;
	}
	*next = i < a->n_rules ? i : 0;
	return true;
}

static bool add_seen(struct json_object *root, const struct rules_view *view,
		     const struct rules_look *look)
{
	struct json_object *object = json_object_new_object();

	return json_add(root, "look", object) &&
	       json_add_number(object, "first", view->first) &&
	       json_add_number(object, "n_rules", view->n) &&
	       (view->place == RULES_NOWHERE ||
		json_add_number(object, "place", view->place)) &&
	       (!look->search || json_add_flag(object, "found", view->found));
}

/* The same as somebody looks at it. */
static bool add_look(struct page *page, struct json_object *root, size_t *next)
{
	_cleanup_(rules_view_done) struct rules_view view = { 0 };
	size_t limit = rules_query_limit(page->query), i;

	if (rules_view_make(page->a, page->query, &view) < 0 ||
	    !add_seen(root, &view, page->query->look))
		return false;
	for (i = view.first; i < view.n && page->n < limit; i++) {
		int r = append(page, view.numbers[i]);

		if (r < 0)
			return false;
		if (r == 0)
			break;
	}
	*next = i < view.n ? i : 0;
	return true;
}

bool aggregate_json_add_lost(struct json_object *object,
			     const struct losses *losses)
{
	struct json_object *lost = json_object_new_object();

	return json_add(object, "lost", lost) &&
	       json_add_number(lost, "packets", losses->rule_packets) &&
	       json_add_number(lost, "messages", losses->rule_messages) &&
	       json_add_number(lost, "kernel_queue", losses->kernel_queue) &&
	       json_add_number(lost, "socket", losses->socket);
}

struct json_object *aggregate_to_json(const struct aggregate *a,
				      const struct rules_query *query,
				      const struct losses *losses)
{
	const struct aggregate_counts *by_events =
		&a->total[AGGREGATE_BY_EVENTS];
	struct aggregate_counts total = aggregate_total(a);
	struct json_object *root = json_object_new_object();
	struct page page = {
		.a = a,
		.query = query,
		.losses = losses,
		.rules = json_object_new_array(),
		.room = JSON_ROOM,
	};
	size_t next;

	if (root && page.rules &&
	    (query->look ? add_look(&page, root, &next)
			 : add_page(&page, &next)) &&
	    (next == 0 || json_add_number(root, "next", next)) &&
	    json_add_number(root, "since", a->since_ns) &&
	    json_add_counts(root, "total", total.packets, total.bytes) &&
	    json_add_counts(root, "by_events", by_events->packets,
			    by_events->bytes) &&
	    json_add_counts(root, "other", a->other.packets, a->other.bytes) &&
	    aggregate_json_add_lost(root, losses) &&
	    json_add(root, "rules", TAKE_PTR(page.rules)))
		return root;
	json_object_put(page.rules);
	json_object_put(root);
	return NULL;
}
