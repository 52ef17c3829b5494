/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aggregate-json.h"
#include "counters.h"
#include "counts-file.h"
#include "ruleset-edit.h"
#include "ruleset-make.h"
#include "stats.h"

#define INPUT 1 /* NF_INET_LOCAL_IN */

static struct aggregate a;
static struct ruleset *rs;
static char text[4096];
static size_t len;

static struct rule *add_rule(const char *chain, uint64_t handle,
			     uint64_t packets)
{
	const struct rule_counts counts = { packets, packets * 100 };
	struct rule *rule = make_rule(rs, chain, handle, "counter drop", NULL);

	rule->content = handle + 1000;
	rule->counter = rule_counter_new(&counts);
	assert_non_null(rule->counter);
	return rule;
}

static int setup(void **state)
{
	(void)state;
	aggregate_init(&a, 1);
	rs = make_ruleset(3);
	make_chain(rs, "input", INPUT);
	make_chain(rs, "other", -1);
	add_rule("input", 7, 10);
	make_rule(rs, "input", 8, "accept", NULL);
	add_rule("input", 9, 0);
	add_rule("other", 11, 0);
	len = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aggregate_done(&a);
	ruleset_unref(rs);
	return 0;
}

static void put(const void *record, size_t size)
{
	memcpy(text + len, record, size);
	len += size;
}

static void put_place(uint64_t table_handle, const char *chain)
{
	struct counter_place place = { .kind = COUNTER_PLACE,
				       .family = MADE_FAMILY,
				       .table_handle = table_handle };

	strcpy(place.chain, chain);
	put(&place, sizeof(place));
}

static void put_value(uint64_t handle, uint64_t packets)
{
	const struct counter_value value = {
		.kind = COUNTER_VALUE,
		.handle = handle,
		.content = handle + 1000,
		.counts = { packets, packets * 100 },
	};

	put(&value, sizeof(value));
}

static void put_named(uint64_t handle, uint64_t packets, uint32_t n_uses)
{
	const struct counter_value value = {
		.kind = COUNTER_VALUE,
		.n_uses = n_uses,
		.handle = handle,
		.content = handle + 1000,
		.counts = { packets, packets * 100 },
	};

	put_place(MADE_HANDLE, "input");
	put(&value, sizeof(value));
}

static struct counters_reading take(struct aggregate *rules, uint64_t now_ns)
{
	struct counters_reading reading = {
		.rs = rs,
		.netns = { .inum = 9, .cookie = 1 },
		.now_ns = now_ns,
		.same = true,
		.seconds = 10,
		.rules = rules,
	};

	assert_int_equal(counters_take(&reading, text, len), 0);
	len = 0;
	return reading;
}

static void test_reading(void **state)
{
	struct counters_reading reading;

	(void)state;
	put_place(MADE_HANDLE, "input");
	put_value(7, 13);
	put_value(9, 0);
	put_place(MADE_HANDLE, "other");
	put_value(11, 2);
	reading = take(&a, 1000);
	assert_int_equal(reading.n_read, 3);
	assert_int_equal(reading.n_moved, 2);
	/* What it has grown by, and what did not grow not at all. */
	assert_int_equal(a.n_rules, 2);
	assert_int_equal(a.rules[0]->counts.packets, 3);
	assert_int_equal(a.rules[0]->counts.bytes, 300);
	assert_int_equal(a.rules[0]->rule_handle, 7);
	assert_int_equal(a.rules[0]->attribution, DROP_ATTRIBUTION_COUNTER);
	assert_int_equal(a.rules[0]->netns_inum, 9);
	assert_string_equal(a.rules[0]->hook, "input");
	assert_string_equal(a.rules[0]->rule->text, "counter drop");
	assert_string_equal(a.rules[1]->hook, "");
	assert_string_equal(a.rules[1]->chain, "other");
	/* Backwards, and twice: each is found. */
	put_place(MADE_HANDLE, "input");
	put_value(9, 1);
	put_value(7, 14);
	put_value(7, 14);
	assert_int_equal(take(&a, 2000).n_moved, 2);
	assert_int_equal(a.rules[0]->counts.packets, 4);
	assert_int_equal(a.rules[0]->last_ns, 2000);
	assert_int_equal(a.rules[0]->first_ns, 1000);
	assert_int_equal(a.n_rules, 3);
}

