/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

/* Not a byte more than the text, and no NUL behind it. */
static int parse_request(const char *text, size_t len, struct request *ret)
{
	char *copy = copy_bytes(text, len);
	int r = request_parse(copy, len, ret);

	free(copy);
	return r;
}

static void test_request(void **state)
{
	static const struct {
		const char *text, *method;
		bool parameters, more, oneway, upgrade;
	} cases[] = {
		{ "{\"method\":\"a.B\"}", "a.B", false, false, false, false },
		{ " {\n\"method\" : \"a.B\"}\n", "a.B", false, false, false,
		  false },
		{ "{\"method\":\"a.B\",\"parameters\":{}}", "a.B", true, false,
		  false, false },
		{ "{\"method\":\"a.B\",\"parameters\":null,\"more\":null}",
		  "a.B", false, false, false, false },
		{ "{\"more\":true,\"method\":\"a.B\"}", "a.B", false, true,
		  false, false },
		{ "{\"oneway\":true,\"method\":\"a.B\",\"more\":false}", "a.B",
		  false, false, true, false },
		{ "{\"upgrade\":true,\"method\":\"\"}", "", false, false, false,
		  true },
		{ "{\"method\":\"a.B\",\"unknown\":[1,{\"x\":null}]}", "a.B",
		  false, false, false, false },
		/* The last one of a name counts. */
		{ "{\"method\":\"a.B\",\"method\":\"c.D\"}", "c.D", false,
		  false, false, false },
		{ "{\"method\":\"caf\xc3\xa9.\\u20ac\"}",
		  "caf\xc3\xa9.\xe2\x82\xac", false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request request;

		assert_int_equal(parse_request(cases[i].text,
					       strlen(cases[i].text), &request),
				 0);
		assert_string_equal(request.method, cases[i].method);
		assert_int_equal(request.parameters != NULL,
				 cases[i].parameters);
		assert_int_equal(request.more, cases[i].more);
		assert_int_equal(request.oneway, cases[i].oneway);
		assert_int_equal(request.upgrade, cases[i].upgrade);
		request_done(&request);
		assert_null(request.root);
		request_done(&request);
	}
}

#define M "{\"method\":\"a.B\""

static const struct bad {
	const char *text;
	size_t len; /* 0: strlen() */
} bad_requests[] = {
	{ "", 0 },
	{ " ", 0 },
	{ "{", 0 },
	{ "{}", 0 },
	{ "[]", 0 },
	{ "null", 0 },
	{ "\"method\"", 0 },
	{ "1", 0 },
	{ "{\"method\":1}", 0 },
	{ "{\"method\":null}", 0 },
	{ "{\"method\":[\"a.B\"]}", 0 },
	{ "{\"Method\":\"a.B\"}", 0 },
	{ M ",\"parameters\":[]}", 0 },
	{ M ",\"parameters\":\"x\"}", 0 },
	{ M ",\"more\":1}", 0 },
	{ M ",\"more\":\"true\"}", 0 },
	{ M ",\"oneway\":{}}", 0 },
	{ M ",\"upgrade\":0}", 0 },
	{ M, 0 },
	{ M ",", 0 },
	{ M ",}", 0 },
	{ M "}}", 0 },
	{ M "}x", 0 },
	{ M "}" M "}", 0 },
	{ M "}/*c*/", 0 },
	{ M "}\0", sizeof(M) + 1 },
	{ M "\0}", sizeof(M) + 1 },
	{ "{\"method\":\"a\0B\"}", 16 },
	{ "\xef\xbb\xbf" M "}", 0 },
	/* Not UTF-8: stray bytes, overlong forms, surrogates, too large. */
	{ "{\"method\":\"\xff\"}", 0 },
	{ "{\"method\":\"\xc3\"}", 0 },
	{ "{\"method\":\"\xe9 \"}", 0 },
	{ "{\"method\":\"\xc0\x80\"}", 0 },
	{ "{\"method\":\"\xe0\x80\xaf\"}", 0 },
	{ "{\"method\":\"\xed\xa0\x80\"}", 0 },
	{ "{\"method\":\"\xf4\x90\x80\x80\"}", 0 },
	{ M ",\"x\":\"\xc0\xaf\"}", 0 },
	{ M ",\"\xed\xbf\xbf\":1}", 0 },
	/* A NUL hides what stands behind it. */
	{ "{\"method\":\"a.B\\u0000c\"}", 0 },
};

static void test_bad_requests(void **state)
{
	struct request request = { .method = "untouched" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_requests); i++) {
		const struct bad *bad = &bad_requests[i];
		size_t len = bad->len ? bad->len : strlen(bad->text);

		if (parse_request(bad->text, len, &request) != -EBADMSG)
			fail_msg("accepted %zu: %s", i, bad->text);
		assert_string_equal(request.method, "untouched");
	}
	assert_int_equal(request_parse("{}", SIZE_MAX, &request), -EBADMSG);
	assert_int_equal(request_parse("{}", (size_t)INT32_MAX + 1, &request),
			 -EBADMSG);
}

/* Every beginning of a call is refused, and none is read past its end. */
static void test_every_length(void **state)
{
	static const char text[] = M ",\"parameters\":{\"filter\":{\"port\":"
				     "[\"53\",\"\xe2\x82\xac\"]}},"
				     "\"more\":true}";
	struct request request;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		assert_int_equal(parse_request(text, len, &request), -EBADMSG);
	assert_int_equal(parse_request(text, sizeof(text) - 1, &request), 0);
	request_done(&request);
}

