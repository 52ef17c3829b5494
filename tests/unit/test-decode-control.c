/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode.c: what is no packet alert - summaries, settings, statistics. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "alert.h"
#include "decode.h"
#include "net-dm-abi.h"
#include "support.h"
#include "util.h"

static const struct net_dm_drop_point points[] = {
	{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 10 },
	{ { 0 }, 3 },
	{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, UINT32_MAX },
};

static int decode_point(struct nl_msg *msg, uint32_t index,
			struct drop_event *ev)
{
	size_t len = alert_size(msg);
	struct nlmsghdr *copy = copy_bytes(nlmsg_hdr(msg), len);
	int r = decode_summary(copy, len, index, ev);

	free(copy);
	return r;
}

static void test_summary(void **state)
{
	struct nl_msg *msg = alert_new_summary(points, 3, 3);
	struct drop_event ev;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(decode_point(msg, i, &ev), 1);
		assert_memory_equal(&ev.pc, points[i].pc, 8);
		assert_int_equal(ev.count, points[i].count);
		assert_int_equal(ev.packet.has, 0);
		assert_int_equal(ev.timestamp_ns, 0);
		drop_event_done(&ev);
	}
	assert_int_equal(decode_point(msg, 3, &ev), 0);
	assert_int_equal(decode_point(msg, UINT32_MAX, &ev), 0);
	nlmsg_free(msg);
}

static void test_summary_claims(void **state)
{
	static const struct {
		uint32_t n, claimed;
		int r;
	} cases[] = {
		{ 0, 0, 0 },
		{ 1, 0, 0 },
		{ 3, 1, 1 },
		{ 0, 1, -EBADMSG },
		{ 3, 4, -EBADMSG },
		{ 3, UINT32_MAX, -EBADMSG },
		/* times 12 is a little more than 2^32 */
		{ 3, 357913942, -EBADMSG },
	};
	struct drop_event ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg =
			alert_new_summary(points, cases[i].n, cases[i].claimed);

		assert_int_equal(decode_point(msg, 0, &ev), cases[i].r);
		assert_int_equal(ev.count, cases[i].r == 1 ? 10 : 1);
		nlmsg_free(msg);
	}
}

static void test_summary_lengths(void **state)
{
	struct nl_msg *msg = alert_new_summary(points, 3, 3);
	size_t whole = alert_size(msg);
	struct drop_event ev;

	(void)state;
	for (size_t len = NLMSG_HDRLEN; len < whole; len++) {
		struct nlmsghdr *copy = copy_bytes(nlmsg_hdr(msg), len);

		assert_int_equal(decode_summary(copy, len, 0, &ev), -EBADMSG);
		copy->nlmsg_len = (uint32_t)len;
		assert_int_equal(decode_summary(copy, len, 0, &ev), -EBADMSG);
		free(copy);
	}
	nlmsg_free(msg);
	/* An attribute too short for the count. */
	msg = alert_new(NET_DM_CMD_ALERT);
	alert_put(msg, 0, "\0\0\0", 3);
	assert_int_equal(decode_point(msg, 0, &ev), -EBADMSG);
	nlmsg_free(msg);
	msg = alert_new(NET_DM_CMD_ALERT);
	assert_int_equal(decode_point(msg, 0, &ev), -EBADMSG);
	nlmsg_free(msg);
	msg = alert_new_packet();
	assert_int_equal(decode_point(msg, 0, &ev), -EBADMSG);
	nlmsg_free(msg);
}

static void test_config(void **state)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_CONFIG_NEW);
	struct decode_config config = { 9, 9, 9, 9, 9 };

	(void)state;
	alert_put_u32(msg, 99, 7);
	alert_put(msg, NET_DM_ATTR_ALERT_MODE, "\1", 1);
	alert_put_u32(msg, NET_DM_ATTR_TRUNC_LEN, 256);
	alert_put_u64(msg, NET_DM_ATTR_QUEUE_LEN,
		      htole64(0xdeadbeef00000000 | le32toh(10000)));
	assert_int_equal(
		decode_config(nlmsg_hdr(msg), alert_size(msg), &config), 0);
	assert_int_equal(config.mode, NET_DM_ALERT_MODE_PACKET);
	assert_int_equal(config.truncation, 256);
	assert_int_equal(config.queue_length, 10000);
	/* A kernel as it is says nothing of features. */
	assert_int_equal(config.features, 0);
	alert_put_u32(msg, NET_DM_ATTR_FEATURES,
		      NET_DM_FEATURE_NF | NET_DM_FEATURE_L3_PAYLOAD);
	assert_int_equal(
		decode_config(nlmsg_hdr(msg), alert_size(msg), &config), 0);
	assert_int_equal(config.features, 3);
	assert_int_equal(config.rules, 0);
	alert_put(msg, NET_DM_ATTR_NF_SUMMARY, "\1", 1);
	assert_int_equal(
		decode_config(nlmsg_hdr(msg), alert_size(msg), &config), 0);
	assert_int_equal(config.rules, 1);
	nlmsg_free(msg);

	/* What is absent is 0. */
	msg = alert_new(NET_DM_CMD_CONFIG_NEW);
	assert_int_equal(
		decode_config(nlmsg_hdr(msg), alert_size(msg), &config), 0);
	assert_int_equal(config.truncation, 0);
	nlmsg_free(msg);
}

