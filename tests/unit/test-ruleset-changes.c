/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft-message.h"
#include "ruleset-changes.h"
#include "ruleset-edit.h"
#include "support.h"

struct bed {
	struct ruleset_changes changes;
	struct ruleset *rs; /* generation 10: table t with chain c */
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	ruleset_changes_init(&bed->changes);
	bed->rs = ruleset_new();
	assert_int_equal(ruleset_put_table(bed->rs, NFPROTO_INET, "t", 1), 0);
	assert_int_equal(ruleset_put_chain(bed->rs, NFPROTO_INET, "t",
					   chain_new("c", 1)),
			 0);
	bed->rs->generation = 10;
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	ruleset_changes_done(&bed->changes);
	ruleset_unref(bed->rs);
	free(bed);
	return 0;
}

static void add(struct bed *bed, const struct nlmsghdr *nlh)
{
	struct nlmsghdr *copy = copy_bytes(nlh, nlh->nlmsg_len);

	ruleset_changes_add(&bed->changes, copy, copy->nlmsg_len);
	free(copy);
}

static void add_rule(struct bed *bed, uint64_t handle)
{
	const struct nft_message_rule rule = { .table = "t",
					       .chain = "c",
					       .handle = handle,
					       .flags = NLM_F_CREATE |
							NLM_F_APPEND };

	add(bed, nft_rule(NFT_MSG_NEWRULE, &rule));
}

static void add_transaction(struct bed *bed, uint32_t generation)
{
	add_rule(bed, generation);
	add(bed, nft_generation(generation));
}

/* The result; what there is becomes the bed's. */
static int next(struct bed *bed)
{
	struct ruleset *rs = NULL;
	int r = ruleset_changes_next(&bed->changes, bed->rs, &rs);

	if (r == 1) {
		assert_non_null(rs);
		ruleset_unref(bed->rs);
		bed->rs = rs;
	} else {
		assert_null(rs);
	}
	return r;
}

/* What an nfdropd adds itself is no change. */
static void test_own(void **state)
{
	const struct nft_message_rule rule = { .table = "nfdropd-1",
					       .chain = "c",
					       .handle = 3 };
	struct bed *bed = *state;
	struct ruleset *before = ruleset_ref(bed->rs);

	add(bed, nft_table(NFT_MSG_NEWTABLE, "nfdropd-1", 9));
	add(bed, nft_chain(NFT_MSG_NEWCHAIN, "nfdropd-1", "c", 1, -1, 0));
	add(bed, nft_rule(NFT_MSG_NEWRULE, &rule));
	add(bed, nft_generation(11));
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->generation, 11);
	assert_int_equal(bed->rs->n_same, 1);
	assert_int_equal(bed->rs->n_own, 1);
	assert_true(ruleset_is_same(before, bed->rs));
	assert_int_equal(bed->rs->n_tables, 1);
	/* Nothing is told of it: it may be anything that is not kept. */
	add(bed, nft_generation(12));
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->n_same, 2);
	assert_int_equal(bed->rs->n_own, 0);
	assert_false(ruleset_is_same(before, bed->rs));
	add(bed, nft_table(NFT_MSG_DELTABLE, "nfdropd-1-2", 9));
	add(bed, nft_generation(13));
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->n_own, 1);
	add(bed, nft_table(NFT_MSG_NEWTABLE, "nfdropd-x", 10));
	add(bed, nft_table(NFT_MSG_DELTABLE, "nfdropd-1", 9));
	add(bed, nft_generation(14));
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->n_same, 0);
	assert_int_equal(bed->rs->n_own, 0);
	assert_int_equal(bed->rs->n_tables, 2);
	ruleset_unref(before);
}

