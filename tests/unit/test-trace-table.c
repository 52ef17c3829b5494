/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In a network namespace of its own, of the kernel at hand. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_arp.h>

#include <cmocka.h>

#include "trace-message.h"
#include "trace-table.h"
#include "util.h"

#define FLOWS_MAX 64

static const struct trace_places input = {
	.hooks = { [TRACE_INET] = 1U << NF_INET_LOCAL_IN },
};

static const struct trace_table_config config = {
	.flows = FLOWS_MAX,
	.seconds = 10,
	.rate = 100,
};

static int mark(struct trace_table *t, const struct trace_places *places,
		const struct packet *packet)
{
	const struct trace_change change = { .add = packet, .n_add = 1 };

	return trace_table_change(t, places, &change);
}

static int unmark(struct trace_table *t, const struct packet *packet)
{
	const struct trace_change change = { .remove = packet, .n_remove = 1 };

	return trace_table_change(t, &input, &change);
}

static struct nft_ctx *nft;
static struct mnl_socket *traces;

static const char *run(const char *command)
{
	assert_int_equal(nft_run_cmd_from_buffer(nft, command), 0);
	return nft_ctx_get_output_buffer(nft);
}

static void set_up(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
}

static int setup(void **state)
{
	int group = NFNLGRP_NFTRACE;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return 0;
	set_up("lo");
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	nft_ctx_buffer_output(nft);
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_HANDLE |
					      NFT_CTX_OUTPUT_STATELESS);
	traces = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!traces || mnl_socket_bind(traces, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(traces, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (nft)
		nft_ctx_free(nft);
	if (traces)
		mnl_socket_close(traces);
	return 0;
}

/* A datagram from and to an address of this host. */
static void send_udp(int family, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET)
		(void)sendto(fd, "x", 1, 0, (struct sockaddr *)&v4, sizeof(v4));
	else
		(void)sendto(fd, "x", 1, 0, (struct sockaddr *)&v6, sizeof(v6));
	close(fd);
}

static struct packet packet_of(int family, uint8_t protocol, uint16_t port)
{
	struct packet p = {
		.has = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL |
		       PACKET_HAS_PORTS,
		.network = family == AF_INET ? PACKET_NETWORK_IPV4
					     : PACKET_NETWORK_IPV6,
		.protocol = protocol,
		.dport = port,
	};

	if (family == AF_INET) {
		p.saddr.v4.s_addr = htonl(INADDR_LOOPBACK);
		p.daddr.v4.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		p.saddr.v6 = in6addr_loopback;
		p.daddr.v6 = in6addr_loopback;
	}
	return p;
}

/* The drop among the traces that are waiting; false: there is none. */
static bool next_drop(char buf[8192], struct trace_message *m)
{
	uint32_t id = 0, iif = 0;
	ssize_t n;

	while ((n = recv(mnl_socket_get_fd(traces), buf, 8192, MSG_DONTWAIT)) >
	       0) {
		if (trace_message_parse((const void *)buf, (size_t)n, m) < 0)
			continue;
		/* What is known of the packet is told once. */
		if (m->network.data) {
			id = m->id;
			iif = m->iif;
		}
		if (trace_message_is_drop(m)) {
			assert_int_equal(m->id, id);
			assert_int_equal(iif, if_nametoindex("lo"));
			return true;
		}
	}
	return false;
}

static void forget_traces(void)
{
	struct trace_message m;
	char buf[8192];

	while (next_drop(buf, &m))
		;
}

#define RULES                                                         \
	"table inet t { chain c { type filter hook input priority 0;" \
	" policy accept; jump d; };"                                  \
	" chain d { udp dport 2000 drop; }; }"

static void test_traces(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct trace_table *t;
	struct trace_message m;
	char buf[8192];

	(void)state;
	if (!nft)
		skip();
	run("flush ruleset");
	run(RULES);
	assert_int_equal(trace_table_new(&t, &config), 0);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct packet p = packet_of(families[i], IPPROTO_UDP, 2000);

		send_udp(families[i], 2000);
		assert_false(next_drop(buf, &m));
		assert_int_equal(mark(t, &input, &p), 0);
		/* Twice is once. */
		assert_int_equal(mark(t, &input, &p), 0);
		send_udp(families[i], 2001);
		assert_false(next_drop(buf, &m));
		send_udp(families[i], 2000);
		assert_true(next_drop(buf, &m));
		assert_string_equal(m.table, "t");
		assert_string_equal(m.chain, "d");
		assert_int_equal(m.family, NFPROTO_INET);
		assert_int_equal(m.type, TRACE_RULE);
		assert_true(m.rule_handle > 0);
		forget_traces();
		assert_int_equal(unmark(t, &p), 0);
		/* Also when it was not marked. */
		assert_int_equal(unmark(t, &p), 0);
		send_udp(families[i], 2000);
		assert_false(next_drop(buf, &m));
	}
	trace_table_free(t);
}

