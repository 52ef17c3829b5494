/* SPDX-License-Identifier: GPL-2.0-or-later */
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

static struct nlattr *nest;

/* A packet alert, 10.9.0.2:40000 to 10.9.0.1:80, with an open NF attribute. */
static struct nl_msg *begin(void)
{
	struct nl_msg *msg = alert_new_packet();

	nest = nla_nest_start(msg, NET_DM_ATTR_NF);
	assert_non_null(nest);
	return msg;
}

/* Takes @msg; decodes a copy without a byte behind it. */
static int finish(struct nl_msg *msg, struct drop_event *ret)
{
	struct nlmsghdr *copy;
	size_t len;
	int r;

	nla_nest_end(msg, nest);
	len = alert_size(msg);
	copy = copy_bytes(nlmsg_hdr(msg), len);
	nlmsg_free(msg);
	r = decode_event(copy, len, ret);
	free(copy);
	return r;
}

static void put_text(struct nl_msg *msg, int type, const char *text)
{
	alert_put(msg, type, text, strlen(text) + 1);
}

static void test_everything(void **state)
{
	struct nl_msg *msg = begin();
	struct drop_netfilter *nf;
	struct drop_event ev;

	(void)state;
	alert_put_u32(msg, NET_DM_ATTR_NF_KIND, NF_DROP_KIND_NFT_RULE);
	alert_put_u32(msg, NET_DM_ATTR_NF_FAMILY, 2);
	alert_put_u32(msg, NET_DM_ATTR_NF_HOOK, 1);
	alert_put_u32(msg, NET_DM_ATTR_NF_TABLE_FAMILY, 1);
	put_text(msg, NET_DM_ATTR_NF_TABLE, "filter");
	alert_put_u64(msg, NET_DM_ATTR_NF_TABLE_HANDLE, 3);
	put_text(msg, NET_DM_ATTR_NF_CHAIN, "incoming");
	alert_put_u64(msg, NET_DM_ATTR_NF_RULE_HANDLE, 0x3ffffffffff);
	put_text(msg, NET_DM_ATTR_NF_BY, "lookup");
	put_text(msg, NET_DM_ATTR_NF_SET, "blocked");
	alert_put(msg, NET_DM_ATTR_NF_SET_KEY, "\x0a\x09\0\x02", 4);
	alert_put_u32(msg, NET_DM_ATTR_NF_ERRNO, 1);
	alert_put_u32(msg, NET_DM_ATTR_NF_QUEUE_NUM, 0);
	alert_put_u32(msg, NET_DM_ATTR_NF_MARK, 0x10);
	alert_put_u32(msg, NET_DM_ATTR_NF_CT_ID, 99);
	alert_put_u32(msg, NET_DM_ATTR_NF_CT_INFO, 2);
	alert_put_u32(msg, NET_DM_ATTR_NF_GENERATION, 12);
	alert_put_u32(msg, NET_DM_ATTR_NF_UID, 0);
	alert_put_u64(msg, NET_DM_ATTR_NF_CGROUP_ID, 4711);
	put_text(msg, NET_DM_ATTR_NF_HOOK_FN, "a_function");
	alert_put_u32(msg, 99, 1);
	assert_int_equal(finish(msg, &ev), 0);
	nf = &ev.netfilter;
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_EXACT);
	assert_int_equal(nf->kind, DROP_KIND_NFT_RULE);
	assert_string_equal(nf->hook, "input");
	assert_string_equal(nf->family, "inet");
	assert_string_equal(nf->table, "filter");
	assert_int_equal(nf->table_handle, 3);
	assert_string_equal(nf->chain, "incoming");
	assert_true(nf->rule_handle == 0x3ffffffffff);
	assert_string_equal(nf->by, "lookup");
	assert_string_equal(nf->set, "blocked");
	assert_string_equal(nf->element, "10.9.0.2");
	assert_false(nf->policy);
	assert_int_equal(nf->errnum, 1);
	assert_int_equal(nf->queue, 0);
	assert_int_equal(nf->mark, 0x10);
	assert_int_equal(nf->ct_id, 99);
	assert_string_equal(nf->ct_state, "new");
	assert_int_equal(nf->generation, 12);
	assert_int_equal(ev.process.uid, 0);
	assert_int_equal(ev.process.cgroup_id, 4711);
	assert_int_equal(ev.has, DROP_HAS_POLICY | DROP_HAS_QUEUE |
					 DROP_HAS_MARK | DROP_HAS_UID);
	drop_event_done(&ev);
}