static void test_transactions(void **state)
{
	struct bed *bed = *state;
	struct ruleset *before = ruleset_ref(bed->rs);

	assert_int_equal(next(bed), 0);
	add_rule(bed, 1);
	add_rule(bed, 2);
	assert_int_equal(next(bed), 0);
	add(bed, nft_generation(11));
	assert_int_equal(bed->changes.newest, 11);
	add_transaction(bed, 12);
	add_rule(bed, 13);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->generation, 11);
	assert_int_equal(bed->rs->n_rules, 2);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->generation, 12);
	assert_int_equal(bed->rs->n_rules, 3);
	assert_int_equal(next(bed), 0);
	/* One without a change that counts here: of set elements, say. */
	add(bed, nft_generation(13));
	add(bed, nft_generation(14));
	assert_int_equal(bed->rs->n_same, 0);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->n_rules, 4);
	assert_int_equal(bed->rs->n_same, 0);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->generation, 14);
	assert_int_equal(bed->rs->n_rules, 4);
	assert_int_equal(bed->rs->n_same, 1);
	assert_int_equal(next(bed), 0);
	assert_int_equal(bed->changes.len, 0);
	assert_int_equal(before->n_rules, 0);
	ruleset_unref(before);
}

/* What was read already is left out; what was not, is not. */
static void test_old(void **state)
{
	struct bed *bed = *state;

	for (uint32_t i = 8; i <= 12; i++)
		add_transaction(bed, i);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->generation, 11);
	assert_int_equal(next(bed), 1);
	assert_int_equal(next(bed), 0);
	assert_int_equal(bed->rs->n_rules, 2);
}

static void test_gap(void **state)
{
	struct bed *bed = *state;

	add_transaction(bed, 12);
	add_transaction(bed, 13);
	assert_int_equal(next(bed), -ENOENT);
	assert_int_equal(next(bed), 0);
	/* After it was read, it goes on. */
	ruleset_changes_mend(&bed->changes);
	bed->rs->generation = 13;
	add_transaction(bed, 14);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->n_rules, 1);
}

/* A transaction is applied as a whole or not at all. */
static void test_impossible(void **state)
{
	struct bed *bed = *state;
	const struct nft_message_rule gone = { .table = "t",
					       .chain = "c",
					       .handle = 99 };

	add_rule(bed, 1);
	add(bed, nft_rule(NFT_MSG_DELRULE, &gone));
	add(bed, nft_generation(11));
	assert_int_equal(next(bed), -ENOENT);
	assert_int_equal(bed->rs->generation, 10);
	assert_int_equal(bed->rs->n_rules, 0);
	assert_int_equal(next(bed), 0);
}

/* The kernel leaves 0 out: there it is read once more. */
static void test_round(void **state)
{
	struct bed *bed = *state;

	bed->rs->generation = UINT32_MAX - 1;
	add_transaction(bed, UINT32_MAX);
	assert_int_equal(next(bed), 1);
	add_transaction(bed, 1);
	assert_int_equal(next(bed), -ENOENT);
	ruleset_changes_mend(&bed->changes);
	bed->rs->generation = 1;
	add_transaction(bed, UINT32_MAX);
	add_transaction(bed, 1);
	add_transaction(bed, 2);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->generation, 2);
	assert_int_equal(next(bed), 0);
}

/*
 * The socket says that it lost some before it gives those it kept: what comes
 * behind them can lack its middle, and must not be applied.
 */
static void test_loss_is_told_early(void **state)
{
	struct bed *bed = *state;

	ruleset_changes_lose(&bed->changes);
	/* Kept by the socket, and part of what is being read. */
	add_transaction(bed, 10);
	/* Rule 1 of three: the others were lost. */
	add_rule(bed, 1);
	add(bed, nft_generation(11));
	assert_int_equal(next(bed), -ENOENT);
	assert_int_equal(bed->rs->n_rules, 0);
	add_transaction(bed, 12);
	assert_int_equal(next(bed), -ENOENT);
	/* Reading begins when it was told, so that all of it is in there. */
	ruleset_changes_mend(&bed->changes);
	add_transaction(bed, 12);
	bed->rs->generation = 12;
	add_transaction(bed, 13);
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->n_rules, 1);
}

