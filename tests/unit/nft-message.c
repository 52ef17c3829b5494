/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "nft-message.h"

/* A buffer of its own for each of the last messages. */
static struct nlmsghdr *start(int type, uint16_t flags)
{
	static _Alignas(struct nlmsghdr) char bufs[16][8192];
	static size_t n;
	char *buf = bufs[n++ % 16];

	memset(buf, 0, sizeof(bufs[0]));
	return nftnl_nlmsg_build_hdr(buf, (uint16_t)type, NFT_MESSAGE_FAMILY,
				     flags, 0);
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

const struct nlmsghdr *nft_table(int type, const char *name, uint64_t handle)
{
	struct nlmsghdr *nlh = start(type, 0);
	struct nftnl_table *t = must(nftnl_table_alloc());

	if (name)
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, name);
	nftnl_table_set_u64(t, NFTNL_TABLE_HANDLE, handle);
	nftnl_table_nlmsg_build_payload(nlh, t);
	nftnl_table_free(t);
	return nlh;
}

const struct nlmsghdr *nft_chain(int type, const char *table, const char *name,
				 uint64_t handle, int hook, uint32_t policy)
{
	struct nlmsghdr *nlh = start(type, 0);
	struct nftnl_chain *c = must(nftnl_chain_alloc());

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	nftnl_chain_set_u64(c, NFTNL_CHAIN_HANDLE, handle);
	if (hook >= 0) {
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, (uint32_t)hook);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, -150);
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, policy);
	}
	nftnl_chain_nlmsg_build_payload(nlh, c);
	nftnl_chain_free(c);
	return nlh;
}

const struct nlmsghdr *nft_counting_chain(const char *table, const char *name,
					  uint64_t handle, uint32_t policy,
					  uint64_t packets)
{
	struct nlmsghdr *nlh = start(NFT_MSG_NEWCHAIN, 0);
	struct nftnl_chain *c = must(nftnl_chain_alloc());

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	nftnl_chain_set_u64(c, NFTNL_CHAIN_HANDLE, handle);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, 1);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, 0);
	nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, policy);
	nftnl_chain_set_u64(c, NFTNL_CHAIN_PACKETS, packets);
	nftnl_chain_set_u64(c, NFTNL_CHAIN_BYTES, packets * 100);
	nftnl_chain_nlmsg_build_payload(nlh, c);
	nftnl_chain_free(c);
	return nlh;
}

const struct nlmsghdr *nft_counter(const char *table, const char *name,
				   uint32_t n_uses, uint64_t packets)
{
	struct nlmsghdr *nlh = start(NFT_MSG_NEWOBJ, 0);
	struct nlattr *data;

	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE, htobe32(NFT_OBJECT_COUNTER));
	mnl_attr_put_u32(nlh, NFTA_OBJ_USE, htobe32(n_uses));
	data = mnl_attr_nest_start(nlh, NFTA_OBJ_DATA);
	mnl_attr_put_u64(nlh, NFTA_COUNTER_BYTES, htobe64(packets * 100));
	mnl_attr_put_u64(nlh, NFTA_COUNTER_PACKETS, htobe64(packets));
	mnl_attr_nest_end(nlh, data);
	return nlh;
}

static void add_drop(void *rule)
{
	struct nftnl_expr *e = must(nftnl_expr_alloc("immediate"));

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
	nftnl_rule_add_expr(rule, e);
}

const struct nlmsghdr *nft_rule(int type, const struct nft_message_rule *rule)
{
	struct nlmsghdr *nlh = start(type, rule->flags);
	struct nftnl_rule *r = must(nftnl_rule_alloc());

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, rule->table);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, rule->chain);
	nftnl_rule_set_u64(r, NFTNL_RULE_HANDLE, rule->handle);
	if (rule->position)
		nftnl_rule_set_u64(r, NFTNL_RULE_POSITION, rule->position);
	if (rule->userdata)
		nftnl_rule_set_data(r, NFTNL_RULE_USERDATA, rule->userdata,
				    rule->userdata_len);
	if (rule->add)
		rule->add(r);
	else
		add_drop(r);
	nftnl_rule_nlmsg_build_payload(nlh, r);
	nftnl_rule_free(r);
	return nlh;
}

const struct nlmsghdr *nft_named(const char *table, const char *chain,
				 uint64_t handle, const char *counter)
{
	struct nlmsghdr *nlh =
		start(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	struct nlattr *list, *expr, *data, *value, *verdict;

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	mnl_attr_put_u64(nlh, NFTA_RULE_HANDLE, htobe64(handle));
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	expr = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "objref");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_strz(nlh, NFTA_OBJREF_IMM_NAME, counter);
	mnl_attr_put_u32(nlh, NFTA_OBJREF_IMM_TYPE,
			 htobe32(NFT_OBJECT_COUNTER));
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, expr);
	expr = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(nlh, NFTA_IMMEDIATE_DREG, htobe32(NFT_REG_VERDICT));
	value = mnl_attr_nest_start(nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htobe32(NF_DROP));
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, value);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, expr);
	mnl_attr_nest_end(nlh, list);
	return nlh;
}

const struct nlmsghdr *nft_set(int type, const char *table, const char *name,
			       uint64_t handle, uint32_t flags)
{
	struct nlmsghdr *nlh = start(type, 0);
	struct nftnl_set *s = must(nftnl_set_alloc());

	nftnl_set_set_str(s, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(s, NFTNL_SET_NAME, name);
	nftnl_set_set_u64(s, NFTNL_SET_HANDLE, handle);
	if (flags)
		nftnl_set_set_u32(s, NFTNL_SET_FLAGS, flags);
	nftnl_set_nlmsg_build_payload(nlh, s);
	/* libnftnl leaves the handle out where it has a name. */
	mnl_attr_put_u64(nlh, NFTA_SET_HANDLE, __builtin_bswap64(handle));
	nftnl_set_free(s);
	return nlh;
}

const struct nlmsghdr *nft_element(int type, const char *table, const char *set,
				   const char *object)
{
	struct nlmsghdr *nlh = start(type, 0);
	struct nlattr *list, *element;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_OBJREF, object);
	mnl_attr_nest_end(nlh, element);
	mnl_attr_nest_end(nlh, list);
	return nlh;
}

const struct nlmsghdr *nft_generation(uint32_t generation)
{
	struct nlmsghdr *nlh = start(NFT_MSG_NEWGEN, 0);

	mnl_attr_put_u32(nlh, NFTA_GEN_ID, __builtin_bswap32(generation));
	return nlh;
}
