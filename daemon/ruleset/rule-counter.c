/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

#include "counter-uses.h"
#include "nft-attr.h"
#include "rule-counter.h"
#include "util.h"

struct scan {
	bool counted; /* whoever comes here was counted, and was before */
	struct rule_counter_found found;
	bool drops; /* and is dropped now */
};

/* What an expression does to a packet that comes to it. */
enum effect {
	EFFECT_PASSES, /* always to the next one */
	EFFECT_MAY_END,
	EFFECT_DROPS,
};

static struct rule_counts counts_of(const struct nft_attrs *a)
{
	return (struct rule_counts){
		.packets = nft_attr_u64(a->of[NFTA_COUNTER_PACKETS]),
		.bytes = nft_attr_u64(a->of[NFTA_COUNTER_BYTES]),
	};
}

struct rule_counts rule_counts_in(const struct nlattr *nest)
{
	const struct nft_attrs attrs = nft_attrs_in(nest);

	return counts_of(&attrs);
}

static enum effect of_counter(struct scan *s, const struct nft_attrs *a)
{
	s->counted = true;
	s->found = (struct rule_counter_found){ .counts = counts_of(a) };
	return EFFECT_PASSES;
}

/* One of its own is better than one with a name. */
static enum effect of_objref(struct scan *s, const struct nft_attrs *a)
{
	const char *name = counter_uses_name(a);

	if (!name)
		return EFFECT_MAY_END;
	if (!s->counted)
		s->found = (struct rule_counter_found){ .name = name };
	s->counted = true;
	return EFFECT_PASSES;
}

static enum effect of_immediate(struct scan *s, const struct nft_attrs *a)
{
	const struct nft_attrs data = nft_attrs_in(a->of[NFTA_IMMEDIATE_DATA]);
	const struct nft_attrs verdict =
		nft_attrs_in(data.of[NFTA_DATA_VERDICT]);

	(void)s;
	if (nft_attr_u32(a->of[NFTA_IMMEDIATE_DREG], NFT_REG_VERDICT) !=
	    NFT_REG_VERDICT)
		return EFFECT_PASSES;
	return nft_attr_u32(verdict.of[NFTA_VERDICT_CODE], NF_ACCEPT) == NF_DROP
		       ? EFFECT_DROPS
		       : EFFECT_MAY_END;
}

static enum effect of_reject(struct scan *s, const struct nft_attrs *a)
{
	(void)s;
	(void)a;
	return EFFECT_DROPS;
}

static enum effect of_nothing(struct scan *s, const struct nft_attrs *a)
{
	(void)s;
	(void)a;
	return EFFECT_PASSES;
}

/* To set something always works; to get it may not. */
static enum effect of_meta(struct scan *s, const struct nft_attrs *a)
{
	(void)s;
	return a->of[NFTA_META_SREG] ? EFFECT_PASSES : EFFECT_MAY_END;
}

/* Of x_tables, by iptables-nft. */
static enum effect of_target(struct scan *s, const struct nft_attrs *a)
{
	static const struct {
		const char *name;
		enum effect effect;
	} targets[] = {
		{ "REJECT", EFFECT_DROPS },
		{ "DROP", EFFECT_DROPS },
		{ "LOG", EFFECT_PASSES },
		{ "NFLOG", EFFECT_PASSES },
	};
	const char *name = nft_attr_string(a->of[NFTA_TARGET_NAME]);

	(void)s;
	for (size_t i = 0; name && i < ARRAY_SIZE(targets); i++)
		if (strcmp(name, targets[i].name) == 0)
			return targets[i].effect;
	return EFFECT_MAY_END;
}

/* All others may end the rule for a packet, or are not known. */
static const struct {
	const char *name;
	enum effect (*effect)(struct scan *s, const struct nft_attrs *a);
} exprs[] = {
	{ "counter", of_counter }, { "immediate", of_immediate },
	{ "reject", of_reject },   { "log", of_nothing },
	{ "last", of_nothing },	   { "notrack", of_nothing },
	{ "meta", of_meta },	   { "target", of_target },
	{ "objref", of_objref },
};

static int on_expr(const struct nlattr *expr, void *data)
{
	const struct nft_attrs attrs = nft_attrs_in(expr);
	const struct nft_attrs in = nft_attrs_in(attrs.of[NFTA_EXPR_DATA]);
	const char *name = nft_attr_string(attrs.of[NFTA_EXPR_NAME]);
	enum effect effect = EFFECT_MAY_END;
	struct scan *s = data;

	for (size_t i = 0; name && i < ARRAY_SIZE(exprs); i++)
		if (strcmp(name, exprs[i].name) == 0)
			effect = exprs[i].effect(s, &in);
	if (effect == EFFECT_MAY_END)
		s->counted = false;
	s->drops = effect == EFFECT_DROPS;
	/* Nothing comes behind it. */
	return s->drops ? MNL_CB_STOP : MNL_CB_OK;
}

bool rule_counter_find(const struct nlattr *expressions,
		       struct rule_counter_found *ret)
{
	struct scan s = { 0 };

	if (!expressions ||
	    mnl_attr_parse_nested(expressions, on_expr, &s) < 0 || !s.counted ||
	    !s.drops)
		return false;
	*ret = s.found;
	return true;
}

struct rule_counter *rule_counter_new(const struct rule_counts *now)
{
	struct rule_counter *c = calloc(1, sizeof(*c));

	if (c) {
		c->n_refs = 1;
		c->now = *now;
	}
	return c;
}

struct rule_counter *rule_counter_new_named(const char *name)
{
	struct rule_counter *c = rule_counter_new(&(struct rule_counts){ 0 });

	if (c) {
		c->is_named = true;
		c->place = counter_uses_place(name);
	}
	return c;
}

struct rule_counter *rule_counter_ref(struct rule_counter *c)
{
	if (c)
		c->n_refs++;
	return c;
}

void rule_counter_unref(struct rule_counter *c)
{
	if (c && --c->n_refs == 0)
		free(c);
}

static bool is_smaller(const struct rule_counts *now,
		       const struct rule_counts *before)
{
	return now->packets < before->packets || now->bytes < before->bytes;
}

void rule_counter_meet(struct rule_counter *c, const struct rule_counts *now)
{
	if (!c->is_named && is_smaller(now, &c->now))
		c->now = *now;
}

bool rule_counter_meet_uses(struct rule_counter *c, uint32_t n_uses,
			    uint32_t uses)
{
	bool was_alone = c->is_alone && c->uses == uses;

	c->is_alone = n_uses == 1;
	c->uses = uses;
	return was_alone && c->is_alone;
}

void rule_counter_begin(struct rule_counter *c, const struct rule_counts *now,
			uint64_t now_ns)
{
	c->now = *now;
	c->read_ns = now_ns;
}

struct rule_counts rule_counter_take(struct rule_counter *c,
				     const struct rule_counts *now,
				     uint64_t now_ns, bool same)
{
	struct rule_counts new = { 0 };

	if (is_smaller(now, &c->now)) {
		c->reset_ns = now_ns;
		if (same)
			new = *now;
	} else {
		new.packets = now->packets - c->now.packets;
		new.bytes = now->bytes - c->now.bytes;
	}
	c->now = *now;
	c->read_ns = now_ns;
	c->added.packets += new.packets;
	c->added.bytes += new.bytes;
	if (new.packets > 0)
		c->moved_ns = now_ns;
	return new;
}
