/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "xt-tables.h"

#define HEAD "*filter\n:INPUT ACCEPT [0:0]\n:user - [0:0]\n"

/* INPUT has rules of these names and counters, user has one. */
#define ONE(a)		    HEAD "[" a " -j DROP\n[0:0] -A user -j DROP\nCOMMIT\n"
#define TWO(a, b)	    HEAD "[" a " -j DROP\n[" b " -j DROP\nCOMMIT\n"
#define RULE(name, packets) packets ":0] -A INPUT -s " name

struct bed {
	struct xt_tables tables;
	struct drop_event ev;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	xt_tables_init(&bed->tables);
	drop_event_init(&bed->ev);
	bed->ev.netfilter.kind = DROP_KIND_XT_RULE;
	bed->ev.count = 1;
	strcpy(bed->ev.netfilter.family, "ip");
	strcpy(bed->ev.netfilter.table, "filter");
	strcpy(bed->ev.netfilter.chain, "INPUT");
	bed->ev.netfilter.rule_handle = 1;
	strcpy(bed->ev.reason, "XT_RULE");
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	xt_tables_done(&bed->tables);
	free(bed);
	return 0;
}

/* A reading that began and ended then. */
static void reading(struct bed *bed, const char *text, uint64_t began,
		    uint64_t ended)
{
	struct xt_table *table =
		xt_tables_use(&bed->tables, NFPROTO_IPV4, "filter");
	struct xt_save save;

	assert_non_null(table);
	assert_int_equal(xt_save_parse(&save, NFPROTO_IPV4, "filter", text,
				       strlen(text)),
			 0);
	xt_table_begin(table, began);
	if (xt_table_update(table, &save, ended))
		xt_table_settle(table);
	assert_null(save.table);
}

/* What is known of a drop then: a text, "later" or "none". */
static const char *drop(struct bed *bed, uint64_t when, bool again)
{
	struct rule *rule;
	bool later;

	bed->ev.timestamp_ns = when;
	rule = xt_tables_find_rule(&bed->tables, &bed->ev, again, &later);
	assert_false(rule && later);
	return rule ? rule->text : later ? "later" : "none";
}

static bool wants(const struct bed *bed)
{
	return bed->tables.wants && bed->tables.tables[0].wants;
}

/* Read before and after, and the same both times. */
static void test_between(void **state)
{
	struct bed *bed = *state;

	assert_string_equal(drop(bed, 50, false), "none");
	assert_true(wants(bed));
	reading(bed, ONE(RULE("a", "5")), 100, 110);
	assert_false(bed->tables.tables[0].wants);
	/* The table may have been another before it was read. */
	assert_string_equal(drop(bed, 50, false), "none");
	assert_string_equal(drop(bed, 105, false), "none");
	assert_string_equal(drop(bed, 110, false), "none");
	assert_string_equal(drop(bed, 120, false), "later");
	assert_true(wants(bed));
	assert_string_equal(drop(bed, 120, true), "later");
	reading(bed, ONE(RULE("a", "6")), 200, 210);
	assert_string_equal(drop(bed, 120, true), "-A INPUT -s a -j DROP");
	/* While it is read, it may change. */
	assert_string_equal(drop(bed, 200, false), "later");
	bed->ev.netfilter.rule_handle = 2;
	assert_string_equal(drop(bed, 120, false), "none");
	strcpy(bed->ev.netfilter.chain, "none");
	assert_string_equal(drop(bed, 120, false), "none");
}

static void test_changed(void **state)
{
	struct bed *bed = *state;

	reading(bed, ONE(RULE("a", "5")), 100, 110);
	assert_string_equal(drop(bed, 120, false), "later");
	/* Another rule behind it: the same table it is not. */
	reading(bed, TWO(RULE("a", "6"), RULE("b", "0")), 200, 210);
	assert_string_equal(drop(bed, 120, true), "none");
	assert_string_equal(drop(bed, 220, false), "later");
	reading(bed, TWO(RULE("a", "7"), RULE("b", "0")), 300, 310);
	assert_string_equal(drop(bed, 220, true), "-A INPUT -s a -j DROP");
	/* A counter that went down: it was loaded anew. */
	assert_string_equal(drop(bed, 320, false), "later");
	reading(bed, TWO(RULE("a", "3"), RULE("b", "0")), 400, 410);
	assert_string_equal(drop(bed, 320, true), "none");
	/* It could not be read. */
	xt_table_lose(&bed->tables.tables[0]);
	assert_string_equal(drop(bed, 420, true), "none");
	assert_true(wants(bed));
}

