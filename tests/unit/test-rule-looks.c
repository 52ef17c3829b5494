/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of rules as nft and the kernel at hand make them. */
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

#include "rule-looks.h"
#include "util.h"

static const struct {
	const char *text;
	uint8_t looks;
} rules[] = {
	{ "ip saddr 10.0.0.0/8 tcp dport 80 drop", 0 },
	{ "ip saddr . ip daddr { 10.0.0.1 . 10.0.0.2 } drop", RULE_LOOKS_SET },
	{ "ip6 saddr 2001:db8::/32 icmpv6 type echo-request drop", 0 },
	{ "ip6 saddr 2001:db8:1:2::/64 ip6 daddr fe80::/10 drop", 0 },
	{ "iifname \"eth0\" meta l4proto { tcp, udp } th dport 1-1000 drop",
	  RULE_LOOKS_SET },
	{ "tcp flags & (fin | syn) == fin | syn drop", 0 },
	{ "icmp type echo-request icmp code 0 drop", 0 },
	{ "tcp dport vmap { 22 : accept, 23 : drop }", RULE_LOOKS_SET },
	{ "fib saddr . iif oif missing drop", 0 },
	{ "counter log prefix \"x\" reject", 0 },
	{ "ct state invalid drop", RULE_LOOKS_STATE },
	{ "ct state vmap { invalid : drop, established : accept }",
	  RULE_LOOKS_STATE | RULE_LOOKS_SET },
	{ "tcp sport 80 drop", RULE_LOOKS_FURTHER },
	{ "udp sport 80 udp dport 80 drop", RULE_LOOKS_FURTHER },
	{ "ip ttl 1 drop", RULE_LOOKS_FURTHER },
	{ "ip dscp cs1 drop", RULE_LOOKS_FURTHER },
	{ "meta length 100 drop", RULE_LOOKS_FURTHER },
	{ "meta mark 1 jump other", RULE_LOOKS_FURTHER },
	{ "meta skuid 0 drop", RULE_LOOKS_FURTHER },
	{ "ct mark 1 drop", RULE_LOOKS_FURTHER },
	{ "limit rate over 10/second drop", RULE_LOOKS_FURTHER },
	{ "numgen inc mod 2 0 drop", RULE_LOOKS_FURTHER },
	{ "ip saddr set 10.0.0.1", RULE_LOOKS_FURTHER },
	{ "tcp option maxseg size 100 drop", RULE_LOOKS_FURTHER },
	{ "ether saddr 02:00:00:00:00:01 drop", RULE_LOOKS_FURTHER },
	/* They decide nothing. */
	{ "limit rate 10/second log", 0 },
	{ "meta mark set 1", 0 },
	{ "udp sport 80 counter", 0 },
};

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	size_t *n = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		uint8_t looks;

		if (mnl_attr_get_type(attr) != NFTA_RULE_EXPRESSIONS)
			continue;
		assert_true(*n < ARRAY_SIZE(rules));
		looks = rule_looks(attr);
		if (looks != rules[*n].looks)
			fail_msg("%s: %#x", rules[*n].text, looks);
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
	assert_int_equal(
		nft_run_cmd_from_buffer(nft, "table inet t { chain other { };"
					     " chain c { }; }"),
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

	(void)state;
	assert_int_equal(rule_looks(NULL), 0);
	assert_int_equal(rule_looks((const struct nlattr *)bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
