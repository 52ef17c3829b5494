/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft-attr.h"
#include "oracle-counters.h"
#include "ruleset.h"
#include "util.h"

void oracle_counters_begin(struct oracle_counters *c)
{
	c->n = 0;
}

void oracle_counters_done(struct oracle_counters *c)
{
	free(c->list);
	c->list = NULL;
}

static struct oracle_counter *find(struct oracle_counters *c,
				   uint64_t table_handle, uint64_t rule_handle)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].rule_handle == rule_handle &&
		    c->list[i].table_handle == table_handle)
			return &c->list[i];
	if (c->n == c->n_allocated) {
		c->n_allocated = MAX(c->n_allocated * 2, 256U);
		c->list = reallocarray(c->list, c->n_allocated,
				       sizeof(c->list[0]));
		if (!c->list)
			abort();
	}
	c->list[c->n] = (struct oracle_counter){ .table_handle = table_handle,
						 .rule_handle = rule_handle };
	return &c->list[c->n++];
}

void oracle_counters_add_told(struct oracle_counters *c,
			      const struct drop_netfilter *nf)
{
	c->families |= 1U << nft_family_from_string(nf->family);
	if (nf->kind == DROP_KIND_NFT_RULE)
		find(c, nf->table_handle, nf->rule_handle)->told++;
}

/* What a rule ends with. */
struct end {
	bool has_counter; /* as the last one, or before a verdict */
	bool drops;
	uint64_t packets;
};

static bool is_drop(const char *name, const struct nft_attrs *in)
{
	struct nft_attrs data, verdict;

	if (strcmp(name, "reject") == 0)
		return true;
	if (strcmp(name, "immediate") != 0)
		return false;
	data = nft_attrs_in(in->of[NFTA_IMMEDIATE_DATA]);
	verdict = nft_attrs_in(data.of[NFTA_DATA_VERDICT]);
	return verdict.of[NFTA_VERDICT_CODE] &&
	       nft_attr_u32(verdict.of[NFTA_VERDICT_CODE], NF_ACCEPT) ==
		       NF_DROP;
}

static int on_expr(const struct nlattr *expr, void *data)
{
	const struct nft_attrs attrs = nft_attrs_in(expr);
	const struct nft_attrs in = nft_attrs_in(attrs.of[NFTA_EXPR_DATA]);
	const char *name = nft_attr_string(attrs.of[NFTA_EXPR_NAME]);
	struct end *end = data;

	if (!name)
		return MNL_CB_OK;
	if (strcmp(name, "counter") == 0) {
		*end = (struct end){
			.has_counter = true,
			.packets = nft_attr_u64(in.of[NFTA_COUNTER_PACKETS]),
		};
		return MNL_CB_OK;
	}
	end->drops = is_drop(name, &in);
	end->has_counter &= end->drops;
	return MNL_CB_OK;
}

void oracle_counters_add_message(struct oracle_counters *c,
				 const struct nlmsghdr *nlh,
				 uint64_t table_handle)
{
	const struct nft_attrs attrs =
		nft_attrs_of(nlh, sizeof(struct nfgenmsg));
	struct oracle_counter *counter;
	struct end end = { 0 };

	if (table_handle == 0 || !attrs.of[NFTA_RULE_EXPRESSIONS] ||
	    mnl_attr_parse_nested(attrs.of[NFTA_RULE_EXPRESSIONS], on_expr,
				  &end) < 0 ||
	    !end.drops)
		return;
	counter =
		find(c, table_handle, nft_attr_u64(attrs.of[NFTA_RULE_HANDLE]));
	counter->drops = true;
	counter->has_counter = end.has_counter;
	counter->counted = end.packets;
}

bool oracle_counters_are_behind(const struct oracle_counters *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].has_counter &&
		    c->list[i].told < c->list[i].counted)
			return true;
	return false;
}

void oracle_counters_end(struct oracle_counters *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct oracle_counter *counter = &c->list[i];

		c->n_rules += counter->drops;
		if (counter->drops && counter->told == 0 &&
		    getenv("SHOW_UNMET"))
			printf("UNMET: %s: rule %" PRIu64 " of table %" PRIu64
			       "\n",
			       name, counter->rule_handle,
			       counter->table_handle);
		c->n_met += counter->told > 0;
		if (!counter->has_counter)
			continue;
		c->n_counted += counter->counted > 0;
		c->packets += counter->counted;
		if (counter->counted == counter->told)
			continue;
		c->n_wrong++;
		printf("WRONG: %s: rule %" PRIu64 " of table %" PRIu64
		       " counted %lu, the kernel told of %lu\n",
		       name, counter->rule_handle, counter->table_handle,
		       counter->counted, counter->told);
	}
}
