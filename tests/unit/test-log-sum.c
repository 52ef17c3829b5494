/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "connection.h"
#include "log-sum.h"
#include "util.h"

#define NOW 14000000

static struct log_entry entry;
static struct log_sum sum;
static struct json_object *page;

static int setup(void **state)
{
	(void)state;
	return log_sum_init(&sum, NULL, 0);
}

static int teardown(void **state)
{
	(void)state;
	json_object_put(page);
	page = NULL;
	log_sum_done(&sum);
	log_entry_done(&entry);
	return 0;
}

static void take(const char *field)
{
	log_entry_take(&entry, field, strlen(field));
}

static void begin(enum journal_type type, uint64_t usec)
{
	char id[64];

	log_entry_begin(&entry, usec);
	snprintf(id, sizeof(id), "MESSAGE_ID=%s", journal_type_to_id(type));
	take(id);
	take("_UID=0");
	take("_HOSTNAME=here");
	take("_BOOT_ID=1");
}

/* Of "inet filter input handle 7". */
static void make(uint64_t usec, const char *table_handle, const char *text)
{
	begin(JOURNAL_DROPS, usec);
	take("NFDROP_COUNTED=kernel");
	take("NFDROP_PACKETS=10");
	take("NFDROP_BYTES=600");
	take("NFDROP_SAMPLES=9");
	take("NFDROP_INTERVAL_USEC=1000000");
	take("NFDROP_FIRST_USEC=5");
	take("NFDROP_LAST_USEC=7");
	take("NFDROP_NETNS=init");
	take("NFDROP_NETNS_INUM=17");
	take("NFDROP_ORIGIN=software");
	take("NFDROP_ATTRIBUTION=exact");
	take("NFDROP_REASON=NFT_RULE");
	take("NFDROP_KIND=nft-rule");
	take("NFDROP_FAMILY=inet");
	take("NFDROP_TABLE=filter");
	take("NFDROP_CHAIN=input");
	take("NFDROP_RULE_HANDLE=7");
	take(table_handle);
	if (text)
		take(text);
}

static void add(void)
{
	assert_true(log_entry_is_valid(&entry));
	assert_int_equal(log_sum_add(&sum, &entry), 0);
}

static struct json_object *rows(void)
{
	page = log_sum_to_json(&sum, 0, 0, NOW);
	assert_non_null(page);
	return json_find(page, sum.by ? "rows" : "rules");
}