/* Lost in the middle of a transaction, and mended there. */
static void test_mended_in_the_middle(void **state)
{
	struct bed *bed = *state;

	ruleset_changes_lose(&bed->changes);
	ruleset_changes_mend(&bed->changes);
	add_rule(bed, 1);
	add(bed, nft_generation(11));
	add_transaction(bed, 12);
	/* The reading was after the loss, so it has 11 at least. */
	bed->rs->generation = 11;
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->generation, 12);
	assert_int_equal(bed->rs->n_rules, 1);
}

static void test_too_much(void **state)
{
	struct bed *bed = *state;
	size_t n = 0;

	/* One transaction that is larger than what is kept. */
	add_rule(bed, ++n);
	while (bed->changes.len > 0) {
		assert_true(bed->changes.len <= RULESET_CHANGES_MAX);
		assert_true(bed->changes.allocated <= RULESET_CHANGES_MAX);
		add_rule(bed, ++n);
	}
	/* Its rest is no transaction. */
	add_rule(bed, ++n);
	add(bed, nft_generation(11));
	assert_int_equal(next(bed), -ENOENT);
	assert_int_equal(bed->rs->n_rules, 0);
	assert_int_equal(bed->changes.newest, 11);

	/* When it was being read meanwhile, what follows is whole. */
	ruleset_changes_mend(&bed->changes);
	do
		add_rule(bed, ++n);
	while (bed->changes.len > 0);
	add_rule(bed, ++n);
	add(bed, nft_generation(12));
	add_transaction(bed, 13);
	bed->rs->generation = 12;
	assert_int_equal(next(bed), 1);
	assert_int_equal(bed->rs->n_rules, 1);
	assert_int_equal(bed->rs->generation, 13);
}

/* It is full exactly where a transaction ends. */
static void test_too_much_at_an_end(void **state)
{
	struct bed *bed = *state;
	size_t len, rest;
	char filler[4096] = { 0 };
	struct nlmsghdr *nlh = (struct nlmsghdr *)filler;

	len = nft_generation(11)->nlmsg_len;
	while (bed->changes.len + 2 * sizeof(filler) < RULESET_CHANGES_MAX) {
		nlh->nlmsg_len = sizeof(filler);
		ruleset_changes_add(&bed->changes, nlh, sizeof(filler));
	}
	rest = RULESET_CHANGES_MAX - bed->changes.len - len / 2;
	nlh->nlmsg_len = (uint32_t)(rest / 2 & ~3UL);
	ruleset_changes_add(&bed->changes, nlh, nlh->nlmsg_len);
	nlh->nlmsg_len = (uint32_t)(rest - (rest / 2 & ~3UL)) & ~3U;
	ruleset_changes_add(&bed->changes, nlh, nlh->nlmsg_len);
	assert_true(bed->changes.len > RULESET_CHANGES_MAX - len);
	add(bed, nft_generation(11));
	assert_int_equal(bed->changes.len, 0);
	add_transaction(bed, 12);
	assert_int_equal(next(bed), -ENOENT);
	bed->rs->generation = 11;
	add_transaction(bed, 12);
	assert_int_equal(next(bed), 1);
}

static void test_any_bytes(void **state)
{
	struct bed *bed = *state;
	struct nlmsghdr nlh = { .nlmsg_len = sizeof(nlh) };

	for (size_t len = 0; len < sizeof(nlh); len++) {
		void *copy = copy_bytes(&nlh, len);

		ruleset_changes_add(&bed->changes, copy, len);
		free(copy);
	}
	nlh.nlmsg_len = 3;
	ruleset_changes_add(&bed->changes, &nlh, sizeof(nlh));
	nlh.nlmsg_len = sizeof(nlh) + 1;
	ruleset_changes_add(&bed->changes, &nlh, sizeof(nlh));
	assert_int_equal(bed->changes.len, 0);
	/* A header alone, and a length that is no multiple of four. */
	nlh.nlmsg_len = sizeof(nlh);
	ruleset_changes_add(&bed->changes, &nlh, sizeof(nlh));
	add_transaction(bed, 11);
	assert_int_equal(next(bed), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_transactions, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_impossible, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_round, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loss_is_told_early, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_mended_in_the_middle,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_much, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_much_at_an_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_any_bytes, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
