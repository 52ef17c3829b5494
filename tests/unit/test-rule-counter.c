/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of rules as nft and the kernel at hand make them. */
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cmocka.h>

#include "counter-uses.h"
#include "rule-counter.h"
#include "util.h"

#define NAMED 99

/*
 * Which of its counters is that of the rule's drops: its number; 0: none;
 * NAMED: the one with a name.
 */
static const struct {
	const char *text;
	uint64_t packets;
} rules[] = {
	{ "counter packets 1 bytes 60 drop", 1 },
	{ "ip saddr 10.0.0.0/8 tcp dport 80 counter packets 2 bytes 60 drop",
	  2 },
	{ "counter packets 3 bytes 60 log prefix \"x\" group 1 drop", 3 },
	{ "counter packets 4 bytes 60 meta mark set 1 meta nftrace set 1 drop",
	  4 },
	{ "counter packets 5 bytes 60 reject", 5 },
	{ "meta l4proto tcp counter packets 6 bytes 60 reject with tcp reset",
	  6 },
	{ "counter packets 7 bytes 60 counter packets 8 bytes 60 drop", 8 },
	{ "counter packets 9 bytes 60 tcp dport 80 counter packets 10 bytes 60 "
	  "drop",
	  10 },
	/* Not all that it counts is dropped. */
	{ "counter packets 11 bytes 60 tcp dport 80 drop", 0 },
	{ "counter packets 11 bytes 60 limit rate 1/second drop", 0 },
	{ "counter packets 11 bytes 60 quota over 1 mbytes drop", 0 },
	{ "counter packets 11 bytes 60 add @s { ip saddr } drop", 0 },
	{ "counter packets 11 bytes 60 ip ttl set 1 drop", 0 },
	{ "counter packets 11 bytes 60 meta mark set ct mark drop", 0 },
	/* Nor does the rule itself drop. */
	{ "counter packets 11 bytes 60 accept", 0 },
	{ "counter packets 11 bytes 60 jump other", 0 },
	{ "counter packets 11 bytes 60 continue", 0 },
	{ "counter packets 11 bytes 60", 0 },
	{ "counter packets 11 bytes 60 tcp dport vmap { 22 : drop }", 0 },
	/* Those with a name are others' as well, perhaps. */
	{ "counter name n drop", NAMED },
	{ "udp dport 7 counter name n log prefix \"x\" group 1 drop", NAMED },
	{ "counter name n counter name n reject", NAMED },
	{ "counter packets 12 bytes 60 counter name n drop", 12 },
	{ "counter name n udp dport 7 drop", 0 },
	{ "counter name n accept", 0 },
	{ "counter name n quota name q drop", 0 },
	{ "quota name q counter name n drop", NAMED },
	/* Not all that comes is in the map. */
	{ "counter name ip saddr map { 10.0.0.1 : \"n\" } drop", 0 },
	{ "counter name ip saddr map @m drop", 0 },
	{ "drop", 0 },
};

static uint8_t place_of_n(void)
{
	return counter_uses_place("n");
}

/* Each time that it names a counter, which a map's elements do themselves. */
static void check_uses(const struct nlattr *expressions, const char *text)
{
	struct counter_uses uses = { 0 };
	const char *p = text;
	uint32_t n = 0;

	for (; (p = strstr(p, "counter name n")); p++)
		n++;
	if (counter_uses_add_rule(&uses, expressions) != n)
		fail_msg("%s", text);
	for (size_t k = 0; k < COUNTER_USES_PLACES; k++)
		assert_int_equal(uses.of[k], k == place_of_n() ? n : 0);
}

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	size_t *n = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		struct rule_counter_found counter = { 0 };
		uint64_t packets;
		bool found;

		if (mnl_attr_get_type(attr) != NFTA_RULE_EXPRESSIONS)
			continue;
		assert_true(*n < ARRAY_SIZE(rules));
		found = rule_counter_find(attr, &counter);
		packets = counter.name ? NAMED : counter.counts.packets;
		if (found != (packets > 0) || packets != rules[*n].packets)
			fail_msg("%s: %" PRIu64, rules[*n].text, packets);
		if (counter.name)
			assert_string_equal(counter.name, "n");
		else if (found)
			assert_int_equal(counter.counts.bytes, 60);
		check_uses(attr, rules[*n].text);
		(*n)++;
	}
	return MNL_CB_OK;
}

static void test_rules(void **state)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;
	struct mnl_socket *nl;
	struct nft_ctx *nft;
	size_t n = 0;
	ssize_t got;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		skip();
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	assert_int_equal(nft_run_cmd_from_buffer(
				 nft, "table inet t { counter n { }; quota q "
				      "{ over 1 mbytes }; map m { type "
				      "ipv4_addr : counter; }; set s "
				      "{ type ipv4_addr; flags dynamic; "
				      "}; chain other { }; chain c { }; "
				      "}"),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		snprintf(buf, sizeof(buf), "add rule inet t c %s",
			 rules[i].text);
		assert_int_equal(nft_run_cmd_from_buffer(nft, buf), 0);
	}
	nft_ctx_free(nft);
	nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	assert_non_null(nl);
	assert_int_equal(mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID), 0);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = 1;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	*nfg = (struct nfgenmsg){ .nfgen_family = NFPROTO_INET };
	assert_true(mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) > 0);
	while ((got = mnl_socket_recvfrom(nl, buf, sizeof(buf))) > 0)
		if (mnl_cb_run(buf, (size_t)got, 1, mnl_socket_get_portid(nl),
			       on_rule, &n) <= MNL_CB_STOP)
			break;
	mnl_socket_close(nl);
	assert_int_equal(n, ARRAY_SIZE(rules));
}