/* Of what it grew by between two readings, however many intervals these take.
 */
static void test_rates(void **state)
{
	(void)state;
	aggregate_tick(&a, 1);
	put_place(MADE_HANDLE, "input");
	put_value(7, 110);
	(void)take(&a, 1000);
	aggregate_tick(&a, 5000000001);
	assert_true(a.rules[0]->rates.last == 10);
	aggregate_tick(&a, 10000000001);
	assert_true(a.rules[0]->rates.last == 10);
	assert_true(a.rules[0]->rates.one > 0);
	put_place(MADE_HANDLE, "input");
	put_value(7, 110);
	(void)take(&a, 2000);
	aggregate_tick(&a, 15000000001);
	assert_true(a.rules[0]->rates.last == 0);
	assert_int_equal(a.rules[0]->rates.before, 100);
}

/* Rules that are others, or gone, or came since. */
static void test_others(void **state)
{
	const struct counter_value replaced = {
		.kind = COUNTER_VALUE,
		.handle = 7,
		.content = 1,
		.counts = { 99, 9900 },
	};

	(void)state;
	put_value(7, 99);
	put_place(MADE_HANDLE + 1, "input");
	put_value(7, 99);
	put_place(MADE_HANDLE, "gone");
	put_value(7, 99);
	put_place(MADE_HANDLE, "input");
	put_value(8, 99);
	put_value(12, 99);
	put(&replaced, sizeof(replaced));
	assert_int_equal(take(&a, 1000).n_read, 0);
	assert_int_equal(a.n_rules, 0);
}

static void test_broken(void **state)
{
	struct counters_reading reading = { .rs = rs, .rules = &a };
	uint32_t kind = 3;

	(void)state;
	put(&kind, sizeof(kind));
	assert_int_equal(counters_take(&reading, text, len), -EBADMSG);
	assert_int_equal(counters_take(&reading, text, 2), -EBADMSG);
	len = 0;
	put_place(MADE_HANDLE, "input");
	put_value(7, 11);
	for (size_t i = 1; i < len; i++)
		if (i != sizeof(struct counter_place))
			assert_int_equal(counters_take(&reading, text, i),
					 -EBADMSG);
	assert_int_equal(a.n_rules, 0);
	/* A chain's name that does not end. */
	memset(text + offsetof(struct counter_place, chain), 'x', 256);
	assert_int_equal(counters_take(&reading, text, len), 0);
	assert_int_equal(a.n_rules, 0);
}

static uint64_t number(struct json_object *json, const char *a_key,
		       const char *b_key)
{
	struct json_object *value = NULL;

	if (json_object_object_get_ex(json, a_key, &value) && b_key)
		(void)json_object_object_get_ex(value, b_key, &value);
	return value ? json_object_get_uint64(value) : 0;
}

static void add_drop(struct rule *rule, uint64_t packets)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.count = packets;
	ev.attribution = DROP_ATTRIBUTION_TRACED;
	ev.netns.cookie = 1;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.netfilter.table_handle = MADE_HANDLE;
	ev.netfilter.rule_handle = rule->handle;
	assert_true(aggregate_add_event(&a, &ev, false));
	a.rules[a.n_rules - 1]->rule = rule_ref(rule);
	drop_event_done(&ev);
}

