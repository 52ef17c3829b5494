/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "explain-subject.h"
#include "support.h"
#include "util.h"

#include <json-c/json.h>

static struct subject got;
static char error[1024];

static int parse_words(const char *const *words)
{
	return subject_parse((char *const *)(uintptr_t)words, &got, error,
			     sizeof(error));
}

static int parse(const char *text)
{
	char *copy = strdup(text);
	char *arguments[] = { copy, NULL };
	int r = subject_parse(arguments, &got, error, sizeof(error));

	free(copy);
	return r;
}

static void assert_rule(const char *text, const char *family, const char *table,
			const char *chain, uint64_t handle, bool policy,
			enum drop_kind kind)
{
	assert_int_equal(parse(text), 0);
	assert_int_equal(got.kind, SUBJECT_RULE);
	assert_string_equal(got.event.netfilter.family, family);
	assert_string_equal(got.event.netfilter.table, table);
	assert_string_equal(got.event.netfilter.chain, chain);
	assert_int_equal(got.event.netfilter.rule_handle, handle);
	assert_int_equal(got.event.netfilter.policy, policy);
	assert_int_equal(got.event.netfilter.kind, kind);
	assert_int_equal(got.event.has, policy ? DROP_HAS_POLICY : 0);
	subject_done(&got);
}

#define NFT DROP_KIND_NFT_RULE
#define ANY DROP_KIND_NONE

static void test_rules(void **state)
{
	(void)state;
	assert_rule("inet filter input handle 7", "inet", "filter", "input", 7,
		    false, NFT);
	assert_rule("  inet\tfilter input 7\n", "inet", "filter", "input", 7,
		    false, ANY);
	assert_false(got.any_family);
	assert_rule("filter input handle 18446744073709551615", "ip", "filter",
		    "input", UINT64_MAX, false, NFT);
	assert_true(got.any_family);
	assert_rule("ip6 filter INPUT rule 3", "ip6", "filter", "INPUT", 3,
		    false, DROP_KIND_XT_RULE);
	assert_rule("bridge filter INPUT rule 3", "bridge", "filter", "INPUT",
		    3, false, DROP_KIND_EBT_RULE);
	assert_rule("inet filter input policy", "inet", "filter", "input", 0,
		    true, ANY);
	assert_rule("inet filter input policy drop", "inet", "filter", "input",
		    0, true, ANY);
	assert_rule("inet filter input", "inet", "filter", "input", 0, false,
		    ANY);
	/* A table may be called as a family is, a chain as anything. */
	assert_rule("inet inet policy", "inet", "inet", "policy", 0, false,
		    ANY);
}

/* What nfdrop rules has behind it in the same line. */
static void test_rest(void **state)
{
	(void)state;
	assert_rule("inet t c handle 7  netns=blue  udp dport 1 drop comment "
		    "\"netns=red\"",
		    "inet", "t", "c", 7, false, NFT);
	assert_string_equal(got.event.netns.name, "blue");
	assert_rule("inet t c handle 7  attribution=inferred  netns=inum:17",
		    "inet", "t", "c", 7, false, NFT);
	assert_int_equal(got.event.netns.inum, 17);
	assert_rule("inet t c handle 7  tcp dport > 1024 drop comment "
		    "\"netns=red\"",
		    "inet", "t", "c", 7, false, NFT);
	assert_string_equal(got.event.netns.name, "");
	assert_rule("inet t c netns=blue", "inet", "t", "c", 0, false, ANY);
	assert_string_equal(got.event.netns.name, "blue");
}

static void test_no_rules(void **state)
{
	static const char *const texts[] = {
		"",
		"inet",
		"filter",
		"inet filter",
		"inet filter input handle",
		"inet filter input handle 0",
		"inet filter input handle -7",
		"inet filter input handle 07",
		"inet filter input handle 7x",
		"inet filter input handle 18446744073709551616",
		"inet filter input rule",
		"inet filter input 7 8",
		"inet filter input drop",
		"inet filter input netns=blue 7",
		"inet filter input netns=",
		"inet filter input netns=inum:x",
		"inet filter input netns=inum:4294967296",
	};
	char name[600] = "inet ";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(parse(texts[i]), -EINVAL);
		assert_non_null(strstr(error, "is no rule"));
	}
	/* A longer name would be another one's when it is cut. */
	memset(name + 5, 'a', 256);
	strcpy(name + 261, " c");
	assert_int_equal(parse(name), -EINVAL);
	strcpy(name + 260, " c");
	assert_int_equal(parse(name), 0);
	assert_int_equal(strlen(got.event.netfilter.table), 255);
}

