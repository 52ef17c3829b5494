/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "candidate.h"
#include "infer-make.h"
#include "inferrer.h"

#define SECOND UINT64_C(1000000000)

static struct maker m;
static struct rulesets rulesets;
static struct inferrer inferrer;
static uint8_t udp[MADE_UDP_LEN];
static struct packet_bytes bytes;
static struct drop_event ev;
static uint64_t now;

static int setup(void **state)
{
	struct infer_input input;

	(void)state;
	maker_init(&m, NFPROTO_INET);
	m.rs->generation = 7;
	make_udp(udp, 1000, 53);
	input = make_input(udp, sizeof(udp));
	bytes = input.bytes;
	rulesets_init(&rulesets);
	rulesets_set(&rulesets, m.rs);
	inferrer = (struct inferrer){ .work_max = 1000000 };
	drop_event_init(&ev);
	now = 1000 * SECOND;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	drop_event_done(&ev);
	rulesets_done(&rulesets);
	return 0;
}

/* As a stock kernel tells it, a millisecond after the one before. */
static void drop(const char *location)
{
	drop_event_done(&ev);
	drop_event_init(&ev);
	now += SECOND / 1000;
	ev.timestamp_ns = now;
	copy_string(ev.reason, sizeof(ev.reason), "NETFILTER_DROP", SIZE_MAX);
	copy_string(ev.location, sizeof(ev.location), location, SIZE_MAX);
	ev.in.ifindex = 3;
	inferrer_drop(&inferrer, &ev, &bytes, &rulesets);
}

static void rule(const char *unknown)
{
	rule_begin(&m, "in");
	if (unknown)
		expr_named(&m, unknown, NFT_REG_1);
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
}

static void test_one(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule(NULL);
	drop("nft_do_chain+0x5a0/0x680 [nf_tables]");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_INFERRED);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_RULE);
	assert_string_equal(ev.netfilter.family, "inet");
	assert_string_equal(ev.netfilter.table, "t");
	assert_string_equal(ev.netfilter.chain, "in");
	assert_string_equal(ev.netfilter.hook, "input");
	assert_int_equal(ev.netfilter.rule_handle, m.handle);
	assert_int_equal(ev.netfilter.generation, 7);
	assert_int_equal(ev.netns.cookie, 1);
	assert_null(ev.candidates);
	assert_int_equal(inferrer.n_inferred, 1);
	/* Linux 6.1. */
	drop("nf_hook_slow+0x3c/0xb0");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_INFERRED);
}

static void test_policy(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_POLICY);
	assert_true(ev.netfilter.policy);
	assert_true(ev.has & DROP_HAS_POLICY);
	assert_int_equal(ev.netfilter.rule_handle, 0);
}

/* By the place in the code, once it is known what drops there. */
static void test_site(void **state)
{
	static const char *const rule_at = "nft_do_chain+0x40f/0x630",
				 *policy_at = "nft_do_chain+0x5cd/0x630";

	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	rule("limit");
	drop(rule_at);
	assert_int_equal(ev.candidates->n, 2);
	ev.attribution = DROP_ATTRIBUTION_TRACED;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	drop_sites_learn(&inferrer.sites, &ev);
	drop(policy_at);
	assert_int_equal(ev.candidates->n, 2);
	ev.attribution = DROP_ATTRIBUTION_TRACED;
	ev.netfilter.kind = DROP_KIND_NFT_POLICY;
	/* From what comes in. */
	inferrer_drop(&inferrer, &ev, &bytes, &rulesets);
	drop(rule_at);
	assert_null(ev.candidates);
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_INFERRED);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_RULE);
	drop(policy_at);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_POLICY);
	drop("nft_do_chain+0x1/0x630");
	assert_int_equal(ev.candidates->n, 2);
}

static void test_several(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule("limit");
	rule(NULL);
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_INFERRED);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NONE);
	assert_string_equal(ev.netfilter.table, "");
	assert_int_equal(ev.netns.cookie, 0);
	assert_int_equal(ev.candidates->n, 2);
	assert_false(ev.candidates->is_partial);
	/* The one of which nothing is unknown comes first. */
	assert_int_equal(ev.candidates->list[0].rule_handle, m.handle);
	assert_null(ev.candidates->list[0].unknown);
	assert_string_equal(ev.candidates->list[1].unknown, "limit");
	assert_string_equal(ev.candidates->list[1].chain, "in");
	assert_int_equal(inferrer.n_several, 1);
}

static enum way the_way;
static unsigned int n_asked;
static uint32_t way_out;

static enum way find_way(struct ways *ways, const struct packet *packet,
			 uint32_t ifindex, uint32_t *ret_out)
{
	*ret_out = the_way == WAY_ON ? way_out : 0;
	(void)ways;
	(void)packet;
	assert_int_equal(ifindex, 3);
	n_asked++;
	return the_way;
}

static bool the_address;

static bool may_filter_bridges(struct ways *ways)
{
	(void)ways;
	return true;
}

static bool has_address(struct ways *ways, const struct packet *packet)
{
	(void)ways;
	(void)packet;
	return the_address;
}

