/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/gen.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

#include "ruleset-decode.h"
#include "ruleset-edit.h"

DEFINE_CLEANUP(struct nftnl_table *, nftnl_table_free)
DEFINE_CLEANUP(struct nftnl_chain *, nftnl_chain_free)
DEFINE_CLEANUP(struct nftnl_rule *, nftnl_rule_free)
DEFINE_CLEANUP(struct nftnl_set *, nftnl_set_free)
DEFINE_CLEANUP(struct nftnl_gen *, nftnl_gen_free)
DEFINE_CLEANUP(struct chain *, chain_unref)

struct message {
	const struct nlmsghdr *nlh;
	bool dumped;
	bool removed; /* NFT_MSG_DEL* */
};

static int decode_table(struct ruleset *rs, const struct message *m)
{
	_cleanup_(cleanup_nftnl_table_free) struct nftnl_table *t = NULL;
	const char *name;
	uint8_t family;

	t = nftnl_table_alloc();
	if (!t)
		return -ENOMEM;
	if (nftnl_table_nlmsg_parse(m->nlh, t) < 0)
		return -EBADMSG;
	name = nftnl_table_get_str(t, NFTNL_TABLE_NAME);
	family = (uint8_t)nftnl_table_get_u32(t, NFTNL_TABLE_FAMILY);
	if (!name)
		return -EBADMSG;
	if (m->removed)
		return ruleset_remove_table(rs, family, name);
	return ruleset_put_table(rs, family, name,
				 nftnl_table_get_u64(t, NFTNL_TABLE_HANDLE));
}

/* "eth0, eth1", or NULL; -ENOMEM. */
static int join_devices(const struct nftnl_chain *c, char **ret)
{
	const char *const *devices = nftnl_chain_get(c, NFTNL_CHAIN_DEVICES);
	const char *device = nftnl_chain_get_str(c, NFTNL_CHAIN_DEV);
	const char *one[] = { device, NULL };
	size_t len = 0;
	FILE *f;

	if (!devices)
		devices = one;
	if (!devices[0])
		return 0;
	f = open_memstream(ret, &len);
	if (!f)
		return -ENOMEM;
	for (size_t i = 0; devices[i]; i++)
		fprintf(f, "%s%s", i > 0 ? ", " : "", devices[i]);
	return fclose(f) == 0 ? 0 : -ENOMEM;
}

static int decode_base_chain(const struct nftnl_chain *c, struct chain *chain)
{
	const char *type = nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE);

	if (!nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM))
		return 0;
	chain->type = strdup(type ? type : "filter");
	if (!chain->type)
		return -ENOMEM;
	chain->hook = nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM);
	chain->priority = nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO);
	chain->policy_drop = nftnl_chain_is_set(c, NFTNL_CHAIN_POLICY) &&
			     nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) ==
				     NF_DROP;
	return join_devices(c, &chain->devices);
}

static int decode_chain(struct ruleset *rs, const struct message *m)
{
	_cleanup_(cleanup_nftnl_chain_free) struct nftnl_chain *c = NULL;
	_cleanup_(cleanup_chain_unref) struct chain *chain = NULL;
	const char *table, *name;
	uint64_t handle;
	uint8_t family;
	int r;

	c = nftnl_chain_alloc();
	if (!c)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(m->nlh, c) < 0)
		return -EBADMSG;
	table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
	name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
	handle = nftnl_chain_get_u64(c, NFTNL_CHAIN_HANDLE);
	family = (uint8_t)nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY);
	if (!table || !name)
		return -EBADMSG;
	if (m->removed) {
		/* A device of a chain, not the chain. */
		if (nftnl_chain_is_set(c, NFTNL_CHAIN_DEVICES))
			return -ENOENT;
		return ruleset_remove_chain(rs, family, table, handle);
	}
	chain = chain_new(name, handle);
	if (!chain)
		return -ENOMEM;
	r = decode_base_chain(c, chain);
	if (r < 0)
		return r;
	return ruleset_put_chain(rs, family, table, TAKE_PTR(chain));
}