/* Nobody else changes it, and it goes when its owner does. */
static void test_ownership(void **state)
{
	struct packet p = packet_of(AF_INET, IPPROTO_UDP, 2000);
	struct trace_table *t, *other;
	struct trace_message m;
	char buf[8192];

	(void)state;
	if (!nft)
		skip();
	run("flush ruleset");
	assert_string_equal(run("list ruleset"), "");
	assert_int_equal(trace_table_new(&t, &config), 0);
	assert_string_equal(run("list ruleset"), "");
	assert_int_equal(mark(t, &input, &p), 0);
	run("flush ruleset");
	run(RULES);
	send_udp(AF_INET, 2000);
	assert_true(next_drop(buf, &m));
	assert_non_null(strstr(run("list ruleset"), "nftrace set 1"));
	assert_non_null(strstr(run("list ruleset"), trace_table_name(t)));
	/* Nothing is left where nothing is to be traced. */
	assert_true(trace_table_is_there(t));
	assert_true(trace_table_is_owned(t));
	assert_int_equal(trace_table_rest(t), 0);
	assert_int_equal(trace_table_rest(t), 0);
	assert_false(trace_table_is_there(t));
	assert_null(strstr(run("list ruleset"), "nfdropd"));
	assert_int_equal(mark(t, &input, &p), 0);
	assert_non_null(strstr(run("list ruleset"), "nftrace set 1"));
	/* A second one has another name, and harms nobody. */
	assert_int_equal(trace_table_new(&other, &config), 0);
	assert_int_equal(mark(other, &input, &p), 0);
	assert_string_not_equal(trace_table_name(t), trace_table_name(other));
	trace_table_free(other);
	forget_traces();
	send_udp(AF_INET, 2000);
	assert_true(next_drop(buf, &m));
	trace_table_free(t);
	assert_null(strstr(run("list ruleset"), "nfdropd"));
}

/* As on a kernel before Linux 5.12. */
static void test_old_kernel(void **state)
{
	struct trace_table_config old = config;
	struct packet p = packet_of(AF_INET, IPPROTO_UDP, 2000);
	struct trace_table *t;
	struct trace_message m;
	char buf[8192], name[64];

	(void)state;
	if (!nft)
		skip();
	old.no_owner = true;
	run("flush ruleset");
	/* Nobody has the first number; the second one is somebody's. */
	run("table inet nfdropd-4194999 { }; table bridge nfdropd-4194999 { };"
	    " table inet nfdropd-1 { }; table inet nfdropd-x { }");
	assert_int_equal(trace_table_new(&t, &old), 0);
	assert_int_equal(mark(t, &input, &p), 0);
	assert_false(trace_table_is_owned(t));
	assert_null(strstr(run("list tables"), "nfdropd-4194999"));
	assert_non_null(strstr(run("list tables"), "nfdropd-1\n"));
	assert_non_null(strstr(run("list tables"), "nfdropd-x\n"));
	snprintf(name, sizeof(name), "%s\n", trace_table_name(t));
	assert_non_null(strstr(run("list tables"), name));
	/* It is flushed with all others, and made again. */
	run("flush ruleset");
	run(RULES);
	send_udp(AF_INET, 2000);
	assert_false(next_drop(buf, &m));
	assert_int_equal(mark(t, &input, &p), 0);
	send_udp(AF_INET, 2000);
	assert_true(next_drop(buf, &m));
	run("flush ruleset");
	assert_int_equal(trace_table_rest(t), 0);
	assert_int_equal(mark(t, &input, &p), 0);
	trace_table_free(t);
	assert_null(strstr(run("list tables"), "nfdropd"));
}