static int parse_depth(size_t depth, const char *open, const char *close)
{
	size_t size = depth * (strlen(open) + strlen(close)) + 64;
	char *text = calloc(1, size), *p = text;
	struct request request;
	int r;

	assert_non_null(text);
	p = stpcpy(p, M ",\"parameters\":");
	for (size_t i = 0; i < depth; i++)
		p = stpcpy(p, open);
	p = stpcpy(p, "1");
	for (size_t i = 0; i < depth; i++)
		p = stpcpy(p, close);
	p = stpcpy(p, "}");
	r = parse_request(text, (size_t)(p - text), &request);
	if (r == 0)
		request_done(&request);
	free(text);
	return r;
}

static void test_depth(void **state)
{
	size_t deepest = 0;

	(void)state;
	while (parse_depth(deepest + 1, "{\"a\":", "}") == 0)
		deepest++;
	/* What a Subscribe needs, and no more than was said. */
	assert_true(deepest >= 4 && deepest < PROTO_DEPTH_MAX);
	assert_int_equal(parse_depth(1000000, "{\"a\":", "}"), -EBADMSG);
	assert_int_equal(parse_depth(1000000, "{\"a\":[", "]}"), -EBADMSG);
	assert_int_equal(parse_depth(1000000, "[", "]"), -EBADMSG);
}

static void test_large_numbers(void **state)
{
	static const char *const numbers[] = {
		"99999999999999999999999999999999999999",
		"-99999999999999999999999999999999999999",
		"1e999999",
		"-0",
		"0.00000000000000000000000000000000000000000000000001",
		"18446744073709551615",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct json_object *json = NULL;
		char text[256] = "{\"n\":";
		int r;

		strcat(strcat(text, numbers[i]), "}");
		r = json_parse_object(text, strlen(text), &json);
		assert_true(r == 0 || r == -EBADMSG);
		assert_int_equal(r == 0, json != NULL);
		json_object_put(json);
	}
}

static void test_reply(void **state)
{
	static const struct {
		const char *text;
		int r;
		const char *error;
		bool parameters, continues;
	} cases[] = {
		{ "{}", 0, NULL, false, false },
		{ "{\"parameters\":{}}", 0, NULL, true, false },
		{ "{\"parameters\":null,\"error\":null}", 0, NULL, false,
		  false },
		{ "{\"continues\":true}", 0, NULL, false, true },
		{ "{\"error\":\"a.B\",\"parameters\":{\"x\":1}}", 0, "a.B",
		  true, false },
		{ "{\"parameters\":1}", -EBADMSG, NULL, false, false },
		{ "{\"error\":1}", -EBADMSG, NULL, false, false },
		{ "{\"continues\":1}", -EBADMSG, NULL, false, false },
		{ "[]", -EBADMSG, NULL, false, false },
		{ "{}{}", -EBADMSG, NULL, false, false },
		{ "", -EBADMSG, NULL, false, false },
		{ "{\"error\":\"\xc0\x80\"}", -EBADMSG, NULL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reply reply;

		assert_int_equal(reply_parse(cases[i].text,
					     strlen(cases[i].text), &reply),
				 cases[i].r);
		if (cases[i].r < 0)
			continue;
		if (cases[i].error)
			assert_string_equal(reply.error, cases[i].error);
		else
			assert_null(reply.error);
		assert_int_equal(reply.parameters != NULL, cases[i].parameters);
		assert_int_equal(reply.continues, cases[i].continues);
		reply_done(&reply);
		reply_done(&reply);
	}
}

/* Takes @b. */
static void assert_message(struct buffer *b, const char *expected)
{
	assert_non_null(b);
	assert_int_equal(b->len, strlen(expected) + 1);
	assert_memory_equal(b->data, expected, b->len);
	buffer_unref(b);
}

static void test_writing(void **state)
{
	struct json_object *parameters = json_object_new_object();

	(void)state;
	json_object_object_add(parameters, "a/b",
			       json_object_new_string_len("x\0\n\"", 4));
	assert_message(request_new("a.B", NULL, false), M "}");
	assert_message(request_new("a.B", NULL, true), M ",\"more\":true}");
	assert_message(request_new("a.B", parameters, true),
		       M ",\"parameters\":{\"a/b\":\"x\\u0000\\n\\\"\"},"
			 "\"more\":true}");
	assert_message(reply_new(NULL, false), "{}");
	assert_message(reply_new(parameters, false),
		       "{\"parameters\":{\"a/b\":\"x\\u0000\\n\\\"\"}}");
	assert_message(reply_new(NULL, true), "{\"continues\":true}");
	assert_message(error_new("a.B", NULL), "{\"error\":\"a.B\"}");
	assert_message(error_new("a.B", parameters),
		       "{\"error\":\"a.B\",\"parameters\":{\"a/b\":"
		       "\"x\\u0000\\n\\\"\"}}");
	assert_message(reply_new_text("event", "{\"x\":1}", 7),
		       "{\"parameters\":{\"event\":{\"x\":1}},"
		       "\"continues\":true}");
	/* It stayed ours all the time. */
	assert_int_equal(json_object_put(parameters), 1);
}

static void test_both_ways(void **state)
{
	struct request request;
	struct reply reply;
	struct buffer *b;

	(void)state;
	b = request_new("io.nfdrop.Monitor.Subscribe", NULL, true);
	assert_int_equal(request_parse(b->data, b->len - 1, &request), 0);
	assert_string_equal(request.method, "io.nfdrop.Monitor.Subscribe");
	assert_true(request.more);
	request_done(&request);
	buffer_unref(b);

	b = reply_new_text("lost", "{\"session\":3}", 13);
	assert_int_equal(reply_parse(b->data, b->len - 1, &reply), 0);
	assert_true(reply.continues);
	assert_non_null(reply.parameters);
	reply_done(&reply);
	buffer_unref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_large_numbers),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_both_ways),
	};

	return cmocka_run_group_tests_name("proto", tests, NULL, NULL);
}