/* Verdicts that end in a drop, or may; jumps do not: their rules do. */
static bool expr_may_drop(const struct nftnl_expr *e)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

	if (!name)
		return false;
	if (strcmp(name, "immediate") == 0)
		return nftnl_expr_is_set(e, NFTNL_EXPR_IMM_VERDICT) &&
		       ((nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT) == 0) ||
			(nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT) &
			 NF_VERDICT_MASK) == NF_QUEUE);
	if (strcmp(name, "lookup") == 0)
		return nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG) &&
		       nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_DREG) ==
			       NFT_REG_VERDICT;
	if (strcmp(name, "target") == 0) {
		const char *target = nftnl_expr_get_str(e, NFTNL_EXPR_TG_NAME);

		return target && (strcmp(target, "REJECT") == 0 ||
				  strcmp(target, "DROP") == 0 ||
				  strcmp(target, "NFQUEUE") == 0 ||
				  strcmp(target, "SYNPROXY") == 0);
	}
	return strcmp(name, "reject") == 0 || strcmp(name, "queue") == 0 ||
	       strcmp(name, "synproxy") == 0;
}

static int on_expr(struct nftnl_expr *e, void *data)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
	struct rule *rule = data;

	rule->may_drop |= expr_may_drop(e);
	if (!name || strcmp(name, "immediate") != 0 || rule->jump ||
	    !nftnl_expr_is_set(e, NFTNL_EXPR_IMM_CHAIN))
		return 0;
	rule->jump = strdup(nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN));
	rule->is_goto = (int32_t)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT) ==
			NFT_GOTO;
	return rule->jump ? 0 : -1;
}

static int on_udata(const struct nftnl_udata *attr, void *data)
{
	struct rule *rule = data;

	if (nftnl_udata_type(attr) != NFTNL_UDATA_RULE_COMMENT ||
	    rule->comment)
		return 0;
	rule->comment = strndup(nftnl_udata_get(attr), nftnl_udata_len(attr));
	return rule->comment ? 0 : -1;
}

/* Where a rule that was made now is: see nf_tables_rule_notify(). */
static int rule_place(const struct nftnl_rule *r, const struct message *m,
		      uint64_t *ret)
{
	uint16_t flags = m->nlh->nlmsg_flags;

	if (m->dumped)
		*ret = RULE_LAST;
	else if (nftnl_rule_is_set(r, NFTNL_RULE_POSITION))
		*ret = nftnl_rule_get_u64(r, NFTNL_RULE_POSITION);
	else if (!(flags & NLM_F_APPEND))
		*ret = RULE_FIRST;
	else if (flags & NLM_F_CREATE)
		*ret = RULE_LAST;
	else
		return -ENOENT; /* replaced, the first one or the last */
	return 0;
}

static int put_rule(struct ruleset *rs, const struct nftnl_rule *r,
		    const struct message *m, uint8_t family, const char *table,
		    const char *chain)
{
	_cleanup_(cleanup_rule_unref) struct rule *rule = NULL;
	const void *udata;
	uint64_t place;
	uint32_t len;
	int ret;

	ret = rule_place(r, m, &place);
	if (ret < 0)
		return ret;
	rule = rule_new(nftnl_rule_get_u64(r, NFTNL_RULE_HANDLE));
	if (!rule)
		return -ENOMEM;
	(void)nftnl_expr_foreach((struct nftnl_rule *)r, on_expr, rule);
	udata = nftnl_rule_get_data(r, NFTNL_RULE_USERDATA, &len);
	/* Of any content: what is no list of attributes has no comment. */
	if (udata)
		(void)nftnl_udata_parse(udata, len, on_udata, rule);
	return ruleset_put_rule(rs, family, table, chain, TAKE_PTR(rule),
				place);
}

static int decode_rule(struct ruleset *rs, const struct message *m)
{
	_cleanup_(cleanup_nftnl_rule_free) struct nftnl_rule *r = NULL;
	const char *table, *chain;
	uint8_t family;

	r = nftnl_rule_alloc();
	if (!r)
		return -ENOMEM;
	if (nftnl_rule_nlmsg_parse(m->nlh, r) < 0)
		return -EBADMSG;
	table = nftnl_rule_get_str(r, NFTNL_RULE_TABLE);
	chain = nftnl_rule_get_str(r, NFTNL_RULE_CHAIN);
	family = (uint8_t)nftnl_rule_get_u32(r, NFTNL_RULE_FAMILY);
	if (!table || !chain)
		return -EBADMSG;
	if (m->removed)
		return ruleset_remove_rule(
			rs, family, table, chain,
			nftnl_rule_get_u64(r, NFTNL_RULE_HANDLE));
	return put_rule(rs, r, m, family, table, chain);
}

