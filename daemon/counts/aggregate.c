/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "aggregate.h"
#include "hash.h"
#include "netns.h"
#include "rule-rank.h"
#include "util.h"

#define ALLOCATE_FIRST 64

/* A rule's identity, in an event or in a rule, without a copy. */
struct key {
	enum aggregate_counted counted;
	enum drop_origin origin;
	enum drop_attribution attribution;
	enum drop_kind kind;
	uint64_t netns_cookie;
	uint64_t table_handle;
	uint64_t rule_handle;
	uint32_t reason_code;
	uint32_t queue;
	uint32_t hash;
	const char *hook, *family, *reason, *by, *trap, *location, *table,
		*chain;
};

void aggregate_init(struct aggregate *a, uint64_t seed)
{
	*a = (struct aggregate){ .max = AGGREGATE_USUAL, .seed = seed };
	flows_init(&a->flows, seed);
}

void aggregate_set_max(struct aggregate *a, size_t max)
{
	a->max = MIN(max, (size_t)AGGREGATE_MAX);
}

void aggregate_done(struct aggregate *a)
{
	/* First, since they point to rules. */
	flows_done(&a->flows);
	for (size_t i = 0; i < a->n_rules; i++) {
		heaviest_free(a->rules[i]->heaviest);
		sample_free(a->rules[i]->sample);
		rule_unref(a->rules[i]->rule);
		free(a->rules[i]->netns_name);
		free(a->rules[i]);
	}
	free(a->rules);
	free(a->index);
	*a = (struct aggregate){ 0 };
}

/*
 * Not all of it: what differs between rules that are there at the same time,
 * mostly.
 */
static uint32_t hash_key(uint64_t seed, const struct key *key)
{
	uint64_t hash = seed;

	hash = hash_word(hash, key->netns_cookie << 8 ^ (uint64_t)key->kind);
	hash = hash_word(hash, key->table_handle << 32 ^ key->rule_handle);
	hash = hash_word(hash, (uint64_t)key->queue << 32 ^ key->reason_code);
	/* With a handle, names say nothing more. */
	if (key->table_handle == 0 || key->rule_handle == 0) {
		hash = hash_string(hash, key->chain);
		hash = hash_string(hash, key->table);
		hash = hash_string(hash, key->location);
	}
	if (key->reason_code == 0)
		hash = hash_string(hash, key->reason);
	return (uint32_t)hash;
}

static void key_of_event(const struct aggregate *a, const struct drop_event *ev,
			 enum aggregate_counted counted, struct key *ret)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	bool is_place = nf->kind == DROP_KIND_NONE && nf->table[0] == '\0';

	*ret = (struct key){
		.counted = counted,
		.origin = ev->origin,
		/* Several can have been it: none is counted for it. */
		.attribution = ev->candidates ? DROP_ATTRIBUTION_NONE
					      : ev->attribution,
		.kind = nf->kind,
		.netns_cookie = ev->netns.cookie,
		.table_handle = nf->table_handle,
		.rule_handle = nf->rule_handle,
		.reason_code = ev->reason_code,
		.queue = nf->queue,
		.hook = nf->hook,
		.family = nf->family,
		.reason = ev->reason,
		/* A rule has one such expression; a table says where it is. */
		.by = nf->table[0] == '\0' ? nf->by : "",
		.trap = ev->trap,
		.location = is_place ? ev->location : "",
		.table = nf->table,
		.chain = nf->chain,
	};
	ret->hash = hash_key(a->seed, ret);
}

static void key_of_rule(const struct aggregate *a,
			const struct aggregate_rule *rule, struct key *ret)
{
	*ret = (struct key){
		.counted = rule->counted,
		.origin = rule->origin,
		.attribution = rule->attribution,
		.kind = rule->kind,
		.netns_cookie = rule->netns_cookie,
		.table_handle = rule->table_handle,
		.rule_handle = rule->rule_handle,
		.reason_code = rule->reason_code,
		.queue = rule->queue,
		.hook = rule->hook,
		.family = rule->family,
		.reason = rule->reason,
		.by = rule->by,
		.trap = rule->trap,
		.location = rule->location,
		.table = rule->table,
		.chain = rule->chain,
	};
	ret->hash = hash_key(a->seed, ret);
}

