/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "decode-netfilter.h"
#include "xt-counters.h"

struct taking {
	const struct xt_reading *reading;
	const struct xt_table *table;
	double seconds; /* since the reading before; 0: there was none */
	bool is_unsure; /* of some */
};

static void set_place(struct drop_netfilter *nf, const struct xt_table *table)
{
	const char *family = nft_family_to_string(table->family);

	copy_string(nf->family, sizeof(nf->family), family ? family : "",
		    SIZE_MAX);
	copy_string(nf->table, sizeof(nf->table), table->name,
		    sizeof(table->name));
}

static void doubt(struct taking *t, struct rule_counter *c, uint64_t fell_from)
{
	c->is_unsure = true;
	c->fell_from = fell_from;
	t->is_unsure = true;
}

/* Whether the growth of @c is what it seems. */
static bool is_growth(struct taking *t, struct rule_counter *c,
		      struct rule_counter *now)
{
	bool unsure = c->is_unsure;

	if (now->now.packets < c->now.packets) {
		doubt(t, now, c->now.packets);
		doubt(t, c, c->now.packets);
		return true;
	}
	c->is_unsure = false;
	return !unsure || now->now.packets < c->fell_from;
}

static void add(const struct taking *t, const struct chain *chain,
		struct rule *rule, const struct rule_counts *new)
{
	bool is_bridge = t->table->family == NFPROTO_BRIDGE;
	bool is_policy = rule->handle == 0;
	struct drop_netfilter *nf;
	struct drop_event ev;
	const char *hook = NULL;

	drop_event_init(&ev);
	nf = &ev.netfilter;
	set_place(nf, t->table);
	if (chain->type)
		hook = netfilter_hook_name(t->table->family, chain->hook);
	copy_string(nf->hook, sizeof(nf->hook), hook ? hook : "", SIZE_MAX);
	copy_string(nf->chain, sizeof(nf->chain), chain->name, SIZE_MAX);
	nf->rule_handle = rule->handle;
	nf->policy = is_policy;
	if (is_policy)
		nf->kind = DROP_KIND_XT_POLICY;
	else
		nf->kind = is_bridge ? DROP_KIND_EBT_RULE : DROP_KIND_XT_RULE;
	ev.has |= DROP_HAS_POLICY;
	ev.attribution = DROP_ATTRIBUTION_COUNTER;
	ev.timestamp_ns = t->reading->now_ns;
	ev.netns = t->reading->netns;
	ev.count = new->packets;
	(void)aggregate_add_counter(t->reading->rules, &ev, new->bytes, rule,
				    t->seconds);
	drop_event_done(&ev);
}

/* @before: the same rule or policy, which it stays; NULL: there was none. */
static void take(struct taking *t, const struct chain *chain,
		 struct rule *before, struct rule *rule)
{
	struct rule_counts new;
	bool was_unread;

	rule->counter->is_unread = false;
	rule->counter->read_ns = t->reading->now_ns;
	if (!before || !before->counter) {
		if (t->seconds > 0)
			doubt(t, rule->counter, 0);
		return;
	}
	/* What it showed while the kernel counted is old. */
	was_unread = before->counter->is_unread;
	before->counter->is_unread = false;
	if (!is_growth(t, before->counter, rule->counter) || was_unread) {
		rule_counter_begin(before->counter, &rule->counter->now,
				   t->reading->now_ns);
		return;
	}
	new = rule_counter_take(before->counter, &rule->counter->now,
				t->reading->now_ns, false);
	if (new.packets > 0)
		add(t, chain, before, &new);
}

static void take_policy(struct taking *t, const struct chain *old,
			struct chain *chain)
{
	struct rule *before = old ? old->policy : NULL;

	if (!chain->policy)
		return;
	take(t, chain, before, chain->policy);
	if (!before)
		return;
	rule_unref(chain->policy);
	chain->policy = rule_ref(before);
}

/*
 * Are both this number's rule of before, and the one that has moved to it by as
 * many rules as there are more or less, the same by their text?
 */
static bool is_ambiguous(const struct chain *old, const struct chain *chain,
			 size_t i)
{
	size_t from = i + old->n_rules - chain->n_rules;

	return from != i && from < old->n_rules &&
	       strcmp(old->rules[from]->text, chain->rules[i]->text) == 0;
}

static void take_rule(struct taking *t, const struct chain *old,
		      const struct chain *chain, size_t i)
{
	struct rule *rule = chain->rules[i], *before = NULL;

	if (!rule->counter)
		return;
	if (old && i < old->n_rules &&
	    strcmp(old->rules[i]->text, rule->text) == 0)
		before = old->rules[i];
	/* What it shows may be the other's. */
	if (before && before->counter && is_ambiguous(old, chain, i))
		doubt(t, before->counter, 0);
	take(t, chain, before, rule);
}

bool xt_counters_take(const struct xt_reading *reading,
		      const struct xt_table *table, struct xt_save *save)
{
	struct taking t = { .reading = reading, .table = table };
	struct table *old = table->save.table;
	struct drop_netfilter place = { 0 };

	if (old && reading->now_ns > table->read_ns)
		t.seconds = (double)(reading->now_ns - table->read_ns) / 1e9;
	set_place(&place, table);
	aggregate_begin_counters(reading->rules, &place);
	for (size_t c = 0; c < save->table->n_chains; c++) {
		struct chain *chain = save->table->chains[c];
		struct chain *before = old ? table_find_chain(old, chain->name)
					   : NULL;

		take_policy(&t, before, chain);
		for (size_t i = 0; i < chain->n_rules; i++)
			take_rule(&t, before, chain, i);
	}
	return t.is_unsure;
}

void xt_counters_lose(struct aggregate *rules, const struct xt_table *table)
{
	struct drop_netfilter place = { 0 };

	set_place(&place, table);
	aggregate_begin_counters(rules, &place);
}
