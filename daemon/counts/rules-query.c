/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "netns.h"
#include "place.h"
#include "recall.h"
#include "rules-query.h"
#include "util.h"

#define SHOWN_MAX 64

/* What is compared: a number, or where it is NULL a text. */
struct order {
	const char *word;
	uint64_t (*number)(const struct aggregate_rule *rule);
	const char *(*text)(const struct aggregate_rule *rule);
};

/* Of floats that are not negative the bits are in the same order. */
static uint64_t from_float(float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return v > 0 ? bits : 0;
}

static uint64_t packets(const struct aggregate_rule *rule)
{
	return rule->counts.packets;
}

static uint64_t bytes(const struct aggregate_rule *rule)
{
	return rule->counts.bytes;
}

static uint64_t rate(const struct aggregate_rule *rule)
{
	return from_float(rule->rates.last);
}

static uint64_t rate_1min(const struct aggregate_rule *rule)
{
	return from_float(rule->rates.one);
}

static uint64_t rate_15min(const struct aggregate_rule *rule)
{
	return from_float(rule->rates.fifteen);
}

static uint64_t rate_now(const struct aggregate_rule *rule)
{
	return from_float(rule->pace.rate);
}

static uint64_t byte_rate_now(const struct aggregate_rule *rule)
{
	return from_float(rule->pace.byte_rate);
}

static uint64_t first_seen(const struct aggregate_rule *rule)
{
	return rule->first_ns;
}

static uint64_t last_seen(const struct aggregate_rule *rule)
{
	return rule->last_ns;
}

/* The rule's own. */
static uint64_t counter(const struct aggregate_rule *rule)
{
	return rule->rule && rule_counter_is_known(rule->rule->counter)
		       ? rule->rule->counter->now.packets
		       : 0;
}

/* The smallest first, as in a ruleset. */
static uint64_t handle(const struct aggregate_rule *rule)
{
	return UINT64_MAX - rule->rule_handle;
}

static const char *reason(const struct aggregate_rule *rule)
{
	return rule->reason;
}

static const char *hook(const struct aggregate_rule *rule)
{
	return rule->hook;
}

static const struct order orders[_RULES_BY_MAX] = {
	[RULES_BY_PACKETS] = { "packets", packets, NULL },
	[RULES_BY_BYTES] = { "bytes", bytes, NULL },
	[RULES_BY_RATE] = { "rate", rate, NULL },
	[RULES_BY_RATE_1MIN] = { "rate_1min", rate_1min, NULL },
	[RULES_BY_RATE_15MIN] = { "rate_15min", rate_15min, NULL },
	[RULES_BY_RATE_NOW] = { "rate_now", rate_now, NULL },
	[RULES_BY_BYTE_RATE_NOW] = { "byte_rate_now", byte_rate_now, NULL },
	[RULES_BY_FIRST_SEEN] = { "first_seen", first_seen, NULL },
	[RULES_BY_LAST_SEEN] = { "last_seen", last_seen, NULL },
	[RULES_BY_COUNTER] = { "counter", counter, NULL },
	[RULES_BY_HANDLE] = { "handle", handle, NULL },
	[RULES_BY_REASON] = { "reason", NULL, reason },
	[RULES_BY_HOOK] = { "hook", NULL, hook },
	/* Its text is made: see name(). */
	[RULES_BY_NAME] = { "name", NULL, NULL },
};

const char *rules_order_to_string(int order)
{
	return order >= 0 && order < _RULES_BY_MAX ? orders[order].word : NULL;
}

static int order_from_string(const char *word, enum rules_order *ret,
			     char *error, size_t size)
{
	char shown[SHOWN_MAX];
	size_t n;

	for (int i = 0; i < _RULES_BY_MAX; i++) {
		if (strcmp(orders[i].word, word) != 0)
			continue;
		*ret = (enum rules_order)i;
		return 0;
	}
	snprintf(error, size, "\"%s\" is no order; there are",
		 escape_string(word, shown, sizeof(shown)));
	for (int i = 0; i < _RULES_BY_MAX; i++) {
		n = strlen(error);
		snprintf(error + n, size - n, "%s %s", i > 0 ? "," : "",
			 orders[i].word);
	}
	return -EINVAL;
}

static int take_text(struct json_object *value, const char **ret)
{
	if (json_object_get_string_len(value) > RULES_TEXT_MAX)
		return -EINVAL;
	*ret = json_object_get_string(value);
	return 0;
}

static int take_number(struct json_object *value, int64_t min, int64_t *ret)
{
	*ret = json_object_get_int64(value);
	return *ret < min ? -EINVAL : 0;
}

/* One member; what is null is as if it were not there. */
static int take_member(struct rules_look *look, const char *key,
		       struct json_object *value, char *error, size_t size)
{
	enum json_type type = json_object_get_type(value);
	int64_t number = 0;
	int r = -EINVAL;