/* Bytes that are no expressions. */
static void test_bytes(void **state)
{
	static const uint8_t bytes[] = { 16, 0, 4,   0,	  12,  0,   1, 0,
					 99, 0, 'x', 255, 255, 255, 1, 2 };
	const struct nlattr *attr = (const struct nlattr *)bytes;
	struct rule_counter_found found;
	struct counter_uses uses = { 0 };

	(void)state;
	assert_false(rule_counter_find(NULL, &found));
	assert_false(rule_counter_find(attr, &found));
	assert_int_equal(counter_uses_add_rule(&uses, NULL), 0);
	assert_int_equal(counter_uses_add_rule(&uses, attr), 0);
	assert_int_equal(counter_uses_add_elements(&uses, NULL), 0);
	assert_int_equal(counter_uses_add_elements(&uses, attr), 0);
	assert_int_equal(rule_counts_in(NULL).packets, 0);
}

static struct rule_counts take(struct rule_counter *c, uint64_t packets,
			       uint64_t now_ns, bool same)
{
	const struct rule_counts now = { packets, packets * 60 };

	return rule_counter_take(c, &now, now_ns, same);
}

/* Of a name: when what it grows by is the rule's. */
static void test_named(void **state)
{
	struct rule_counter *c = rule_counter_new_named("n");

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->place, place_of_n());
	assert_false(rule_counter_is_known(c));
	/* The first one says who uses it, and no more. */
	assert_false(rule_counter_meet_uses(c, 1, 3));
	assert_true(rule_counter_is_known(c));
	rule_counter_begin(c, &(struct rule_counts){ 50, 3000 }, 1);
	assert_int_equal(c->added.packets, 0);
	assert_int_equal(c->read_ns, 1);
	assert_true(rule_counter_meet_uses(c, 1, 3));
	assert_int_equal(take(c, 57, 2, true).packets, 7);
	/* Another one came, and went. */
	assert_false(rule_counter_meet_uses(c, 1, 4));
	assert_true(rule_counter_is_known(c));
	assert_true(rule_counter_meet_uses(c, 1, 4));
	/* And is there. */
	assert_false(rule_counter_meet_uses(c, 2, 5));
	assert_false(rule_counter_is_known(c));
	assert_false(rule_counter_meet_uses(c, 2, 5));
	/* It goes. */
	assert_false(rule_counter_meet_uses(c, 1, 5));
	assert_true(rule_counter_meet_uses(c, 1, 5));
	/* A ruleset that is read again has none of it. */
	rule_counter_meet(c, &(struct rule_counts){ 0 });
	assert_int_equal(c->now.packets, 57);
	rule_counter_unref(c);
	assert_false(rule_counter_is_known(NULL));
}

static void test_readings(void **state)
{
	struct rule_counter *c =
		rule_counter_new(&(struct rule_counts){ 100, 6000 });

	(void)state;
	assert_non_null(c);
	/* What was there before is not ours. */
	assert_int_equal(take(c, 100, 1, true).packets, 0);
	assert_int_equal(c->moved_ns, 0);
	assert_int_equal(take(c, 130, 2, true).packets, 30);
	assert_int_equal(c->added.bytes, 1800);
	assert_int_equal(c->moved_ns, 2);
	assert_int_equal(take(c, 130, 3, true).packets, 0);
	assert_int_equal(c->moved_ns, 2);
	assert_int_equal(c->read_ns, 3);
	/* "nft reset": then 7 more. */
	assert_int_equal(take(c, 7, 4, true).packets, 7);
	assert_int_equal(c->reset_ns, 4);
	assert_int_equal(c->now.packets, 7);
	assert_int_equal(c->added.packets, 37);
	/* It was given that number. */
	assert_int_equal(take(c, 5, 5, false).packets, 0);
	assert_int_equal(c->added.packets, 37);
	assert_int_equal(take(c, 6, 6, true).packets, 1);
	/* The same when the ruleset was read again. */
	rule_counter_meet(c, &(struct rule_counts){ 9, 540 });
	assert_int_equal(take(c, 10, 7, true).packets, 4);
	rule_counter_meet(c, &(struct rule_counts){ 2, 120 });
	assert_int_equal(take(c, 3, 8, true).packets, 1);
	assert_ptr_equal(rule_counter_ref(c), c);
	rule_counter_unref(c);
	rule_counter_unref(c);
	rule_counter_unref(NULL);
	assert_null(rule_counter_ref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
