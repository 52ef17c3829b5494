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

/* Takes @msg; decodes a copy without a byte behind it. */
static int decode(struct nl_msg *msg, struct drop_event *ret)
{
	size_t len = alert_size(msg);
	struct nlmsghdr *copy = copy_bytes(nlmsg_hdr(msg), len);
	int r;

	memset(ret, 0xa5, sizeof(*ret));
	r = decode_event(copy, len, ret);
	/* Nothing points into the message. */
	memset(copy, 0xa5, len);
	free(copy);
	nlmsg_free(msg);
	return r;
}

static struct nl_msg *packet_alert(int type, const void *data, size_t len)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);

	alert_put(msg, type, data, len);
	return msg;
}

static void test_packet(void **state)
{
	struct drop_event ev;

	(void)state;
	assert_int_equal(decode(alert_new_packet(), &ev), 0);
	assert_int_equal(ev.origin, DROP_ORIGIN_SOFTWARE);
	assert_int_equal(ev.attribution, DROP_ATTRIBUTION_NONE);
	assert_int_equal(ev.count, 1);
	assert_true(ev.pc == 0xffffffff81234567);
	assert_true(ev.timestamp_ns == 1763930000123456789);
	assert_int_equal(ev.length, 54);
	assert_string_equal(ev.location, "nft_do_chain+0x5a0/0x680");
	assert_string_equal(ev.reason, "NETFILTER_DROP");
	assert_string_equal(ev.subsystem, "core");
	assert_int_equal(ev.in.ifindex, 2);
	assert_string_equal(ev.in.name, "");
	assert_int_equal(ev.out.ifindex, 0);
	assert_int_equal(ev.has, 0);
	assert_int_equal(ev.packet.network, PACKET_NETWORK_IPV4);
	assert_int_equal(ev.packet.protocol, 6);
	assert_int_equal(ev.packet.sport, 40000);
	assert_int_equal(ev.packet.dport, 80);
	assert_false(ev.packet.has & PACKET_HAS_TRUNCATED);
	drop_event_done(&ev);
}

/* Of a socket, not of a network: nobody is to see its bytes. */
static void test_content(void **state)
{
	static const char secret[] = "password of somebody, and more of it";
	static const struct {
		uint16_t ethertype;
		uint32_t ifindex;
		bool is_frame;
	} cases[] = {
		{ 0, 0, false },
		{ 0x88b5, 0, true },
		{ 0, 2, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);
		struct packet_bytes bytes;
		struct drop_event ev;

		alert_put(msg, NET_DM_ATTR_PAYLOAD, secret, sizeof(secret));
		alert_put_u32(msg, NET_DM_ATTR_ORIG_LEN, sizeof(secret));
		alert_put_u16(msg, NET_DM_ATTR_PROTO, cases[i].ethertype);
		if (cases[i].ifindex > 0)
			alert_put_port(msg, cases[i].ifindex, NULL);
		assert_int_equal(decode_packet(nlmsg_hdr(msg), alert_size(msg),
					       &ev, &bytes),
				 0);
		assert_int_equal(ev.length, sizeof(secret));
		assert_int_equal((ev.packet.has & PACKET_HAS_ETHERNET) != 0,
				 cases[i].is_frame);
		assert_int_equal(bytes.len,
				 cases[i].is_frame ? sizeof(secret) : 0);
		assert_int_equal(bytes.data != NULL, cases[i].is_frame);
		drop_event_done(&ev);
		nlmsg_free(msg);
	}
}

static void test_hardware(void **state)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	struct drop_event ev;

	(void)state;
	alert_put_u16(msg, NET_DM_ATTR_ORIGIN, NET_DM_ORIGIN_HW);
	alert_put(msg, NET_DM_ATTR_HW_TRAP_GROUP_NAME, "l3_drops", 9);
	alert_put(msg, NET_DM_ATTR_HW_TRAP_NAME, "ttl_value", 10);
	alert_put_port(msg, 7, "swp1");
	assert_int_equal(decode(msg, &ev), 0);
	assert_int_equal(ev.origin, DROP_ORIGIN_HARDWARE);
	assert_string_equal(ev.trap, "ttl_value");
	assert_string_equal(ev.trap_group, "l3_drops");
	assert_string_equal(ev.in.name, "swp1");
	assert_int_equal(ev.in.ifindex, 7);
	assert_string_equal(ev.subsystem, "");
	drop_event_done(&ev);
}

/* An alert with nothing, as of a kernel that tells nothing. */
static void test_empty(void **state)
{
	struct drop_event ev, empty;

	(void)state;
	drop_event_init(&empty);
	assert_int_equal(decode(alert_new(NET_DM_CMD_PACKET_ALERT), &ev), 0);
	assert_true(event_equal(&ev, &empty));
}

