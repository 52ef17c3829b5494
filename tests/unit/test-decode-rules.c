/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "alert.h"
#include "decode-rules.h"
#include "decode.h"
#include "net-dm-abi.h"
#include "support.h"
#include "util.h"

static struct nl_msg *begin(void)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_NF_ALERT);

	alert_put_u64(msg, NET_DM_ATTR_TIMESTAMP, 1763930000123456789);
	alert_put_u64(msg, NET_DM_ATTR_NF_LOST, 5);
	return msg;
}

/* A copy without a byte behind it, which is the caller's; takes @msg. */
static struct nlmsghdr *finish(struct nl_msg *msg)
{
	struct nlmsghdr *copy = copy_bytes(nlmsg_hdr(msg), alert_size(msg));

	nlmsg_free(msg);
	return copy;
}

static void test_counts(void **state)
{
	struct nl_msg *msg = begin();
	struct decode_rules rules;
	struct nlattr *nest, *entry;
	struct drop_event ev;
	struct nlmsghdr *nlh;
	uint64_t bytes;

	(void)state;
	nest = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRIES);
	alert_put_rule(msg, 1, "filter", 7, 100, 6400);
	/* What a newer kernel may have between them. */
	alert_put_u32(msg, 99, 1);
	entry = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRY);
	alert_put_u32(msg, NET_DM_ATTR_NF_KIND, NF_DROP_KIND_HOOK);
	alert_put(msg, NET_DM_ATTR_NF_HOOK_FN, "a_function", 11);
	alert_put_u64(msg, NET_DM_ATTR_NF_PACKETS, 1ULL << 40);
	nla_nest_end(msg, entry);
	nla_nest_end(msg, nest);
	nlh = finish(msg);

	assert_int_equal(decode_type(nlh, nlh->nlmsg_len), DECODE_RULES);
	assert_int_equal(decode_rules_begin(nlh, nlh->nlmsg_len, &rules), 0);
	assert_int_equal(rules.lost, 5);
	assert_int_equal(decode_rules_next(&rules, &ev, &bytes), 1);
	assert_true(ev.timestamp_ns == 1763930000123456789);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_RULE);
	assert_string_equal(ev.netfilter.family, "inet");
	assert_string_equal(ev.netfilter.table, "filter");
	assert_string_equal(ev.netfilter.chain, "input");
	assert_string_equal(ev.netfilter.hook, "input");
	assert_int_equal(ev.netfilter.rule_handle, 7);
	assert_string_equal(ev.reason, "NFT_RULE");
	assert_int_equal(ev.reason_code, 262145);
	assert_true(ev.has & DROP_HAS_REASON_CODE);
	assert_int_equal(ev.netns.cookie, 1);
	assert_int_equal(ev.netns.inum, 4026531841);
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_EXACT);
	assert_int_equal(ev.count, 100);
	assert_int_equal(bytes, 6400);
	assert_int_equal(decode_rules_next(&rules, &ev, &bytes), 1);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_HOOK);
	assert_string_equal(ev.netfilter.by, "a_function");
	assert_string_equal(ev.netfilter.hook, "");
	assert_true(ev.count == 1ULL << 40);
	assert_int_equal(bytes, 0);
	assert_int_equal(decode_rules_next(&rules, &ev, &bytes), 0);
	assert_int_equal(decode_rules_next(&rules, &ev, &bytes), 0);
	free(nlh);
}

static void test_empty(void **state)
{
	struct nl_msg *msgs[] = { begin(), alert_new(NET_DM_CMD_NF_ALERT) };
	struct decode_rules rules;
	struct drop_event ev;
	uint64_t bytes;

	(void)state;
	nla_nest_end(msgs[0], nla_nest_start(msgs[0], NET_DM_ATTR_NF_ENTRIES));
	for (size_t i = 0; i < ARRAY_SIZE(msgs); i++) {
		struct nlmsghdr *nlh = finish(msgs[i]);

		assert_int_equal(
			decode_rules_begin(nlh, nlh->nlmsg_len, &rules), 0);
		assert_int_equal(rules.lost, i == 0 ? 5 : 0);
		assert_int_equal(decode_rules_next(&rules, &ev, &bytes), 0);
		free(nlh);
	}
}

/* One bad attribute anywhere, and no entry is believed. */
static void test_malformed(void **state)
{
	static const int too_short[] = {
		NET_DM_ATTR_NF_KIND,	    NET_DM_ATTR_NF_REASON_CODE,
		NET_DM_ATTR_NF_NETNS_INUM,  NET_DM_ATTR_NF_NETNS_COOKIE,
		NET_DM_ATTR_NF_PACKETS,	    NET_DM_ATTR_NF_BYTES,
		NET_DM_ATTR_NF_RULE_HANDLE,
	};
	struct decode_rules rules = { .lost = 77 };
	struct nl_msg *msg;
	struct nlmsghdr *nlh;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(too_short); i++) {
		struct nlattr *nest, *entry;

		msg = begin();
		nest = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRIES);
		alert_put_rule(msg, 1, "filter", 7, 100, 6400);
		entry = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRY);
		alert_put(msg, too_short[i], "abc", 3);
		nla_nest_end(msg, entry);
		nla_nest_end(msg, nest);
		nlh = finish(msg);
		assert_int_equal(decode_rules_begin(nlh, nlh->nlmsg_len,
						    &rules),
				 -EBADMSG);
		free(nlh);
	}
	/* Bytes behind the last entry, a number that is too short. */
	msg = alert_new(NET_DM_CMD_NF_ALERT);
	alert_put(msg, NET_DM_ATTR_NF_ENTRIES, "abcdef", 6);
	nlh = finish(msg);
	assert_int_equal(decode_rules_begin(nlh, nlh->nlmsg_len, &rules),
			 -EBADMSG);
	free(nlh);
	msg = alert_new(NET_DM_CMD_NF_ALERT);
	alert_put_u32(msg, NET_DM_ATTR_NF_LOST, 1);
	nlh = finish(msg);
	assert_int_equal(decode_rules_begin(nlh, nlh->nlmsg_len, &rules),
			 -EBADMSG);
	free(nlh);
	/* Another message. */
	nlh = finish(alert_new_packet());
	assert_int_equal(decode_rules_begin(nlh, nlh->nlmsg_len, &rules),
			 -EBADMSG);
	free(nlh);
	assert_int_equal(rules.lost, 77);
}

/* Cut anywhere: an error or less, never bytes behind the end. */
static void test_lengths(void **state)
{
	struct nl_msg *msg = begin();
	struct nlattr *nest = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRIES);
	struct decode_rules rules;
	struct drop_event ev;
	struct nlmsghdr *nlh;
	uint64_t bytes;
	size_t size;

	(void)state;
	alert_put_rule(msg, 1, "filter", 7, 100, 6400);
	nla_nest_end(msg, nest);
	nlh = finish(msg);
	size = nlh->nlmsg_len;
	for (size_t len = 0; len < size; len++) {
		struct nlmsghdr *cut = copy_bytes(nlh, len);

		if (len >= sizeof(*cut))
			cut->nlmsg_len = (uint32_t)len;
		if (decode_rules_begin(cut, len, &rules) == 0)
			assert_int_equal(decode_rules_next(&rules, &ev, &bytes),
					 0);
		free(cut);
	}
	free(nlh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("decode-rules", tests, NULL, NULL);
}
