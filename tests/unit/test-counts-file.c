/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "counts-file.h"
#include "support.h"
#include "util.h"

static const uint8_t boot[COUNTS_BOOT_SIZE] = "boot one";
static const uint8_t other_boot[COUNTS_BOOT_SIZE] = "boot two";

static struct aggregate a, b;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	aggregate_init(&b, 2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	aggregate_done(&b);
	return 0;
}

/* Two rules, one of them with all that there is, and one that was sampled. */
static void fill(void)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.has = DROP_HAS_REASON_CODE | DROP_HAS_QUEUE;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	ev.origin = DROP_ORIGIN_HARDWARE;
	ev.count = 7;
	ev.timestamp_ns = 1000;
	ev.reason_code = 262145;
	strcpy(ev.reason, "NFT_RULE");
	ev.netns.cookie = 99;
	ev.netns.inum = 17;
	ev.netfilter.kind = DROP_KIND_LSM;
	strcpy(ev.netfilter.family, "inet");
	memset(ev.netfilter.table, 0xff, DROP_NAME_MAX - 1);
	ev.netfilter.table[DROP_NAME_MAX - 1] = '\0';
	ev.netfilter.table_handle = UINT64_MAX;
	strcpy(ev.netfilter.chain, "c");
	strcpy(ev.netfilter.hook, "input");
	strcpy(ev.trap, "trap");
	ev.netfilter.rule_handle = 12;
	ev.netfilter.queue = 3;
	aggregate_add(&a, &ev, 420);
	ev.timestamp_ns = 2000;
	aggregate_add(&a, &ev, 420);
	drop_event_init(&ev);
	strcpy(ev.location, "f+0x1/0x2");
	strcpy(ev.netfilter.by, "by");
	ev.length = 60;
	aggregate_add_event(&a, &ev, false);
	strcpy(ev.location, "g+0x1/0x2");
	aggregate_add_event(&a, &ev, true);
	a.since_ns = 500;
	/* Seven more of the first were not told. */
	a.rules[0]->told.counts = (struct aggregate_counts){ 7, 420 };
	a.rules[0]->told.fresh_ns = 1500;
	a.told_losses.socket = 19;
	a.is_told = true;
}

static const struct losses some = { 1, 20, 300, 4000, 50000, 600000 };

static void encode(void **data, size_t *len)
{
	assert_int_equal(counts_encode(&a, &some, boot, data, len), 0);
}

/* Of exactly that size, for a checker to see what is read past its end. */
static int decode(const void *data, size_t len, struct losses *losses)
{
	void *copy = copy_bytes(data, len);
	int r = counts_decode(copy, len, boot, &b, losses);

	free(copy);
	return r;
}

static void test_round(void **state)
{
	struct losses losses;
	void *data, *again;
	size_t len, len_again;

	(void)state;
	fill();
	encode(&data, &len);
	assert_int_equal(decode(data, len, &losses), 0);
	assert_memory_equal(&losses, &some, sizeof(some));
	/* The sample is nothing to keep. */
	assert_int_equal(a.n_rules, 3);
	assert_int_equal(b.n_rules, 2);
	assert_int_equal(b.n_foreign, 1);
	assert_int_equal(b.since_ns, 500);
	assert_int_equal(aggregate_total(&b).packets, 15);
	assert_int_equal(b.total[AGGREGATE_BY_EVENTS].bytes, 60);
	assert_int_equal(b.rules[0]->counts.packets, 14);
	assert_int_equal(b.rules[0]->first_ns, 1000);
	assert_int_equal(b.rules[0]->last_ns, 2000);
	assert_true(b.is_told);
	assert_int_equal(b.told_losses.socket, 19);
	assert_int_equal(b.rules[0]->told.counts.packets, 7);
	assert_int_equal(b.rules[0]->told.counts.bytes, 420);
	assert_int_equal(b.rules[0]->told.fresh_ns, 1500);
	assert_int_equal(b.rules[0]->kind, DROP_KIND_LSM);
	assert_string_equal(b.rules[0]->table, a.rules[0]->table);
	assert_string_equal(b.rules[1]->location, "f+0x1/0x2");
	/* The same again, whatever the hashes. */
	assert_int_equal(counts_encode(&b, &some, boot, &again, &len_again), 0);
	assert_int_equal(len, len_again);
	assert_memory_equal(data, again, len);
	free(data);
	free(again);
}

/* Counting goes on in the rules that were read. */
static void test_goes_on(void **state)
{
	struct losses losses;
	void *data;
	size_t len;

	(void)state;
	fill();
	encode(&data, &len);
	aggregate_done(&a);
	aggregate_init(&a, 3);
	assert_int_equal(counts_decode(data, len, boot, &a, &losses), 0);
	fill();
	assert_int_equal(a.n_rules, 3);
	assert_int_equal(a.rules[0]->counts.packets, 28);
	assert_int_equal(a.rules[1]->counts.packets, 2);
	free(data);
}

