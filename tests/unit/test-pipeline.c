/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "alert.h"
#include "net-dm-abi.h"
#include "pipeline.h"
#include "support.h"
#include "util.h"

#define SEEN_MAX 8

struct recorder {
	struct sink sink;
	struct drop_event seen[SEEN_MAX];
	size_t n_seen;
	struct packet_bytes bytes; /* of the last: where, and how many */
	struct losses lost;
	size_t n_lost;
};

static void record_emit(struct sink *sink, const struct drop_event *ev,
			const struct packet_bytes *bytes)
{
	struct recorder *r = (struct recorder *)sink;

	assert_true(r->n_seen < SEEN_MAX);
	assert_int_equal(drop_event_copy(&r->seen[r->n_seen++], ev), 0);
	r->bytes = bytes ? *bytes : (struct packet_bytes){ 0 };
}

static void record_lost(struct sink *sink, const struct losses *delta)
{
	struct recorder *r = (struct recorder *)sink;

	r->lost = *delta;
	r->n_lost++;
}

static const struct sink_ops ops = { record_emit, record_lost };

static int resolve(struct symbols *symbols, uint64_t pc, char *buf, size_t size)
{
	(void)symbols;
	if (pc != 0x0807060504030201)
		return -ENOENT;
	copy_string(buf, size, "known+0x1/0x2", SIZE_MAX);
	return 0;
}

static const char *find_unit(struct units *units, uint64_t cgroup_id,
			     uint64_t now_ns)
{
	(void)units;
	assert_int_equal(now_ns, 123);
	return cgroup_id == 4711 ? "nginx.service" : NULL;
}

struct bed {
	struct links links;
	struct symbols symbols;
	struct units units;
	struct aggregate rules;
	struct pipeline pipeline;
	struct recorder recorder;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	links_init(&bed->links);
	aggregate_init(&bed->rules, 1);
	assert_int_equal(links_set(&bed->links, 2, "eth0"), 0);
	bed->symbols.resolve = resolve;
	bed->units.find = find_unit;
	bed->recorder.sink.ops = &ops;
	pipeline_init(&bed->pipeline, &bed->links, &bed->symbols, &bed->units,
		      &bed->rules);
	pipeline_add_sink(&bed->pipeline, &bed->recorder.sink);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	for (size_t i = 0; i < bed->recorder.n_seen; i++)
		drop_event_done(&bed->recorder.seen[i]);
	links_done(&bed->links);
	aggregate_done(&bed->rules);
	free(bed);
	return 0;
}

/* Takes @msg. */
static void push(struct bed *bed, struct nl_msg *msg)
{
	pipeline_push_message(&bed->pipeline, nlmsg_hdr(msg), alert_size(msg),
			      123);
	nlmsg_free(msg);
}

static void test_packet(void **state)
{
	struct bed *bed = *state;

	push(bed, alert_new_packet());
	assert_int_equal(bed->recorder.n_seen, 1);
	assert_string_equal(bed->recorder.seen[0].in.name, "eth0");
	assert_string_equal(bed->recorder.seen[0].out.name, "");
	/* The kernel's time, not ours. */
	assert_true(bed->recorder.seen[0].timestamp_ns == 1763930000123456789);
	assert_int_equal(bed->pipeline.n_events, 1);
	assert_int_equal(bed->pipeline.n_malformed, 0);
	assert_true(bed->pipeline.saw_reason);
	/* With its bytes, as the message has them. */
	assert_int_equal(bed->recorder.bytes.len, 54);
	assert_int_equal(bed->recorder.bytes.orig_len, 54);
	assert_int_equal(bed->recorder.bytes.start, PACKET_START_MAC);
	assert_int_equal(bed->recorder.bytes.ethertype, 0x0800);
}

/* A name that the kernel gave is kept; an unknown number stays nameless. */
static void test_names(void **state)
{
	struct bed *bed = *state;
	struct nl_msg *msg;
	struct drop_event ev;

	msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	alert_put_port(msg, 2, "swp2");
	push(bed, msg);
	msg = alert_new(NET_DM_CMD_PACKET_ALERT);
	alert_put_port(msg, 3, NULL);
	push(bed, msg);
	assert_string_equal(bed->recorder.seen[0].in.name, "swp2");
	assert_string_equal(bed->recorder.seen[1].in.name, "");
	assert_false(bed->pipeline.saw_reason);

	drop_event_init(&ev);
	ev.out.ifindex = 2;
	pipeline_push(&bed->pipeline, &ev, NULL);
	assert_string_equal(bed->recorder.seen[2].out.name, "eth0");
	assert_string_equal(bed->recorder.seen[2].in.name, "");
}