/* Meanwhile another rule had the number, which the counter tells. */
static void test_changed_back(void **state)
{
	struct bed *bed = *state;

	reading(bed, ONE(RULE("a", "5")), 100, 110);
	assert_string_equal(drop(bed, 120, false), "later");
	assert_string_equal(drop(bed, 130, false), "later");
	reading(bed, ONE(RULE("a", "6")), 200, 210);
	assert_string_equal(drop(bed, 120, true), "none");
	assert_string_equal(drop(bed, 130, true), "none");
	/* It does not count for what comes then; nor does what was lost. */
	assert_string_equal(drop(bed, 220, false), "later");
	reading(bed, ONE(RULE("a", "7")), 300, 310);
	assert_string_equal(drop(bed, 220, true), "-A INPUT -s a -j DROP");
	assert_string_equal(drop(bed, 130, true), "none");
	reading(bed, ONE(RULE("a", "20")), 400, 410);
	assert_string_equal(drop(bed, 420, false), "later");
	assert_string_equal(drop(bed, 430, false), "later");
	reading(bed, ONE(RULE("a", "21")), 500, 510);
	assert_string_equal(drop(bed, 420, true), "none");
}

/* Drops after a reading began are not in the counters that it shows. */
static void test_while_reading(void **state)
{
	struct bed *bed = *state;
	struct xt_table *table;
	struct xt_save save;

	reading(bed, ONE(RULE("a", "5")), 100, 110);
	assert_string_equal(drop(bed, 120, false), "later");
	table = &bed->tables.tables[0];
	xt_table_begin(table, 200);
	assert_false(table->wants);
	assert_string_equal(drop(bed, 205, false), "later");
	assert_string_equal(drop(bed, 130, false), "later");
	assert_int_equal(xt_save_parse(&save, NFPROTO_IPV4, "filter",
				       ONE(RULE("a", "7")),
				       strlen(ONE(RULE("a", "7")))),
			 0);
	assert_true(xt_table_update(table, &save, 210));
	/* Others may be told until it settles. */
	assert_string_equal(drop(bed, 120, true), "later");
	xt_table_settle(table);
	assert_string_equal(drop(bed, 120, true), "-A INPUT -s a -j DROP");
	assert_string_equal(drop(bed, 130, true), "-A INPUT -s a -j DROP");
	assert_string_equal(drop(bed, 205, true), "later");
	xt_table_begin(table, 250);
	assert_string_equal(drop(bed, 130, true), "-A INPUT -s a -j DROP");
	reading(bed, ONE(RULE("a", "8")), 300, 310);
	assert_string_equal(drop(bed, 205, true), "-A INPUT -s a -j DROP");
}

/* Somebody may have changed it, and changed it back. */
static void test_touched(void **state)
{
	struct bed *bed = *state;
	struct xt_table *table;
	struct xt_save save;
	static const char text[] = ONE(RULE("a", "9"));

	reading(bed, ONE(RULE("a", "5")), 100, 110);
	table = &bed->tables.tables[0];
	assert_string_equal(drop(bed, 120, false), "later");
	xt_table_touch(table);
	reading(bed, ONE(RULE("a", "6")), 200, 210);
	assert_string_equal(drop(bed, 120, true), "none");
	assert_string_equal(drop(bed, 220, false), "later");
	reading(bed, ONE(RULE("a", "7")), 300, 310);
	assert_string_equal(drop(bed, 220, true), "-A INPUT -s a -j DROP");
	/* While it is read, or just after: before and behind that. */
	assert_string_equal(drop(bed, 320, false), "later");
	xt_table_begin(table, 400);
	assert_int_equal(xt_save_parse(&save, NFPROTO_IPV4, "filter", text,
				       strlen(text)),
			 0);
	assert_true(xt_table_update(table, &save, 410));
	assert_string_equal(drop(bed, 420, false), "later");
	xt_table_touch(table);
	xt_table_settle(table);
	assert_string_equal(drop(bed, 320, true), "none");
	reading(bed, text, 500, 510);
	assert_string_equal(drop(bed, 420, true), "none");
}