	if (strcmp(key, "sort") == 0 && type == json_type_string)
		return order_from_string(json_object_get_string(value),
					 &look->order, error, size);
	if (strcmp(key, "text") == 0 && type == json_type_string)
		return take_text(value, &look->text);
	if (strcmp(key, "search") == 0 && type == json_type_string)
		return take_text(value, &look->search);
	if (strcmp(key, "invert") == 0 && type == json_type_boolean) {
		look->invert = json_object_get_boolean(value);
		return 0;
	}
	if (strcmp(key, "chain") == 0 && type == json_type_boolean) {
		look->chain = json_object_get_boolean(value);
		return 0;
	}
	if (strcmp(key, "rule") == 0 && type == json_type_int) {
		r = take_number(value, 0, &number);
		look->rule = (uint64_t)number;
		look->has_rule = true;
	}
	if (strcmp(key, "step") == 0 && type == json_type_int) {
		r = take_number(value, -1, &number);
		look->step = number > 0 ? 1 : (int)number;
	}
	return r;
}

int rules_look_from_json(struct json_object *json, struct rules_look *ret,
			 char *error, size_t size)
{
	struct rules_look look = { 0 };

	error[0] = '\0';
	json_object_object_foreach(json, key, value) {
		if (value && take_member(&look, key, value, error, size) < 0)
			return -EINVAL;
	}
	*ret = look;
	return 0;
}

size_t rules_query_limit(const struct rules_query *query)
{
	return query->limit ? query->limit : RULES_LIMIT;
}

bool rules_query_wants(const struct rules_query *query,
		       const struct aggregate_rule *rule)
{
	struct drop_event ev;

	/* All that it had turned out to be another's. */
	if (rule->counts.packets == 0 && rule->samples == 0 &&
	    rule->counted == AGGREGATE_BY_EVENTS)
		return false;
	if (aggregate_rule_is_hidden(rule))
		return false;
	if (!query->filter || filter_is_empty(query->filter))
		return true;
	recall_rule(rule, &ev);
	return filter_match(query->filter, &ev);
}

static void name(const struct aggregate_rule *rule, char buf[PLACE_NAME_MAX])
{
	bool known = rule->netns_cookie != 0;
	const struct place place = {
		.inum = known ? rule->netns_inum : 0,
		.cookie = rule->netns_cookie,
		.netns = known && rule->netns_name ? rule->netns_name : "",
		.kind = rule->kind != DROP_KIND_NONE
				? drop_kind_to_string((int)rule->kind)
				: "",
		.family = rule->family,
		.table = rule->table,
		.chain = rule->chain,
		.by = rule->by,
		.location = rule->location,
		.trap = rule->trap,
		.attribution =
			drop_attribution_to_string((int)rule->attribution),
		.origin = drop_origin_to_string((int)rule->origin),
		.handle = rule->rule_handle,
		.queue = rule->queue,
		.has_queue = rule->has & DROP_HAS_QUEUE,
	};

	place_to_name(&place, false, buf, PLACE_NAME_MAX);
}

/* In one of the texts that are shown of it, in upper or lower case. */
static bool has_text(const struct aggregate_rule *rule, const char *text)
{
	char buf[PLACE_NAME_MAX];

	if (strcasestr(rule->reason, text) || strcasestr(rule->hook, text) ||
	    (rule->rule && rule->rule->text &&
	     strcasestr(rule->rule->text, text)))
		return true;
	name(rule, buf);
	return strcasestr(buf, text);
}

static bool is_of_chain(const struct aggregate_rule *rule,
			const struct aggregate_rule *other)
{
	return rule->netns_cookie == other->netns_cookie &&
	       rule->netns_inum == other->netns_inum &&
	       strcmp(rule->family, other->family) == 0 &&
	       strcmp(rule->table, other->table) == 0 &&
	       strcmp(rule->chain, other->chain) == 0;
}

/* The rule that is to be in the reply, or NULL. */
static const struct aggregate_rule *rule_of(const struct aggregate *a,
					    const struct rules_look *look)
{
	return look->has_rule && look->rule < a->n_rules ? a->rules[look->rule]
							 : NULL;
}

static bool is_seen(const struct aggregate *a, const struct rules_query *query,
		    const struct aggregate_rule *rule)
{
	const struct rules_look *look = query->look;
	const struct aggregate_rule *other = rule_of(a, look);

	if (look->chain && (!other || !is_of_chain(rule, other)))
		return false;
	return (!look->text || has_text(rule, look->text)) &&
	       rules_query_wants(query, rule);
}