static int decode_set(struct ruleset *rs, const struct message *m)
{
	_cleanup_(cleanup_nftnl_set_free) struct nftnl_set *s = NULL;
	const char *table, *name;
	uint32_t flags;
	uint64_t handle;
	uint8_t family;
	int r;

	s = nftnl_set_alloc();
	if (!s)
		return -ENOMEM;
	if (nftnl_set_nlmsg_parse(m->nlh, s) < 0)
		return -EBADMSG;
	table = nftnl_set_get_str(s, NFTNL_SET_TABLE);
	name = nftnl_set_get_str(s, NFTNL_SET_NAME);
	flags = nftnl_set_get_u32(s, NFTNL_SET_FLAGS);
	handle = nftnl_set_get_u64(s, NFTNL_SET_HANDLE);
	family = (uint8_t)nftnl_set_get_u32(s, NFTNL_SET_FAMILY);
	if (!table || !name)
		return -EBADMSG;
	/* Those of one rule are part of its text. */
	if (flags & NFT_SET_ANONYMOUS)
		return 0;
	if (!m->removed)
		return ruleset_put_set(rs, family, table, name, handle, flags);
	r = ruleset_remove_set(rs, family, table, handle);
	/* A removal may leave the flags out: it was an anonymous one. */
	return r == -ENOENT ? 0 : r;
}

/* nfnetlink's subsystem and message, and a whole header; else 0. */
static int message_type(const struct nlmsghdr *nlh, size_t len)
{
	if (len < MNL_ALIGN(sizeof(*nlh)) + sizeof(struct nfgenmsg) ||
	    nlh->nlmsg_len > len ||
	    nlh->nlmsg_len < MNL_ALIGN(sizeof(*nlh)) + sizeof(struct nfgenmsg))
		return -EBADMSG;
	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return -ENOMSG;
	return NFNL_MSG_TYPE(nlh->nlmsg_type);
}

bool ruleset_decode_is_generation(const struct nlmsghdr *nlh, size_t len,
				  uint32_t *generation)
{
	_cleanup_(cleanup_nftnl_gen_free) struct nftnl_gen *gen = NULL;

	if (message_type(nlh, len) != NFT_MSG_NEWGEN)
		return false;
	gen = nftnl_gen_alloc();
	if (!gen || nftnl_gen_nlmsg_parse(nlh, gen) < 0)
		return false;
	*generation = nftnl_gen_get_u32(gen, NFTNL_GEN_ID);
	return true;
}

int ruleset_decode(struct ruleset *rs, const struct nlmsghdr *nlh, size_t len,
		   bool dumped)
{
	static const struct {
		int (*decode)(struct ruleset *rs, const struct message *m);
		bool removed;
	} messages[] = {
		[NFT_MSG_NEWTABLE] = { decode_table, false },
		[NFT_MSG_DELTABLE] = { decode_table, true },
		[NFT_MSG_NEWCHAIN] = { decode_chain, false },
		[NFT_MSG_DELCHAIN] = { decode_chain, true },
		[NFT_MSG_NEWRULE] = { decode_rule, false },
		[NFT_MSG_DELRULE] = { decode_rule, true },
		[NFT_MSG_NEWSET] = { decode_set, false },
		[NFT_MSG_DELSET] = { decode_set, true },
	};
	struct message m = { .nlh = nlh, .dumped = dumped };
	int type = message_type(nlh, len);
	int r;

	if (type == -ENOMSG)
		return RULESET_IGNORED;
	if (type < 0)
		return type;
	if (type == NFT_MSG_NEWGEN)
		return ruleset_decode_is_generation(nlh, len, &rs->generation)
			       ? RULESET_GENERATION
			       : -EBADMSG;
	if ((size_t)type >= ARRAY_SIZE(messages) || !messages[type].decode)
		return RULESET_IGNORED;
	m.removed = messages[type].removed;
	r = messages[type].decode(rs, &m);
	return r < 0 ? r : RULESET_CHANGED;
}