/* A rule whose match drops the packet does not count it. */
static void test_uncounted(void **state)
{
	struct bed *bed = *state;

	strcpy(bed->ev.reason, "XT_HOTDROP");
	reading(bed, ONE(RULE("a", "5")), 100, 110);
	assert_string_equal(drop(bed, 120, false), "later");
	reading(bed, ONE(RULE("a", "5")), 200, 210);
	assert_string_equal(drop(bed, 120, true), "-A INPUT -s a -j DROP");
}

static int count(struct bed *bed, uint64_t packets, uint64_t first,
		 uint64_t last, struct rule **ret)
{
	struct xt_count count = { &bed->ev.netfilter, packets, first, last,
				  true };
	uint64_t ns;

	*ret = NULL;
	return xt_tables_find_count(&bed->tables, &count, ret, &ns);
}

static void test_count(void **state)
{
	struct bed *bed = *state;
	struct rule *rule, *a;

	assert_int_equal(count(bed, 3, 50, 60, &rule), -EAGAIN);
	assert_true(wants(bed));
	/* Dropped before the first reading: by its own count it was the rule.
	 */
	reading(bed, ONE(RULE("a", "3")), 100, 110);
	assert_int_equal(count(bed, 3, 50, 60, &a), 1);
	assert_string_equal(a->text, "-A INPUT -s a -j DROP");
	assert_int_equal(count(bed, 4, 50, 60, &rule), 0);
	assert_int_equal(count(bed, 4, 50, 130, &rule), -EAGAIN);
	/* The rule is the same, whatever comes behind it. */
	reading(bed, TWO(RULE("a", "9"), RULE("b", "0")), 200, 210);
	assert_int_equal(count(bed, 4, 50, 130, &rule), 1);
	assert_ptr_equal(rule, a);
	/* Another one: what it drops from then on is its own. */
	reading(bed, ONE(RULE("c", "100")), 300, 310);
	assert_int_equal(count(bed, 101, 50, 130, &rule), 0);
	/* It may be, if some are not told yet. */
	assert_int_equal(count(bed, 4, 200, 290, &rule), -EAGAIN);
	assert_int_equal(count(bed, 4, 201, 290, &rule), 1);
	assert_string_equal(rule->text, "-A INPUT -s c -j DROP");
	assert_int_equal(count(bed, 101, 201, 290, &rule), 0);
	reading(bed, ONE(RULE("c", "100")), 400, 410);
	assert_int_equal(count(bed, 101, 311, 390, &rule), 1);
	reading(bed, ONE(RULE("c", "100")), XT_REPORT_NS + 1000,
		XT_REPORT_NS + 1010);
	assert_int_equal(count(bed, 99, 200, 290, &rule), 0);
	assert_int_equal(count(bed, 100, 200, 290, &rule), 1);
	bed->ev.netfilter.rule_handle = 2;
	assert_int_equal(count(bed, 1, 311, 390, &rule), 0);
}

/* Hostile names make no more tables than there is room for. */
static void test_bounds(void **state)
{
	struct bed *bed = *state;
	size_t made = 0;

	for (int i = 0; i < 100; i++) {
		snprintf(bed->ev.netfilter.table,
			 sizeof(bed->ev.netfilter.table), "t%d", i);
		assert_string_equal(drop(bed, 100, false), "none");
	}
	assert_int_equal(bed->tables.n_tables, XT_TABLES_MAX);
	memset(bed->ev.netfilter.table, 'x', 255);
	assert_string_equal(drop(bed, 100, false), "none");
	for (uint8_t i = 0; i < 100; i++)
		made += xt_tables_use(&bed->tables, i, "t0") != NULL;
	assert_int_equal(made, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_between, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_while_reading, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_touched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uncounted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_count, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
