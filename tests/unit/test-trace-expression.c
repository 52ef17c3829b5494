/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace-expression.h"
#include "util.h"

static struct trace_expression_error error;

static void assert_refused(const char *expression, uint32_t at, uint32_t length,
			   const char *part)
{
	memset(&error, 0xff, sizeof(error));
	assert_int_equal(trace_expression_check(expression, &error), -EINVAL);
	assert_int_equal(error.at, at);
	assert_int_equal(error.length, length);
	assert_non_null(strstr(error.message, part));
}

static void test_before(void **state)
{
	static const char *const good[] = {
		"ip saddr 10.0.0.0/8 tcp dport 443",
		"tcp dport { 80, 443 } ip saddr { 10.0.0.0/8, 192.168.0.1 }",
		"iifname \"eth0\" meta mark & 0xff == 1",
		"iifname \"{\"",
		"oifname \"}\" tcp flags & (syn|ack) == syn",
	};
	char *text = calloc(1, TRACE_EXPRESSION_MAX + 2);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(trace_expression_check(good[i], &error), 0);
	assert_refused("", 0, 0, "empty");
	assert_refused("   ", 0, 0, "empty");
	assert_refused("tcp dport 1; add", 11, 1, "\";\"");
	assert_refused("tcp dport 1\nadd", 11, 1, "line breaks");
	assert_refused("tcp\tdport", 3, 1, "control");
	assert_refused("tcp\x7f", 3, 1, "control");
	assert_refused("tcp # x", 4, 1, "\"#\"");
	assert_refused("$x", 0, 1, "\"$\"");
	assert_refused("tcp \\", 4, 1, "\"\\\"");
	assert_refused("tcp dport { 1", 10, 1, "not closed");
	assert_refused("a { b { c }", 2, 1, "not closed");
	assert_refused("tcp dport 1 }", 12, 1, "without");
	assert_refused("} {", 0, 1, "without");
	assert_refused("iifname \"x", 8, 1, "quotation");
	assert_refused("iifname \"x\" \"", 12, 1, "quotation");
	memset(text, 'x', TRACE_EXPRESSION_MAX);
	assert_int_equal(trace_expression_check(text, &error), 0);
	text[TRACE_EXPRESSION_MAX] = 'x';
	assert_refused(text, 0, 0, "too long: 4097");
	free(text);
}

#define RULE(statements)                                         \
	"{\"nftables\":[{\"metainfo\":{\"version\":\"1.0.6\"}}," \
	"{\"chain\":{\"family\":\"inet\",\"name\":\"wanted\"}}," \
	"{\"rule\":{\"family\":\"inet\",\"chain\":\"wanted\","   \
	"\"expr\":[" statements "]}}]}"
#define DPORT                                                            \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":" \
	"\"tcp\",\"field\":\"dport\"}},\"right\":{\"set\":[80,443]}}}"
#define STATE                                                           \
	"{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"state\"" \
	"}},\"right\":\"new\"}}"
#define JUMP "{\"jump\":{\"target\":\"marking\"}}"