/* A rule to be sorted, with all that is compared. */
struct item {
	uint64_t number;
	uint64_t packets;
	const char *text; /* of orders by text; "" is unknown */
	uint32_t rank;
	uint32_t i; /* the rule's number */
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare_texts(const char *a, const char *b)
{
	if (a[0] == '\0' || b[0] == '\0')
		return (a[0] == '\0') - (b[0] == '\0');
	return strcmp(a, b);
}

static int compare(const void *a, const void *b, void *invert)
{
	const struct item *x = a, *y = b;
	int r = compare_numbers(x->number, y->number);

	if (r == 0 && x->text)
		r = compare_texts(x->text, y->text);
	if (r == 0)
		r = compare_numbers(x->packets, y->packets);
	if (r == 0)
		r = compare_numbers(y->rank, x->rank);
	if (r == 0)
		r = compare_numbers(y->i, x->i);
	return *(const bool *)invert ? -r : r;
}

/* Names, one behind the other. */
struct names {
	char *text;
	size_t len;
	size_t size;
};

/* Where the name is, from the beginning; -ENOMEM. */
static ssize_t add_name(struct names *names, const struct aggregate_rule *rule)
{
	char buf[PLACE_NAME_MAX];
	size_t len, at = names->len;

	name(rule, buf);
	len = strlen(buf) + 1;
	if (names->size - names->len < len) {
		size_t size = MAX(2 * names->size, 16 * sizeof(buf));
		char *text = realloc(names->text, size);

		if (!text)
			return -ENOMEM;
		names->text = text;
		names->size = size;
	}
	memcpy(names->text + at, buf, len);
	names->len += len;
	return (ssize_t)at;
}

static int gather(const struct aggregate *a, const struct rules_query *query,
		  struct item *items, struct names *names, size_t *n)
{
	const struct order *order = &orders[query->look->order];
	bool by_name = query->look->order == RULES_BY_NAME;

	for (size_t i = 0; i < a->n_rules; i++) {
		const struct aggregate_rule *rule = a->rules[i];
		struct item *item = &items[*n];
		ssize_t at;

		if (!is_seen(a, query, rule))
			continue;
		*item = (struct item){
			.number = order->number ? order->number(rule) : 0,
			.packets = rule->counts.packets,
			.text = order->text ? order->text(rule) : NULL,
			.rank = rule->rank,
			.i = (uint32_t)i,
		};
		++*n;
		if (!by_name)
			continue;
		at = add_name(names, rule);
		if (at < 0)
			return (int)at;
		item->number = (uint64_t)at;
	}
	/* Names do not move any more. */
	for (size_t i = 0; by_name && i < *n; i++) {
		items[i].text = names->text + items[i].number;
		items[i].number = 0;
	}
	return 0;
}

static void find_place(const struct rules_look *look, struct rules_view *view)
{
	view->place = RULES_NOWHERE;
	for (size_t i = 0; look->has_rule && i < view->n; i++) {
		if (view->numbers[i] != look->rule)
			continue;
		view->place = i;
		return;
	}
}

/* From the place on, and round the end; without one from the first row. */
static void search(const struct aggregate *a, const struct rules_look *look,
		   struct rules_view *view)
{
	size_t n = view->n, at, step;

	if (!look->search || n == 0)
		return;
	step = look->step < 0 ? n - 1 : 1;
	if (view->place == RULES_NOWHERE)
		at = look->step < 0 ? n - 1 : 0;
	else
		at = look->step == 0 ? view->place : (view->place + step) % n;
	for (size_t i = 0; i < n; i++, at = (at + step) % n) {
		if (!has_text(a->rules[view->numbers[at]], look->search))
			continue;
		view->place = at;
		view->found = true;
		return;
	}
}

static void find_first(const struct rules_query *query, struct rules_view *view)
{
	size_t limit = rules_query_limit(query);
	size_t last = view->n - MIN(view->n, limit);
	bool moved;

	view->first = query->first < view->n ? (size_t)query->first : last;
	moved = view->place != RULES_NOWHERE &&
		(view->place < view->first ||
		 view->place >= view->first + limit);
	if (moved)
		view->first =
			MIN(view->place - MIN(view->place, limit / 2), last);
}

int rules_view_make(const struct aggregate *a, const struct rules_query *query,
		    struct rules_view *ret)
{
	const struct rules_look *look = query->look;
	_cleanup_free_ struct item *items = NULL;
	_cleanup_free_ uint32_t *numbers = NULL;
	_cleanup_free_ char *text = NULL;
	struct names names = { 0 };
	bool invert = look->invert;
	size_t n = 0;
	int r;

	items = reallocarray(NULL, MAX(a->n_rules, 1), sizeof(*items));
	numbers = reallocarray(NULL, MAX(a->n_rules, 1), sizeof(*numbers));
	if (!items || !numbers)
		return -ENOMEM;
	r = gather(a, query, items, &names, &n);
	text = names.text;
	if (r < 0)
		return r;
	qsort_r(items, n, sizeof(*items), compare, &invert);
	for (size_t i = 0; i < n; i++)
		numbers[i] = items[i].i;
	*ret = (struct rules_view){ .numbers = TAKE_PTR(numbers), .n = n };
	find_place(look, ret);
	search(a, look, ret);
	find_first(query, ret);
	return 0;
}

void rules_view_done(struct rules_view *view)
{
	free(view->numbers);
	*view = (struct rules_view){ 0 };
}
