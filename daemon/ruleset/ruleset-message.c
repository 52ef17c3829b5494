/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

#include "hash.h"
#include "nft-attr.h"
#include "rule-looks.h"
#include "ruleset-message.h"

DEFINE_CLEANUP(struct chain *, chain_unref)

static int check_names(struct ruleset_part *m, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	m->family = nfg->nfgen_family;
	return m->table && m->name ? 0 : -EBADMSG;
}

int ruleset_part_parse_table(const struct nlmsghdr *nlh,
			     struct ruleset_part *ret)
{
	struct nft_attrs attrs = nft_attrs_of(nlh, sizeof(struct nfgenmsg));

	*ret = (struct ruleset_part){
		.table = nft_attr_string(attrs.of[NFTA_TABLE_NAME]),
		.name = "",
		.handle = nft_attr_u64(attrs.of[NFTA_TABLE_HANDLE]),
	};
	return check_names(ret, nlh);
}

int ruleset_part_parse_chain(const struct nlmsghdr *nlh,
			     struct ruleset_part *ret)
{
	struct nft_attrs attrs = nft_attrs_of(nlh, sizeof(struct nfgenmsg));

	*ret = (struct ruleset_part){
		.table = nft_attr_string(attrs.of[NFTA_CHAIN_TABLE]),
		.name = nft_attr_string(attrs.of[NFTA_CHAIN_NAME]),
		.handle = nft_attr_u64(attrs.of[NFTA_CHAIN_HANDLE]),
		.hook = attrs.of[NFTA_CHAIN_HOOK],
		.policy = attrs.of[NFTA_CHAIN_POLICY],
		.counters = attrs.of[NFTA_CHAIN_COUNTERS],
		.type = attrs.of[NFTA_CHAIN_TYPE],
	};
	return check_names(ret, nlh);
}

int ruleset_part_parse_rule(const struct nlmsghdr *nlh,
			    struct ruleset_part *ret)
{
	struct nft_attrs attrs = nft_attrs_of(nlh, sizeof(struct nfgenmsg));

	*ret = (struct ruleset_part){
		.table = nft_attr_string(attrs.of[NFTA_RULE_TABLE]),
		.name = nft_attr_string(attrs.of[NFTA_RULE_CHAIN]),
		.handle = nft_attr_u64(attrs.of[NFTA_RULE_HANDLE]),
		.position = nft_attr_u64(attrs.of[NFTA_RULE_POSITION]),
		.expressions = attrs.of[NFTA_RULE_EXPRESSIONS],
		.userdata = attrs.of[NFTA_RULE_USERDATA],
	};
	return check_names(ret, nlh);
}

int ruleset_part_parse_set(const struct nlmsghdr *nlh, struct ruleset_part *ret)
{
	struct nft_attrs attrs = nft_attrs_of(nlh, sizeof(struct nfgenmsg));

	*ret = (struct ruleset_part){
		.table = nft_attr_string(attrs.of[NFTA_SET_TABLE]),
		.name = nft_attr_string(attrs.of[NFTA_SET_NAME]),
		.handle = nft_attr_u64(attrs.of[NFTA_SET_HANDLE]),
		.flags = nft_attr_u32(attrs.of[NFTA_SET_FLAGS], 0),
	};
	return check_names(ret, nlh);
}

int ruleset_part_parse_elements(const struct nlmsghdr *nlh,
				struct ruleset_part *ret)
{
	struct nft_attrs attrs = nft_attrs_of(nlh, sizeof(struct nfgenmsg));

	*ret = (struct ruleset_part){
		.table = nft_attr_string(attrs.of[NFTA_SET_ELEM_LIST_TABLE]),
		.name = nft_attr_string(attrs.of[NFTA_SET_ELEM_LIST_SET]),
		.elements = attrs.of[NFTA_SET_ELEM_LIST_ELEMENTS],
	};
	return check_names(ret, nlh);
}

int ruleset_part_parse_object(const struct nlmsghdr *nlh,
			      struct ruleset_part *ret)
{
	struct nft_attrs attrs = nft_attrs_of(nlh, sizeof(struct nfgenmsg));

	*ret = (struct ruleset_part){
		.table = nft_attr_string(attrs.of[NFTA_OBJ_TABLE]),
		.name = nft_attr_string(attrs.of[NFTA_OBJ_NAME]),
		.handle = nft_attr_u64(attrs.of[NFTA_OBJ_HANDLE]),
		.n_uses = nft_attr_u32(attrs.of[NFTA_OBJ_USE], 0),
		.data = attrs.of[NFTA_OBJ_DATA],
	};
	return check_names(ret, nlh);
}

int ruleset_part_parse_generation(const struct nlmsghdr *nlh, uint32_t *ret)
{
	struct nft_attrs attrs = nft_attrs_of(nlh, sizeof(struct nfgenmsg));
	const struct nlattr *id = attrs.of[NFTA_GEN_ID];

	if (!id || mnl_attr_get_payload_len(id) != sizeof(uint32_t))
		return -EBADMSG;
	*ret = nft_attr_u32(id, 0);
	return 0;
}