/* Points of no packets, which a checker of memory looks at. */
static void test_summary_of_none(void **state)
{
	static const struct net_dm_drop_point points[] = {
		{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 0 },
		{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 0 },
	};
	struct bed *bed = *state;

	push(bed, alert_new_summary(points, 2, 2));
	push(bed, alert_new_summary(points, 2, 2));
	assert_int_equal(bed->recorder.n_seen, 4);
	assert_int_equal(bed->pipeline.n_events, 0);
}

static void test_summary(void **state)
{
	static const struct net_dm_drop_point points[] = {
		{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 10 },
		{ { 0 }, 3 },
		{ { 1 }, 4 },
	};
	struct bed *bed = *state;
	const struct drop_event *seen = bed->recorder.seen;

	push(bed, alert_new_summary(points, 3, 3));
	assert_int_equal(bed->recorder.bytes.len, 0);
	assert_int_equal(bed->recorder.n_seen, 3);
	assert_int_equal(bed->pipeline.n_events, 17);
	assert_string_equal(seen[0].location,
			    le64toh(1) == 1 ? "known+0x1/0x2" : "");
	assert_int_equal(seen[0].count, 10);
	assert_int_equal(seen[0].timestamp_ns, 123);
	assert_string_equal(seen[1].location, "");
	assert_string_equal(seen[2].location, "");

	bed->pipeline.symbols = NULL;
	push(bed, alert_new_summary(points, 1, 1));
	assert_string_equal(seen[3].location, "");
	/* More than there are: none is believed. */
	push(bed, alert_new_summary(points, 3, 4));
	assert_int_equal(bed->recorder.n_seen, 4);
	assert_int_equal(bed->pipeline.n_malformed, 1);
	assert_int_equal(bed->pipeline.n_events, 27);
}

static void test_malformed(void **state)
{
	struct bed *bed = *state;
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);

	alert_put(msg, NET_DM_ATTR_PC, "short", 5);
	push(bed, msg);
	assert_int_equal(bed->pipeline.n_malformed, 1);
	msg = alert_new_packet();
	nlmsg_hdr(msg)->nlmsg_len--;
	pipeline_push_message(&bed->pipeline, nlmsg_hdr(msg), 18, 0);
	assert_int_equal(bed->pipeline.n_malformed, 2);
	nlmsg_free(msg);
	/* Not for us, and nothing wrong with it. */
	push(bed, alert_new(NET_DM_CMD_CONFIG_NEW));
	assert_int_equal(bed->pipeline.n_malformed, 2);
	assert_int_equal(bed->pipeline.n_events, 0);
	assert_int_equal(bed->recorder.n_seen, 0);
}

/* Whose packet it was: of one unit, of none that is known, of nobody here. */
static void test_units(void **state)
{
	static const struct {
		uint64_t cgroup_id;
		const char *unit;
	} cases[] = { { 4711, "nginx.service" }, { 4712, NULL }, { 0, NULL } };
	struct bed *bed = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg = alert_new_packet();
		struct nlattr *nest = nla_nest_start(msg, NET_DM_ATTR_NF);

		if (cases[i].cgroup_id)
			alert_put_u64(msg, NET_DM_ATTR_NF_CGROUP_ID,
				      cases[i].cgroup_id);
		nla_nest_end(msg, nest);
		push(bed, msg);
		if (cases[i].unit)
			assert_string_equal(bed->recorder.seen[i].process.unit,
					    cases[i].unit);
		else
			assert_null(bed->recorder.seen[i].process.unit);
	}
}

