/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink bytes, of any length and with any nlmsg_len: no read past them, no
 * string without an end, and the event that comes out can be told and heard.
 */
#include <errno.h>
#include <json-c/json.h>

#include "aggregate-json.h"
#include "codec.h"
#include "decode.h"
#include "fuzz.h"
#include "pipeline.h"
#include "program.h"
#include "stats.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

static void check_string(const char *s, size_t size)
{
	check(memchr(s, '\0', size));
}

#define CHECK_STRING(member) check_string(member, sizeof(member))

/* From JSON, to JSON and back: the same from the first time on. */
static void check_event(const struct drop_event *ev)
{
	struct json_object *first = event_to_json(ev), *second;
	struct drop_event heard, again;

	CHECK_STRING(ev->reason);
	CHECK_STRING(ev->subsystem);
	CHECK_STRING(ev->location);
	CHECK_STRING(ev->trap);
	CHECK_STRING(ev->trap_group);
	CHECK_STRING(ev->in.name);
	CHECK_STRING(ev->out.name);
	check(ev->packet.n_vlans <= PACKET_VLANS_MAX);
	check(first);
	check(event_from_json(first, &heard) == 0);
	check(event_is_utf8(&heard));
	if (event_is_utf8(ev))
		check(event_equal(ev, &heard));
	second = event_to_json(&heard);
	check(second);
	check(json_object_equal(first, second));
	check(event_from_json(second, &again) == 0);
	check(event_equal(&heard, &again));
	json_object_put(first);
	json_object_put(second);
	drop_event_done(&heard);
	drop_event_done(&again);
}

static uint64_t n_emitted, n_counted;

static void emit(struct sink *sink, const struct drop_event *ev,
		 const struct packet_bytes *bytes)
{
	static struct program *program;
	static const struct instruction length[] = { { 0x80, 0, 0, 0 },
						     { 0x16, 0, 0, 0 } };
	char error[64];

	(void)sink;
	if (!program)
		check(program_new(&program, length, 2, error, sizeof(error)) ==
		      0);
	if (bytes) {
		volatile uint8_t seen = 0;

		/* All of them are there to be read. */
		for (size_t i = 0; i < bytes->len; i++)
			seen ^= ((const uint8_t *)bytes->data)[i];
		(void)seen;
		check(program_match(program, bytes) == (bytes->len > 0));
	}
	n_emitted++;
	n_counted += ev->count;
}

static const struct sink_ops ops = { .emit = emit };

/* The rules' counts and "other" are the total; no text is without its end. */
static void check_rules(const struct pipeline *pipeline)
{
	const struct aggregate *rules = pipeline->rules;
	struct aggregate_counts sum = rules->other;
	struct aggregate_counts total = aggregate_total(rules);
	const struct rules_query query = { .heaviest = HEAVIEST_CAPACITY };
	struct stats_query stats = { .limit = STATS_LIMIT_MAX };
	struct json_object *json;

	for (size_t i = 0; i < rules->n_rules; i++) {
		const struct aggregate_rule *rule = rules->rules[i];

		CHECK_STRING(rule->hook);
		CHECK_STRING(rule->family);
		CHECK_STRING(rule->table);
		CHECK_STRING(rule->chain);
		CHECK_STRING(rule->reason);
		CHECK_STRING(rule->by);
		CHECK_STRING(rule->trap);
		CHECK_STRING(rule->location);
		check(rule->first_ns <= rule->last_ns);
		sum.packets += rule->counts.packets;
		sum.bytes += rule->counts.bytes;
	}
	json = aggregate_to_json(rules, &query, &pipeline->losses);
	check(json);
	check(utf8_is_valid(json_object_to_json_string(json)));
	json_object_put(json);
	for (int i = 0; i < _STAT_KEY_MAX; i++)
		stats_query_add(&stats, (enum stat_key)i);
	json = stats_to_json(rules, &stats, &pipeline->losses, 1);
	check(json);
	check(utf8_is_valid(json_object_to_json_string(json)));
	json_object_put(json);
	check(sum.packets == total.packets);
	check(sum.bytes == total.bytes);
	check(rules->flows.total.packets == pipeline->n_events);
	check(pipeline->losses.aggregate_other == rules->other.packets);
	check(rules->n_rules == 0 || pipeline->n_malformed == 0);
}

static void check_pipeline(const struct nlmsghdr *nlh, size_t size)
{
	struct sink sink = { .ops = &ops };
	struct links links = { 0 };
	struct aggregate rules;
	struct pipeline pipeline;

	aggregate_init(&rules, 1);
	n_emitted = n_counted = 0;
	pipeline_init(&pipeline, &links, NULL, NULL, &rules);
	pipeline_add_sink(&pipeline, &sink);
	pipeline_push_message(&pipeline, nlh, size, 1);
	check(pipeline.n_events == n_counted);
	check(pipeline.n_malformed == 0 || n_emitted == 0);
	check(pipeline.n_malformed <= 1);
	check_rules(&pipeline);
	aggregate_done(&rules);
}

static void decode(const struct nlmsghdr *nlh, size_t size)
{
	struct decode_config config;
	struct drop_event ev;
	uint64_t stats;
	int type, r;

	type = decode_type(nlh, size);
	r = decode_event(nlh, size, &ev);
	check(r == 0 || r == -EBADMSG);
	check(r < 0 || type == DECODE_PACKET);
	if (r == 0)
		check_event(&ev);
	drop_event_done(&ev);
	for (uint32_t i = 0;; i++) {
		r = decode_summary(nlh, size, i, &ev);
		check(r == 0 || r == 1 || r == -EBADMSG);
		check(r < 0 || type == DECODE_SUMMARY);
		if (r != 1)
			break;
		check_event(&ev);
		drop_event_done(&ev);
	}
	(void)decode_config(nlh, size, &config);
	(void)decode_stats(nlh, size, &stats);
	check_pipeline(nlh, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *nlh = copy_bytes(data, size);

	decode(nlh, size);
	/* Mutation seldom gets the length right. */
	if (size >= sizeof(*nlh)) {
		nlh->nlmsg_len = (uint32_t)size;
		decode(nlh, size);
	}
	free(nlh);
	return 0;
}