static void test_rule(void **state)
{
	struct json_object *row, *list;

	(void)state;
	make(11000000, "NFDROP_TABLE_HANDLE=1", NULL);
	add();
	make(12000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
	/* Of one packet: no part of what makes a rule. */
	take("NFDROP_SADDR=10.9.0.2");
	take("NFDROP_NETWORK=ipv4");
	add();
	make(14000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
	add();
	list = rows();
	assert_int_equal(json_object_array_length(list), 1);
	row = json_object_array_get_idx(list, 0);
	assert_int_equal(json_find_uint64(row, "packets"), 30);
	assert_int_equal(json_find_uint64(row, "bytes"), 1800);
	assert_int_equal(json_find_uint64(row, "samples"), 27);
	assert_int_equal(json_find_uint64(row, "first_seen"), 5000);
	assert_int_equal(json_find_uint64(row, "last_seen"), 7000);
	assert_int_equal(json_find_uint64(row, "rule_handle"), 7);
	assert_string_equal(json_find_string(row, "rule"), "drop");
	assert_string_equal(json_find_string(row, "netns/name"), "init");
	assert_string_equal(json_find_string(row, "counted"), "kernel");
	assert_null(json_find(row, "host"));
	assert_null(json_find(row, "saddr"));
	/* From the first interval's begin until now. */
	assert_int_equal(json_find_double(row, "rate") * 10, 75);
	assert_int_equal(json_find_uint64(page, "total/packets"), 30);
	assert_false(json_object_get_boolean(json_find(row, "lower_bound")));
}

/* The same rule once more: what its own counter shows. */
static void make_counter(uint64_t usec, const char *table_handle,
			 const char *shows)
{
	begin(JOURNAL_COUNTER, usec);
	take("NFDROP_COUNTED=counter");
	take("NFDROP_COUNTER_ADDED_PACKETS=5");
	take("NFDROP_COUNTER_ADDED_BYTES=300");
	take(shows);
	take("NFDROP_COUNTER_BYTES=9000");
	take("NFDROP_INTERVAL_USEC=1000000");
	take("NFDROP_LAST_USEC=7");
	take("NFDROP_NETNS=init");
	take("NFDROP_ATTRIBUTION=counter");
	take("NFDROP_KIND=nft-rule");
	take("NFDROP_FAMILY=inet");
	take("NFDROP_TABLE=filter");
	take("NFDROP_CHAIN=input");
	take("NFDROP_RULE_HANDLE=7");
	take(table_handle);
	take("NFDROP_RULE=drop");
}

static void test_counter(void **state)
{
	struct json_object *row, *list;

	(void)state;
	make(11000000, "NFDROP_TABLE_HANDLE=1", NULL);
	take("NFDROP_COUNTER_PACKETS=100");
	take("NFDROP_COUNTER_BYTES=6000");
	add();
	make_counter(12000000, "NFDROP_TABLE_HANDLE=1",
		     "NFDROP_COUNTER_PACKETS=150");
	add();
	/* Loaded again. */
	make_counter(13000000, "NFDROP_TABLE_HANDLE=2",
		     "NFDROP_COUNTER_PACKETS=5");
	add();
	list = rows();
	assert_int_equal(json_object_array_length(list), 2);
	row = json_object_array_get_idx(list, 0);
	assert_int_equal(json_find_uint64(row, "packets"), 10);
	assert_int_equal(json_find_uint64(row, "counter/packets"), 100);
	row = json_object_array_get_idx(list, 1);
	assert_string_equal(json_find_string(row, "counted"), "counter");
	assert_int_equal(json_find_uint64(row, "packets"), 10);
	assert_int_equal(json_find_uint64(row, "bytes"), 600);
	assert_int_equal(json_find_uint64(row, "counter/packets"), 5);
	/* In no sum. */
	assert_int_equal(json_find_uint64(page, "total/packets"), 10);
	assert_int_equal(json_find_uint64(page, "total/bytes"), 600);
	assert_int_equal(json_find_uint64(page, "by_events/packets"), 0);
	assert_int_equal(sum.n_broken, 0);
}

static double rate_of(uint64_t since, uint64_t until, uint64_t now)
{
	json_object_put(page);
	page = log_sum_to_json(&sum, since, until, now);
	assert_non_null(page);
	return json_find_double(
		json_object_array_get_idx(json_find(page, "rules"), 0), "rate");
}

/* Of the time that was asked for, whatever was found in it. */
static void test_rate(void **state)
{
	(void)state;
	make(12000000, "NFDROP_TABLE_HANDLE=1", NULL);
	add();
	assert_int_equal(rate_of(10000000, 0, 110000000) * 1000, 100);
	assert_int_equal(json_find_uint64(page, "since"), 10000000000);
	assert_int_equal(json_find_uint64(page, "until"), 110000000000);
	/* What is to come has no part in it. */
	assert_int_equal(rate_of(10000000, 999000000, 110000000) * 1000, 100);
	assert_int_equal(json_find_uint64(page, "until"), 110000000000);
	assert_int_equal(rate_of(10000000, 60000000, 110000000) * 1000, 200);
	assert_int_equal(json_find_uint64(page, "until"), 60000000000);
	/* From the first interval's begin. */
	assert_int_equal(rate_of(0, 0, 111000000) * 1000, 100);
	assert_int_equal(json_find_uint64(page, "since"), 11000000000);
	/* A clock that was set back before its begin. */
	assert_int_equal(rate_of(0, 0, 5000000) * 1000, 10000);
}

static void test_rate_of_nothing(void **state)
{
	(void)state;
	page = log_sum_to_json(&sum, 10000000, 0, 110000000);
	assert_non_null(page);
	assert_int_equal(json_find_uint64(page, "since"), 10000000000);
	assert_int_equal(json_find_uint64(page, "until"), 110000000000);
}

/* Loaded anew: the same text at the same place is the same rule. */
static void test_reload(void **state)
{
	struct json_object *list;

	(void)state;
	make(1000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
	add();
	make(2000000, "NFDROP_TABLE_HANDLE=2", "NFDROP_RULE=drop");
	add();
	/* What is known later is the same. */
	make(2100000, "NFDROP_TABLE_HANDLE=4", NULL);
	add();
	make(2200000, "NFDROP_TABLE_HANDLE=4", "NFDROP_RULE=drop");
	add();
	make(3000000, "NFDROP_TABLE_HANDLE=3", "NFDROP_RULE=reject");
	add();
	list = rows();
	assert_int_equal(json_object_array_length(list), 2);
	assert_int_equal(json_find_uint64(json_object_array_get_idx(list, 0),
					  "packets"),
			 40);
	assert_int_equal(json_find_uint64(json_object_array_get_idx(list, 1),
					  "packets"),
			 10);
}

static void test_hosts(void **state)
{
	struct json_object *list;

	(void)state;
	make(1000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
	add();
	make(1000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
	entry.texts[LOG_HOST] = 0;
	take("_HOSTNAME=there");
	add();
	list = rows();
	assert_int_equal(json_object_array_length(list), 2);
	assert_string_equal(json_find_string(json_object_array_get_idx(list, 1),
					     "host"),
			    "there");
}

static const char *host_of(size_t i)
{
	return json_find_string(
		json_object_array_get_idx(json_find(page, "rules"), i), "host");
}

/* Its name is no part of what it is. */
static void test_hosts_renamed(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		make(1000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
		entry.texts[LOG_HOST] = 0;
		take(i == 0 ? "_HOSTNAME=before" : "_HOSTNAME=after");
		take("_MACHINE_ID=1");
		add();
	}
	assert_int_equal(json_object_array_length(rows()), 1);
	assert_string_equal(host_of(0), "");
	json_object_put(page);
	page = NULL;
	/* The last name, and one that two have had. */
	log_sum_done(&sum);
	assert_int_equal(log_sum_init(&sum, NULL, 0), 0);
	for (int i = 0; i < 3; i++) {
		make(1000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
		entry.texts[LOG_HOST] = 0;
		take(i == 1 ? "_HOSTNAME=before" : "_HOSTNAME=after");
		take(i == 2 ? "_MACHINE_ID=2" : "_MACHINE_ID=1");
		add();
	}
	assert_int_equal(json_object_array_length(rows()), 2);
	assert_string_equal(host_of(0), "before");
	assert_string_equal(host_of(1), "after");
}

static void test_by(void **state)
{
	static const enum stat_key by[] = { STAT_REASON, STAT_NETNS };
	struct json_object *list, *row;

	(void)state;
	log_sum_done(&sum);
	assert_int_equal(log_sum_init(&sum, by, 2), 0);
	make(1000000, "NFDROP_TABLE_HANDLE=1", "NFDROP_RULE=drop");
	add();
	/* Another number is another boot's; the name is what is known. */
	make(2000000, "NFDROP_TABLE_HANDLE=2", "NFDROP_RULE=reject");
	entry.buf[entry.fields[1].offset] = '2';
	add();
	begin(JOURNAL_DROPS, 3000000);
	take("NFDROP_COUNTED=events");
	take("NFDROP_PACKETS=1");
	take("NFDROP_BYTES=60");
	take("NFDROP_REASON=NO_SOCKET");
	add();
	list = rows();
	assert_int_equal(json_object_array_length(list), 2);
	row = json_object_array_get_idx(list, 0);
	assert_int_equal(json_find_uint64(row, "packets"), 20);
	assert_string_equal(json_find_string(row, "reason"), "NFT_RULE");
	assert_null(json_find(row, "table"));
	assert_int_equal(json_find_uint64(page, "groups"), 2);
	assert_int_equal(json_find_uint64(page, "by_events/packets"), 1);
	assert_int_equal(json_find_uint64(page, "total/packets"), 21);
}

/* Of a rule "ip t c handle 2" in a namespace. */
static void add_netns(uint64_t usec, const char *boot, const char *name,
		      const char *inum, const char *cookie)
{
	begin(JOURNAL_DROPS, usec);
	entry.texts[LOG_BOOT] = 0;
	take(boot);
	take("NFDROP_COUNTED=kernel");
	take("NFDROP_PACKETS=10");
	take("NFDROP_BYTES=600");
	take("NFDROP_LAST_USEC=7");
	take("NFDROP_REASON=NFT_RULE");
	take("NFDROP_TABLE=t");
	take("NFDROP_TABLE_HANDLE=1");
	take("NFDROP_RULE_HANDLE=2");
	take(inum);
	if (cookie)
		take(cookie);
	if (name) {
		take(name);
		take("NFDROP_RULE=drop");
		take("NFDROP_COMMENT=of all");
	}
	add();
}

static void check_row(size_t i, const char *name, const char *rule,
		      uint64_t packets)
{
	struct json_object *row = json_object_array_get_idx(
		json_find(page, sum.by ? "rows" : "rules"), i);

	assert_string_equal(json_find_string(row, "netns/name"), name);
	assert_string_equal(json_find_string(row, "rule"), rule);
	assert_int_equal(json_find_uint64(row, "packets"), packets);
	assert_null(json_find(row, "_boot"));
}

/* Its name and text are known later than its first drop. */
static void test_netns(void **state)
{
	(void)state;
	add_netns(1000000, "_BOOT_ID=1", NULL, "NFDROP_NETNS_INUM=17", NULL);
	add_netns(2000000, "_BOOT_ID=1", "NFDROP_NETNS=a",
		  "NFDROP_NETNS_INUM=17", NULL);
	add_netns(3000000, "_BOOT_ID=1", NULL, "NFDROP_NETNS_INUM=18", NULL);
	/* The name in another boot, and with another number. */
	add_netns(4000000, "_BOOT_ID=2", "NFDROP_NETNS=a",
		  "NFDROP_NETNS_INUM=19", NULL);
	add_netns(5000000, "_BOOT_ID=2", "NFDROP_NETNS=a",
		  "NFDROP_NETNS_INUM=20", NULL);
	/* The number of another boot is another one. */
	add_netns(6000000, "_BOOT_ID=3", NULL, "NFDROP_NETNS_INUM=17", NULL);
	assert_int_equal(json_object_array_length(rows()), 3);
	check_row(0, "a", "drop", 40);
	check_row(1, "", "", 10);
	check_row(2, "", "", 10);
}

/* A number that was given to a second one tells nothing; a cookie does. */
static void test_netns_reused(void **state)
{
	(void)state;
	add_netns(1000000, "_BOOT_ID=1", "NFDROP_NETNS=a",
		  "NFDROP_NETNS_INUM=17", NULL);
	add_netns(2000000, "_BOOT_ID=1", "NFDROP_NETNS=b",
		  "NFDROP_NETNS_INUM=17", NULL);
	add_netns(3000000, "_BOOT_ID=1", NULL, "NFDROP_NETNS_INUM=17", NULL);
	add_netns(4000000, "_BOOT_ID=2", "NFDROP_NETNS=c",
		  "NFDROP_NETNS_INUM=17", "NFDROP_NETNS_COOKIE=5");
	add_netns(5000000, "_BOOT_ID=2", NULL, "NFDROP_NETNS_INUM=17",
		  "NFDROP_NETNS_COOKIE=5");
	add_netns(6000000, "_BOOT_ID=2", NULL, "NFDROP_NETNS_INUM=17",
		  "NFDROP_NETNS_COOKIE=6");
	assert_int_equal(json_object_array_length(rows()), 5);
	check_row(0, "a", "drop", 10);
	check_row(1, "b", "drop", 10);
	check_row(2, "", "", 10);
	check_row(3, "c", "drop", 20);
	check_row(4, "", "", 10);
}

static void test_netns_by(void **state)
{
	static const enum stat_key by[] = { STAT_NETNS };

	(void)state;
	log_sum_done(&sum);
	assert_int_equal(log_sum_init(&sum, by, 1), 0);
	add_netns(1000000, "_BOOT_ID=1", NULL, "NFDROP_NETNS_INUM=17", NULL);
	add_netns(2000000, "_BOOT_ID=1", "NFDROP_NETNS=a",
		  "NFDROP_NETNS_INUM=17", NULL);
	add_netns(3000000, "_BOOT_ID=2", NULL, "NFDROP_NETNS_INUM=17", NULL);
	assert_int_equal(json_object_array_length(rows()), 2);
	check_row(0, "a", "", 20);
	check_row(1, "", "", 10);
	assert_int_equal(json_find_uint64(page, "groups"), 2);
}

static void test_rest_and_losses(void **state)
{
	struct json_object *row;

	(void)state;
	make(1000000, "NFDROP_TABLE_HANDLE=1", NULL);
	add();
	begin(JOURNAL_REST, 1000000);
	take("NFDROP_PACKETS=3");
	take("NFDROP_BYTES=180");
	take("NFDROP_RULES=2");
	add();
	begin(JOURNAL_LOSSES, 1000000);
	take("NFDROP_LOST_KERNEL_QUEUE=0");
	take("NFDROP_LOST_SOCKET=0");
	take("NFDROP_LOST_RULE_PACKETS=4");
	take("NFDROP_LOST_RULE_MESSAGES=0");
	add();
	/* A packet's entry is counted in another one. */
	begin(JOURNAL_PACKET, 1000000);
	take("NFDROP_REASON=NFT_RULE");
	add();
	row = json_object_array_get_idx(rows(), 0);
	assert_int_equal(json_find_uint64(row, "packets"), 10);
	assert_true(json_object_get_boolean(json_find(row, "lower_bound")));
	assert_int_equal(json_find_uint64(page, "other/packets"), 3);
	assert_int_equal(json_find_uint64(page, "lost/packets"), 4);
	assert_int_equal(json_find_uint64(page, "total/packets"), 13);
	assert_int_equal(json_find_uint64(page, "total/bytes"), 780);
}

static void lose(const char *machine, const char *lost)
{
	begin(JOURNAL_LOSSES, 1000000);
	take(machine);
	take(lost);
	add();
}

/* What another machine lost was none of it. */
static void test_losses_of_host(void **state)
{
	struct json_object *row;

	(void)state;
	for (int i = 0; i < 2; i++) {
		make(1000000, "NFDROP_TABLE_HANDLE=1", NULL);
		take(i == 0 ? "_MACHINE_ID=1" : "_MACHINE_ID=2");
		add();
	}
	lose("_MACHINE_ID=2", "NFDROP_LOST_RULE_PACKETS=7");
	/* Of events, which the kernel's counts are not made of. */
	lose("_MACHINE_ID=1", "NFDROP_LOST_SOCKET=7");
	row = json_object_array_get_idx(rows(), 0);
	assert_false(json_object_get_boolean(json_find(row, "lower_bound")));
	assert_null(json_find(row, "_host"));
	row = json_object_array_get_idx(json_find(page, "rules"), 1);
	assert_true(json_object_get_boolean(json_find(row, "lower_bound")));
	assert_int_equal(json_find_uint64(page, "lost/packets"), 7);
}

/* What is more than a number holds is not nothing. */
static void test_losses_are_many(void **state)
{
	struct json_object *row;

	(void)state;
	make(1000000, "NFDROP_TABLE_HANDLE=1", NULL);
	take("_MACHINE_ID=1");
	add();
	lose("_MACHINE_ID=1", "NFDROP_LOST_RULE_PACKETS=18446744073709551615");
	lose("_MACHINE_ID=1", "NFDROP_LOST_RULE_PACKETS=1");
	row = json_object_array_get_idx(rows(), 0);
	assert_true(json_object_get_boolean(json_find(row, "lower_bound")));
	assert_int_equal(json_find_uint64(page, "lost/packets"), UINT64_MAX);
}

/* What has values that no event has is left out, and does no harm. */
static void test_broken(void **state)
{
	(void)state;
	begin(JOURNAL_DROPS, 1000000);
	take("NFDROP_PACKETS=1");
	take("NFDROP_BYTES=60");
	take("NFDROP_RULE_HANDLE=seven");
	add();
	/* More than a number holds, together. */
	for (int i = 0; i < 2; i++) {
		begin(JOURNAL_DROPS, 1000000);
		take("NFDROP_PACKETS=18446744073709551615");
		take("NFDROP_BYTES=60");
		add();
	}
	assert_int_equal(json_object_array_length(rows()), 1);
	assert_int_equal(sum.n_broken, 2);
	assert_int_equal(json_find_uint64(page, "total/packets"), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rate_of_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hosts_renamed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_by, setup, teardown),
		cmocka_unit_test_setup_teardown(test_netns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_netns_reused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_netns_by, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rest_and_losses, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_losses_of_host, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_losses_are_many, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