static void test_empty(void **state)
{
	struct losses losses;
	void *data;
	size_t len;

	(void)state;
	encode(&data, &len);
	assert_int_equal(decode(data, len, &losses), 0);
	assert_int_equal(b.n_rules, 0);
	free(data);
}

static void assert_refused(const void *data, size_t len, int error)
{
	struct losses losses = some;

	assert_int_equal(decode(data, len, &losses), error);
	assert_int_equal(b.n_rules, 0);
	assert_int_equal(b.since_ns, 0);
	assert_int_equal(b.seed, 2);
	assert_int_equal(aggregate_total(&b).packets, 0);
	assert_int_equal(losses.kernel_queue, 0);
}

/* Cut anywhere, longer, or with any byte changed: nothing of it is believed. */
static void test_damaged(void **state)
{
	uint8_t *bytes;
	void *data;
	size_t len;

	(void)state;
	fill();
	encode(&data, &len);
	for (size_t i = 0; i < len; i++)
		assert_refused(data, i, -EBADMSG);
	bytes = realloc(data, len + 1);
	assert_non_null(bytes);
	bytes[len] = 0;
	assert_refused(bytes, len + 1, -EBADMSG);
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 0x40;
		assert_refused(bytes, len,
			       i >= 8 && i < 12 ? -EPROTONOSUPPORT : -EBADMSG);
		bytes[i] ^= 0x40;
	}
	free(bytes);
}

/* Where it is wrong although the checksum is right. */
static void test_invalid(void **state)
{
	/* What was told: flag, other, losses. */
	const size_t told = 4 + 2 * 8 + 6 * 8;
	/* Version and boot, since, totals, other, losses. */
	const size_t head = 8 + 4 + 16 + 8 + 6 * 8 + 6 * 8 + told;
	const struct {
		size_t at;
		uint8_t value;
	} cases[] = {
		{ head, 3 },		     /* more rules than there are */
		{ head, 1 },		     /* fewer */
		{ head + 3, 0xff },	     /* far more */
		{ head + 4, 2 },	     /* counted by whom? */
		{ head + 5, 3 },	     /* origin */
		{ head + 6, 4 },	     /* attribution */
		{ head + 7, 0xff },	     /* kind */
		{ head + 8, 0xff },	     /* known of it */
		{ head - told - 8 * 12, 1 }, /* total */
		{ head - told, 2 },	     /* is it told? */
		{ head - 8 * 8, 1 },	     /* told of other, which is none */
		{ head - 8 * 6, 9 }, /* told of losses, more than there are */
		{ head + 48, 0 },    /* packets */
		{ head + 65, 0xff }, /* first seen after last */
		{ head + 81, 0xff }, /* told, more than there are */
		{ head + 104, 16 },  /* length of the hook's name */
		{ head + 105, 0 },   /* NUL in it */
	};
	uint64_t checksum;
	void *data;
	size_t len;

	(void)state;
	fill();
	encode(&data, &len);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *bytes = copy_bytes(data, len);

		assert_int_not_equal(bytes[cases[i].at], cases[i].value);
		bytes[cases[i].at] = cases[i].value;
		checksum = counts_checksum(bytes, len - 8);
		memcpy(bytes + len - 8, &checksum, 8);
		assert_refused(bytes, len, -EBADMSG);
		free(bytes);
	}
	free(data);
}

static void test_other_boot(void **state)
{
	struct losses losses;
	void *data;
	size_t len;

	(void)state;
	fill();
	encode(&data, &len);
	assert_int_equal(counts_decode(data, len, other_boot, &b, &losses),
			 -ESTALE);
	assert_int_equal(b.n_rules, 0);
	free(data);
}

/* As full as it gets, with names as long as they can be. */
static void test_full(void **state)
{
	struct losses losses;
	struct drop_event ev;
	void *data;
	size_t len;

	(void)state;
	aggregate_set_max(&a, AGGREGATE_MAX);
	drop_event_init(&ev);
	memset(ev.netfilter.table, 'x', DROP_NAME_MAX - 1);
	memset(ev.netfilter.chain, 'x', DROP_NAME_MAX - 1);
	memset(ev.reason, 'x', DROP_REASON_MAX - 1);
	ev.netfilter.table[DROP_NAME_MAX - 1] = '\0';
	ev.netfilter.chain[DROP_NAME_MAX - 1] = '\0';
	ev.reason[DROP_REASON_MAX - 1] = '\0';
	for (uint64_t i = 0; i < AGGREGATE_MAX + 5; i++) {
		ev.netfilter.rule_handle = i;
		aggregate_add(&a, &ev, 1);
	}
	encode(&data, &len);
	assert_true(len < COUNTS_FILE_MAX);
	assert_int_equal(counts_decode(data, len, boot, &b, &losses), 0);
	assert_int_equal(b.n_rules, AGGREGATE_MAX);
	assert_int_equal(b.other.packets, 5);
	free(data);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_round),   TEST(test_goes_on), TEST(test_empty),
		TEST(test_damaged), TEST(test_invalid), TEST(test_other_boot),
		TEST(test_full),
	};

	return cmocka_run_group_tests_name("counts-file", tests, NULL, NULL);
}
