/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft-message.h"
#include "ruleset-decode.h"
#include "ruleset-share.h"
#include "support.h"

#define CREATE (NLM_F_CREATE)
#define APPEND (NLM_F_CREATE | NLM_F_APPEND)

/* From the heap and not one byte more. */
static int decode(struct ruleset *rs, const struct nlmsghdr *nlh, bool dumped)
{
	struct nlmsghdr *copy = copy_bytes(nlh, nlh->nlmsg_len);
	int r = ruleset_decode(rs, copy, copy->nlmsg_len, dumped);

	free(copy);
	return r;
}

static int put_rule(struct ruleset *rs, uint64_t handle, uint64_t position,
		    uint16_t flags)
{
	const struct nft_message_rule rule = { .table = "t",
					       .chain = "c",
					       .handle = handle,
					       .position = position,
					       .flags = flags };

	return decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule), false);
}

static int setup(void **state)
{
	struct ruleset *rs = ruleset_new();

	assert_int_equal(decode(rs, nft_table(NFT_MSG_NEWTABLE, "t", 3), true),
			 RULESET_CHANGED);
	assert_int_equal(decode(rs,
				nft_chain(NFT_MSG_NEWCHAIN, "t", "c", 1,
					  NF_INET_LOCAL_IN, NF_DROP),
				true),
			 RULESET_CHANGED);
	*state = rs;
	return 0;
}

static int teardown(void **state)
{
	ruleset_unref(*state);
	return 0;
}

static struct chain *chain_of(const struct ruleset *rs)
{
	return table_find_chain(rs->tables[0], "c");
}

static const char *order(const struct ruleset *rs)
{
	static char buf[256];
	const struct chain *c = chain_of(rs);
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < c->n_rules; i++)
		at += (size_t)snprintf(buf + at, sizeof(buf) - at, "%s%d",
				       i > 0 ? " " : "",
				       (int)c->rules[i]->handle);
	return buf;
}

static void test_objects(void **state)
{
	struct ruleset *rs = *state;
	struct table *t = ruleset_find_table(rs, NFPROTO_INET, "t", 3);
	const struct chain *c;

	assert_non_null(t);
	c = table_find_chain(t, "c");
	assert_string_equal(c->type, "filter");
	assert_int_equal(c->hook, NF_INET_LOCAL_IN);
	assert_int_equal(c->priority, -150);
	assert_true(c->policy_drop);
	assert_null(c->devices);
	assert_int_equal(decode(rs,
				nft_chain(NFT_MSG_NEWCHAIN, "t", "d", 2, -1, 0),
				false),
			 RULESET_CHANGED);
	assert_null(table_find_chain(t, "d")->type);
	assert_int_equal(
		decode(rs,
		       nft_set(NFT_MSG_NEWSET, "t", "s", 5, NFT_SET_CONSTANT),
		       false),
		RULESET_CHANGED);
	assert_int_equal(table_find_set(t, "s")->flags, NFT_SET_CONSTANT);
	assert_int_equal(decode(rs,
				nft_set(NFT_MSG_NEWSET, "t", "__set0", 6,
					NFT_SET_ANONYMOUS),
				false),
			 RULESET_IGNORED);
	assert_null(table_find_set(t, "__set0"));
	/* A removal has no flags in it. */
	assert_int_equal(
		decode(rs, nft_set(NFT_MSG_DELSET, "t", "__set0", 6, 0), false),
		RULESET_IGNORED);
	assert_int_equal(decode(rs, nft_set(NFT_MSG_DELSET, "t", "s", 5, 0),
				false),
			 RULESET_CHANGED);
	assert_null(table_find_set(t, "s"));
	assert_int_equal(decode(rs,
				nft_chain(NFT_MSG_DELCHAIN, "t", "d", 2, -1, 0),
				false),
			 RULESET_CHANGED);
	assert_int_equal(decode(rs,
				nft_chain(NFT_MSG_DELCHAIN, "t", "d", 2, -1, 0),
				false),
			 -ENOENT);
	assert_int_equal(decode(rs, nft_table(NFT_MSG_DELTABLE, "t", 3), false),
			 RULESET_CHANGED);
	assert_int_equal(rs->n_tables, 0);
	assert_int_equal(decode(rs, nft_table(NFT_MSG_DELTABLE, "t", 3), false),
			 -ENOENT);
}

