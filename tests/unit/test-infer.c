/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "infer-make.h"

static struct maker m;
static uint8_t udp[MADE_UDP_LEN];

static int setup(void **state)
{
	(void)state;
	maker_init(&m, NFPROTO_INET);
	make_udp(udp, 1000, 53);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ruleset_unref(m.rs);
	return 0;
}

static void expect_from(const struct infer_input *input, const char *what)
{
	assert_string_equal(infer_string(m.rs, input), what);
}

static void expect(const char *what)
{
	struct infer_input input = make_input(udp, sizeof(udp));

	expect_from(&input, what);
}

static void dport(uint16_t port)
{
	expr_payload(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	expr_cmp16(&m, NFT_CMP_EQ, port);
}

/* port 0: any; @unknown: an expression of that name first, or NULL. */
static uint64_t rule(const char *chain, const char *unknown, uint16_t port,
		     int32_t code, const char *jump)
{
	rule_begin(&m, chain);
	if (unknown)
		expr_named(&m, unknown, NFT_REG_1);
	if (port)
		dport(port);
	expr_verdict(&m, code, jump);
	return rule_end(&m);
}

static void test_nothing(void **state)
{
	(void)state;
	expect("");
	make_side(&m, "none");
	rule("none", NULL, 0, NF_DROP, NULL);
	expect("");
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	expect("");
}

static void test_policy(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	expect("in/policy");
	rule("in", NULL, 54, NF_ACCEPT, NULL);
	expect("in/policy");
	rule("in", NULL, 53, NF_ACCEPT, NULL);
	expect("");
}

/* What is certain comes first, in whatever order it is met. */
static void test_order(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true); /* 1 */
	rule("in", "limit", 53, NF_DROP, NULL);
	rule("in", "ct", 0, NF_ACCEPT, NULL);
	rule("in", NULL, 54, NF_DROP, NULL);
	expect("in/policy in/2?limit");
	rule("in", NULL, 53, NF_DROP, NULL); /* 5: ends all */
	rule("in", NULL, 0, NF_DROP, NULL);
	expect("in/5 in/2?limit");
}

static void test_jumps(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true); /* 1 */
	make_side(&m, "a");
	make_side(&m, "b");
	rule("a", NULL, 53, NFT_RETURN, NULL);
	rule("a", NULL, 0, NF_DROP, NULL);
	rule("b", NULL, 54, NF_DROP, NULL);
	rule("in", NULL, 0, NFT_JUMP, "a");
	rule("in", NULL, 54, NFT_GOTO, "a");
	expect("in/policy");
	/* Behind a goto, nothing but the policy is. */
	rule("in", NULL, 53, NFT_GOTO, "b");
	rule("in", NULL, 53, NF_DROP, NULL);
	expect("in/policy");
	/* From here, b's caller is a's. */
	rule("b", NULL, 53, NF_DROP, NULL); /* 11 */
	expect("b/11");
}

/* A chain that is met on two ways is as certain as the better one. */
static void test_better_way(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	make_side(&m, "a");
	rule("a", "limit", 53, NF_DROP, NULL); /* 3 */
	rule("in", "ct", 0, NFT_JUMP, "a");
	expect("a/3?ct,limit");
	rule("in", NULL, 0, NFT_JUMP, "a");
	expect("a/3?limit");
}

/* accept ends one base chain, drop ends all. */
static void test_base_chains(void **state)
{
	(void)state;
	make_base(&m, "late", NF_INET_LOCAL_IN, 10, false); /* 1 */
	make_base(&m, "early", NF_INET_LOCAL_IN, -10, false);
	make_base(&m, "before", NF_INET_PRE_ROUTING, 0, false);
	rule("early", NULL, 53, NF_ACCEPT, NULL); /* 4 */
	rule("late", NULL, 53, NF_DROP, NULL);
	expect("late/5");
	rule("before", "ct", 53, NF_DROP, NULL); /* 6 */
	expect("late/5 before/6?ct");
	rule("before", NULL, 53, NF_DROP, NULL); /* 7 */
	expect("before/7 before/6?ct");
}

/* What was made later comes first. */
static void test_same_priority(void **state)
{
	(void)state;
	make_base(&m, "a", NF_INET_LOCAL_IN, 0, true);
	make_base(&m, "b", NF_INET_LOCAL_IN, 0, true);
	expect("b/policy");
}

