/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "counters.h"
#include "decode-netfilter.h"
#include "nft-drop.h"
#include "util.h"

struct place {
	struct table *table;
	struct chain *chain; /* NULL: none that is known */
	size_t next;	     /* the rule behind the last one that was found */
};

static void take_place(const struct counters_reading *reading,
		       const struct counter_place *told, struct place *ret)
{
	*ret = (struct place){ 0 };
	for (size_t i = 0; i < reading->rs->n_tables; i++) {
		struct table *table = reading->rs->tables[i];

		if (table->family != told->family ||
		    table->handle != told->table_handle)
			continue;
		ret->table = table;
		ret->chain = table_find_chain(table, told->chain);
	}
}

/* Rules come in the order of the chain, those without a counter left out. */
static struct rule *find_rule(struct place *place, uint64_t handle)
{
	const struct chain *chain = place->chain;

	if (handle == 0)
		return chain->policy;
	for (size_t i = place->next; i < chain->n_rules; i++)
		if (chain->rules[i]->handle == handle) {
			place->next = i + 1;
			return chain->rules[i];
		} else if (chain->rules[i]->counter) {
			break;
		}
	return chain_find_rule(place->chain, handle);
}

static void count(const struct counters_reading *reading,
		  const struct place *place, struct rule *rule,
		  const struct rule_counts *new)
{
	const struct nft_drop_rule found = {
		.family = place->table->family,
		.hook = place->chain->type
				? netfilter_hook_name(place->table->family,
						      place->chain->hook)
				: NULL,
		.table = place->table->name,
		.table_handle = place->table->handle,
		.chain = place->chain->name,
		.handle = rule->handle,
		.generation = reading->rs->generation,
	};
	struct drop_event ev;

	drop_event_init(&ev);
	nft_drop_set_rule(&ev, &found, DROP_ATTRIBUTION_COUNTER);
	ev.timestamp_ns = reading->now_ns;
	ev.netns = reading->netns;
	ev.count = new->packets;
	(void)aggregate_add_counter(reading->rules, &ev, new->bytes, rule,
				    reading->seconds);
	drop_event_done(&ev);
}

/*
 * What of a counter with a name is of no use yet: it has to be known who uses
 * it, and to have been the rule's since the reading before. So it is with a
 * policy's, which counts on when the policy is another one for a while.
 */
static bool begins(struct counters_reading *reading, const struct place *place,
		   struct rule_counter *c, const struct counter_value *value)
{
	if (!c->is_named && value->handle != 0)
		return false;
	/*
	 * Who came meanwhile may be told later, or that another policy counted:
	 * so is what it has grown by.
	 */
	if (!reading->same) {
		reading->is_early = true;
		return true;
	}
	if (!c->is_named ||
	    rule_counter_meet_uses(c, value->n_uses,
				   place->table->uses.of[c->place]))
		return false;
	if (c->is_alone)
		rule_counter_begin(c, &value->counts, reading->now_ns);
	else
		reading->n_shared++;
	return true;
}

static void take_value(struct counters_reading *reading, struct place *place,
		       const struct counter_value *value)
{
	struct rule *rule = place->chain ? find_rule(place, value->handle)
					 : NULL;
	struct rule_counts new;

	if (!rule || !rule->counter || rule->content != value->content ||
	    begins(reading, place, rule->counter, value))
		return;
	new = rule_counter_take(rule->counter, &value->counts, reading->now_ns,
				reading->same);
	reading->n_read++;
	if (new.packets == 0)
		return;
	reading->n_moved++;
	if (reading->rules)
		count(reading, place, rule, &new);
}

int counters_take(struct counters_reading *reading, const char *data,
		  size_t len)
{
	struct place place = { 0 };
	struct counter_place told;
	struct counter_value value;
	uint32_t kind;

	if (reading->rules)
		aggregate_begin_counters(reading->rules, NULL);
	while (len > 0) {
		size_t size;

		if (len < sizeof(kind))
			return -EBADMSG;
		memcpy(&kind, data, sizeof(kind));
		size = kind == COUNTER_PLACE   ? sizeof(told)
		       : kind == COUNTER_VALUE ? sizeof(value)
					       : SIZE_MAX;
		if (len < size)
			return -EBADMSG;
		if (kind == COUNTER_PLACE) {
			memcpy(&told, data, sizeof(told));
			told.chain[sizeof(told.chain) - 1] = '\0';
			take_place(reading, &told, &place);
		} else {
			memcpy(&value, data, sizeof(value));
			take_value(reading, &place, &value);
		}
		data += size;
		len -= size;
	}
	return 0;
}
