/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>

#include "correlate.h"
#include "netns.h"
#include "ruleset-edit.h"

#define KEPT	       RULESETS_OLD_MAX /* 256 */
#define INITIAL_COOKIE 1
#define INITIAL_INUM   0xf0000000U

/* Generation @generation: table t (@table) with chain c and rule @handle. */
static struct ruleset *sample(uint32_t generation, uint64_t table,
			      uint64_t handle, const char *text)
{
	struct ruleset *rs = ruleset_new();
	struct rule *rule = rule_new(handle);

	rule->text = text ? strdup(text) : NULL;
	rule->comment = strdup("the comment");
	assert_int_equal(ruleset_put_table(rs, NFPROTO_INET, "t", table), 0);
	assert_int_equal(
		ruleset_put_chain(rs, NFPROTO_INET, "t", chain_new("c", 1)), 0);
	assert_int_equal(ruleset_put_rule(rs, NFPROTO_INET, "t", "c", rule,
					  RULE_LAST),
			 0);
	rs->generation = generation;
	return rs;
}

static void drop_by(struct drop_event *ev, uint64_t table, uint64_t handle)
{
	drop_event_init(ev);
	ev->netns.cookie = INITIAL_COOKIE;
	ev->netns.inum = INITIAL_INUM;
	strcpy(ev->netfilter.family, "inet");
	strcpy(ev->netfilter.table, "t");
	strcpy(ev->netfilter.chain, "c");
	ev->netfilter.table_handle = table;
	ev->netfilter.rule_handle = handle;
}

/* The text that a drop is given, "" for none. */
static const char *text_of(struct correlate *c, struct drop_event *ev)
{
	static char text[64];

	correlate_event(c, ev);
	snprintf(text, sizeof(text), "%s",
		 ev->netfilter.rule ? ev->netfilter.rule : "");
	drop_event_done(ev);
	return text;
}

static const char *text_by(struct correlate *c, uint64_t table, uint64_t handle)
{
	struct drop_event ev;

	drop_by(&ev, table, handle);
	return text_of(c, &ev);
}

static void test_handles(void **state)
{
	struct correlate c;
	struct drop_event ev;
	bool current = false;

	(void)state;
	correlate_init(&c, false);
	assert_string_equal(text_by(&c, 1, 5), "");
	rulesets_set(&c.rulesets, sample(1, 1, 5, "drop"));
	assert_string_equal(text_by(&c, 1, 5), "drop");
	/* Another table of that name, another rule, or one of a policy. */
	assert_string_equal(text_by(&c, 2, 5), "");
	assert_string_equal(text_by(&c, 1, 6), "");
	assert_string_equal(text_by(&c, 1, 0), "");
	/* A kernel that does not tell the table's handle. */
	assert_string_equal(text_by(&c, 0, 5), "");
	drop_by(&ev, 1, 5);
	strcpy(ev.netfilter.family, "ip");
	assert_string_equal(text_of(&c, &ev), "");
	drop_by(&ev, 1, 5);
	strcpy(ev.netfilter.family, "");
	assert_string_equal(text_of(&c, &ev), "");
	drop_by(&ev, 1, 5);
	strcpy(ev.netfilter.table, "T");
	assert_string_equal(text_of(&c, &ev), "");
	drop_by(&ev, 1, 5);
	strcpy(ev.netfilter.chain, "d");
	assert_string_equal(text_of(&c, &ev), "");
	drop_by(&ev, 1, 5);
	assert_non_null(correlate_find(&c, &ev, &current));
	assert_true(current);
	correlate_event(&c, &ev);
	assert_string_equal(ev.netfilter.comment, "the comment");
	drop_event_done(&ev);
	correlate_done(&c);
}

/* What the event has already is not given again, and nothing is lost. */
static void test_given(void **state)
{
	struct correlate c;
	struct drop_event ev;

	(void)state;
	correlate_init(&c, false);
	rulesets_set(&c.rulesets, sample(1, 1, 5, "drop"));
	drop_by(&ev, 1, 5);
	ev.netfilter.rule = strdup("given");
	assert_string_equal(text_of(&c, &ev), "given");
	/* Without its text, the comment is told. */
	rulesets_set(&c.rulesets, sample(2, 2, 5, NULL));
	drop_by(&ev, 2, 5);
	correlate_event(&c, &ev);
	assert_null(ev.netfilter.rule);
	assert_string_equal(ev.netfilter.comment, "the comment");
	drop_event_done(&ev);
	correlate_done(&c);
}

/* A drop that is told late has the text of its rule, never a later one's. */
static void test_gone(void **state)
{
	struct correlate c;
	struct drop_event ev;
	bool current = true;
	char text[32];

	(void)state;
	correlate_init(&c, false);
	for (uint32_t i = 1; i <= 2 * KEPT; i++) {
		snprintf(text, sizeof(text), "reload %u", i);
		rulesets_set(&c.rulesets, sample(i, i, 5, text));
	}
	assert_string_equal(text_by(&c, 2 * KEPT, 5), "reload 512");
	assert_string_equal(text_by(&c, KEPT + 1, 5), "reload 257");
	assert_string_equal(text_by(&c, KEPT, 5), "reload 256");
	assert_string_equal(text_by(&c, KEPT - 1, 5), "");
	drop_by(&ev, 2 * KEPT - 1, 5);
	assert_non_null(correlate_find(&c, &ev, &current));
	assert_false(current);
	drop_event_done(&ev);
	correlate_done(&c);
}