static void test_after(void **state)
{
	static const struct {
		const char *json;
		int result;
		const char *part;
	} cases[] = {
		{ RULE(DPORT "," JUMP), 0, NULL },
		{ RULE(DPORT "," DPORT "," JUMP), 0, NULL },
		{ RULE("{\"counter\":{\"packets\":0}}," JUMP), -EINVAL,
		  "\"counter\" is no match" },
		{ RULE(DPORT ",{\"accept\":null}," JUMP), -EINVAL,
		  "\"accept\" is no match" },
		{ RULE(DPORT ",{\"mangle\":{\"key\":1}}," JUMP), -EINVAL,
		  "\"mangle\" is no match" },
		{ RULE("{\"match\":1,\"drop\":null}," JUMP), -EINVAL,
		  "no match" },
		{ RULE("1," JUMP), -EINVAL, "no match" },
		{ RULE("[]," JUMP), -EINVAL, "no match" },
		{ RULE(JUMP), -EINVAL, "nothing in particular" },
		{ RULE(DPORT), -EBADMSG, NULL },
		{ RULE(DPORT ",{\"jump\":{\"target\":\"x\"}}"), -EBADMSG,
		  NULL },
		{ RULE(DPORT ",{\"jump\":1}"), -EBADMSG, NULL },
		{ RULE(""), -EBADMSG, NULL },
		{ "{\"nftables\":[{\"rule\":{\"expr\":[" JUMP "]}},"
		  "{\"rule\":{\"expr\":[" JUMP "]}}]}",
		  -EBADMSG, NULL },
		{ "{\"nftables\":[]}", -EBADMSG, NULL },
		{ "{\"nftables\":1}", -EBADMSG, NULL },
		{ "{", -EBADMSG, NULL },
		{ "", -EBADMSG, NULL },
		{ "null", -EBADMSG, NULL },
	};
	bool ct;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		error = (struct trace_expression_error){ 0 };
		assert_int_equal(trace_expression_check_rule(cases[i].json, &ct,
							     &error),
				 cases[i].result);
		if (cases[i].part)
			assert_non_null(strstr(error.message, cases[i].part));
	}
	assert_int_equal(trace_expression_check_rule(RULE(DPORT "," JUMP), &ct,
						     &error),
			 0);
	assert_false(ct);
	assert_int_equal(trace_expression_check_rule(
				 RULE(DPORT "," STATE "," JUMP), &ct, &error),
			 0);
	assert_true(ct);
}

#define BEGIN "add rule inet nfdropd-12 wanted "

static void assert_explained(const char *text, const char *expression,
			     uint32_t at, uint32_t length, const char *message)
{
	trace_expression_explain(text, expression, strlen(BEGIN), &error);
	assert_string_equal(error.message, message);
	assert_int_equal(error.at, at);
	assert_int_equal(error.length, length);
}

/* As libnftables 1.0.6 has them. */
static void test_explain(void **state)
{
	(void)state;
	assert_explained(
		"Error: Prefix length 99 is invalid for type of 32 bits width\n" BEGIN
		"ip saddr 10.0.0.0/99 jump marking\n"
		"                                         ^^^^^^^^^^^\n",
		"ip saddr 10.0.0.0/99", 9, 11,
		"Prefix length 99 is invalid for type of 32 bits width");
	assert_explained(
		"Error: datatype mismatch, expected IPv4 address, expression "
		"has type Internet protocol\n" BEGIN
		"ip saddr tcp jump marking\n"
		"                                ~~~~~~~~ ^^^\n",
		"ip saddr tcp", 9, 3,
		"datatype mismatch, expected IPv4 address, expression has type "
		"Internet protocol");
	/* What is behind it is ours. */
	assert_explained("Error: syntax error, unexpected jump\n" BEGIN
			 "tcp dport jump marking\n"
			 "                                          ^^^^\n",
			 "tcp dport", 9, 1, "it ends too early");
	trace_expression_explain(
		"Error: Statement after terminal statement has no effect\n" BEGIN
		"accept jump marking\n"
		"                                ~~~~~~ ^^^^^^^^^^^^\n",
		"accept", strlen(BEGIN), &error);
	assert_non_null(strstr(error.message, "matches only"));
	assert_int_equal(error.at, 0);
	assert_int_equal(error.length, 6);
	trace_expression_explain(
		"Error: No such file or directory\n" BEGIN
		"ip saddr @x jump marking\n"
		"                                         ^^\n",
		"ip saddr @x", strlen(BEGIN), &error);
	assert_non_null(strstr(error.message, "no such set"));
	assert_int_equal(error.at, 9);
	/* Of another form. */
	assert_explained("Error: x", "tcp", 0, 0, "x");
	assert_explained("x\ny\n", "tcp", 0, 0, "x");
	assert_explained("x\ny\n   ^\n", "tcp", 0, 0, "x");
	assert_explained("", "tcp", 0, 0, "libnftables does not say why");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_after),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
