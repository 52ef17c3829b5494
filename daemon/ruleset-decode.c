/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/gen.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

#include "ruleset-decode-rule.h"
#include "ruleset-decode.h"
#include "ruleset-edit.h"

DEFINE_CLEANUP(struct nftnl_table *, nftnl_table_free)
DEFINE_CLEANUP(struct nftnl_chain *, nftnl_chain_free)
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

/* Where a rule that was made now is: see nf_tables_rule_notify(). */
static int rule_place(const struct rule_message *rule, const struct message *m,
		      uint64_t *ret)
{
	uint16_t flags = m->nlh->nlmsg_flags;

	if (m->dumped)
		*ret = RULE_LAST;
	else if (rule->position != 0)
		*ret = rule->position;
	else if (!(flags & NLM_F_APPEND))
		*ret = RULE_FIRST;
	else if (flags & NLM_F_CREATE)
		*ret = RULE_LAST;
	else
		return -ENOENT; /* replaced, the first one or the last */
	return 0;
}

static int decode_rule(struct ruleset *rs, const struct message *m)
{
	struct rule_message message;
	struct rule *rule;
	uint64_t place;
	int r;

	r = rule_message_parse(m->nlh, &message);
	if (r < 0)
		return r;
	if (m->removed)
		return ruleset_remove_rule(rs, message.family, message.table,
					   message.chain, message.handle);
	r = rule_place(&message, m, &place);
	if (r < 0)
		return r;
	rule = rule_from_message(&message);
	if (!rule)
		return -ENOMEM;
	return ruleset_put_rule(rs, message.family, message.table,
				message.chain, rule, place);
}

static int decode_set(struct ruleset *rs, const struct message *m)
{
	struct rule_message set;
	int r;

	r = set_message_parse(m->nlh, &set);
	if (r < 0)
		return r;
	/* Those of one rule are part of its text. */
	if (set.flags & NFT_SET_ANONYMOUS)
		return 0;
	if (!m->removed)
		return ruleset_put_set(rs, set.family, set.table, set.chain,
				       set.handle, set.flags);
	r = ruleset_remove_set(rs, set.family, set.table, set.handle);
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