/* They are in no sum, and not kept: the kernel has them. */
static void test_beside(void **state)
{
	const uint8_t boot[COUNTS_BOOT_SIZE] = { 0 };
	const struct rules_query all = { 0 };
	const struct losses losses = { 0 };
	struct stats_query by_table = { .limit = 10 };
	struct json_object *json, *rules, *rule;
	struct aggregate b;
	struct losses lost;
	void *file;
	size_t size;

	(void)state;
	add_drop(rs->tables[0]->chains[0]->rules[2], 2);
	put_place(MADE_HANDLE, "input");
	put_value(7, 60);
	put_value(9, 5);
	(void)take(&a, 1000);
	assert_int_equal(aggregate_total(&a).packets, 2);
	assert_int_equal(a.other.packets, 0);

	json = aggregate_to_json(&a, &all, &losses);
	assert_int_equal(number(json, "total", "packets"), 2);
	json_object_object_get_ex(json, "rules", &rules);
	assert_int_equal(json_object_array_length(rules), 3);
	rule = json_object_array_get_idx(rules, 1);
	assert_int_equal(number(rule, "packets", NULL), 50);
	assert_int_equal(number(rule, "counter", "packets"), 60);
	assert_int_equal(number(rule, "counter", "added_packets"), 50);
	assert_int_equal(number(rule, "counter", "moved"), 1000);
	json_object_put(json);
	/* With drops that nfdropd has, the counter is beside these. */
	rs->tables[0]->chains[0]->rules[2]->counter->has_drops = true;
	json = aggregate_to_json(&a, &all, &losses);
	json_object_object_get_ex(json, "rules", &rules);
	assert_int_equal(json_object_array_length(rules), 2);
	rule = json_object_array_get_idx(rules, 0);
	assert_int_equal(number(rule, "packets", NULL), 2);
	assert_int_equal(number(rule, "counter", "packets"), 5);
	json_object_put(json);

	stats_query_add(&by_table, STAT_TABLE);
	json = stats_to_json(&a, &by_table, &losses, 0);
	json_object_object_get_ex(json, "rows", &rules);
	assert_int_equal(json_object_array_length(rules), 1);
	assert_int_equal(number(json_object_array_get_idx(rules, 0), "packets",
				NULL),
			 2);
	json_object_put(json);

	assert_int_equal(counts_encode(&a, &losses, boot, &file, &size), 0);
	aggregate_init(&b, 1);
	assert_int_equal(counts_decode(file, size, boot, &b, &lost), 0);
	assert_int_equal(b.n_rules, 1);
	aggregate_done(&b);
	free(file);
}

/* Of what has a name, what is one rule's alone all the time is counted. */
static void test_named(void **state)
{
	struct rule *rule =
		make_rule(rs, "input", 12, "counter name n drop", NULL);
	struct counters_reading reading = { .rs = rs,
					    .now_ns = 5000,
					    .rules = &a };
	struct counter_uses uses = { 0 };

	(void)state;
	rule->content = 1012;
	rule->counter = rule_counter_new_named("n");
	assert_non_null(rule->counter);
	put_named(12, 30, 1);
	assert_int_equal(take(&a, 1000).n_read, 0);
	assert_int_equal(rule->counter->now.packets, 30);
	put_named(12, 34, 1);
	assert_int_equal(take(&a, 2000).n_moved, 1);
	assert_int_equal(a.rules[0]->counts.packets, 4);
	/* Nobody knows who came while it was read: later. */
	put_named(12, 36, 1);
	assert_int_equal(counters_take(&reading, text, len), 0);
	assert_true(reading.is_early);
	len = 0;
	assert_int_equal(rule->counter->now.packets, 34);
	put_named(12, 37, 1);
	assert_int_equal(take(&a, 3000).n_moved, 1);
	assert_int_equal(a.rules[0]->counts.packets, 7);
	/* Two use it. */
	put_named(12, 40, 2);
	assert_int_equal(take(&a, 4000).n_shared, 1);
	put_named(12, 45, 1);
	assert_int_equal(take(&a, 5000).n_shared, 0);
	/* One came and went. */
	uses.of[counter_uses_place("n")] = 1;
	assert_int_equal(ruleset_add_uses(rs, MADE_FAMILY, MADE_TABLE, &uses),
			 0);
	put_named(12, 55, 1);
	assert_int_equal(take(&a, 6000).n_moved, 0);
	assert_int_equal(a.rules[0]->counts.packets, 7);
	put_named(12, 56, 1);
	assert_int_equal(take(&a, 7000).n_moved, 1);
	assert_int_equal(a.rules[0]->counts.packets, 8);
	assert_int_equal(ruleset_add_uses(rs, MADE_FAMILY, "gone", &uses),
			 -ENOENT);
}

