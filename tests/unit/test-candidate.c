/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "candidate.h"
#include "codec.h"

static struct drop_candidates *make(void)
{
	struct drop_candidates *c = calloc(1, sizeof(*c));

	c->list[0] = (struct drop_candidate){
		.kind = DROP_KIND_NFT_RULE,
		.rule_handle = 7,
		.hook = "input",
		.family = "inet",
		.table = strdup("filter"),
		.chain = strdup("a \"chain\"\n"),
		.rule = strdup("tcp dport 80 drop"),
		.unknown = strdup("ct state, limit"),
	};
	c->list[1] = (struct drop_candidate){
		.kind = DROP_KIND_NFT_POLICY,
		.family = "ip6",
		.table = strdup("t"),
		.chain = strdup("c"),
	};
	c->n = 2;
	return c;
}

static void test_event(void **state)
{
	struct drop_event ev, copy, back;
	struct json_object *json;

	(void)state;
	drop_event_init(&ev);
	ev.attribution = DROP_ATTRIBUTION_INFERRED;
	ev.candidates = make();
	ev.candidates->is_partial = true;
	assert_int_equal(drop_event_copy(&copy, &ev), 0);
	drop_event_done(&ev);
	json = event_to_json(&copy);
	assert_string_equal(
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
		"{\"origin\":\"software\",\"attribution\":\"inferred\","
		"\"candidates\":[{\"kind\":\"nft-rule\",\"hook\":\"input\","
		"\"family\":\"inet\",\"table\":\"filter\","
		"\"chain\":\"a \\\"chain\\\"\\n\",\"rule_handle\":7,"
		"\"rule\":\"tcp dport 80 drop\","
		"\"unknown\":\"ct state, limit\"},{\"kind\":\"nft-policy\","
		"\"family\":\"ip6\",\"table\":\"t\",\"chain\":\"c\"}],"
		"\"candidates_partial\":true}");
	assert_int_equal(event_from_json(json, &back), 0);
	assert_int_equal(back.candidates->n, 2);
	assert_true(back.candidates->is_partial);
	assert_string_equal(back.candidates->list[0].chain, "a \"chain\"\n");
	assert_string_equal(back.candidates->list[0].rule, "tcp dport 80 drop");
	assert_null(back.candidates->list[1].rule);
	assert_int_equal(back.candidates->list[1].kind, DROP_KIND_NFT_POLICY);
	json_object_put(json);
	drop_event_done(&copy);
	drop_event_done(&back);
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {
		"{\"candidates\":1}",
		"{\"candidates\":[1]}",
		"{\"candidates\":[{\"kind\":\"no such\"}]}",
		"{\"candidates\":[{\"kind\":1}]}",
		"{\"candidates\":[{\"rule_handle\":-1}]}",
		"{\"candidates\":[{\"rule_handle\":\"7\"}]}",
		"{\"candidates\":[{\"table\":\"a\\u0000b\"}]}",
		"{\"candidates\":[{\"family\":\"0123456789abcdef\"}]}",
		"{\"candidates\":[],\"candidates_partial\":1}",
		/* 17 of them. */
		"{\"candidates\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}",
	};
	struct drop_event ev;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct json_object *json = json_tokener_parse(wrong[i]);

		assert_non_null(json);
		assert_int_equal(event_from_json(json, &ev), -EINVAL);
		assert_null(ev.candidates);
		json_object_put(json);
	}
}

static void test_string(void **state)
{
	struct drop_candidates *c = make();
	char buf[128];

	(void)state;
	assert_string_equal(candidates_to_string(NULL, buf, sizeof(buf)), "");
	assert_string_equal(
		candidates_to_string(c, buf, sizeof(buf)),
		"inet filter a \"chain\"\n handle 7 | ip6 t c policy");
	c->is_partial = true;
	assert_string_equal(
		candidates_to_string(c, buf, sizeof(buf)),
		"inet filter a \"chain\"\n handle 7 | ip6 t c policy | ...");
	for (size_t size = 1; size < 64; size++)
		assert_true(strlen(candidates_to_string(c, buf, size)) < size);
	candidates_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
