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
#include "log-entry.h"
#include "util.h"

#define DROPS "MESSAGE_ID=2366b2e4de6a4bcfa3cc75f884415587"

static struct log_entry entry;

static int teardown(void **state)
{
	(void)state;
	log_entry_done(&entry);
	return 0;
}

/* Begins anew, and takes each; NULL ends. */
static bool take(const char *const *fields)
{
	log_entry_begin(&entry, 12345);
	for (; *fields; fields++)
		log_entry_take(&entry, *fields, strlen(*fields));
	return log_entry_is_valid(&entry);
}

#define TAKE(...) take((const char *const[]){ __VA_ARGS__, NULL })
#define FINE	  DROPS, "_UID=0", "NFDROP_PACKETS=5", "NFDROP_BYTES=300"

static void test_valid(void **state)
{
	(void)state;
	assert_true(TAKE(FINE));
	assert_true(TAKE(FINE, "OTHER=x", "NFDROP_UNKNOWN=x", "no field"));
	assert_true(TAKE(DROPS, "_UID=999", "_SYSTEMD_UNIT=nfdropd.service",
			 "NFDROP_PACKETS=5", "NFDROP_BYTES=300"));
	/* By somebody else. */
	assert_false(TAKE(DROPS, "_UID=1000", "NFDROP_PACKETS=5",
			  "NFDROP_BYTES=300"));
	assert_false(TAKE(DROPS, "NFDROP_PACKETS=5", "NFDROP_BYTES=300"));
	assert_false(TAKE(DROPS, "_UID=00", "UID=0",
			  "SYSTEMD_UNIT=nfdropd.service", "NFDROP_PACKETS=5",
			  "NFDROP_BYTES=300"));
	assert_false(TAKE(DROPS, "_SYSTEMD_UNIT=nfdropd.service.evil",
			  "NFDROP_PACKETS=5", "NFDROP_BYTES=300"));
	/* Of another kind, and not whole. */
	assert_false(TAKE("MESSAGE_ID=2366b2e4de6a4bcfa3cc75f884415588",
			  "_UID=0", "NFDROP_PACKETS=5", "NFDROP_BYTES=300"));
	assert_false(TAKE(DROPS, "_UID=0", "NFDROP_BYTES=300"));
	/* Not as nfdropd writes it. */
	assert_false(
		TAKE(DROPS, "_UID=0", "NFDROP_PACKETS=-5", "NFDROP_BYTES=300"));
	assert_false(
		TAKE(DROPS, "_UID=0", "NFDROP_PACKETS=", "NFDROP_BYTES=300"));
	assert_false(TAKE(DROPS, "_UID=0", "NFDROP_BYTES=300",
			  "NFDROP_PACKETS=18446744073709551616"));
	assert_false(TAKE(FINE, "NFDROP_PACKETS=5"));
	assert_false(TAKE(FINE, "NFDROP_TABLE=a", "NFDROP_TABLE=b"));
	assert_false(TAKE(FINE, "NFDROP_TABLE=\xff"));
	log_entry_begin(&entry, 1);
	log_entry_take(&entry, "NFDROP_TABLE=a\0b", 16);
	assert_true(entry.broken);
}

static void test_event(void **state)
{
	struct drop_event ev, *own, *again;

	(void)state;
	assert_true(TAKE(FINE, "NFDROP_NETWORK=ipv4", "NFDROP_SADDR=10.9.0.2",
			 "NFDROP_DADDR=10.9.0.1", "NFDROP_SPORT=40000",
			 "NFDROP_DPORT=80", "NFDROP_PROTO=tcp",
			 "NFDROP_TABLE=a\nNFDROP_CHAIN=b",
			 "NFDROP_KIND=nft-rule", "NFDROP_RULE=drop",
			 "NFDROP_UNIT=x.service"));
	assert_int_equal(log_entry_to_event(&entry, &ev), 0);
	assert_int_equal(ev.count, 5);
	assert_int_equal(ev.timestamp_ns, 12345000);
	assert_int_equal(ev.packet.dport, 80);
	assert_string_equal(ev.netfilter.table, "a\nNFDROP_CHAIN=b");
	assert_string_equal(ev.netfilter.chain, "");
	assert_int_equal(ev.netfilter.kind, DROP_KIND_NFT_RULE);
	assert_string_equal(ev.netfilter.rule, "drop");
	assert_string_equal(ev.process.unit, "x.service");
	drop_event_done(&ev);
	/* Its own one, which is gone with it. */
	assert_int_equal(log_entry_get_event(&entry, &own), 0);
	assert_int_equal(own->packet.dport, 80);
	assert_int_equal(log_entry_get_event(&entry, &again), 0);
	assert_ptr_equal(own, again);
	/* No event is like that. */
	assert_true(TAKE(FINE, "NFDROP_SPORT=70000"));
	assert_int_equal(log_entry_to_event(&entry, &ev), -EINVAL);
	assert_int_equal(log_entry_get_event(&entry, &own), -EINVAL);
	assert_true(TAKE(FINE, "NFDROP_NETWORK=ipv4", "NFDROP_SADDR=::1"));
	assert_int_equal(log_entry_to_event(&entry, &ev), -EINVAL);
	assert_null(log_entry_to_json(&entry));
}

static void test_json(void **state)
{
	struct json_object *json;

	(void)state;
	assert_true(TAKE(FINE, "NFDROP_TABLE=t", "_HOSTNAME=h", "MESSAGE=m",
			 "NFDROP_FIRST_USEC=7", "NFDROP_COUNTED=kernel",
			 "NFDROP_TOP_SOURCES=10.9.0.2 5"));
	json = log_entry_to_json(&entry);
	assert_string_equal(json_find_string(json, "type"), "drops");
	assert_string_equal(json_find_string(json, "host"), "h");
	assert_string_equal(json_find_string(json, "message"), "m");
	assert_string_equal(json_find_string(json, "netfilter/table"), "t");
	assert_string_equal(json_find_string(json, "top_sources"),
			    "10.9.0.2 5");
	assert_int_equal(json_find_uint64(json, "timestamp_ns"), 12345000);
	assert_int_equal(json_find_uint64(json, "packets"), 5);
	assert_int_equal(json_find_uint64(json, "first_seen"), 7000);
	assert_null(json_find(json, "count"));
	json_object_put(json);
	assert_true(TAKE("MESSAGE_ID=284405a6156d413c89994d7a3368a5b8",
			 "_UID=0", "MESSAGE=nfdropd stopped"));
	json = log_entry_to_json(&entry);
	assert_string_equal(json_find_string(json, "type"), "stopped");
	assert_null(json_find(json, "packets"));
	assert_null(json_find(json, "origin"));
	json_object_put(json);
}

/* One entry's values are not the next one's. */
static void test_again(void **state)
{
	(void)state;
	assert_true(TAKE(FINE, "NFDROP_TABLE=t", "_HOSTNAME=h"));
	assert_true(TAKE(FINE));
	assert_int_equal(entry.n_fields, 0);
	assert_string_equal(log_entry_text(&entry, LOG_HOST), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_valid, teardown),
		cmocka_unit_test_teardown(test_event, teardown),
		cmocka_unit_test_teardown(test_json, teardown),
		cmocka_unit_test_teardown(test_again, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