/* As nf_tables_rule_notify() of 6.12 tells the place. */
static void test_places(void **state)
{
	struct ruleset *rs = *state;

	/* add, to the end */
	assert_int_equal(put_rule(rs, 10, 0, APPEND), RULESET_CHANGED);
	assert_int_equal(put_rule(rs, 11, 0, APPEND), RULESET_CHANGED);
	/* insert, to the front */
	assert_int_equal(put_rule(rs, 12, 0, CREATE), RULESET_CHANGED);
	/* add or insert in the middle */
	assert_int_equal(put_rule(rs, 13, 10, APPEND), RULESET_CHANGED);
	assert_int_equal(put_rule(rs, 14, 12, CREATE), RULESET_CHANGED);
	/* replace in the middle */
	assert_int_equal(put_rule(rs, 15, 14, NLM_F_APPEND), RULESET_CHANGED);
	assert_string_equal(order(rs), "12 14 15 10 13 11");
	/* replace at an end: which, is not told */
	assert_int_equal(put_rule(rs, 16, 0, NLM_F_APPEND), -ENOENT);
	/* behind one that comes later in the same transaction */
	assert_int_equal(put_rule(rs, 16, 99, CREATE), -ENOENT);
	assert_string_equal(order(rs), "12 14 15 10 13 11");
	assert_int_equal(rs->n_rules, 6);
}

/* A dump tells the rule before, which is no place to be looked for. */
static void test_dumped(void **state)
{
	struct ruleset *rs = *state;
	struct nft_message_rule rule = { .table = "t", .chain = "c" };

	for (uint64_t i = 1; i <= 5; i++) {
		rule.handle = 10 - i;
		rule.position = 11 - i;
		assert_int_equal(decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule),
					true),
				 RULESET_CHANGED);
	}
	assert_string_equal(order(rs), "9 8 7 6 5");
	assert_int_equal(decode(rs, nft_rule(NFT_MSG_DELRULE, &rule), false),
			 RULESET_CHANGED);
	assert_int_equal(decode(rs, nft_rule(NFT_MSG_DELRULE, &rule), false),
			 -ENOENT);
	assert_string_equal(order(rs), "9 8 7 6");
}

static const char *comment_of(struct ruleset *rs, const void *userdata,
			      uint32_t len)
{
	static uint64_t handle = 100;
	struct nft_message_rule rule = { .table = "t",
					 .chain = "c",
					 .handle = ++handle,
					 .userdata = userdata,
					 .userdata_len = len };
	const struct rule *found;

	assert_int_equal(decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule), true),
			 RULESET_CHANGED);
	found = chain_find_rule(chain_of(rs), handle);
	return found->comment ? found->comment : "(none)";
}

#define COMMENT(s) comment_of(rs, s, sizeof(s) - 1)

/* The kernel takes any bytes: nothing behind them may be read. */
static void test_comments(void **state)
{
	struct ruleset *rs = *state;
	char longest[256] = "\0\xfe";

	assert_string_equal(comment_of(rs, NULL, 0), "(none)");
	assert_string_equal(COMMENT("\0\6hello\0"), "hello");
	/* Without its end, and with one in the middle. */
	assert_string_equal(COMMENT("\0\5hello"), "hello");
	assert_string_equal(COMMENT("\0\6he\0lo\0"), "he");
	/* Behind attributes of other types. */
	assert_string_equal(COMMENT("\1\0\2\3abc\0\2x\0"), "x");
	assert_string_equal(COMMENT("\0\2ax\0\2by"), "ax");
	assert_string_equal(COMMENT("\0\0"), "");
	/* No list of attributes, or a comment that is longer than it is. */
	assert_string_equal(COMMENT("\0"), "(none)");
	assert_string_equal(COMMENT("\0\xff"), "(none)");
	assert_string_equal(COMMENT("\0\6hello"), "(none)");
	assert_string_equal(COMMENT("\1\xffhello"), "(none)");
	assert_string_equal(COMMENT("\1\4hello"), "(none)");
	memset(longest + 2, 'x', 254);
	assert_int_equal(strlen(comment_of(rs, longest, 256)),
			 RULE_COMMENT_MAX);
}

