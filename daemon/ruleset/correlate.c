/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "correlate.h"
#include "hash.h"
#include "netns.h"

void correlate_init(struct correlate *c, bool follows_others)
{
	*c = (struct correlate){
		.follows_others = follows_others,
		.max_netns = CORRELATE_NETNS_MAX,
	};
	rulesets_init(&c->rulesets);
	c->rulesets.is_followed = true;
	xt_tables_init(&c->xt);
}

void correlate_set_max(struct correlate *c, size_t max)
{
	c->max_netns = max;
}

static void netns_free(struct correlate_netns *netns)
{
	rulesets_done(&netns->rulesets);
	xt_tables_done(&netns->xt);
	free(netns);
}

void correlate_done(struct correlate *c)
{
	rulesets_done(&c->rulesets);
	xt_tables_done(&c->xt);
	while (c->n_netns > 0)
		netns_free(c->netns[--c->n_netns]);
	correlate_init(c, false);
}

/* --- the other namespaces ------------------------------------------------- */

/* The kernel counts cookies up: nobody chooses them. */
static size_t bucket_of(uint64_t cookie, uint32_t inum)
{
	return hash_word(inum, cookie) & (CORRELATE_BUCKETS - 1);
}

struct correlate_netns *correlate_find_netns(const struct correlate *c,
					     uint64_t cookie, uint32_t inum)
{
	struct correlate_netns *netns = c->buckets[bucket_of(cookie, inum)];

	while (netns && (netns->cookie != cookie || netns->inum != inum))
		netns = netns->next;
	return netns;
}

static void unlink_use(struct correlate *c, struct correlate_netns *netns)
{
	*(netns->older ? &netns->older->newer : &c->oldest) = netns->newer;
	*(netns->newer ? &netns->newer->older : &c->newest) = netns->older;
}

static void link_newest(struct correlate *c, struct correlate_netns *netns)
{
	netns->newer = NULL;
	netns->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = netns;
	c->newest = netns;
}

static void forget_oldest(struct correlate *c)
{
	struct correlate_netns *netns = c->oldest, *last;
	struct correlate_netns **at;

	at = &c->buckets[bucket_of(netns->cookie, netns->inum)];
	while (*at != netns)
		at = &(*at)->next;
	*at = netns->next;
	unlink_use(c, netns);
	last = c->netns[--c->n_netns];
	last->place = netns->place;
	c->netns[last->place] = last;
	netns_free(netns);
}

/* NULL without memory. */
static struct correlate_netns *make_netns(struct correlate *c, uint64_t cookie,
					  uint32_t inum)
{
	struct correlate_netns *netns = calloc(1, sizeof(*netns));
	struct correlate_netns **bucket = &c->buckets[bucket_of(cookie, inum)];

	if (!netns)
		return NULL;
	netns->cookie = cookie;
	netns->inum = inum;
	rulesets_init(&netns->rulesets);
	xt_tables_init(&netns->xt);
	while (c->n_netns >= c->max_netns)
		forget_oldest(c);
	netns->place = c->n_netns;
	c->netns[c->n_netns++] = netns;
	netns->next = *bucket;
	*bucket = netns;
	link_newest(c, netns);
	return netns;
}

static void want(struct correlate *c, struct correlate_want *w)
{
	if (!w->is_open)
		w->since = c->clock;
	w->is_open = true;
	c->wants = true;
}

static struct correlate_netns *use_netns(struct correlate *c,
					 const struct drop_event *ev)
{
	struct correlate_netns *netns;

	/* Both are needed, to find it and to know it again. */
	if (!c->follows_others || ev->netns.cookie == 0 || ev->netns.inum == 0)
		return NULL;
	netns = correlate_find_netns(c, ev->netns.cookie, ev->netns.inum);
	if (!netns)
		netns = make_netns(c, ev->netns.cookie, ev->netns.inum);
	if (!netns)
		return NULL;
	netns->used = ++c->clock;
	unlink_use(c, netns);
	link_newest(c, netns);
	/* It may be given one later. */
	if (netns->name[0] == '\0')
		want(c, &netns->name_want);
	return netns;
}

/* --- drops ---------------------------------------------------------------- */

/* The one whose rules are in c->rulesets. */
static bool is_initial(const struct correlate *c, const struct drop_event *ev)
{
	return netns_is_initial(ev->netns.cookie, ev->netns.inum) ||
	       (c->is_alone && ev->netns.cookie == 0 && ev->netns.inum == 0);
}