/* Each hook, and its packets, as they are there. */
static void test_places(void **state)
{
	struct trace_places places = input;
	struct packet p = packet_of(AF_INET, IPPROTO_UDP, 2000);
	struct trace_table *t;
	struct trace_message m;
	const char *list;
	char buf[8192];

	(void)state;
	if (!nft)
		skip();
	run("flush ruleset");
	run("table netdev n { chain c { type filter hook ingress device lo"
	    " priority 0; ip saddr 127.0.0.1 udp dport 2000 drop; }; }");
	assert_int_equal(trace_table_new(&t, &config), 0);
	assert_int_equal(mark(t, &places, &p), 0);
	send_udp(AF_INET, 2000);
	assert_false(next_drop(buf, &m));
	places.hooks[TRACE_INET] = 31;
	places.hooks[TRACE_BRIDGE] = 31;
	places.hooks[TRACE_ARP] = 3;
	places.hooks[TRACE_NETDEV] = 3;
	snprintf(places.devices[0].names[0], IFNAMSIZ, "lo");
	places.devices[0].n = 1;
	places.devices[1] = places.devices[0];
	assert_int_equal(mark(t, &places, &p), 0);
	list = run("list ruleset");
	assert_non_null(strstr(list, "table bridge nfdropd-"));
	assert_non_null(strstr(list, "table arp nfdropd-"));
	assert_non_null(strstr(list, "hook egress"));
	assert_non_null(strstr(list, "hook postrouting"));
	send_udp(AF_INET, 2000);
	assert_true(next_drop(buf, &m));
	assert_int_equal(m.family, NFPROTO_NETDEV);
	assert_string_equal(m.table, "n");
	/* Without a device that is gone. */
	forget_traces();
	snprintf(places.devices[0].names[1], IFNAMSIZ, "none");
	places.devices[0].n = 2;
	assert_int_equal(mark(t, &places, &p), 0);
	/* Since Linux 6.16 a chain's devices need not be there. */
	list = run("list ruleset");
	assert_true(!strstr(list, "table netdev nfdropd-") ||
		    strstr(list, "none"));
	assert_non_null(strstr(list, "table inet nfdropd-"));
	trace_table_free(t);
	assert_null(strstr(run("list ruleset"), "nfdropd"));
}

/* Packets of any flow, within the rate; and what it is can be listed. */
static void test_samples(void **state)
{
	static const uint16_t ports[] = { 2000, 2001 };
	struct trace_table_config sampling = config;
	const struct trace_change nothing = { 0 };
	struct trace_places places = input;
	struct trace_message m;
	struct trace_table *t;
	const char *list;
	char buf[8192];
	size_t n = 0;

	(void)state;
	if (!nft)
		skip();
	sampling.samples = 8;
	places.hooks[TRACE_BRIDGE] = 1U << NF_INET_LOCAL_IN;
	places.hooks[TRACE_ARP] = 1U << NF_ARP_IN;
	run("flush ruleset");
	run("table inet t { chain c { type filter hook input priority 0;"
	    " udp dport 2000-2001 drop; }; }");
	assert_int_equal(trace_table_new(&t, &sampling), 0);
	assert_int_equal(trace_table_change(t, &places, &nothing), 0);
	list = run("list ruleset");
	assert_non_null(strstr(list, "limit name \"sample-source\""));
	/* Whose turn it is: by the last byte of a source, or a port. */
	assert_non_null(strstr(list, "@nh,120,8"));
	assert_non_null(strstr(list, "@nh,184,8"));
	assert_non_null(strstr(list, "@th,24,8"));
	assert_non_null(strstr(list, "0x00000000 . 0x00000000"));
	assert_non_null(strstr(list, "0x00000007 . 0x00000007"));
	assert_non_null(strstr(list, "table bridge nfdropd-"));
	assert_non_null(strstr(list, "table arp nfdropd-"));
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		send_udp(AF_INET, ports[i]);
		send_udp(AF_INET6, ports[i]);
	}
	/* Two of what is not TCP, and those whose turn it is. */
	while (next_drop(buf, &m))
		n++;
	assert_in_range(n, 1, 4);
	for (size_t i = 0; i < 100; i++)
		send_udp(AF_INET, ports[0]);
	/* In a second or two. */
	n = 0;
	while (next_drop(buf, &m))
		n++;
	assert_in_range(n, 0, 16);
	assert_int_equal(trace_table_rest(t), 0);
	assert_null(strstr(run("list ruleset"), "nfdropd"));
	send_udp(AF_INET, ports[0]);
	assert_false(next_drop(buf, &m));
	trace_table_free(t);
}

static void test_bounds(void **state)
{
	struct packet p = packet_of(AF_INET, IPPROTO_UDP, 0);
	struct trace_table *t;
	int r = 0;

	(void)state;
	assert_true(trace_table_takes(&p));
	p.has &= (uint16_t)~PACKET_HAS_ADDRS;
	assert_false(trace_table_takes(&p));
	p.has |= PACKET_HAS_ADDRS;
	p.network = PACKET_NETWORK_OTHER;
	assert_false(trace_table_takes(&p));
	if (!nft)
		skip();
	p.network = PACKET_NETWORK_IPV4;
	assert_int_equal(trace_table_new(&t, &config), 0);
	for (int i = 0; i < FLOWS_MAX && r == 0; i++) {
		p.dport = (uint16_t)i;
		r = mark(t, &input, &p);
	}
	assert_int_equal(r, 0);
	p.dport = FLOWS_MAX;
	assert_int_equal(mark(t, &input, &p), -ENOSPC);
	trace_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traces),
		cmocka_unit_test(test_ownership),
		cmocka_unit_test(test_old_kernel),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