static void add_expr(void *rule, const char *name, uint16_t attr, uint32_t v)
{
	struct nftnl_expr *e = nftnl_expr_alloc(name);

	assert_non_null(e);
	nftnl_expr_set_u32(e, attr, v);
	nftnl_rule_add_expr(rule, e);
}

static void add_accept(void *rule)
{
	add_expr(rule, "immediate", NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
}

static void add_queue_verdict(void *rule)
{
	add_expr(rule, "immediate", NFTNL_EXPR_IMM_VERDICT, NF_QUEUE | 7 << 16);
}

static void add_chain(void *rule, int verdict)
{
	struct nftnl_expr *e = nftnl_expr_alloc("immediate");

	assert_non_null(e);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, "d");
	nftnl_rule_add_expr(rule, e);
}

static void add_jump(void *rule)
{
	add_chain(rule, NFT_JUMP);
}

static void add_goto(void *rule)
{
	add_chain(rule, NFT_GOTO);
}

static void add_number(void *rule)
{
	struct nftnl_expr *e = nftnl_expr_alloc("immediate");
	uint32_t zero = 0;

	assert_non_null(e);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	nftnl_expr_set(e, NFTNL_EXPR_IMM_DATA, &zero, sizeof(zero));
	nftnl_rule_add_expr(rule, e);
}

static void add_reject(void *rule)
{
	add_expr(rule, "reject", NFTNL_EXPR_REJECT_TYPE, 0);
}

static void add_verdict_map(void *rule)
{
	struct nftnl_expr *e = nftnl_expr_alloc("lookup");

	assert_non_null(e);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, "m");
	nftnl_rule_add_expr(rule, e);
}

static void add_map(void *rule)
{
	struct nftnl_expr *e = nftnl_expr_alloc("lookup");

	assert_non_null(e);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_2);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, "m");
	nftnl_rule_add_expr(rule, e);
}

static void add_target(void *rule, const char *name)
{
	struct nftnl_expr *e = nftnl_expr_alloc("target");
	void *info = calloc(1, 4);

	assert_non_null(e);
	nftnl_expr_set_str(e, NFTNL_EXPR_TG_NAME, name);
	nftnl_expr_set_u32(e, NFTNL_EXPR_TG_REV, 0);
	nftnl_expr_set(e, NFTNL_EXPR_TG_INFO, info, 4);
	nftnl_rule_add_expr(rule, e);
}

static void add_xt_reject(void *rule)
{
	add_target(rule, "REJECT");
}

static void add_xt_log(void *rule)
{
	add_target(rule, "LOG");
}

static void add_nothing(void *rule)
{
	(void)rule;
}

static void test_may_drop(void **state)
{
	static const struct {
		void (*add)(void *rule);
		bool may_drop;
	} rules[] = {
		{ NULL, true },
		{ add_accept, false },
		{ add_jump, false },
		{ add_number, false },
		{ add_reject, true },
		{ add_queue_verdict, true },
		{ add_verdict_map, true },
		{ add_map, false },
		{ add_xt_reject, true },
		{ add_xt_log, false },
		{ add_nothing, false },
	};
	struct ruleset *rs = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct nft_message_rule rule = { .table = "t",
						       .chain = "c",
						       .handle = i + 1,
						       .add = rules[i].add };

		if (decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule), true) !=
		    RULESET_CHANGED)
			fail_msg("rule %zu does not parse", i);
		if (chain_find_rule(chain_of(rs), i + 1)->may_drop !=
		    rules[i].may_drop)
			fail_msg("rule %zu", i);
	}
}