/* Shorter than its attributes, by every number of bytes. */
static void test_every_length(void **state)
{
	struct nl_msg *msg = alert_new_packet();
	size_t whole = alert_size(msg), accepted = 0;
	struct drop_event ev, empty;

	(void)state;
	drop_event_init(&empty);
	for (size_t len = 0; len <= whole; len++) {
		struct nlmsghdr *copy = copy_bytes(nlmsg_hdr(msg), len);
		int r;

		/* The buffer ends before the message does. */
		if (len < whole)
			assert_int_equal(decode_event(copy, len, &ev),
					 -EBADMSG);
		/* The message ends inside an attribute, or between two. */
		if (len >= NLMSG_HDRLEN)
			copy->nlmsg_len = (uint32_t)len;
		r = decode_event(copy, len, &ev);
		if (r == 0) {
			accepted++;
			drop_event_done(&ev);
		} else {
			assert_int_equal(r, -EBADMSG);
			assert_true(event_equal(&ev, &empty));
		}
		free(copy);
	}
	nlmsg_free(msg);
	/* After the header, and after each of 9 attributes; padding is none. */
	assert_true(accepted >= 10 && accepted <= 10 + 3 * 5);
}

static void test_bad_headers(void **state)
{
	static const struct {
		uint32_t nlmsg_len;
		size_t len;
	} cases[] = {
		{ 0, 64 },  { 15, 64 }, { 16, 64 },	    { 19, 64 },
		{ 20, 19 }, { 65, 64 }, { UINT32_MAX, 64 }, { 64, 63 },
		{ 20, 0 },  { 20, 15 },
	};
	char data[64] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *nlh = (void *)data;
	struct decode_config config;
	struct drop_event ev;
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		nlh->nlmsg_len = cases[i].nlmsg_len;
		assert_int_equal(decode_type(nlh, cases[i].len), -EBADMSG);
		assert_int_equal(decode_event(nlh, cases[i].len, &ev),
				 -EBADMSG);
		assert_int_equal(decode_summary(nlh, cases[i].len, 0, &ev),
				 -EBADMSG);
		assert_int_equal(decode_config(nlh, cases[i].len, &config),
				 -EBADMSG);
		assert_int_equal(decode_stats(nlh, cases[i].len, &n), -EBADMSG);
	}
}

static void test_types(void **state)
{
	static const struct {
		uint8_t cmd;
		int type;
	} cases[] = {
		{ NET_DM_CMD_PACKET_ALERT, DECODE_PACKET },
		{ NET_DM_CMD_ALERT, DECODE_SUMMARY },
		{ NET_DM_CMD_CONFIG_NEW, DECODE_OTHER },
		{ NET_DM_CMD_STATS_NEW, DECODE_OTHER },
		{ 0, DECODE_OTHER },
		{ 255, DECODE_OTHER },
	};
	struct drop_event ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg = alert_new(cases[i].cmd);

		assert_int_equal(decode_type(nlmsg_hdr(msg), alert_size(msg)),
				 cases[i].type);
		if (cases[i].type == DECODE_PACKET)
			nlmsg_free(msg);
		else
			assert_int_equal(decode(msg, &ev), -EBADMSG);
	}
}

/* Too short by each number of bytes, and longer, as a newer kernel's. */
static void test_sizes(void **state)
{
	static const struct {
		int type;
		size_t min;
	} cases[] = {
		{ NET_DM_ATTR_PC, 8 },
		{ NET_DM_ATTR_TIMESTAMP, 8 },
		{ NET_DM_ATTR_PROTO, 2 },
		{ NET_DM_ATTR_ORIG_LEN, 4 },
		{ NET_DM_ATTR_ORIGIN, 2 },
		{ NET_DM_ATTR_SYMBOL, 0 },
		{ NET_DM_ATTR_REASON, 0 },
		{ NET_DM_ATTR_PAYLOAD, 0 },
		{ NET_DM_ATTR_IN_PORT, 0 },
		{ NET_DM_ATTR_HW_TRAP_NAME, 0 },
		{ NET_DM_ATTR_TRUNC_LEN, 0 },
		{ NET_DM_ATTR_PAD, 0 },
		{ NET_DM_ATTR_REASON_CODE, 4 },
		{ NET_DM_ATTR_NETNS_INUM, 4 },
		{ NET_DM_ATTR_NETNS_COOKIE, 8 },
		{ NET_DM_ATTR_FEATURES + 1, 0 },
		{ 0x3fff, 0 },
		{ 0, 0 },
	};
	static const char zeros[16];
	struct drop_event ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t len = 0; len < cases[i].min; len++)
			assert_int_equal(
				decode(packet_alert(cases[i].type, zeros, len),
				       &ev),
				-EBADMSG);
		assert_int_equal(
			decode(packet_alert(cases[i].type, zeros, cases[i].min),
			       &ev),
			0);
		/* A port's nested attributes must parse. */
		if (cases[i].type != NET_DM_ATTR_IN_PORT)
			assert_int_equal(decode(packet_alert(cases[i].type,
							     zeros,
							     cases[i].min + 5),
						&ev),
					 0);
	}
}