struct rule *correlate_find(const struct correlate *c,
			    const struct drop_event *ev, bool *ret_current)
{
	const struct correlate_netns *netns;

	if (is_initial(c, ev))
		return rulesets_find(&c->rulesets, &ev->netfilter, ret_current);
	netns = correlate_find_netns(c, ev->netns.cookie, ev->netns.inum);
	return netns ? rulesets_find(&netns->rulesets, &ev->netfilter,
				     ret_current)
		     : NULL;
}

struct rule *correlate_find_current(const struct correlate *c,
				    const struct drop_event *ev)
{
	const struct correlate_netns *netns;

	if (is_initial(c, ev))
		return rulesets_find_current(&c->rulesets, &ev->netfilter);
	netns = correlate_find_netns(c, ev->netns.cookie, ev->netns.inum);
	return netns ? rulesets_find_current(&netns->rulesets, &ev->netfilter)
		     : NULL;
}

/* A drop by a rule that is not known, or of another generation's ruleset. */
static void want_ruleset(struct correlate *c, struct correlate_netns *netns,
			 const struct drop_event *ev, const struct rule *rule)
{
	const struct ruleset *current = netns->rulesets.current;
	uint32_t generation = ev->netfilter.generation;

	if (ev->netfilter.table_handle == 0)
		return;
	if (generation != 0)
		netns->generation = generation;
	if (!current ||
	    (generation != 0 && generation != current->generation) ||
	    (ev->netfilter.rule_handle != 0 && !rule))
		want(c, &netns->ruleset_want);
}

/* The tables of x_tables where @ev was dropped; NULL: they are not known. */
static struct xt_tables *find_xt_tables(struct correlate *c,
					const struct drop_event *ev)
{
	struct correlate_netns *netns;

	if (!c->reads_xt)
		return NULL;
	if (is_initial(c, ev))
		return &c->xt;
	netns = correlate_find_netns(c, ev->netns.cookie, ev->netns.inum);
	return netns ? &netns->xt : NULL;
}

/* The same for rules of x_tables, which may be known later. */
static const struct rule *find_xt(struct correlate *c, struct drop_event *ev,
				  bool again, bool *later)
{
	struct xt_tables *xt = find_xt_tables(c, ev);
	const struct rule *rule;

	if (!xt)
		return NULL;
	rule = xt_tables_find_rule(xt, ev, again, later);
	c->wants_xt |= xt->wants && xt != &c->xt;
	return rule;
}

int correlate_find_count(struct correlate *c, const struct drop_event *ev,
			 const struct xt_count *count, struct rule **ret,
			 uint64_t *ret_ns)
{
	struct xt_tables *xt = find_xt_tables(c, ev);
	int r;

	if (!xt)
		return -EAGAIN;
	r = xt_tables_find_count(xt, count, ret, ret_ns);
	c->wants_xt |= xt->wants && xt != &c->xt;
	return r;
}

static bool correlate(struct correlate *c, struct drop_event *ev, bool again)
{
	struct correlate_netns *netns = NULL;
	const struct rule *rule;
	bool later = false;

	if (!is_initial(c, ev)) {
		netns = use_netns(c, ev);
		if (!netns)
			return false;
		if (ev->netns.name[0] == '\0')
			copy_string(ev->netns.name, sizeof(ev->netns.name),
				    netns->name, SIZE_MAX);
	}
	if (ev->netfilter.rule)
		return false;
	if (xt_tables_have(&ev->netfilter))
		rule = find_xt(c, ev, again, &later);
	else
		rule = rulesets_find(netns ? &netns->rulesets : &c->rulesets,
				     &ev->netfilter, NULL);
	if (netns)
		want_ruleset(c, netns, ev, rule);
	if (!rule)
		return later;
	/* Without memory it stays unknown. */
	if (rule->text)
		ev->netfilter.rule = strdup(rule->text);
	if (rule->comment)
		copy_string(ev->netfilter.comment,
			    sizeof(ev->netfilter.comment), rule->comment,
			    SIZE_MAX);
	return false;
}

bool correlate_event(struct correlate *c, struct drop_event *ev)
{
	return correlate(c, ev, false);
}

bool correlate_again(struct correlate *c, struct drop_event *ev)
{
	return correlate(c, ev, true);
}
