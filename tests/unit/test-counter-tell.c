/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cmocka.h>

#include "counter-tell.h"
#include "nft-message.h"

struct record {
	struct counter_place place;
	struct counter_value value;
};

/* What was told, each value with the last place. */
static struct record told[16];
static size_t n_told;
static struct counter_place last;
static size_t n_places;
static int full;

static int add(void *data, const void *record, size_t size)
{
	uint32_t kind;

	assert_ptr_equal(data, told);
	if (full < 0)
		return full;
	memcpy(&kind, record, sizeof(kind));
	if (kind == COUNTER_PLACE) {
		assert_int_equal(size, sizeof(last));
		memcpy(&last, record, size);
		n_places++;
		return 0;
	}
	assert_int_equal(kind, COUNTER_VALUE);
	assert_int_equal(size, sizeof(struct counter_value));
	told[n_told].place = last;
	memcpy(&told[n_told++].value, record, size);
	return 0;
}

static struct counter_teller t;

static int setup(void **state)
{
	(void)state;
	t = (struct counter_teller){ .add = add, .data = told };
	n_told = n_places = 0;
	full = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	counter_teller_done(&t);
	return 0;
}

static void take(int message, const struct nlmsghdr *nlh)
{
	assert_int_equal(counter_teller_take(&t, message, nlh), 0);
}

static void test_all(void **state)
{
	(void)state;
	take(NFT_MSG_GETTABLE, nft_table(NFT_MSG_NEWTABLE, "t", 5));
	take(NFT_MSG_GETTABLE, nft_table(NFT_MSG_NEWTABLE, "u", 6));
	/* In no order. */
	take(NFT_MSG_GETOBJ, nft_counter("u", "b", 1, 7));
	take(NFT_MSG_GETOBJ, nft_counter("t", "shared", 2, 30));
	take(NFT_MSG_GETOBJ, nft_counter("t", "b", 1, 4));
	take(NFT_MSG_GETOBJ, nft_counter("t", "going", 0, 9));
	take(NFT_MSG_GETCHAIN, nft_counting_chain("t", "c", 1, NF_DROP, 3));
	take(NFT_MSG_GETCHAIN, nft_counting_chain("t", "d", 2, NF_ACCEPT, 8));
	take(NFT_MSG_GETRULE, nft_named("t", "c", 11, "b"));
	take(NFT_MSG_GETRULE, nft_named("t", "c", 12, "shared"));
	/* One that nobody uses any more, one that is not there. */
	take(NFT_MSG_GETRULE, nft_named("t", "c", 13, "going"));
	take(NFT_MSG_GETRULE, nft_named("t", "c", 14, "new"));
	take(NFT_MSG_GETRULE, nft_named("u", "c", 11, "b"));
	/* None of a rule that has no counter, nor of what else there is. */
	take(NFT_MSG_GETRULE,
	     nft_rule(NFT_MSG_NEWRULE,
		      &(struct nft_message_rule){
			      .table = "t", .chain = "c", .handle = 15 }));
	take(NFT_MSG_GETSET, nft_set(NFT_MSG_NEWSET, "t", "s", 1, 0));
	assert_int_equal(n_told, 4);
	assert_int_equal(told[0].value.handle, 0);
	assert_int_equal(told[0].value.counts.packets, 3);
	assert_int_equal(told[0].value.counts.bytes, 300);
	assert_int_equal(told[0].place.table_handle, 5);
	assert_string_equal(told[0].place.chain, "c");
	assert_int_equal(told[1].value.handle, 11);
	assert_int_equal(told[1].value.counts.packets, 4);
	assert_int_equal(told[1].value.n_uses, 1);
	assert_int_equal(told[2].value.handle, 12);
	assert_int_equal(told[2].value.n_uses, 2);
	assert_int_equal(told[3].value.counts.packets, 7);
	assert_int_equal(told[3].place.table_handle, 6);
	/* A place is told once. */
	assert_int_equal(n_places, 2);
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(
		counter_teller_take(&t, NFT_MSG_GETTABLE,
				    nft_table(NFT_MSG_NEWTABLE, NULL, 5)),
		-EBADMSG);
	full = -EPIPE;
	assert_int_equal(counter_teller_take(&t, NFT_MSG_GETCHAIN,
					     nft_counting_chain("t", "c", 1,
								NF_DROP, 3)),
			 -EPIPE);
	assert_int_equal(n_told, 0);
}

/* More than there is room for at first. */
static void test_many(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "c%d", i * 7919 % 1000);
		take(NFT_MSG_GETOBJ,
		     nft_counter("t", name, 1, (uint64_t)(i * 7919 % 1000)));
	}
	take(NFT_MSG_GETRULE, nft_named("t", "c", 1, "c777"));
	take(NFT_MSG_GETRULE, nft_named("t", "c", 2, "c0"));
	assert_int_equal(n_told, 2);
	assert_int_equal(told[0].value.counts.packets, 777);
	assert_int_equal(told[1].value.counts.packets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