/* Many rules are not kept for long, but those of the last snapshot are. */
static void test_large(void **state)
{
	struct correlate c;

	(void)state;
	correlate_init(&c, false);
	for (uint32_t i = 1; i <= 5; i++) {
		struct ruleset *rs = sample(i, i, 5, "drop");

		for (uint64_t n = 0; n < RULESETS_OLD_RULES_MAX / 2; n++)
			assert_int_equal(ruleset_put_rule(rs, NFPROTO_INET, "t",
							  "c", rule_new(n + 10),
							  RULE_LAST),
					 0);
		rulesets_set(&c.rulesets, rs);
		assert_true(c.rulesets.n_old_rules <= RULESETS_OLD_RULES_MAX);
	}
	assert_string_equal(text_by(&c, 5, 5), "drop");
	assert_string_equal(text_by(&c, 4, 5), "drop");
	assert_string_equal(text_by(&c, 3, 5), "");
	assert_int_equal(c.rulesets.n_old, 1);
	correlate_done(&c);
}

/* The same handles in other namespaces are other rules. */
static void test_namespaces(void **state)
{
	struct correlate c;
	struct drop_event ev;

	(void)state;
	correlate_init(&c, true);
	rulesets_set(&c.rulesets, sample(1, 1, 5, "ours"));
	drop_by(&ev, 1, 5);
	ev.netns.cookie = 77;
	ev.netns.inum = 4026532000;
	assert_string_equal(text_of(&c, &ev), "");
	assert_true(c.wants);
	assert_non_null(correlate_find_netns(&c, 77, 4026532000));
	rulesets_set(&correlate_find_netns(&c, 77, 4026532000)->rulesets,
		     sample(1, 1, 5, "theirs"));
	drop_by(&ev, 1, 5);
	ev.netns.cookie = 77;
	ev.netns.inum = 4026532000;
	assert_string_equal(text_of(&c, &ev), "theirs");
	assert_string_equal(text_by(&c, 1, 5), "ours");
	/* The number is given again; the cookie is not. */
	drop_by(&ev, 1, 5);
	ev.netns.cookie = 78;
	ev.netns.inum = 4026532000;
	assert_string_equal(text_of(&c, &ev), "");
	correlate_done(&c);
}

/* A name is asked for until there is one: it may be given later. */
static void test_wants(void **state)
{
	struct correlate_netns *netns;
	struct correlate c;
	struct drop_event ev;

	(void)state;
	correlate_init(&c, true);
	for (int i = 0; i < 3; i++) {
		drop_by(&ev, 1, 5);
		ev.netns.cookie = 77;
		ev.netns.inum = 4026532000;
		ev.netfilter.generation = 3;
		(void)text_of(&c, &ev);
		netns = correlate_find_netns(&c, 77, 4026532000);
		assert_non_null(netns);
		assert_true(c.wants);
		/* The last time both are known, and nothing has changed. */
		assert_int_equal(netns->name_want.is_open, i < 2);
		assert_int_equal(netns->ruleset_want.is_open, i < 2);
		netns->name_want.is_open = netns->ruleset_want.is_open = false;
		if (i < 1)
			continue;
		strcpy(netns->name, "blue");
		if (i == 1)
			rulesets_set(&netns->rulesets, sample(3, 1, 5, "drop"));
	}
	/* Another generation. */
	drop_by(&ev, 1, 5);
	ev.netns.cookie = 77;
	ev.netns.inum = 4026532000;
	ev.netfilter.generation = 4;
	(void)text_of(&c, &ev);
	assert_true(netns->ruleset_want.is_open);
	assert_false(netns->name_want.is_open);
	correlate_done(&c);
}

#define MANY 2048

/* Whoever makes namespaces at will pushes out who did nothing for long. */
static void test_many_namespaces(void **state)
{
	struct correlate c;
	struct drop_event ev;

	(void)state;
	correlate_init(&c, true);
	assert_int_equal(c.max_netns, CORRELATE_NETNS_MAX);
	correlate_set_max(&c, MANY);
	for (uint32_t i = 1; i <= 3 * MANY; i++) {
		for (int again = 0; again < 2; again++) {
			drop_by(&ev, 1, 5);
			/* The first one is always busy. */
			ev.netns.cookie = again ? 2 : i + 1;
			ev.netns.inum = again ? 1001 : 1000 + i;
			(void)text_of(&c, &ev);
		}
		assert_true(c.n_netns <= MANY);
	}
	assert_int_equal(c.n_netns, MANY);
	assert_non_null(correlate_find_netns(&c, 2, 1001));
	assert_null(correlate_find_netns(&c, 3, 1002));
	assert_non_null(
		correlate_find_netns(&c, 3 * MANY + 1, 1000 + 3 * MANY));
	/* With fewer, those that are there stay until another one comes. */
	correlate_set_max(&c, MANY / 2);
	assert_int_equal(c.n_netns, MANY);
	drop_by(&ev, 1, 5);
	ev.netns.cookie = 4 * MANY;
	ev.netns.inum = 1000 + 4 * MANY;
	(void)text_of(&c, &ev);
	assert_int_equal(c.n_netns, MANY / 2);
	assert_non_null(correlate_find_netns(&c, 4 * MANY, 1000 + 4 * MANY));
	assert_non_null(correlate_find_netns(&c, 2, 1001));
	correlate_done(&c);
	/* Not when they are not followed. */
	correlate_init(&c, false);
	drop_by(&ev, 1, 5);
	ev.netns.cookie = 5;
	(void)text_of(&c, &ev);
	assert_int_equal(c.n_netns, 0);
	correlate_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_wants),
		cmocka_unit_test(test_many_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