/* "eth0, eth1", or NULL; -ENOMEM. */
static int join_devices(const struct nft_attrs *hook, char **ret)
{
	const char *device = nft_attr_string(hook->of[NFTA_HOOK_DEV]);
	const struct nlattr *attr;
	size_t len = 0, n = 0;
	FILE *f;

	if (!device && !hook->of[NFTA_HOOK_DEVS])
		return 0;
	f = open_memstream(ret, &len);
	if (!f)
		return -ENOMEM;
	if (device)
		fprintf(f, "%s", device);
	else
		mnl_attr_for_each_nested(attr, hook->of[NFTA_HOOK_DEVS])
		{
			device = nft_attr_string(attr);
			if (device)
				fprintf(f, "%s%s", n++ > 0 ? ", " : "", device);
		}
	return fclose(f) == 0 ? 0 : -ENOMEM;
}

/* The policy that counts, or NULL: it has none, or there is no memory. */
static struct rule *make_policy(const struct ruleset_part *m)
{
	const struct rule_counts counts = rule_counts_in(m->counters);
	struct rule *policy = rule_new(0);

	if (!policy)
		return NULL;
	policy->may_drop = true;
	policy->counter = rule_counter_new(&counts);
	if (!policy->counter) {
		rule_unref(policy);
		return NULL;
	}
	return policy;
}

bool chain_message_counts_drops(const struct ruleset_part *m)
{
	return m->hook && m->counters &&
	       nft_attr_u32(m->policy, NF_ACCEPT) == NF_DROP;
}

static int make_base_chain(const struct ruleset_part *m, struct chain *chain)
{
	struct nft_attrs hook = nft_attrs_in(m->hook);
	const char *type = nft_attr_string(m->type);

	if (!hook.of[NFTA_HOOK_HOOKNUM])
		return 0;
	chain->type = strdup(type ? type : "filter");
	if (!chain->type)
		return -ENOMEM;
	chain->hook = nft_attr_u32(hook.of[NFTA_HOOK_HOOKNUM], 0);
	chain->priority = (int32_t)nft_attr_u32(hook.of[NFTA_HOOK_PRIORITY], 0);
	chain->policy_drop = nft_attr_u32(m->policy, NF_ACCEPT) == NF_DROP;
	if (chain_message_counts_drops(m)) {
		chain->policy = make_policy(m);
		if (!chain->policy)
			return -ENOMEM;
		chain->n_counters = 1;
	}
	return join_devices(&hook, &chain->devices);
}

struct chain *chain_from_message(const struct ruleset_part *m)
{
	_cleanup_(cleanup_chain_unref) struct chain *chain =
		chain_new(m->name, m->handle);

	if (!chain || make_base_chain(m, chain) < 0)
		return NULL;
	return TAKE_PTR(chain);
}

bool chain_message_has_devices(const struct ruleset_part *m)
{
	struct nft_attrs hook = nft_attrs_in(m->hook);

	return hook.of[NFTA_HOOK_DEV] || hook.of[NFTA_HOOK_DEVS];
}

/* What @attrs, of an expression, is for @rule; 0 or -ENOMEM. */
static int add_immediate(struct rule *rule, const struct nft_attrs *attrs)
{
	const struct nft_attrs data =
		nft_attrs_in(attrs->of[NFTA_IMMEDIATE_DATA]);
	const struct nft_attrs verdict =
		nft_attrs_in(data.of[NFTA_DATA_VERDICT]);
	uint32_t code = nft_attr_u32(verdict.of[NFTA_VERDICT_CODE], NF_ACCEPT);
	const char *chain = nft_attr_string(verdict.of[NFTA_VERDICT_CHAIN]);

	/* Those of nf_tables, such as a jump, are negative. */
	if (code == NF_DROP ||
	    ((int32_t)code > 0 && (code & NF_VERDICT_MASK) == NF_QUEUE))
		rule->may_drop = true;
	if (!chain || rule->jump)
		return 0;
	rule->is_goto = (int32_t)code == NFT_GOTO;
	rule->jump = strdup(chain);
	return rule->jump ? 0 : -ENOMEM;
}

static int add_lookup(struct rule *rule, const struct nft_attrs *attrs)
{
	if (nft_attr_u32(attrs->of[NFTA_LOOKUP_DREG], NFT_REG_1) ==
	    NFT_REG_VERDICT)
		rule->may_drop = true;
	return 0;
}

static int add_target(struct rule *rule, const struct nft_attrs *attrs)
{
	static const char *const names[] = { "REJECT", "DROP", "NFQUEUE",
					     "SYNPROXY" };
	const char *name = nft_attr_string(attrs->of[NFTA_TARGET_NAME]);

	rule->is_compat = true;
	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			rule->may_drop = true;
	return 0;
}