/* An error leaves the caller's settings alone. */
static void test_bad_config(void **state)
{
	static const struct {
		int type;
		size_t len;
	} cases[] = {
		{ NET_DM_ATTR_ALERT_MODE, 0 },
		{ NET_DM_ATTR_TRUNC_LEN, 3 },
		{ NET_DM_ATTR_QUEUE_LEN, 0 },
		{ NET_DM_ATTR_FEATURES, 3 },
		{ NET_DM_ATTR_NF_SUMMARY, 0 },
	};
	struct decode_config config = { 1, 2, 3, 4, 1 };
	struct nl_msg *msg;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		msg = alert_new(NET_DM_CMD_CONFIG_NEW);
		alert_put_u32(msg, NET_DM_ATTR_TRUNC_LEN, 256);
		alert_put(msg, cases[i].type, "\0\0\0", cases[i].len);
		assert_int_equal(decode_config(nlmsg_hdr(msg), alert_size(msg),
					       &config),
				 -EBADMSG);
		nlmsg_free(msg);
	}
	msg = alert_new(NET_DM_CMD_STATS_NEW);
	assert_int_equal(decode_config(nlmsg_hdr(msg), alert_size(msg),
				       &config),
			 -EBADMSG);
	nlmsg_free(msg);
	assert_int_equal(config.mode, 1);
	assert_int_equal(config.truncation, 2);
	assert_int_equal(config.queue_length, 3);
}

/* @nest with one number, of type 0. */
static void put_stats(struct nl_msg *msg, int type, uint64_t v)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	assert_non_null(nest);
	alert_put(msg, 5, "future", 6);
	alert_put_u64(msg, NET_DM_ATTR_STATS_DROPPED, v);
	nla_nest_end(msg, nest);
}

static void test_stats(void **state)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_STATS_NEW);
	uint64_t n = 9;

	(void)state;
	assert_int_equal(NET_DM_ATTR_STATS_DROPPED, 0);
	assert_int_equal(decode_stats(nlmsg_hdr(msg), alert_size(msg), &n), 0);
	assert_int_equal(n, 0);
	put_stats(msg, NET_DM_ATTR_STATS, 1ULL << 40);
	put_stats(msg, NET_DM_ATTR_TRUNC_LEN, 100);
	put_stats(msg, NET_DM_ATTR_HW_STATS, 3);
	assert_int_equal(decode_stats(nlmsg_hdr(msg), alert_size(msg), &n), 0);
	assert_true(n == (1ULL << 40) + 3);
	nlmsg_free(msg);
}

static void test_bad_stats(void **state)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_STATS_NEW);
	struct nlattr *nest = nla_nest_start(msg, NET_DM_ATTR_STATS);
	uint64_t n = 9;

	(void)state;
	alert_put(msg, NET_DM_ATTR_STATS_DROPPED, "1234567", 7);
	nla_nest_end(msg, nest);
	assert_int_equal(decode_stats(nlmsg_hdr(msg), alert_size(msg), &n),
			 -EBADMSG);
	nlmsg_free(msg);
	msg = alert_new(NET_DM_CMD_CONFIG_NEW);
	assert_int_equal(decode_stats(nlmsg_hdr(msg), alert_size(msg), &n),
			 -EBADMSG);
	nlmsg_free(msg);
	assert_int_equal(n, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_summary_claims),
		cmocka_unit_test(test_summary_lengths),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_bad_stats),
	};

	return cmocka_run_group_tests_name("decode-control", tests, NULL, NULL);
}
