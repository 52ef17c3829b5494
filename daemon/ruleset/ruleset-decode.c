/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "own-table.h"
#include "ruleset-decode.h"
#include "ruleset-edit.h"
#include "ruleset-message.h"

/* What a decoder returns that has nothing to apply. */
#define NOTHING 1

struct message {
	const struct nlmsghdr *nlh;
	bool dumped;
	bool removed; /* NFT_MSG_DEL* */
};

static int decode_table(struct ruleset *rs, const struct message *m)
{
	struct ruleset_part table;
	int r;

	r = ruleset_part_parse_table(m->nlh, &table);
	if (r < 0)
		return r;
	if (m->removed)
		return ruleset_remove_table(rs, table.family, table.table);
	return ruleset_put_table(rs, table.family, table.table, table.handle);
}

static int decode_chain(struct ruleset *rs, const struct message *m)
{
	struct ruleset_part message;
	struct chain *chain;
	int r;

	r = ruleset_part_parse_chain(m->nlh, &message);
	if (r < 0)
		return r;
	if (m->removed) {
		/* A device of a chain, not the chain. */
		if (chain_message_has_devices(&message))
			return -ENOENT;
		return ruleset_remove_chain(rs, message.family, message.table,
					    message.handle);
	}
	chain = chain_from_message(&message);
	if (!chain)
		return -ENOMEM;
	return ruleset_put_chain(rs, message.family, message.table, chain);
}

/* Where a rule that was made now is: see nf_tables_rule_notify(). */
static int rule_place(const struct ruleset_part *rule, const struct message *m,
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

/* Whoever comes may use a counter with a name, beside those that do. */
static int add_uses(struct ruleset *rs, const struct ruleset_part *rule)
{
	struct counter_uses uses = { 0 };

	if (counter_uses_add_rule(&uses, rule->expressions) == 0)
		return 0;
	return ruleset_add_uses(rs, rule->family, rule->table, &uses);
}

static int decode_rule(struct ruleset *rs, const struct message *m)
{
	struct ruleset_part message;
	struct rule *rule;
	uint64_t place;
	int r;

	r = ruleset_part_parse_rule(m->nlh, &message);
	if (r < 0)
		return r;
	if (m->removed)
		return ruleset_remove_rule(rs, message.family, message.table,
					   message.name, message.handle);
	r = rule_place(&message, m, &place);
	if (r >= 0 && !m->dumped)
		r = add_uses(rs, &message);
	if (r < 0)
		return r;
	rule = rule_from_message(&message, rs->infers);
	if (!rule)
		return -ENOMEM;
	return ruleset_put_rule(rs, message.family, message.table, message.name,
				rule, place);
}

static int put_set(struct ruleset *rs, const struct message *m,
		   const struct ruleset_part *set)
{
	struct set_elements *elements = NULL;
	int r;

	/* It is empty: what is in it comes after it, also where it is dumped. */
	if (rs->infers) {
		r = set_elements_new(m->nlh, &elements);
		if (r < 0)
			return r;
	}
	return ruleset_put_set(rs, set->family, set->table, set->name,
			       set->handle, set->flags, elements);
}

static int decode_set(struct ruleset *rs, const struct message *m)
{
	struct ruleset_part set;
	int r;

	r = ruleset_part_parse_set(m->nlh, &set);
	if (r < 0)
		return r;
	/* Those of one rule are part of its text. */
	if ((set.flags & NFT_SET_ANONYMOUS) && !rs->infers)
		return NOTHING;
	if (!m->removed)
		return put_set(rs, m, &set);
	r = ruleset_remove_set(rs, set.family, set.table, set.handle);
	/* A removal may leave the flags out: it was an anonymous one. */
	return r == -ENOENT ? NOTHING : r;
}

/* The same of elements, which name a counter each in some maps. */
static int add_uses_of_elements(struct ruleset *rs,
				const struct ruleset_part *part)
{
	struct table *table =
		ruleset_find_table(rs, part->family, part->table, 0);
	const struct set *set = table ? table_find_set(table, part->name)
				      : NULL;
	struct counter_uses uses = { 0 };

	/* Those of single rules may not be known. */
	if (!table || (set && !(set->flags & NFT_SET_OBJECT)) ||
	    counter_uses_add_elements(&uses, part->elements) == 0)
		return 0;
	return ruleset_add_uses(rs, part->family, part->table, &uses);
}

/* Of sets whose elements are known. */
static int decode_elements(struct ruleset *rs, const struct message *m)
{
	struct set_elements *elements;
	struct ruleset_part set;
	int r;

	r = ruleset_part_parse_elements(m->nlh, &set);
	if (r >= 0 && !m->dumped && !m->removed)
		r = add_uses_of_elements(rs, &set);
	if (!rs->infers)
		return r == -ENOMEM ? r : NOTHING;
	if (r < 0)
		return r;
	r = ruleset_edit_set(rs, set.family, set.table, set.name, &elements);
	if (r < 0 || !elements)
		return r;
	return set_elements_apply(elements, m->nlh, m->removed);
}

/* nfnetlink's subsystem and message, and a whole header; else 0. */
static int message_type(const struct nlmsghdr *nlh, size_t len)
{
	/* libmnl walks attributes to the end of the message's padding. */
	if (len < MNL_ALIGN(sizeof(*nlh)) + sizeof(struct nfgenmsg) ||
	    nlh->nlmsg_len > len || NLMSG_ALIGN(nlh->nlmsg_len) > len ||
	    nlh->nlmsg_len < MNL_ALIGN(sizeof(*nlh)) + sizeof(struct nfgenmsg))
		return -EBADMSG;
	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return -ENOMSG;
	return NFNL_MSG_TYPE(nlh->nlmsg_type);
}

bool ruleset_decode_is_generation(const struct nlmsghdr *nlh, size_t len,
				  uint32_t *generation)
{
	return message_type(nlh, len) == NFT_MSG_NEWGEN &&
	       ruleset_part_parse_generation(nlh, generation) == 0;
}

/* Of all messages the first attribute, NFTA_*_TABLE, but of a generation's. */
bool ruleset_decode_is_own(const struct nlmsghdr *nlh, size_t len)
{
	const struct nlattr *attr;
	int type = message_type(nlh, len);

	if (type < 0 || type == NFT_MSG_NEWGEN)
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME)
			return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >=
				       0 &&
			       own_table_is_name(mnl_attr_get_str(attr));
	}
	return false;
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
		[NFT_MSG_NEWSETELEM] = { decode_elements, false },
		[NFT_MSG_DELSETELEM] = { decode_elements, true },
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
	if ((size_t)type >= ARRAY_SIZE(messages) || !messages[type].decode ||
	    ruleset_decode_is_own(nlh, len))
		return RULESET_IGNORED;
	m.removed = messages[type].removed;
	r = messages[type].decode(rs, &m);
	if (r < 0)
		return r;
	return r == NOTHING ? RULESET_IGNORED : RULESET_CHANGED;
}