/* Flags in an attribute's type: nested, byte order. */
static void test_flags(void **state)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	struct drop_event ev;

	(void)state;
	alert_put_port(msg, 5, "eth5");
	((struct nlattr *)nlmsg_attrdata(nlmsg_hdr(msg), 4))->nla_type |=
		NLA_F_NESTED;
	alert_put_u32(msg, NET_DM_ATTR_ORIG_LEN | NLA_F_NET_BYTEORDER, 9);
	assert_int_equal(decode(msg, &ev), 0);
	assert_string_equal(ev.in.name, "eth5");
	assert_int_equal(ev.length, 9);
}

/* The number is of type 0, which nla_parse() would skip. */
static void test_port(void **state)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	struct nlattr *nest;
	struct drop_event ev;

	(void)state;
	assert_int_equal(NET_DM_ATTR_PORT_NETDEV_IFINDEX, 0);
	nest = nla_nest_start(msg, NET_DM_ATTR_IN_PORT);
	alert_put(msg, 99, "future", 6);
	alert_put(msg, NET_DM_ATTR_PORT_NETDEV_NAME, "a-name-that-is-too-long",
		  23);
	alert_put(msg, 0, "\1\0\0\0longer", 10);
	nla_nest_end(msg, nest);
	assert_int_equal(decode(msg, &ev), 0);
	assert_string_equal(ev.in.name, "a-name-that-is-");
	assert_int_equal(le32toh(ev.in.ifindex), 1);

	msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	nest = nla_nest_start(msg, NET_DM_ATTR_IN_PORT);
	alert_put(msg, 0, "\1\0\0", 3);
	nla_nest_end(msg, nest);
	assert_int_equal(decode(msg, &ev), -EBADMSG);

	/* Nested, and not whole. */
	assert_int_equal(
		decode(packet_alert(NET_DM_ATTR_IN_PORT, "\x10\0\0\0abcd", 8),
		       &ev),
		-EBADMSG);
	assert_int_equal(
		decode(packet_alert(NET_DM_ATTR_IN_PORT, "\3\0\0\0", 4), &ev),
		-EBADMSG);
	assert_int_equal(
		decode(packet_alert(NET_DM_ATTR_IN_PORT, "\0\0\0\0", 4), &ev),
		-EBADMSG);
}

static void test_hostile_strings(void **state)
{
	static const struct {
		int type;
		size_t offset, size;
	} cases[] = {
#define STRING(type, member)                         \
	{ type, offsetof(struct drop_event, member), \
	  sizeof(((struct drop_event *)NULL)->member) }
		STRING(NET_DM_ATTR_SYMBOL, location),
		STRING(NET_DM_ATTR_REASON, reason),
		STRING(NET_DM_ATTR_HW_TRAP_NAME, trap),
		STRING(NET_DM_ATTR_HW_TRAP_GROUP_NAME, trap_group),
	};
	size_t large = 65531;
	char *x = malloc(large);
	struct drop_event ev;

	(void)state;
	assert_non_null(x);
	memset(x, 'x', large);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = (const char *)&ev + cases[i].offset;

		/* No NUL at its end. */
		assert_int_equal(
			decode(packet_alert(cases[i].type, "ab", 2), &ev), 0);
		assert_string_equal(s, "ab");
		/* One in the middle. */
		assert_int_equal(
			decode(packet_alert(cases[i].type, "a\0b", 4), &ev), 0);
		assert_string_equal(s, "a");
		assert_int_equal(
			decode(packet_alert(cases[i].type, "", 0), &ev), 0);
		assert_string_equal(s, "");
		/* As long as an attribute can be. */
		assert_int_equal(
			decode(packet_alert(cases[i].type, x, large), &ev), 0);
		assert_int_equal(strlen(s), cases[i].size - 1);
	}
	free(x);
}

/* The last of two counts, in the message as in the kernel's own parser. */
static void test_twice(void **state)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	struct drop_event ev;

	(void)state;
	alert_put(msg, NET_DM_ATTR_REASON, "A_LONG_ONE", 11);
	alert_put(msg, NET_DM_ATTR_REASON, "NO_SOCKET", 10);
	alert_put(msg, NET_DM_ATTR_SYMBOL, "first", 6);
	alert_put(msg, NET_DM_ATTR_SYMBOL, "2nd", 4);
	assert_int_equal(decode(msg, &ev), 0);
	assert_string_equal(ev.reason, "NO_SOCKET");
	assert_string_equal(ev.subsystem, "core");
	assert_string_equal(ev.location, "2nd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_hardware),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