/* In several arguments, names keep their spaces; bytes are as JSON has them. */
static void test_odd_names(void **state)
{
	const char *const arguments[] = { "inet",   "my table", "c\x1b\xff",
					  "handle", "7",	NULL };
	const char *const words[] = { "inet", "t", "c", "handle 7", NULL };

	(void)state;
	assert_int_equal(parse_words(arguments), 0);
	assert_string_equal(got.event.netfilter.table, "my table");
	assert_string_equal(got.event.netfilter.chain, "c\x1b\xef\xbf\xbd");
	assert_int_equal(got.event.netfilter.rule_handle, 7);
	assert_int_equal(parse_words(words), 0);
	assert_int_equal(got.event.netfilter.rule_handle, 7);
	assert_int_equal(parse("\x1b[2J\xff"), -EINVAL);
	assert_non_null(strstr(error, "\"\\x1b[2J\\xff\" is no rule"));
}

static void assert_flow(const char *text, const char *source, const char *sport,
			const char *destination, const char *dport)
{
	assert_int_equal(parse(text), 0);
	assert_int_equal(got.kind, SUBJECT_FLOW);
	assert_string_equal(got.source, source);
	assert_string_equal(got.sport, sport);
	assert_string_equal(got.destination, destination);
	assert_string_equal(got.dport, dport);
	subject_done(&got);
}

static void test_flows(void **state)
{
	(void)state;
	assert_flow("10.9.0.2:40000 > 10.9.0.1:80", "10.9.0.2", "40000",
		    "10.9.0.1", "80");
	assert_flow("10.9.0.2 > 10.9.0.1:0", "10.9.0.2", "", "10.9.0.1", "0");
	assert_flow("[2001:db8::2]:53 > [::1]:65535", "2001:db8::2", "53",
		    "::1", "65535");
	assert_flow("[2001:db8::2] > ::ffff:10.0.0.1", "2001:db8::2", "",
		    "::ffff:10.0.0.1", "");
	assert_string_equal(got.event.reason, "");
}

/* A line of nfdrop monitor says more. */
static void test_lines(void **state)
{
	(void)state;
	assert_flow("15:04:05.123456  NFT_RULE  eth0>br0  10.9.0.2:40000 > "
		    "10.9.0.1:80 tcp S  60  nft_do_chain+0x1/0x2 [nf_tables]  "
		    "kind=nft-rule table=filter chain=\"a b\" handle=7 "
		    "rule=\"ip saddr 1.2.3.4 > 5\" netns=inum:17",
		    "10.9.0.2", "40000", "10.9.0.1", "80");
	assert_string_equal(got.event.reason, "NFT_RULE");
	assert_string_equal(got.event.netfilter.table, "filter");
	assert_string_equal(got.event.netfilter.chain, "");
	assert_int_equal(got.event.netns.inum, 17);
	/* Patterns would be more than was said. */
	assert_flow("15:04:05.123456 NOBODY_KNOWS - 10.9.0.2 > 10.9.0.1 icmp "
		    "table=* chain=!c netns=?",
		    "10.9.0.2", "", "10.9.0.1", "");
	assert_string_equal(got.event.reason, "");
	assert_string_equal(got.event.netfilter.table, "");
	assert_string_equal(got.event.netfilter.chain, "");
	assert_string_equal(got.event.netns.name, "");
}