/* What a newer kernel says and this nfdropd does not know is left out. */
static void test_unknown(void **state)
{
	struct nl_msg *msg = begin();
	struct drop_event ev;

	(void)state;
	alert_put_u32(msg, NET_DM_ATTR_NF_KIND, 1000);
	alert_put_u32(msg, NET_DM_ATTR_NF_FAMILY, UINT32_MAX);
	alert_put_u32(msg, NET_DM_ATTR_NF_HOOK, UINT32_MAX);
	alert_put_u32(msg, NET_DM_ATTR_NF_TABLE_FAMILY, 77);
	alert_put_u32(msg, NET_DM_ATTR_NF_CT_INFO, 5);
	put_text(msg, NET_DM_ATTR_NF_HOOK_FN, "a_function");
	assert_int_equal(finish(msg, &ev), 0);
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NONE);
	assert_string_equal(ev.netfilter.hook, "");
	assert_string_equal(ev.netfilter.family, "");
	assert_string_equal(ev.netfilter.ct_state, "");
	assert_string_equal(ev.netfilter.by, "a_function");
	assert_string_equal(ev.netfilter.element, "");
	assert_int_equal(ev.has, 0);
}

static void test_hooks(void **state)
{
	static const struct {
		uint32_t family, hook;
		const char *name;
	} cases[] = {
		{ 2, 0, "prerouting" },
		{ 10, 3, "output" },
		{ 2, 4, "postrouting" },
		{ 2, 5, "ingress" },
		{ 3, 0, "input" },
		{ 3, 1, "output" },
		{ 3, 2, "forward" },
		{ 5, 0, "ingress" },
		{ 5, 1, "egress" },
		{ 7, 2, "forward" },
		{ 3, 3, "" },
		{ 5, 2, "" },
		{ 2, 6, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg = begin();
		struct drop_event ev;

		/* In any order. */
		alert_put_u32(msg, NET_DM_ATTR_NF_HOOK, cases[i].hook);
		alert_put_u32(msg, NET_DM_ATTR_NF_FAMILY, cases[i].family);
		assert_int_equal(finish(msg, &ev), 0);
		assert_string_equal(ev.netfilter.hook, cases[i].name);
	}
}

static void test_kinds(void **state)
{
	static const struct {
		uint32_t kind;
		enum drop_kind expected;
		bool policy;
	} cases[] = {
		{ NF_DROP_KIND_NFT_POLICY, DROP_KIND_NFT_POLICY, true },
		{ NF_DROP_KIND_XT_RULE, DROP_KIND_XT_RULE, false },
		{ NF_DROP_KIND_EBT_POLICY, DROP_KIND_EBT_POLICY, true },
		{ NF_DROP_KIND_QUEUE, DROP_KIND_QUEUE, false },
		{ NF_DROP_KIND_LSM, DROP_KIND_LSM, false },
		{ NF_DROP_KIND_XT_TABLE, DROP_KIND_XT_TABLE, false },
		{ NF_DROP_KIND_UNSPEC, DROP_KIND_NONE, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg = begin();
		struct drop_event ev;

		alert_put_u32(msg, NET_DM_ATTR_NF_KIND, cases[i].kind);
		alert_put_u32(msg, NET_DM_ATTR_NF_RULE_NUMBER, 3);
		assert_int_equal(finish(msg, &ev), 0);
		assert_int_equal(ev.netfilter.kind, cases[i].expected);
		assert_int_equal(ev.netfilter.policy, cases[i].policy);
		assert_int_equal(ev.netfilter.rule_handle, 3);
	}
}

static void test_elements(void **state)
{
#define KEY(bytes) bytes, sizeof(bytes) - 1
	static const struct {
		const char *key;
		size_t len;
		const char *expected;
	} cases[] = {
		{ KEY(""), "" },
		{ KEY("\x0a\x09\0\x01"), "10.9.0.1" },
		{ KEY("\x0a\x09\0\x03"), "0x0a090003" },
		{ KEY("\x0a\x09\0\x02\0\x50\0\0"), "10.9.0.2 . 80" },
		{ KEY("\x06\0\0\0\x0a\x09\0\x01"), "0x06000000 . 10.9.0.1" },
		{ KEY("\0\x50"), "80" },
		{ KEY("\0\x51"), "0x0051" },
		{ KEY("\0\x50\0\1"), "0x00500001" },
		{ KEY("e"), "0x65" },
	};
	char huge[1024];
	struct drop_event ev;
	struct nl_msg *msg;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		msg = begin();
		alert_put(msg, NET_DM_ATTR_NF_SET_KEY, cases[i].key,
			  cases[i].len);
		assert_int_equal(finish(msg, &ev), 0);
		assert_string_equal(ev.netfilter.element, cases[i].expected);
	}
	memset(huge, 0xee, sizeof(huge));
	msg = begin();
	alert_put(msg, NET_DM_ATTR_NF_SET_KEY, huge, sizeof(huge));
	assert_int_equal(finish(msg, &ev), 0);
	assert_int_equal(strlen(ev.netfilter.element), DROP_NAME_MAX - 1);
}

/* Attributes that are too short, and names that are too long. */
static void test_malformed(void **state)
{
	char name[600];
	struct drop_event ev;
	struct nl_msg *msg;

	(void)state;
	for (int type = 0; type <= NET_DM_ATTR_NF_HOOK_FN; type++)
		for (size_t len = 0; len < 9; len++) {
			int r;

			msg = begin();
			alert_put(msg, type, "\1\1\1\1\1\1\1\1", len);
			r = finish(msg, &ev);
			assert_true(r == 0 || r == -EBADMSG);
			if (len == 8)
				assert_int_equal(r, 0);
			if (type == NET_DM_ATTR_NF_RULE_HANDLE && len < 8)
				assert_int_equal(r, -EBADMSG);
			if (type == NET_DM_ATTR_NF_KIND && len < 4)
				assert_int_equal(r, -EBADMSG);
		}
	memset(name, 'x', sizeof(name));
	msg = begin();
	alert_put(msg, NET_DM_ATTR_NF_CHAIN, name, sizeof(name));
	assert_int_equal(finish(msg, &ev), 0);
	assert_int_equal(strlen(ev.netfilter.chain), DROP_NAME_MAX - 1);
	msg = begin();
	alert_put(msg, NET_DM_ATTR_NF_KIND, "\2\0\0", 3);
	assert_int_equal(finish(msg, &ev), -EBADMSG);
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
}

/* Beside it: code, namespace, out port, and bytes without a MAC header. */
static void test_beside(void **state)
{
	static const char udp[] =
		"\x45\0\0\x1c\0\1\0\0\x40\x11\0\0\x0a\x09\0\1\x0a\x09\0\2"
		"\x9c\x40\0\x35\0\x08\0";
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	struct drop_event ev;
	struct nlattr *port;

	(void)state;
	alert_put_u32(msg, NET_DM_ATTR_REASON_CODE, 0x4000c);
	alert_put_u32(msg, NET_DM_ATTR_NETNS_INUM, 4026531840);
	alert_put_u64(msg, NET_DM_ATTR_NETNS_COOKIE, 7);
	port = nla_nest_start(msg, NET_DM_ATTR_OUT_PORT);
	alert_put_u32(msg, NET_DM_ATTR_PORT_NETDEV_IFINDEX, 5);
	put_text(msg, NET_DM_ATTR_PORT_NETDEV_NAME, "br0");
	nla_nest_end(msg, port);
	alert_put(msg, NET_DM_ATTR_L3_PAYLOAD, udp, sizeof(udp));
	alert_put_u16(msg, NET_DM_ATTR_PROTO, 0x0800);
	alert_put_u32(msg, NET_DM_ATTR_ORIG_LEN, sizeof(udp));
	assert_int_equal(decode_event(nlmsg_hdr(msg), alert_size(msg), &ev), 0);
	nlmsg_free(msg);
	assert_int_equal(ev.has, DROP_HAS_REASON_CODE);
	assert_int_equal(ev.reason_code, 0x4000c);
	assert_true(ev.netns.inum == 4026531840);
	assert_true(ev.netns.cookie == 7);
	assert_int_equal(ev.out.ifindex, 5);
	assert_string_equal(ev.out.name, "br0");
	assert_int_equal(ev.packet.network, PACKET_NETWORK_IPV4);
	assert_int_equal(ev.packet.dport, 53);
	assert_false(ev.packet.has & PACKET_HAS_ETHERNET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_beside),
	};

	return cmocka_run_group_tests_name("decode-netfilter", tests, NULL,
					   NULL);
}
