/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "explain-ask.h"
#include "util.h"

#define SET(member, text) copy_string(member, sizeof(member), text, SIZE_MAX)

static struct drop_event ev;

static int setup(void **state)
{
	(void)state;
	drop_event_init(&ev);
	SET(ev.netfilter.family, "ip");
	SET(ev.netfilter.table, "t");
	SET(ev.netfilter.chain, "c");
	ev.netfilter.rule_handle = 7;
	return 0;
}

static bool same(const char *text)
{
	struct json_object *rule = json_tokener_parse(text);
	bool is = explain_is_same(rule, &ev);

	json_object_put(rule);
	return is;
}

#define PLACE "\"family\":\"ip\",\"table\":\"t\",\"chain\":\"c\""
#define RULE  "{" PLACE ",\"kind\":\"nft-rule\",\"rule_handle\":7"
#define INIT  ",\"netns\":{\"name\":\"init\",\"inum\":9,\"cookie\":1}"
#define BLUE  ",\"netns\":{\"name\":\"blue\",\"inum\":17,\"cookie\":77}"

static void test_rule(void **state)
{
	(void)state;
	assert_true(same(RULE "}"));
	assert_true(same(RULE INIT ",\"table_handle\":5}"));
	assert_false(same("{" PLACE ",\"kind\":\"nft-rule\","
			  "\"rule_handle\":8}"));
	assert_false(same("{" PLACE ",\"kind\":\"xt-rule\","
			  "\"rule_handle\":7}"));
	assert_false(same("{\"family\":\"ip6\",\"table\":\"t\",\"chain\":"
			  "\"c\",\"kind\":\"nft-rule\",\"rule_handle\":7}"));
	assert_false(same("{}"));
	assert_false(same("7"));
	/* As the kernel told it: of that table only. */
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.netfilter.table_handle = 5;
	ev.netns.cookie = 1;
	ev.netns.inum = 9;
	assert_true(same(RULE INIT ",\"table_handle\":5}"));
	assert_false(same(RULE INIT ",\"table_handle\":6}"));
	ev.netfilter.kind = DROP_KIND_XT_RULE;
	ev.netfilter.table_handle = 0;
	assert_true(same("{" PLACE ",\"kind\":\"xt-rule\","
			 "\"rule_handle\":7" INIT "}"));
	assert_false(same(RULE INIT "}"));
}

static void test_policy(void **state)
{
	(void)state;
	ev.netfilter.rule_handle = 0;
	/* A chain is no policy. */
	assert_false(same("{" PLACE ",\"kind\":\"nft-policy\"}"));
	ev.netfilter.policy = true;
	assert_true(same("{" PLACE ",\"kind\":\"nft-policy\"}"));
	assert_false(same("{" PLACE ",\"kind\":\"nft-chain\"}"));
	assert_false(same(RULE "}"));
}

static void test_netns(void **state)
{
	(void)state;
	assert_false(same(RULE BLUE "}"));
	ev.netns.inum = 17;
	assert_true(same(RULE BLUE "}"));
	assert_false(same(RULE INIT "}"));
	ev.netns.inum = 0;
	SET(ev.netns.name, "blue");
	assert_true(same(RULE BLUE "}"));
	assert_false(same(RULE INIT "}"));
	SET(ev.netns.name, "init");
	assert_true(same(RULE INIT "}"));
	/* Another one of that name. */
	assert_false(
		same(RULE ",\"netns\":{\"name\":\"init\",\"cookie\":77}}"));
	ev.netns.cookie = 77;
	assert_true(same(RULE ",\"netns\":{\"name\":\"init\",\"cookie\":77}}"));
	assert_true(same(RULE BLUE "}"));
	assert_false(same(RULE INIT "}"));
}

static void test_what(void **state)
{
	(void)state;
	assert_true(explain_is_in_chain(&ev));
	assert_true(explain_is_counted(&ev));
	ev.netfilter.rule_handle = 0;
	assert_true(explain_is_in_chain(&ev));
	assert_false(explain_is_counted(&ev));
	ev.netfilter.policy = true;
	assert_true(explain_is_counted(&ev));
	ev.netfilter.kind = DROP_KIND_XT_POLICY;
	assert_true(explain_is_in_chain(&ev));
	assert_true(explain_is_counted(&ev));
	ev.netfilter.kind = DROP_KIND_XT_TABLE;
	assert_false(explain_is_in_chain(&ev));
	drop_event_init(&ev);
	assert_false(explain_is_in_chain(&ev));
	assert_false(explain_is_counted(&ev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rule, setup),
		cmocka_unit_test_setup(test_policy, setup),
		cmocka_unit_test_setup(test_netns, setup),
		cmocka_unit_test_setup(test_what, setup),
	};

	return cmocka_run_group_tests_name("explain-ask", tests, NULL, NULL);
}