static void test_no_flows(void **state)
{
	static const char *const texts[] = {
		"> 10.9.0.1",
		"10.9.0.2 >",
		"10.9.0.2:40000 > 10.9.0.1:65536",
		"10.9.0.2: > 10.9.0.1",
		"10.9.0.2:x > 10.9.0.1",
		"10.9.0.2:00 > 10.9.0.1",
		"10.9.0.2:1 > 5",
		"10.9.0.256 > 10.9.0.1",
		"- > -",
		"[] > []",
		"[::1]:80:90 > [::1]",
		"02:00:00:00:00:02 > 01:80:c2:00:00:0e ethertype 0x88cc",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(parse(texts[i]), -EINVAL);
		assert_non_null(strstr(error, "no flow"));
	}
	/* What a shell leaves of it. */
	assert_int_equal(parse("10.9.0.2:40000"), -EINVAL);
	assert_non_null(strstr(error, "put the flow in quotes"));
	assert_non_null(strstr(error, "--address=10.9.0.2"));
}

static void test_events(void **state)
{
	struct drop_event ev;
	struct json_object *json;
	char *text;

	(void)state;
	sample_event(&ev);
	json = event_to_json(&ev);
	assert_true(asprintf(&text, " %s\r\n",
			     json_object_to_json_string_ext(
				     json, JSON_C_TO_STRING_PLAIN)) > 0);
	assert_int_equal(parse(text), 0);
	assert_int_equal(got.kind, SUBJECT_EVENT);
	assert_true(event_equal(&got.event, &ev));
	subject_done(&got);
	free(text);
	json_object_put(json);
	drop_event_done(&ev);
}

/* The longest rule, all of it control characters. */
static void test_long_event(void **state)
{
	struct drop_event ev;
	struct json_object *json;

	(void)state;
	drop_event_init(&ev);
	ev.netfilter.rule = calloc(1, 4097);
	memset(ev.netfilter.rule, 1, 4096);
	json = event_to_json(&ev);
	assert_int_equal(parse(json_object_to_json_string(json)), 0);
	assert_string_equal(got.event.netfilter.rule, ev.netfilter.rule);
	subject_done(&got);
	json_object_put(json);
	drop_event_done(&ev);
}

static void test_no_events(void **state)
{
	static const char *const texts[] = {
		"{",
		"{}",
		"{\"lost\":{}}",
		"{\"origin\":1}",
		"{\"origin\":\"software\"} x",
		"{\"origin\":\"software\",\"netfilter\":7}",
		"{\"origin\":\"software\",\"packet\":{\"sport\":65536}}",
		"{\"origin\":\"\xff\"}",
	};
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(parse(texts[i]), -EINVAL);
		assert_non_null(strstr(error, "that is no drop"));
	}
	text = malloc(SUBJECT_TEXT_MAX + 1);
	memset(text, 'a', SUBJECT_TEXT_MAX);
	text[SUBJECT_TEXT_MAX] = '\0';
	assert_int_equal(parse(text), -EINVAL);
	assert_non_null(strstr(error, "too long"));
	free(text);
}

static void test_none(void **state)
{
	(void)state;
	assert_true(subject_is_none(""));
	assert_true(subject_is_none(" \t\n"));
	assert_true(subject_is_none("-- 12 drops not shown: socket 12 --"));
	assert_true(subject_is_none("{\"lost\":{\"socket\":1}}"));
	assert_true(subject_is_none("TIME             REASON          DEVICES  "
				    " FLOW   LENGTH  WHERE"));
	assert_false(subject_is_none("--"));
	assert_false(subject_is_none("{\"origin\":\"software\"}"));
	assert_false(subject_is_none("TIME CHAIN handle 7"));
	assert_false(subject_is_none("inet filter input"));
}

static void test_begun(void **state)
{
	(void)state;
	assert_true(subject_is_begun("{"));
	assert_true(subject_is_begun(" {\n  \"origin\": \"soft"));
	assert_false(subject_is_begun("{}"));
	assert_false(subject_is_begun("{\"a\":1}\n"));
	assert_false(subject_is_begun("{]"));
	assert_false(subject_is_begun("inet filter input"));
	assert_false(subject_is_begun(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_flows),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_long_event),
		cmocka_unit_test(test_no_events),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_begun),
	};

	return cmocka_run_group_tests_name("explain-subject", tests, NULL,
					   NULL);
}