static void add_counter_reject(void *rule)
{
	add_expr(rule, "counter", NFTNL_EXPR_CTR_PACKETS, 0);
	add_reject(rule);
}

/* Those who come to use a counter with a name, in changes alone. */
static void test_uses(void **state)
{
	uint8_t n = counter_uses_place("n"), m = counter_uses_place("m");
	struct ruleset *rs = *state, *copy;
	const struct nlmsghdr *elements;

	assert_true(n != m);
	assert_int_equal(decode(rs, nft_named("t", "c", 7, "n"), true),
			 RULESET_CHANGED);
	assert_true(chain_of(rs)->rules[0]->counter->is_named);
	assert_int_equal(rs->tables[0]->uses.of[n], 0);
	assert_int_equal(rs->n_named, 1);
	assert_int_equal(decode(rs, nft_named("t", "c", 8, "n"), false),
			 RULESET_CHANGED);
	assert_int_equal(rs->tables[0]->uses.of[n], 1);
	assert_int_equal(rs->tables[0]->uses.of[m], 0);
	assert_int_equal(rs->n_named, 2);

	/* Those of a map of counters, and of nothing else. */
	elements = nft_element(NFT_MSG_NEWSETELEM, "t", "s", "m");
	assert_int_equal(decode(rs, nft_set(NFT_MSG_NEWSET, "t", "s", 5, 0),
				false),
			 RULESET_CHANGED);
	assert_int_equal(decode(rs, elements, false), RULESET_IGNORED);
	assert_int_equal(rs->tables[0]->uses.of[m], 0);
	elements = nft_element(NFT_MSG_NEWSETELEM, "t", "o", "m");
	assert_int_equal(
		decode(rs, nft_set(NFT_MSG_NEWSET, "t", "o", 6, NFT_SET_OBJECT),
		       false),
		RULESET_CHANGED);
	assert_int_equal(decode(rs, elements, true), RULESET_IGNORED);
	assert_int_equal(rs->tables[0]->uses.of[m], 0);
	copy = ruleset_copy(rs);
	assert_non_null(copy);
	assert_int_equal(decode(copy, elements, false), RULESET_IGNORED);
	assert_int_equal(copy->tables[0]->uses.of[m], 1);
	assert_int_equal(copy->tables[0]->uses.of[n], 1);
	assert_int_equal(copy->n_named, 2);
	assert_int_equal(rs->tables[0]->uses.of[m], 0);
	assert_int_equal(decode(copy,
				nft_element(NFT_MSG_DELSETELEM, "t", "o", "m"),
				false),
			 RULESET_IGNORED);
	assert_int_equal(copy->tables[0]->uses.of[m], 1);
	elements = nft_element(NFT_MSG_NEWSETELEM, "t", "__map0", "m");
	assert_int_equal(decode(copy, elements, false), RULESET_IGNORED);
	assert_int_equal(copy->tables[0]->uses.of[m], 2);
	elements = nft_element(NFT_MSG_NEWSETELEM, "gone", "__map0", "m");
	assert_int_equal(decode(copy, elements, false), RULESET_IGNORED);
	/* Read again, one that nobody told can have come as well. */
	ruleset_share(copy, rs);
	assert_int_equal(copy->tables[0]->uses.of[n], 3);
	assert_int_equal(copy->tables[0]->uses.of[m], 3);
	ruleset_unref(copy);
}

static void put_counting(struct ruleset *rs, uint32_t policy, uint64_t packets)
{
	assert_int_equal(
		decode(rs, nft_counting_chain("t", "p", 2, policy, packets),
		       false),
		RULESET_CHANGED);
}