static inline bool is_equal(const char *a, const char *b)
{
	/* Most are empty. */
	return a[0] == b[0] && (a[0] == '\0' || strcmp(a, b) == 0);
}

static bool has_key(const struct aggregate_rule *rule, const struct key *key)
{
	return rule->hash == key->hash && rule->counted == key->counted &&
	       rule->netns_cookie == key->netns_cookie &&
	       rule->rule_handle == key->rule_handle &&
	       rule->table_handle == key->table_handle &&
	       rule->kind == key->kind && rule->origin == key->origin &&
	       rule->attribution == key->attribution &&
	       rule->reason_code == key->reason_code &&
	       rule->queue == key->queue && is_equal(rule->hook, key->hook) &&
	       is_equal(rule->family, key->family) &&
	       is_equal(rule->reason, key->reason) &&
	       is_equal(rule->by, key->by) && is_equal(rule->trap, key->trap) &&
	       is_equal(rule->location, key->location) &&
	       is_equal(rule->table, key->table) &&
	       is_equal(rule->chain, key->chain);
}

static struct aggregate_rule *find(const struct aggregate *a,
				   const struct key *key)
{
	for (size_t i = key->hash; a->n_index > 0; i++) {
		uint32_t number = a->index[i & (a->n_index - 1)];

		if (number == 0)
			break;
		if (has_key(a->rules[number - 1], key))
			return a->rules[number - 1];
	}
	return NULL;
}

bool aggregate_rule_is_foreign(const struct aggregate_rule *rule)
{
	return rule->netns_cookie != 0 &&
	       !netns_is_initial(rule->netns_cookie, rule->netns_inum);
}

bool aggregate_rule_is_hidden(const struct aggregate_rule *rule)
{
	return rule->counted == AGGREGATE_BY_COUNTER && rule->rule &&
	       rule->rule->counter && rule->rule->counter->has_drops;
}

static void put_index(struct aggregate *a, size_t number)
{
	size_t i = a->rules[number]->hash;

	while (a->index[i & (a->n_index - 1)] != 0)
		i++;
	a->index[i & (a->n_index - 1)] = (uint32_t)number + 1;
}

