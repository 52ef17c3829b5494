/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "counter-uses.h"
#include "hash.h"

uint8_t counter_uses_place(const char *name)
{
	return (uint8_t)(hash_string(0, name) % COUNTER_USES_PLACES);
}

const char *counter_uses_name(const struct nft_attrs *objref)
{
	if (nft_attr_u32(objref->of[NFTA_OBJREF_IMM_TYPE], NFT_OBJECT_UNSPEC) !=
	    NFT_OBJECT_COUNTER)
		return NULL;
	return nft_attr_string(objref->of[NFTA_OBJREF_IMM_NAME]);
}

struct adding {
	struct counter_uses *uses;
	uint32_t n;
};

static void add_name(struct adding *a, const char *name)
{
	a->uses->of[counter_uses_place(name)]++;
	a->n++;
}

static int on_expr(const struct nlattr *expr, void *data)
{
	const struct nft_attrs attrs = nft_attrs_in(expr);
	const char *name = nft_attr_string(attrs.of[NFTA_EXPR_NAME]);
	struct nft_attrs in;
	struct adding *a = data;

	if (!name || strcmp(name, "objref") != 0)
		return MNL_CB_OK;
	in = nft_attrs_in(attrs.of[NFTA_EXPR_DATA]);
	if (counter_uses_name(&in))
		add_name(a, counter_uses_name(&in));
	return MNL_CB_OK;
}

uint32_t counter_uses_add_rule(struct counter_uses *uses,
			       const struct nlattr *expressions)
{
	struct adding a = { .uses = uses };

	if (expressions)
		(void)mnl_attr_parse_nested(expressions, on_expr, &a);
	return a.n;
}

static int on_element(const struct nlattr *element, void *data)
{
	const struct nft_attrs attrs = nft_attrs_in(element);
	const char *name = nft_attr_string(attrs.of[NFTA_SET_ELEM_OBJREF]);

	if (name)
		add_name(data, name);
	return MNL_CB_OK;
}

uint32_t counter_uses_add_elements(struct counter_uses *uses,
				   const struct nlattr *elements)
{
	struct adding a = { .uses = uses };

	if (elements)
		(void)mnl_attr_parse_nested(elements, on_element, &a);
	return a.n;
}

void counter_uses_add(struct counter_uses *uses,
		      const struct counter_uses *from)
{
	for (size_t i = 0; i < COUNTER_USES_PLACES; i++)
		uses->of[i] += from->of[i];
}

void counter_uses_lose(struct counter_uses *uses)
{
	for (size_t i = 0; i < COUNTER_USES_PLACES; i++)
		uses->of[i]++;
}
