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
#include "ruleset-edit.h"

#define END 1 /* NFT_SET_ELEM_INTERVAL_END */
#define ALL 2 /* NFT_SET_ELEM_CATCHALL */

static struct maker m;

static int setup(void **state)
{
	(void)state;
	maker_init(&m, NFPROTO_INET);
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false); /* 1 */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ruleset_unref(m.rs);
	return 0;
}

/* A rule that drops what of its destination port the set has. */
static uint64_t lookup(bool inverted)
{
	rule_begin(&m, "in");
	expr_payload(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	expr_lookup(&m, "s", inverted, 0);
	expr_verdict(&m, NF_DROP, NULL);
	return rule_end(&m);
}

static void verdict_map(const char *set)
{
	rule_begin(&m, "in");
	expr_payload(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	expr_lookup(&m, set, false, -1);
	rule_end(&m);
}

static void element(uint16_t key, uint32_t flags, bool expires)
{
	key = htobe16(key);
	element_add(&m, &(struct element){ .key = &key,
					   .key_len = sizeof(key),
					   .flags = flags,
					   .expires = expires });
}

static void verdict(uint16_t key, int32_t code, const char *chain)
{
	key = htobe16(key);
	element_add(&m, &(struct element){ .key = &key,
					   .key_len = sizeof(key),
					   .is_map = true,
					   .code = code,
					   .chain = chain });
}

static void expect_in(const struct ruleset *rs, uint16_t port, const char *what)
{
	uint8_t udp[MADE_UDP_LEN];
	struct infer_input input;

	make_udp(udp, 1000, port);
	input = make_input(udp, sizeof(udp));
	assert_string_equal(infer_string(rs, &input), what);
}

static void expect(uint16_t port, const char *what)
{
	expect_in(m.rs, port, what);
}

/* The ports are not known. */
static void expect_cut(const char *what)
{
	uint8_t udp[MADE_UDP_LEN];
	struct infer_input input;

	make_udp(udp, 1000, 1);
	input = make_input(udp, sizeof(udp));
	input.bytes.len = 34;
	assert_string_equal(infer_string(m.rs, &input), what);
}

static void test_exact(void **state)
{
	(void)state;
	make_set(&m, "s", 0, 2, 0, 0); /* 2 */
	lookup(false);		       /* 3 */
	expect(53, "");
	expect_cut("");
	elements_begin(&m, "s");
	for (uint16_t i = 0; i < 200; i++)
		element((uint16_t)(i * 7919 + 1), 0, false);
	elements_end(&m, false);
	for (uint32_t i = 0; i < 65536; i += 7) {
		bool has = false;

		for (uint16_t n = 0; n < 200; n++)
			has |= (uint16_t)(n * 7919 + 1) == i;
		expect((uint16_t)i, has ? "in/3" : "");
	}
	expect(1, "in/3");
	expect_cut("in/3?bytes that were cut off");
	elements_begin(&m, "s");
	element(1, 0, false);
	elements_end(&m, true);
	expect(1, "");
}

static void test_inverted(void **state)
{
	(void)state;
	make_set(&m, "s", 0, 2, 0, 0); /* 2 */
	lookup(true);		       /* 3 */
	expect(53, "in/3");
	elements_begin(&m, "s");
	element(53, 0, false);
	elements_end(&m, false);
	expect(53, "");
	expect(54, "in/3");
	expect_cut("in/3?bytes that were cut off");
}

/* 10-20, 21-30 beside it, 50 and on. */
static void test_interval(void **state)
{
	(void)state;
	make_set(&m, "s", NFT_SET_INTERVAL, 2, 0, 0);
	lookup(false); /* 3 */
	elements_begin(&m, "s");
	element(50, 0, false);
	element(31, END, false);
	element(21, 0, false);
	element(21, END, false);
	element(10, 0, false);
	element(0, END, false);
	elements_end(&m, false);
	for (uint16_t i = 0; i < 100; i++)
		expect(i, (i >= 10 && i <= 30) || i >= 50 ? "in/3" : "");
	expect_cut("in/3?bytes that were cut off");
	elements_begin(&m, "s");
	element(50, 0, false);
	elements_end(&m, true);
	expect(60, "");
}

/* Addresses and ports, 10.0.0.0-10.0.0.9 . 50-60. */
static void test_concatenation(void **state)
{
	static const uint8_t from[8] = { 10, 0, 0, 0, 0, 50 };
	static const uint8_t to[8] = { 10, 0, 0, 9, 0, 60 };

	(void)state;
	/* NFT_SET_CONCAT */
	make_set(&m, "s", NFT_SET_INTERVAL | 0x80, 8, 0, 2); /* 2 */
	elements_begin(&m, "s");
	element_add(&m,
		    &(struct element){ .key = from, .end = to, .key_len = 8 });
	elements_end(&m, false);
	rule_begin(&m, "in"); /* 3: what is in the packet at 16, its address */
	expr_payload(&m, NFT_PAYLOAD_NETWORK_HEADER, 16, 8);
	expr_lookup(&m, "s", false, 0);
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	/* Behind it are the ports: the source's is 1000, not in 50-60. */
	expect(1, "");
	/* All but the address may be anything. */
	expect_cut("in/3?bytes that were cut off");
}

static void test_verdicts(void **state)
{
	(void)state;
	make_side(&m, "a"); /* 2 */
	rule_begin(&m, "a");
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);				  /* 3 */
	make_set(&m, "v", NFT_SET_MAP, 2, -1, 0); /* 4 */
	verdict_map("v");			  /* 5 */
	rule_begin(&m, "in");			  /* 6 */
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	elements_begin(&m, "v");
	verdict(1, NF_DROP, NULL);
	verdict(2, NF_ACCEPT, NULL);
	verdict(3, NFT_JUMP, "a");
	verdict(4, NFT_RETURN, NULL);
	verdict(5, NFT_CONTINUE, NULL);
	elements_end(&m, false);
	expect(1, "in/5");
	expect(2, "");
	expect(3, "a/3");
	expect(4, "");
	expect(5, "in/6");
	expect(6, "in/6");
	expect_cut("in/6 a/3?bytes that were cut off "
		   "in/5?bytes that were cut off");
	/* For all others. */
	elements_begin(&m, "v");
	element_add(&m, &(struct element){ .flags = ALL,
					   .is_map = true,
					   .code = NFT_JUMP,
					   .chain = "a" });
	elements_end(&m, false);
	expect(6, "a/3");
	expect(1, "in/5");
}

static void test_uncertain(void **state)
{
	(void)state;
	make_set(&m, "s", NFT_SET_TIMEOUT, 2, 0, 0);
	lookup(false); /* 3 */
	elements_begin(&m, "s");
	element(1, 0, true);
	element(2, 0, false);
	elements_end(&m, false);
	expect(1, "in/3?element that expires");
	expect(2, "in/3");
	expect(3, "");
}

static void test_filled_by_packets(void **state)
{
	(void)state;
	make_set(&m, "s", NFT_SET_EVAL, 2, 0, 0);
	lookup(false);
	lookup(true);
	expect(1, "in/3?set that packets fill in/4?set that packets fill");
}

/* Who has an older snapshot does not see what was added, nor filled, later. */
static void test_snapshots(void **state)
{
	struct ruleset *old, *older;

	(void)state;
	make_set(&m, "s", 0, 2, 0, 0);
	lookup(false); /* 3 */
	older = ruleset_copy(m.rs);
	elements_begin(&m, "s");
	element(1, 0, false);
	elements_end(&m, false);
	old = ruleset_copy(m.rs);
	elements_begin(&m, "s");
	element(2, 0, false);
	elements_end(&m, false);
	elements_begin(&m, "s");
	element(1, 0, false);
	elements_end(&m, true);
	expect_in(older, 1, "");
	expect_in(old, 1, "in/3");
	expect_in(old, 2, "");
	expect(1, "");
	expect(2, "in/3");
	ruleset_unref(old);
	ruleset_unref(older);
}

/* A chain with another name is in none of the elements that are known. */
static void test_renamed(void **state)
{
	struct chain *chain;

	(void)state;
	make_side(&m, "a"); /* 2 */
	make_set(&m, "v", NFT_SET_MAP, 2, -1, 0);
	verdict_map("v");
	elements_begin(&m, "v");
	verdict(3, NFT_JUMP, "a");
	elements_end(&m, false);
	expect(3, "");
	chain = chain_new("b", 2);
	assert_int_equal(ruleset_put_chain(m.rs, NFPROTO_INET, "t", chain), 0);
	expect(3, "in/4?set's elements+");
}

/* More than there is room for: what is not found may be there. */
static void test_too_many(void **state)
{
	struct set_elements *s;
	uint32_t n = 0;

	(void)state;
	make_set(&m, "s", 0, 4, 0, 0);
	s = table_find_set(m.rs->tables[0], "s")->elements;
	while (!s->is_partial) {
		elements_begin(&m, "s");
		for (int i = 0; i < 1000; i++, n++)
			element_add(&m, &(struct element){ .key = &n,
							   .key_len = 4 });
		elements_end(&m, false);
	}
	assert_in_range(set_elements_count_bytes(s), SET_ELEMENTS_BYTES_MAX / 2,
			SET_ELEMENTS_BYTES_MAX * 3);
	rule_begin(&m, "in"); /* 3 */
	expr_payload(&m, NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
	expr_lookup(&m, "s", false, 0);
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	expect(1, "in/3?set's elements");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_exact),
		TEST(test_inverted),
		TEST(test_interval),
		TEST(test_concatenation),
		TEST(test_verdicts),
		TEST(test_uncertain),
		TEST(test_filled_by_packets),
		TEST(test_snapshots),
		TEST(test_renamed),
		TEST(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