static void test_hooks(void **state)
{
	struct infer_input input = make_input(udp, sizeof(udp));

	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	make_base(&m, "fwd", NF_INET_FORWARD, 0, true);
	make_base(&m, "out", NF_INET_LOCAL_OUT, 0, true);
	make_base(&m, "post", NF_INET_POST_ROUTING, 0, true);
	/* Forwarding ends it, for certain: POSTROUTING is not met. */
	expect_from(&input, "in/policy fwd/policy");
	input.stages = INFER_STAGE_BIT(INFER_FORWARD);
	expect_from(&input, "fwd/policy");
	input.stages = 0;
	input.in.ifindex = 0;
	expect_from(&input, "out/policy");
	input.in.is_known = false;
	expect_from(&input, "in/policy fwd/policy out/policy post/policy");
	input.bytes.ethertype = 0x806;
	expect_from(&input, "");
}

/* Before what was rewritten, the packet was not as it is now. */
static void test_rewritten(void **state)
{
	(void)state;
	make_base(&m, "pre", NF_INET_PRE_ROUTING, 0, false); /* 1 */
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	rule("in", "ct", 99, NF_DROP, NULL);  /* 3 */
	rule("pre", NULL, 53, NF_DROP, NULL); /* 4 */
	expect("pre/4");
	/* Another port may have been this one. */
	rule_begin(&m, "pre");
	expr_payload_set(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	rule_end(&m);
	expect("pre/4 in/policy");
}

/* Fragments may have been put together behind prerouting. */
static void test_reassembled(void **state)
{
	(void)state;
	make_base(&m, "pre", NF_INET_PRE_ROUTING, 0, false); /* 1 */
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	rule_begin(&m, "pre"); /* 3 */
	expr_payload(&m, NFT_PAYLOAD_NETWORK_HEADER, 2, 2);
	expr_cmp16(&m, NFT_CMP_GT, 30);
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	expect("pre/3 in/policy");
	/* Conntrack has done it before. */
	rule_begin(&m, "in");
	expr_named(&m, "ct", 1);
	rule_end(&m);
	expect("pre/3");
}

static void test_ttl(void **state)
{
	(void)state;
	make_base(&m, "pre", NF_INET_PRE_ROUTING, 0, false); /* 1 */
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	make_base(&m, "fwd", NF_INET_FORWARD, 0, true);
	rule_begin(&m, "pre"); /* 4 */
	expr_payload(&m, NFT_PAYLOAD_NETWORK_HEADER, 8, 1);
	expr_cmp8(&m, NFT_CMP_EQ, 64);
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	/* It had 65 when it came by, if it is forwarded. */
	rule("in", "ct", 99, NF_DROP, NULL); /* 5 */
	expect("pre/4 fwd/policy");
}

/* What is forwarded was not made here: nothing of output rewrote it. */
static void test_forwarded(void **state)
{
	(void)state;
	make_base(&m, "fwd", NF_INET_FORWARD, 0, false); /* 1 */
	make_base(&m, "post", NF_INET_POST_ROUTING, 0, false);
	rule("fwd", NULL, 53, NF_DROP, NULL); /* 3 */
	rule("post", NULL, 53, NF_DROP, NULL);
	expect("fwd/3");
}

/* With Ethernet's padding behind it, it has not come as far as IP. */
static void test_padding(void **state)
{
	uint8_t padded[60] = { 0 };
	struct infer_input input = make_input(padded, sizeof(padded));

	(void)state;
	memcpy(padded, udp, sizeof(udp));
	make_base(&m, "ing", NF_INET_INGRESS, 0, false); /* 1 */
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule("ing", "limit", 53, NF_DROP, NULL); /* 3 */
	rule("in", NULL, 53, NF_DROP, NULL);	 /* 4 */
	expect("in/4 ing/3?limit");
	expect_from(&input, "ing/3?limit");
	/* Its length is not known. */
	input.bytes.orig_len = 0;
	expect_from(&input, "in/4?bytes that were cut off "
			    "ing/3?limit,bytes that were cut off");
	input.bytes.orig_len = sizeof(padded);
	/* It may be told a wrong one. */
	rule_begin(&m, "in");
	expr_payload(&m, NFT_PAYLOAD_NETWORK_HEADER, 4, 2);
	expr_payload_set(&m, NFT_PAYLOAD_NETWORK_HEADER, 2, 2);
	rule_end(&m);
	expect_from(&input, "in/4 ing/3?limit");
}

static void test_broken(void **state)
{
	char name[16], last[16] = "c0";

	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule("in", NULL, 0, NFT_JUMP, "missing");
	expect("+");
	make_side(&m, "c0");
	make_base(&m, "in2", NF_INET_LOCAL_IN, 5, false);
	rule("in2", NULL, 0, NFT_JUMP, "c0");
	for (int i = 1; i < 40; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		make_side(&m, name);
		rule(last, NULL, 0, NFT_JUMP, name);
		strcpy(last, name);
	}
	expect("+");
	/* A loop, as no kernel makes it. */
	rule("c1", NULL, 0, NFT_JUMP, "c0");
	expect("+");
}

/*
 * Chains that jump to the next one twice: 2^15 ways, or 15 chains. Whatever the
 * ruleset, it is done in time.
 */
static void test_work(void **state)
{
	struct infer_input input = make_input(udp, sizeof(udp));
	struct infer_result result;
	char name[16], next[16];

	(void)state;
	make_base(&m, "c0", NF_INET_LOCAL_IN, 0, true);
	for (int i = 1; i < 16; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		make_side(&m, name);
	}
	for (int i = 0; i < 15; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(next, sizeof(next), "c%d", i + 1);
		for (int n = 0; n < 20; n++)
			rule(name, n % 2 ? "ct" : "limit", 0, NFT_JUMP, next);
	}
	rule("c15", "ct", 0, NF_DROP, NULL);
	assert_int_equal(infer(m.rs, &input, &result), 0);
	assert_false(result.is_partial);
	assert_int_equal(result.n, 2);
	assert_in_range(result.work, 15, 15 * 20 * 100);
}

/* More than is kept: the best are. */
static void test_many(void **state)
{
	struct infer_input input = make_input(udp, sizeof(udp));
	struct infer_result result;
	uint64_t handle;

	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	for (int i = 0; i < 100; i++)
		rule("in", "ct", 0, NF_DROP, NULL);
	handle = rule("in", NULL, 0, NF_DROP, NULL);
	assert_int_equal(infer(m.rs, &input, &result), 0);
	assert_int_equal(result.n, INFER_CANDIDATES_MAX);
	assert_true(result.is_partial);
	assert_int_equal(result.candidates[0].rule->handle, handle);
	assert_int_equal(result.candidates[0].unknown, 0);
	assert_int_equal(result.candidates[1].rule->handle, 2);
}

/* Of a ruleset that was read without programs, all may be. */
static void test_without_programs(void **state)
{
	(void)state;
	m.rs->infers = false;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule("in", NULL, 54, NF_DROP, NULL);
	expect("in/2?expression+");
}

/*
 * To the bridge or to another port, by where it leads the frame. A bridge has
 * the same numbers of hooks as IP.
 */
static void test_lead(void **state)
{
	struct infer_input input = make_input(udp, sizeof(udp));

	(void)state;
	ruleset_unref(m.rs);
	maker_init(&m, NFPROTO_BRIDGE);
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false); /* 1 */
	make_base(&m, "fwd", NF_INET_FORWARD, 0, false);
	rule("in", NULL, 53, NF_DROP, NULL);  /* 3 */
	rule("fwd", NULL, 53, NF_DROP, NULL); /* 4 */
	input.in.is_port = true;
	expect_from(&input, "in/3 fwd/4");
	input.lead = LINK_LEAD_UP;
	expect_from(&input, "in/3");
	input.lead = LINK_LEAD_ACROSS;
	expect_from(&input, "fwd/4");
	/* Somebody may have given it another address. */
	rule_begin(&m, "fwd");
	expr_payload_set(&m, NFT_PAYLOAD_LL_HEADER, 0, 6);
	rule_end(&m);
	expect_from(&input, "in/3 fwd/4");
}

/* IP's hooks see what goes across only with br_netfilter. */
static void test_across(void **state)
{
	struct infer_input input = make_input(udp, sizeof(udp));

	(void)state;
	make_base(&m, "pre", NF_INET_PRE_ROUTING, 0, false); /* 1 */
	rule("pre", NULL, 53, NF_DROP, NULL);		     /* 2 */
	input.in.is_port = true;
	input.lead = LINK_LEAD_ACROSS;
	expect_from(&input, "pre/2");
	input.no_br_netfilter = true;
	expect_from(&input, "");
	input.lead = LINK_LEAD_UP;
	expect_from(&input, "pre/2");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_forwarded),
		TEST(test_padding),
		TEST(test_reassembled),
		TEST(test_lead),
		TEST(test_across),
		TEST(test_nothing),
		TEST(test_policy),
		TEST(test_order),
		TEST(test_jumps),
		TEST(test_better_way),
		TEST(test_base_chains),
		TEST(test_same_priority),
		TEST(test_hooks),
		TEST(test_rewritten),
		TEST(test_ttl),
		TEST(test_broken),
		TEST(test_work),
		TEST(test_many),
		TEST(test_without_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