/* The index is at least twice as large as what it holds. */
static int reserve(struct aggregate *a)
{
	size_t n = MIN(MAX(a->n_allocated * 2, ALLOCATE_FIRST), AGGREGATE_MAX);
	struct aggregate_rule **rules;
	uint32_t *index;

	if (a->n_rules < a->n_allocated)
		return 0;
	rules = reallocarray(a->rules, n, sizeof(struct aggregate_rule *));
	if (!rules)
		return -ENOMEM;
	a->rules = rules;
	index = calloc(2 * n, sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(a->index);
	a->index = index;
	a->n_index = 2 * n;
	a->n_allocated = n;
	for (size_t i = 0; i < a->n_rules; i++)
		put_index(a, i);
	return 0;
}

static void fill(struct aggregate_rule *rule, const struct key *key)
{
	rule->counted = key->counted;
	rule->origin = key->origin;
	rule->attribution = key->attribution;
	rule->kind = key->kind;
	rule->netns_cookie = key->netns_cookie;
	rule->table_handle = key->table_handle;
	rule->rule_handle = key->rule_handle;
	rule->reason_code = key->reason_code;
	rule->queue = key->queue;
	rule->hash = key->hash;
	strcpy(rule->hook, key->hook);
	strcpy(rule->family, key->family);
	strcpy(rule->reason, key->reason);
	strcpy(rule->by, key->by);
	strcpy(rule->trap, key->trap);
	strcpy(rule->location, key->location);
	strcpy(rule->table, key->table);
	strcpy(rule->chain, key->chain);
}

static int insert(struct aggregate *a, size_t max, const struct key *key,
		  uint32_t netns_inum, struct aggregate_rule **ret)
{
	struct aggregate_rule *rule;
	bool foreign = key->netns_cookie != 0 &&
		       !netns_is_initial(key->netns_cookie, netns_inum);

	if (a->n_rules >= max || (foreign && a->n_foreign >= max / 2))
		return -ENOSPC;
	if (reserve(a) < 0)
		return -ENOMEM;
	rule = calloc(1, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	fill(rule, key);
	rule->netns_inum = netns_inum;
	a->rules[a->n_rules] = rule;
	put_index(a, a->n_rules++);
	a->n_foreign += foreign;
	*ret = rule;
	return 0;
}

static struct aggregate_rule *find_or_insert(struct aggregate *a,
					     const struct drop_event *ev,
					     enum aggregate_counted counted)
{
	struct aggregate_rule *rule;
	struct key key;

	key_of_event(a, ev, counted, &key);
	rule = find(a, &key);
	if (rule)
		return rule;
	if (insert(a, a->max, &key, ev->netns.inum, &rule) < 0)
		return NULL;
	rule->has = ev->has & (DROP_HAS_REASON_CODE | DROP_HAS_QUEUE);
	rule->first_ns = ev->timestamp_ns;
	return rule;
}

static void add_counts(struct aggregate_counts *counts, uint64_t packets,
		       uint64_t bytes)
{
	counts->packets += packets;
	counts->bytes += bytes;
}

/* CPUs tell in any order, and the clock may be set. */
static void add_time(struct aggregate_rule *rule, uint64_t ns)
{
	rule->first_ns = MIN(rule->first_ns, ns);
	rule->last_ns = MAX(rule->last_ns, ns);
	if (rule->told.fresh_ns == 0 || ns < rule->told.fresh_ns)
		rule->told.fresh_ns = ns;
}

static bool count(struct aggregate *a, struct aggregate_rule *rule,
		  const struct drop_event *ev, uint64_t bytes,
		  enum aggregate_counted counted)
{
	add_counts(&a->total[counted], ev->count, bytes);
	add_counts(rule ? &rule->counts : &a->other, ev->count, bytes);
	if (rule)
		add_time(rule, ev->timestamp_ns);
	return rule;
}

bool aggregate_add(struct aggregate *a, const struct drop_event *ev,
		   uint64_t bytes)
{
	return count(a, find_or_insert(a, ev, AGGREGATE_BY_KERNEL), ev, bytes,
		     AGGREGATE_BY_KERNEL);
}

static bool is_of_nft(const struct aggregate_rule *rule)
{
	return rule->kind == DROP_KIND_NFT_RULE ||
	       rule->kind == DROP_KIND_NFT_POLICY;
}

void aggregate_begin_counters(struct aggregate *a,
			      const struct drop_netfilter *xt)
{
	for (size_t i = 0; a->n_by_counter > 0 && i < a->n_rules; i++) {
		struct aggregate_rule *rule = a->rules[i];

		if (is_of_nft(rule) != !xt ||
		    (xt && (strcmp(rule->family, xt->family) != 0 ||
			    strcmp(rule->table, xt->table) != 0)))
			continue;
		rule->read_rate = 0;
	}
}

/* The one that has the handle now; of a number, only if all had one text. */
static void set_counting(struct aggregate_rule *to, struct rule *rule)
{
	if (to->rule == rule)
		return;
	if (!is_of_nft(to) && rule->handle != 0 && to->counts.packets > 0 &&
	    (!to->rule || strcmp(to->rule->text, rule->text) != 0))
		rule = NULL;
	rule_unref(to->rule);
	to->rule = rule ? rule_ref(rule) : NULL;
}

bool aggregate_add_counter(struct aggregate *a, const struct drop_event *ev,
			   uint64_t bytes, struct rule *rule, double seconds)
{
	struct aggregate_rule *to;
	struct key key;

	key_of_event(a, ev, AGGREGATE_BY_COUNTER, &key);
	to = find(a, &key);
	if (!to) {
		if (a->n_by_counter >= a->max / 2)
			return false;
		to = find_or_insert(a, ev, AGGREGATE_BY_COUNTER);
		if (!to)
			return false;
		a->n_by_counter++;
	}
	set_counting(to, rule);
	add_counts(&to->counts, ev->count, bytes);
	add_time(to, ev->timestamp_ns);
	if (seconds > 0)
		to->read_rate += (float)((double)ev->count / seconds);
	return true;
}

static void make_heaviest(struct aggregate *a, struct aggregate_rule *rule)
{
	bool foreign = aggregate_rule_is_foreign(rule);

	if (a->n_heaviest == AGGREGATE_HEAVIEST_MAX ||
	    (foreign && a->n_heaviest_foreign == AGGREGATE_HEAVIEST_MAX / 2))
		return;
	rule->heaviest = heaviest_new(a->seed);
	if (!rule->heaviest)
		return;
	rule->sample = sample_new();
	a->n_heaviest++;
	a->n_heaviest_foreign += foreign;
}

static void add_sample(struct aggregate *a, struct aggregate_rule *rule,
		       const struct drop_event *ev)
{
	flows_add(&a->flows, rule, ev, rule && aggregate_rule_is_foreign(rule));
	if (!rule)
		return;
	/* A summary's point can be of no packets. */
	if (rule->samples == 0 && !rule->heaviest)
		make_heaviest(a, rule);
	rule->samples += ev->count;
	if (rule->heaviest)
		heaviest_add(rule->heaviest, ev);
	if (rule->sample)
		sample_set(rule->sample, ev);
	add_time(rule, ev->timestamp_ns);
}

bool aggregate_add_event(struct aggregate *a, const struct drop_event *ev,
			 bool counted)
{
	struct aggregate_rule *rule = find_or_insert(
		a, ev, counted ? AGGREGATE_BY_KERNEL : AGGREGATE_BY_EVENTS);

	add_sample(a, rule, ev);
	/* It goes to "other" when the kernel's count of it comes. */
	if (counted)
		return true;
	return count(a, rule, ev, ev->count * ev->length, AGGREGATE_BY_EVENTS);
}

struct aggregate_rule *aggregate_find(const struct aggregate *a,
				      const struct drop_event *ev, bool counted)
{
	struct key key;

	key_of_event(a, ev, counted ? AGGREGATE_BY_KERNEL : AGGREGATE_BY_EVENTS,
		     &key);
	return find(a, &key);
}

void aggregate_tick(struct aggregate *a, uint64_t now_ns)
{
	struct rates_decay decay;

	if (a->tick_ns == 0)
		a->tick_ns = now_ns;
	if (now_ns < a->tick_ns + RATES_INTERVAL_NS)
		return;
	decay = rates_decay(now_ns - a->tick_ns);
	for (size_t i = 0; i < a->n_rules; i++) {
		struct aggregate_rule *rule = a->rules[i];

		if (rule->counted == AGGREGATE_BY_COUNTER)
			rates_update_at(&rule->rates, &decay,
					rule->counts.packets, rule->read_rate);
		else
			rates_update(&rule->rates, &decay,
				     rule->counts.packets);
	}
	flows_tick(&a->flows, &decay);
	a->tick_ns = now_ns;
}

void aggregate_look(struct aggregate *a, uint64_t now_ns, uint64_t real_ns)
{
	uint64_t ns = now_ns - a->look_ns;
	bool anew = a->look_ns == 0 || ns > PACE_MAX_NS;

	rule_rank_update(a);
	if (!anew && ns < PACE_MIN_NS)
		return;
	for (size_t i = 0; i < a->n_rules; i++) {
		struct aggregate_rule *rule = a->rules[i];
		const struct pace_counts now = {
			.packets = rule->counts.packets,
			.bytes = rule->counts.bytes,
			.last_ns = rule->last_ns,
			.reported = rule->counted != AGGREGATE_BY_EVENTS,
		};

		if (anew)
			pace_start(&rule->pace, &now, rule->rates.last);
		else
			pace_update(&rule->pace, &now, (double)ns / 1e9,
				    real_ns);
	}
	a->look_ns = now_ns;
}

int aggregate_restore(struct aggregate *a, const struct aggregate_rule *rule)
{
	struct aggregate_rule *new;
	struct key key;
	int r;

	key_of_rule(a, rule, &key);
	if (find(a, &key))
		return -EEXIST;
	/* A bound that is lower than before loses no count. */
	r = insert(a, AGGREGATE_MAX, &key, rule->netns_inum, &new);
	if (r < 0)
		return r;
	new->has = rule->has;
	new->counts = rule->counts;
	new->first_ns = rule->first_ns;
	new->last_ns = rule->last_ns;
	new->told = rule->told;
	rates_start(&new->rates, rule->counts.packets);
	return 0;
}

struct aggregate_counts aggregate_total(const struct aggregate *a)
{
	struct aggregate_counts total = { 0 };

	for (size_t i = 0; i < AGGREGATE_BY_COUNTER; i++)
		add_counts(&total, a->total[i].packets, a->total[i].bytes);
	return total;
}