/* What comes to a policy that drops. */
static void test_policy(void **state)
{
	struct chain *input = rs->tables[0]->chains[0];
	const struct counter_value value = { .kind = COUNTER_VALUE,
					     .counts = { 30, 3000 } };
	struct counters_reading changed = { .rs = rs,
					    .now_ns = 1500,
					    .rules = &a };

	(void)state;
	put_place(MADE_HANDLE, "input");
	put(&value, sizeof(value));
	assert_int_equal(take(&a, 1000).n_read, 0);
	input->policy = rule_new(0);
	assert_non_null(input->policy);
	input->policy->counter =
		rule_counter_new(&(struct rule_counts){ 10, 1000 });
	assert_non_null(input->policy->counter);
	/* It may have let some pass meanwhile. */
	put_place(MADE_HANDLE, "input");
	put(&value, sizeof(value));
	assert_int_equal(counters_take(&changed, text, len), 0);
	len = 0;
	assert_true(changed.is_early);
	assert_int_equal(a.n_rules, 0);
	put_place(MADE_HANDLE, "input");
	put(&value, sizeof(value));
	put_value(7, 11);
	assert_int_equal(take(&a, 2000).n_moved, 2);
	assert_int_equal(a.rules[0]->kind, DROP_KIND_NFT_POLICY);
	assert_int_equal(a.rules[0]->counts.packets, 20);
	assert_int_equal(a.rules[0]->counts.bytes, 2000);
	assert_int_equal(a.rules[0]->rule_handle, 0);
	assert_string_equal(a.rules[0]->hook, "input");
	assert_ptr_equal(a.rules[0]->rule, input->policy);
	assert_int_equal(a.rules[1]->kind, DROP_KIND_NFT_RULE);
	assert_int_equal(a.rules[1]->counts.packets, 1);
}

/* However many there are, they take no more than half of the room. */
static void test_room(void **state)
{
	(void)state;
	aggregate_set_max(&a, 2);
	put_place(MADE_HANDLE, "input");
	put_value(7, 11);
	put_value(9, 1);
	assert_int_equal(take(&a, 1000).n_moved, 2);
	assert_int_equal(a.n_rules, 1);
	assert_int_equal(a.other.packets, 0);
	/* The kernel counts: nobody needs it. */
	put_place(MADE_HANDLE, "input");
	put_value(7, 12);
	assert_int_equal(take(NULL, 1000).n_moved, 1);
	assert_int_equal(a.rules[0]->counts.packets, 1);
}

static void put_counting(struct ruleset *to, const char *chain, uint64_t handle)
{
	struct rule *rule = rule_new(handle);

	assert_non_null(rule);
	rule->counter = rule_counter_new(&(struct rule_counts){ 0 });
	assert_non_null(rule->counter);
	assert_int_equal(ruleset_put_rule(to, MADE_FAMILY, MADE_TABLE, chain,
					  rule, RULE_LAST),
			 0);
}

/* Rulesets know how many of their rules have one. */
static void test_number(void **state)
{
	struct ruleset *first = make_ruleset(1), *copy;
	uint64_t chain;

	(void)state;
	make_chain(first, "c", INPUT);
	make_chain(first, "d", -1);
	make_rule(first, "c", 1, "drop", NULL);
	put_counting(first, "c", 2);
	put_counting(first, "d", 3);
	assert_int_equal(first->n_counters, 2);
	copy = ruleset_copy(first);
	assert_non_null(copy);
	put_counting(copy, "c", 4);
	put_counting(copy, "d", 5);
	assert_int_equal(copy->n_counters, 4);
	assert_int_equal(
		ruleset_remove_rule(copy, MADE_FAMILY, MADE_TABLE, "c", 1), 0);
	assert_int_equal(copy->n_counters, 4);
	assert_int_equal(
		ruleset_remove_rule(copy, MADE_FAMILY, MADE_TABLE, "c", 2), 0);
	assert_int_equal(copy->n_counters, 3);
	chain = copy->tables[0]->chains[1]->handle;
	assert_int_equal(
		ruleset_remove_chain(copy, MADE_FAMILY, MADE_TABLE, chain), 0);
	assert_int_equal(copy->n_counters, 1);
	assert_int_equal(ruleset_remove_table(copy, MADE_FAMILY, MADE_TABLE),
			 0);
	assert_int_equal(copy->n_counters, 0);
	assert_int_equal(first->n_counters, 2);
	ruleset_unref(copy);
	ruleset_unref(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reading, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_beside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_named, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_room, setup, teardown),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