/* Of a chain that counts, where it drops: what it counted before is not its. */
static void test_policy(void **state)
{
	struct ruleset *rs = *state, *copy;
	const struct chain *chain;

	/* One that does not count. */
	assert_true(chain_of(rs)->policy_drop);
	assert_null(chain_of(rs)->policy);
	put_counting(rs, NF_ACCEPT, 5);
	chain = table_find_chain(rs->tables[0], "p");
	assert_null(chain->policy);
	assert_int_equal(rs->n_counters, 0);
	put_counting(rs, NF_DROP, 7);
	assert_int_equal(rs->n_counters, 1);
	assert_int_equal(chain->n_counters, 1);
	assert_int_equal(chain->policy->counter->now.packets, 7);
	assert_int_equal(chain->policy->counter->now.bytes, 700);
	assert_int_equal(chain->policy->handle, 0);
	/* It drops on: what was counted meanwhile is for the next reading. */
	put_counting(rs, NF_DROP, 9);
	assert_int_equal(rs->n_counters, 1);
	assert_int_equal(chain->policy->counter->now.packets, 7);
	/* Other snapshots have it, too, and keep it. */
	copy = ruleset_copy(rs);
	assert_non_null(copy);
	put_counting(copy, NF_ACCEPT, 10);
	assert_int_equal(copy->n_counters, 0);
	assert_null(table_find_chain(copy->tables[0], "p")->policy);
	assert_int_equal(rs->n_counters, 1);
	assert_non_null(table_find_chain(rs->tables[0], "p")->policy);
	put_counting(copy, NF_DROP, 12);
	chain = table_find_chain(copy->tables[0], "p");
	assert_int_equal(chain->policy->counter->now.packets, 12);
	/* Read again, it is the same one. */
	ruleset_share(copy, rs);
	assert_ptr_equal(chain->policy,
			 table_find_chain(rs->tables[0], "p")->policy);
	ruleset_unref(copy);
	assert_int_equal(decode(rs,
				nft_chain(NFT_MSG_DELCHAIN, "t", "p", 2, -1, 0),
				false),
			 RULESET_CHANGED);
	assert_int_equal(rs->n_counters, 0);
}

static void test_jumps(void **state)
{
	struct nft_message_rule rule = {
		.table = "t", .chain = "c", .handle = 7, .add = add_jump
	};
	struct ruleset *rs = *state;
	const struct rule *found;

	assert_int_equal(decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule), true),
			 RULESET_CHANGED);
	found = chain_find_rule(chain_of(rs), 7);
	assert_string_equal(found->jump, "d");
	assert_false(found->is_goto);
	rule.handle = 8;
	rule.add = add_goto;
	assert_int_equal(decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule), true),
			 RULESET_CHANGED);
	found = chain_find_rule(chain_of(rs), 8);
	assert_string_equal(found->jump, "d");
	assert_true(found->is_goto);
	rule.handle = 9;
	rule.add = NULL;
	assert_int_equal(decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule), true),
			 RULESET_CHANGED);
	assert_null(chain_find_rule(chain_of(rs), 9)->jump);
}

static uint64_t packets = 1;

static void add_counter(void *rule)
{
	struct nftnl_expr *e = nftnl_expr_alloc("counter");

	assert_non_null(e);
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_PACKETS, packets++);
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_BYTES, packets);
	nftnl_rule_add_expr(rule, e);
}

static uint64_t quota_used = 1;

static void add_quota(void *rule)
{
	struct nftnl_expr *e = nftnl_expr_alloc("quota");

	assert_non_null(e);
	nftnl_expr_set_u64(e, NFTNL_EXPR_QUOTA_BYTES, 1000);
	nftnl_expr_set_u64(e, NFTNL_EXPR_QUOTA_CONSUMED, quota_used++);
	nftnl_rule_add_expr(rule, e);
}