/* Counts by rule are no events; what does not parse is in no count. */
static void test_rules(void **state)
{
	struct bed *bed = *state;
	struct nl_msg *msg;
	struct nlattr *nest;

	for (int i = 0; i < 2; i++) {
		msg = alert_new(NET_DM_CMD_NF_ALERT);
		alert_put_u64(msg, NET_DM_ATTR_NF_LOST, 4);
		nest = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRIES);
		alert_put_rule(msg, 1, "filter", 7, 100, 6400);
		alert_put_rule(msg, 1, "filter", 8, 1, 64);
		nla_nest_end(msg, nest);
		push(bed, msg);
	}
	msg = alert_new(NET_DM_CMD_NF_ALERT);
	alert_put_u64(msg, NET_DM_ATTR_NF_LOST, 4);
	nest = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRIES);
	alert_put_rule(msg, 1, "filter", 7, 100, 6400);
	alert_put(msg, NET_DM_ATTR_NF_ENTRY, "abcdef", 6);
	nla_nest_end(msg, nest);
	push(bed, msg);
	assert_int_equal(bed->pipeline.n_malformed, 1);
	assert_int_equal(bed->pipeline.n_events, 0);
	assert_int_equal(bed->recorder.n_seen, 0);
	assert_int_equal(bed->recorder.n_lost, 0);
	assert_int_equal(bed->pipeline.losses.rule_packets, 8);
	assert_int_equal(bed->pipeline.losses.aggregate_other, 0);
	assert_int_equal(bed->rules.n_rules, 2);
	assert_int_equal(aggregate_total(&bed->rules).packets, 202);
	assert_int_equal(bed->rules.rules[0]->counts.bytes, 12800);
	/* The kernel's time was absent: ours. */
	assert_int_equal(bed->rules.rules[0]->first_ns, 123);

	/* Without a place for them. */
	bed->pipeline.rules = NULL;
	msg = alert_new(NET_DM_CMD_NF_ALERT);
	nest = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRIES);
	alert_put_rule(msg, 1, "filter", 7, 100, 6400);
	nla_nest_end(msg, nest);
	push(bed, msg);
	assert_int_equal(aggregate_total(&bed->rules).packets, 202);
}

/* What of it the kernel counts as well is a sample, and nothing is counted
 * twice.
 */
static void test_counts(void **state)
{
	static const struct net_dm_drop_point point = { { 1 }, 4 };
	struct bed *bed = *state;
	const struct aggregate *a = &bed->rules;
	struct drop_event ev;

	for (int i = 0; i < 2; i++) {
		bed->pipeline.kernel_counts = i == 0;
		drop_event_init(&ev);
		ev.length = 60;
		pipeline_push(&bed->pipeline, &ev, NULL);
		ev.attribution = DROP_ATTRIBUTION_EXACT;
		ev.netfilter.kind = DROP_KIND_NFT_RULE;
		pipeline_push(&bed->pipeline, &ev, NULL);
		/* Netfilter's are among them. */
		push(bed, alert_new_summary(&point, 1, 1));
	}
	assert_int_equal(bed->pipeline.n_events, 12);
	assert_int_equal(a->flows.total.packets, 12);
	assert_int_equal(a->total[AGGREGATE_BY_KERNEL].packets, 0);
	assert_int_equal(a->total[AGGREGATE_BY_EVENTS].packets, 7);
	assert_int_equal(a->total[AGGREGATE_BY_EVENTS].bytes, 180);
	assert_int_equal(a->n_rules, 4);
	/* The one without a place, and the one that was told by its place. */
	assert_int_equal(a->rules[0]->counts.packets, 6);
	assert_int_equal(a->rules[0]->samples, 6);
	assert_int_equal(a->rules[1]->counts.packets, 0);
	assert_int_equal(a->rules[1]->samples, 1);
	assert_int_equal(a->rules[2]->counts.packets, 0);
	assert_int_equal(a->rules[2]->samples, 4);
	assert_int_equal(a->rules[3]->counts.packets, 1);
}

static void test_losses(void **state)
{
	static const struct losses delta = { 1, 20, 300, 4000, 50000, 600000 };
	struct bed *bed = *state;
	struct recorder second = { .sink.ops = &ops };

	pipeline_add_sink(&bed->pipeline, &second.sink);
	pipeline_lost(&bed->pipeline, &delta);
	pipeline_lost(&bed->pipeline, &delta);
	assert_int_equal(bed->pipeline.losses.kernel_queue, 2);
	assert_int_equal(bed->pipeline.losses.socket, 40);
	assert_int_equal(bed->pipeline.losses.aggregate_other, 600);
	assert_int_equal(bed->pipeline.losses.sessions, 8000);
	assert_int_equal(bed->pipeline.losses.rule_packets, 100000);
	assert_int_equal(bed->pipeline.losses.rule_messages, 1200000);
	/* Sinks hear the difference, each of them. */
	assert_int_equal(bed->recorder.n_lost, 2);
	assert_int_equal(second.n_lost, 2);
	assert_memory_equal(&second.lost, &delta, sizeof(delta));
	push(bed, alert_new_packet());
	assert_int_equal(second.n_seen, 1);
	assert_int_equal(bed->recorder.n_seen, 1);
	drop_event_done(&second.seen[0]);
	bed->pipeline.sinks = &bed->recorder.sink;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_packet),	    TEST(test_names),
		TEST(test_summary),	    TEST(test_malformed),
		TEST(test_units),	    TEST(test_rules),
		TEST(test_losses),	    TEST(test_counts),
		TEST(test_summary_of_none),
	};

	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