/* Where it is routed to tells which of two stages it was. */
static void test_way(void **state)
{
	static struct ways ways = {
		.find = find_way,
		.has_address = has_address,
		.may_filter_bridges = may_filter_bridges,
	};
	uint64_t handles[2];

	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	make_base(&m, "on", NF_INET_FORWARD, 0, false);
	rule(NULL);
	handles[0] = m.handle;
	rule_begin(&m, "on");
	expr_verdict(&m, NF_DROP, NULL);
	handles[1] = rule_end(&m);
	inferrer.ways = &ways;
	the_way = WAY_UNKNOWN;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.candidates->n, 2);
	the_way = WAY_HERE;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.netfilter.rule_handle, handles[0]);
	the_way = WAY_ON;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.netfilter.rule_handle, handles[1]);
	assert_string_equal(ev.netfilter.hook, "forward");
	assert_int_equal(n_asked, 3);
	/* What came in does not meet output, whatever the way is. */
	make_base(&m, "out", NF_INET_LOCAL_OUT, 0, true);
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.netfilter.rule_handle, handles[1]);
	/* A rule that rewrites addresses behind routing: others were routed. */
	rule_begin(&m, "in");
	expr_payload(&m, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	expr_payload_set(&m, NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
	rule_end(&m);
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.candidates->n, 2);
}

/* And by which device it was to leave. */
static void test_way_out(void **state)
{
	static struct ways ways = {
		.find = find_way,
		.has_address = has_address,
		.may_filter_bridges = may_filter_bridges,
	};
	uint32_t device = 8;
	uint64_t handle;

	(void)state;
	make_base(&m, "on", NF_INET_FORWARD, 0, true);
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	rule_begin(&m, "on");
	expr_meta(&m, NFT_META_OIF);
	expr_cmp(&m, NFT_CMP_EQ, &device, sizeof(device));
	expr_verdict(&m, NF_DROP, NULL);
	handle = rule_end(&m);
	inferrer.ways = &ways;
	the_way = WAY_ON;
	way_out = 0;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.candidates->n, 2);
	way_out = device;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.netfilter.rule_handle, handle);
	way_out = device + 1;
	drop("nft_do_chain+0x5a0/0x680");
	assert_true(ev.netfilter.policy);
	assert_string_equal(ev.netfilter.chain, "on");
}

/* Masquerading drops what it finds no address for. */
static void test_address(void **state)
{
	static struct ways ways = {
		.find = find_way,
		.has_address = has_address,
		.may_filter_bridges = may_filter_bridges,
	};

	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, true);
	rule_begin(&m, "in");
	expr_named(&m, "masq", 0);
	rule_end(&m);
	inferrer.ways = &ways;
	the_way = WAY_UNKNOWN;
	the_address = false;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.candidates->n, 2);
	the_address = true;
	drop("nft_do_chain+0x5a0/0x680");
	assert_true(ev.netfilter.policy);
	the_address = false;
}

static void test_none(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
	assert_int_equal(inferrer.n_none, 1);
}

/* Who else drops, who told it already, and what is not known well enough. */
static void test_not(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule(NULL);
	drop("nft_do_chain_other+0x1/0x2");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
	drop("tcp_v4_rcv+0x1/0x2");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
	drop_event_done(&ev);
	drop_event_init(&ev);
	copy_string(ev.location, sizeof(ev.location), "nft_do_chain", SIZE_MAX);
	assert_true(inferrer_wants(&ev));
	ev.attribution = DROP_ATTRIBUTION_TRACED;
	assert_false(inferrer_wants(&ev));
	ev.attribution = DROP_ATTRIBUTION_NONE;
	inferrer_drop(&inferrer, &ev, NULL, &rulesets);
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
	inferrer.work_max = 0;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
	assert_int_equal(inferrer.n_none + inferrer.n_skipped, 0);
}

/* The drop may be of the ruleset before: no rule is the answer. */
static void test_changed(void **state)
{
	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule(NULL);
	drop("nft_do_chain+0x5a0/0x680");
	assert_null(ev.candidates);
	rulesets.current->generation = 8;
	rulesets.changed_ns = now - SECOND / 100;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.candidates->n, 1);
	assert_true(ev.candidates->is_partial);
	now += SECOND;
	drop("nft_do_chain+0x5a0/0x680");
	assert_null(ev.candidates);
	assert_int_equal(ev.netfilter.generation, 8);
	rulesets.is_behind = true;
	drop("nft_do_chain+0x5a0/0x680");
	assert_true(ev.candidates->is_partial);
}

static void test_bound(void **state)
{
	unsigned int n = 0;

	(void)state;
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	for (int i = 0; i < 100; i++)
		rule("limit");
	inferrer.work_max = 1000;
	for (int i = 0; i < 500; i++) {
		drop("nft_do_chain+0x5a0/0x680");
		n += ev.attribution == DROP_ATTRIBUTION_INFERRED;
	}
	assert_in_range(n, 2, 20);
	assert_int_equal(inferrer.n_skipped, 500 - n);
	/* A clock that was set back gives no more than a second's. */
	now -= 100 * SECOND;
	inferrer.credit = 0;
	drop("nft_do_chain+0x5a0/0x680");
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_INFERRED);
	assert_true(inferrer.credit <= 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one),	    TEST(test_policy),	TEST(test_site),
		TEST(test_several), TEST(test_way),	TEST(test_none),
		TEST(test_not),	    TEST(test_changed), TEST(test_bound),
		TEST(test_way_out), TEST(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