static uint64_t content_of(struct ruleset *rs, void (*add)(void *rule),
			   const char *comment)
{
	static uint64_t handle = 1000;
	const struct nft_message_rule rule = {
		.table = "t",
		.chain = "c",
		.handle = ++handle,
		.userdata = comment,
		.userdata_len = comment ? (uint32_t)comment[1] + 2 : 0,
		.add = add
	};

	assert_int_equal(decode(rs, nft_rule(NFT_MSG_NEWRULE, &rule), true),
			 RULESET_CHANGED);
	return chain_find_rule(chain_of(rs), handle)->content;
}

/* The same rule again, or one that replaced it, which has the same handle? */
static void test_content(void **state)
{
	struct ruleset *rs = *state;
	uint64_t drop = content_of(rs, NULL, NULL);

	assert_true(content_of(rs, NULL, NULL) == drop);
	assert_true(content_of(rs, add_accept, NULL) != drop);
	assert_true(content_of(rs, add_nothing, NULL) != drop);
	assert_true(content_of(rs, add_jump, NULL) !=
		    content_of(rs, add_goto, NULL));
	assert_true(content_of(rs, NULL, "\0\2a") != drop);
	assert_true(content_of(rs, NULL, "\0\2a") !=
		    content_of(rs, NULL, "\0\2b"));
	assert_true(content_of(rs, NULL, "\0\2a") ==
		    content_of(rs, NULL, "\0\2a"));
	/* What it has counted makes no other rule of it. */
	assert_true(content_of(rs, add_counter, NULL) ==
		    content_of(rs, add_counter, NULL));
	assert_true(content_of(rs, add_counter, NULL) !=
		    content_of(rs, add_nothing, NULL));
	assert_true(content_of(rs, add_quota, NULL) ==
		    content_of(rs, add_quota, NULL));
}

/* An expression of a newer kernel, that libnftnl does not know, hides nothing.
 */
static void test_unknown_expression(void **state)
{
	const struct nft_message_rule rule = { .table = "t",
					       .chain = "c",
					       .handle = 7,
					       .userdata = "\0\3hi",
					       .userdata_len = 5,
					       .add = add_counter_reject };
	struct nlmsghdr *nlh =
		(struct nlmsghdr *)nft_rule(NFT_MSG_NEWRULE, &rule);
	char *name = memmem(nlh, nlh->nlmsg_len, "counter", 7);
	struct ruleset *rs = *state;

	assert_non_null(name);
	memcpy(name, "unknown", 7);
	assert_int_equal(decode(rs, nlh, true), RULESET_CHANGED);
	assert_string_equal(chain_find_rule(chain_of(rs), 7)->comment, "hi");
	assert_true(chain_find_rule(chain_of(rs), 7)->may_drop);
}

/* Attributes that are not as long as they were: missing, and no more. */
static void test_lengths(void **state)
{
	struct nlmsghdr *nlh;
	struct ruleset *rs = *state;
	struct nlattr *attr;
	const struct chain *c;

	nlh = (struct nlmsghdr *)nft_chain(NFT_MSG_NEWCHAIN, "t", "d", 9, 1,
					   NF_DROP);
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_CHAIN_POLICY)
			attr->nla_len = sizeof(*attr) + 2;
	}
	assert_int_equal(decode(rs, nlh, true), RULESET_CHANGED);
	c = table_find_chain(rs->tables[0], "d");
	assert_non_null(c);
	assert_false(c->policy_drop);
	nlh = (struct nlmsghdr *)nft_generation(5);
	attr = mnl_nlmsg_get_payload_offset(nlh, sizeof(struct nfgenmsg));
	attr->nla_len = sizeof(*attr) + 2;
	assert_int_equal(decode(rs, nlh, false), -EBADMSG);
	/* A name without its end. */
	nlh = (struct nlmsghdr *)nft_table(NFT_MSG_NEWTABLE, "uuu", 9);
	attr = mnl_nlmsg_get_payload_offset(nlh, sizeof(struct nfgenmsg));
	attr->nla_len--;
	assert_int_equal(decode(rs, nlh, false), -EBADMSG);
}