static int add_match(struct rule *rule, const struct nft_attrs *attrs)
{
	(void)attrs;
	rule->is_compat = true;
	return 0;
}

static int add_drop(struct rule *rule, const struct nft_attrs *attrs)
{
	(void)attrs;
	rule->may_drop = true;
	return 0;
}

/* What changes while the rule stays: nft does not print it with -s. */
static bool is_state(const char *expr, uint16_t type)
{
	return strcmp(expr, "counter") == 0 || strcmp(expr, "last") == 0 ||
	       (strcmp(expr, "quota") == 0 && type == NFTA_QUOTA_CONSUMED);
}

static uint64_t hash_expr(uint64_t hash, const char *name,
			  const struct nlattr *data)
{
	const struct nlattr *attr;

	hash = hash_string(hash, name);
	if (data)
		mnl_attr_for_each_nested(
			attr,
			data) if (!is_state(name, mnl_attr_get_type(attr)))
			hash = hash_bytes(hash, attr, attr->nla_len);
	return hash;
}

static int on_content(const struct nlattr *expr, void *data)
{
	const struct nft_attrs attrs = nft_attrs_in(expr);
	const char *name = nft_attr_string(attrs.of[NFTA_EXPR_NAME]);
	uint64_t *content = data;

	if (name)
		*content = hash_expr(*content, name, attrs.of[NFTA_EXPR_DATA]);
	return MNL_CB_OK;
}

uint64_t rule_content_of_message(const struct ruleset_part *m)
{
	uint64_t content = 0;

	if (m->expressions)
		(void)mnl_attr_parse_nested(m->expressions, on_content,
					    &content);
	if (m->userdata)
		content = hash_bytes(content, mnl_attr_get_payload(m->userdata),
				     mnl_attr_get_payload_len(m->userdata));
	return content;
}

/* Of expressions, those that drop, or may; jumps do not: their rules do. */
static int on_expr(const struct nlattr *expr, void *data)
{
	static const struct {
		const char *name;
		int (*add)(struct rule *rule, const struct nft_attrs *attrs);
	} exprs[] = {
		{ "immediate", add_immediate }, { "lookup", add_lookup },
		{ "target", add_target },	{ "reject", add_drop },
		{ "queue", add_drop },		{ "synproxy", add_drop },
		{ "match", add_match },
	};
	const struct nft_attrs attrs = nft_attrs_in(expr);
	const struct nft_attrs in = nft_attrs_in(attrs.of[NFTA_EXPR_DATA]);
	const char *name = nft_attr_string(attrs.of[NFTA_EXPR_NAME]);
	struct rule *rule = data;

	if (!name)
		return MNL_CB_OK;
	for (size_t i = 0; i < ARRAY_SIZE(exprs); i++)
		if (strcmp(name, exprs[i].name) == 0 &&
		    exprs[i].add(rule, &in) < 0)
			return MNL_CB_ERROR;
	return MNL_CB_OK;
}

/*
 * The comment among a rule's user data: attributes of one byte for the type and
 * one for the length. The kernel takes any bytes for user data, and libnftnl's
 * nftnl_udata_parse() believes the lengths in them.
 */
static int take_comment(struct rule *rule, const uint8_t *data, size_t len)
{
	while (len >= 2 && len - 2 >= data[1]) {
		if (data[0] == NFTNL_UDATA_RULE_COMMENT) {
			rule->comment = strndup((const char *)data + 2,
						MIN(data[1], RULE_COMMENT_MAX));
			return rule->comment ? 0 : -ENOMEM;
		}
		len -= 2U + data[1];
		data += 2U + data[1];
	}
	return 0;
}

struct rule *rule_from_message(const struct ruleset_part *m, bool infers)
{
	_cleanup_(cleanup_rule_unref) struct rule *rule = rule_new(m->handle);
	struct rule_counter_found found;

	if (!rule)
		return NULL;
	if (m->expressions &&
	    mnl_attr_parse_nested(m->expressions, on_expr, rule) < 0)
		return NULL;
	if (rule->may_drop && rule_counter_find(m->expressions, &found)) {
		rule->counter = found.name ? rule_counter_new_named(found.name)
					   : rule_counter_new(&found.counts);
		if (!rule->counter)
			return NULL;
	}
	if (infers) {
		rule->program = rule_program_new(m->expressions);
		if (!rule->program)
			return NULL;
	}
	rule->looks = rule_looks(m->expressions);
	if (m->userdata) {
		const void *data = mnl_attr_get_payload(m->userdata);
		size_t len = mnl_attr_get_payload_len(m->userdata);

		if (take_comment(rule, data, len) < 0)
			return NULL;
	}
	rule->content = rule_content_of_message(m);
	return TAKE_PTR(rule);
}
