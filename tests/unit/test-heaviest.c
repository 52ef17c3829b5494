/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "heaviest.h"
#include "util.h"

static struct heaviest *h;

static int setup(void **state)
{
	(void)state;
	h = heaviest_new(3);
	return h ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	heaviest_free(h);
	heaviest_free(NULL);
	return 0;
}

static void make(struct drop_event *ev, enum packet_network network,
		 const char *saddr, const char *daddr)
{
	int family = network == PACKET_NETWORK_IPV6 ? AF_INET6 : AF_INET;

	drop_event_init(ev);
	/* What stands behind an IPv4 address is no part of it. */
	memset(&ev->packet.saddr, 0xee, sizeof(ev->packet.saddr));
	ev->packet.has = PACKET_HAS_ADDRS;
	ev->packet.network = (uint8_t)network;
	assert_int_equal(inet_pton(family, saddr, &ev->packet.saddr), 1);
	assert_int_equal(inet_pton(family, daddr, &ev->packet.daddr), 1);
}

/* An ARP packet's address is that of the IPv4 packets. */
static void test_addresses(void **state)
{
	struct drop_event ev;

	(void)state;
	make(&ev, PACKET_NETWORK_IPV4, "10.0.0.1", "10.0.0.9");
	ev.count = 3;
	heaviest_add(h, &ev);
	make(&ev, PACKET_NETWORK_ARP, "10.0.0.1", "10.0.0.8");
	heaviest_add(h, &ev);
	make(&ev, PACKET_NETWORK_IPV6, "a00:1::", "fd00::1");
	heaviest_add(h, &ev);
	assert_int_equal(h->samples, 5);
	assert_int_equal(h->sources.n_entries, 2);
	assert_int_equal(h->sources.entries[0].count, 4);
	assert_int_equal(h->destinations.n_entries, 3);
	assert_int_equal(h->ports.n_entries, 0);
}

/* The same port of two protocols is two. */
static void test_ports(void **state)
{
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.packet.has = PACKET_HAS_PORTS | PACKET_HAS_PROTOCOL;
	ev.packet.dport = 53;
	ev.packet.protocol = IPPROTO_UDP;
	heaviest_add(h, &ev);
	ev.packet.sport = 77;
	heaviest_add(h, &ev);
	ev.packet.protocol = IPPROTO_TCP;
	heaviest_add(h, &ev);
	assert_int_equal(h->ports.n_entries, 2);
	assert_int_equal(h->ports.entries[0].count, 2);
	assert_int_equal(h->sources.n_entries, 0);
	assert_int_equal(h->samples, 3);
}

/* A scan of a thousand sources does not hide the one that sends most. */
static void test_scan(void **state)
{
	const struct heaviest_addr *addr;
	struct drop_event ev;
	uint32_t top;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		make(&ev, PACKET_NETWORK_IPV4, "10.0.0.1", "10.0.0.9");
		if (i % 10 != 0)
			ev.packet.saddr.v4.s_addr =
				htonl(0x0b000000 + i * 7919 % 1000);
		heaviest_add(h, &ev);
	}
	assert_int_equal(sketch_heaviest(&h->sources, &top, 1), 1);
	addr = sketch_key(&h->sources, top);
	assert_int_equal(ntohl(addr->addr.v4.s_addr), 0x0a000001);
	assert_true(h->sources.entries[top].count >= 2000);
	assert_true(h->sources.entries[top].count -
			    h->sources.entries[top].error <=
		    2000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_addresses),
		TEST(test_ports),
		TEST(test_scan),
	};

	return cmocka_run_group_tests_name("heaviest", tests, NULL, NULL);
}