static void add_devices(struct nlmsghdr *nlh)
{
	struct nlattr *hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK), *devs;

	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, 0);
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)-10));
	devs = mnl_attr_nest_start(nlh, NFTA_HOOK_DEVS);
	mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, "eth0");
	mnl_attr_put_strz(nlh, NFTA_DEVICE_NAME, "eth1");
	mnl_attr_nest_end(nlh, devs);
	mnl_attr_nest_end(nlh, hook);
}

static void test_devices(void **state)
{
	struct ruleset *rs = *state;
	struct nlmsghdr *nlh;
	const struct chain *c;

	nlh = (struct nlmsghdr *)nft_chain(NFT_MSG_NEWCHAIN, "t", "d", 9, -1,
					   0);
	add_devices(nlh);
	assert_int_equal(decode(rs, nlh, true), RULESET_CHANGED);
	c = table_find_chain(rs->tables[0], "d");
	assert_string_equal(c->devices, "eth0, eth1");
	assert_string_equal(c->type, "filter");
	assert_int_equal(c->priority, -10);
	/* One device is taken away, not the chain. */
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELCHAIN;
	assert_int_equal(decode(rs, nlh, false), -ENOENT);
	assert_non_null(table_find_chain(rs->tables[0], "d"));
}

static void test_generation(void **state)
{
	const struct nlmsghdr *nlh = nft_generation(0xfffffffe);
	struct ruleset *rs = *state;
	uint32_t generation = 5;

	assert_true(
		ruleset_decode_is_generation(nlh, nlh->nlmsg_len, &generation));
	assert_int_equal(generation, 0xfffffffe);
	assert_int_equal(decode(rs, nlh, false), RULESET_GENERATION);
	assert_int_equal(rs->generation, 0xfffffffe);
	nlh = nft_table(NFT_MSG_NEWTABLE, "t", 3);
	assert_false(
		ruleset_decode_is_generation(nlh, nlh->nlmsg_len, &generation));
}

static void test_broken(void **state)
{
	struct ruleset *rs = *state;
	struct nlmsghdr *nlh =
		(struct nlmsghdr *)nft_table(NFT_MSG_NEWTABLE, "u", 9);
	uint32_t generation;

	/* Of every length that a socket could give, and a wrong one inside. */
	for (size_t len = 0; len < nlh->nlmsg_len; len++) {
		struct nlmsghdr *copy = copy_bytes(nlh, len);

		assert_true(len < sizeof(*nlh) + 4 ||
			    ruleset_decode(rs, copy, len, false) == -EBADMSG);
		if (len < sizeof(*nlh) + 4) {
			assert_int_equal(ruleset_decode(rs, copy, len, false),
					 -EBADMSG);
			assert_false(ruleset_decode_is_generation(copy, len,
								  &generation));
		}
		free(copy);
	}
	nlh->nlmsg_len = sizeof(*nlh);
	assert_int_equal(ruleset_decode(rs, nlh, 64, false), -EBADMSG);
	/* Another subsystem, a message that is none of a ruleset's parts. */
	nlh = (struct nlmsghdr *)nft_table(NFT_MSG_NEWTABLE, "u", 9);
	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | NFT_MSG_NEWTABLE;
	assert_int_equal(decode(rs, nlh, false), RULESET_IGNORED);
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWOBJ;
	assert_int_equal(decode(rs, nlh, false), RULESET_IGNORED);
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | 0xff;
	assert_int_equal(decode(rs, nlh, false), RULESET_IGNORED);
	/* Without a name. */
	assert_int_equal(decode(rs, nft_table(NFT_MSG_NEWTABLE, NULL, 9),
				false),
			 -EBADMSG);
	assert_int_equal(rs->n_tables, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dumped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_comments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_may_drop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jumps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_content, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_expression, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_generation, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
