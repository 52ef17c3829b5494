/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aggregate-move.h"
#include "util.h"

#define SEC 1000000000ULL

static struct aggregate a;

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 5);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	return 0;
}

/* Of a place, or of a rule when that is known. */
static struct drop_event make(bool is_known, uint64_t ns)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.count = 1;
	ev.length = 60;
	ev.timestamp_ns = ns;
	ev.packet.network = PACKET_NETWORK_IPV4;
	ev.packet.has = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL;
	strcpy(ev.location, "nft_do_chain+0x1/0x2");
	if (is_known) {
		ev.attribution = DROP_ATTRIBUTION_TRACED;
		ev.netfilter.kind = DROP_KIND_NFT_RULE;
		ev.netfilter.table_handle = 1;
		ev.netfilter.rule_handle = 7;
		strcpy(ev.netfilter.table, "t");
		strcpy(ev.netfilter.chain, "c");
	}
	return ev;
}

static struct aggregate_rule *add(bool is_known, uint64_t ns)
{
	struct drop_event ev = make(is_known, ns);

	assert_true(aggregate_add_event(&a, &ev, false));
	return aggregate_find(&a, &ev, false);
}

static void move(struct aggregate_rule *from, struct aggregate_rule *to,
		 uint64_t packets)
{
	const struct aggregate_moved moved = {
		.counts = { packets, 60 * packets },
		.first_ns = 10,
		.last_ns = 50,
	};
	struct drop_event ev = make(true, 1);

	aggregate_move(&a, from, to, &ev, &moved);
}

static struct flow_counts flow_of(const struct aggregate_rule *rule)
{
	const struct flow_key *key;
	const struct flow *flow;

	for (size_t i = 0; (flow = flows_at(&a.flows, i, &key)); i++)
		if (key->rule == rule)
			return flow->counts;
	return (struct flow_counts){ 0 };
}

static void test_counts(void **state)
{
	struct aggregate_rule *from, *to;
	struct drop_event ev = make(true, 1);

	(void)state;
	assert_null(aggregate_find(&a, &ev, false));
	for (uint64_t ns = 10; ns < 20; ns++)
		from = add(false, ns);
	to = add(true, 100);
	assert_ptr_not_equal(from, to);
	move(from, to, 4);
	assert_int_equal(from->counts.packets, 6);
	assert_int_equal(from->counts.bytes, 360);
	assert_int_equal(from->samples, 6);
	assert_int_equal(to->counts.packets, 5);
	assert_int_equal(to->counts.bytes, 300);
	assert_int_equal(to->samples, 5);
	assert_int_equal(to->first_ns, 10);
	assert_int_equal(to->last_ns, 100);
	assert_int_equal(flow_of(from).packets, 6);
	assert_int_equal(flow_of(to).packets, 5);
	assert_int_equal(flow_of(to).bytes, 300);
	assert_int_equal(aggregate_total(&a).packets, 11);
	assert_int_equal(a.flows.total.packets, 11);
	/* Not more than there is. */
	move(from, to, 100);
	assert_int_equal(from->counts.packets, 0);
	assert_int_equal(to->counts.packets, 11);
	assert_int_equal(aggregate_total(&a).packets, 11);
}

/* What has moved has not shrunk, and was not told twice. */
static void test_intervals(void **state)
{
	struct aggregate_rule *from = NULL, *to;

	(void)state;
	aggregate_tick(&a, SEC);
	for (uint64_t ns = 10; ns < 20; ns++)
		from = add(false, ns);
	from->told.counts = from->counts;
	from->told.samples = from->samples;
	aggregate_tick(&a, SEC + RATES_INTERVAL_NS);
	assert_true(from->rates.last > 1.9F);
	to = add(true, 100);
	(void)add(false, 100);
	move(from, to, 4);
	/* One that was not told has gone, and three that were. */
	assert_int_equal(from->counts.packets, 7);
	assert_int_equal(from->told.counts.packets, 7);
	assert_int_equal(from->told.samples, 7);
	assert_int_equal(to->counts.packets, 5);
	assert_int_equal(to->told.counts.packets, 3);
	assert_int_equal(to->told.counts.bytes, 180);
	aggregate_tick(&a, SEC + 2 * RATES_INTERVAL_NS);
	assert_true(from->rates.last < 0.1F);
	assert_true(to->rates.last > 0.9F && to->rates.last < 1.1F);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_intervals, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
