/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "output-json.h"
#include "output.h"
#include "pager.h"
#include "status-view.h"
#include "util.h"
#include "wrap.h"

static struct output out;

static int setup(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C.UTF-8");
	return output_init(&out);
}

static int teardown(void **state)
{
	(void)state;
	output_done(&out);
	return 0;
}

/* What was printed so far; the next one begins anew. */
static void assert_printed(const char *expected)
{
	assert_int_equal(fflush(out.f), 0);
	assert_int_equal(out.len, strlen(expected));
	assert_memory_equal(out.text, expected, out.len);
	rewind(out.f);
}

static void test_json_harmless(void **state)
{
	(void)state;
	output_json_text(out.f, "{\"a\":\"\xc3\xa9\x7f\xc2\x9b\"}");
	assert_printed("{\"a\":\"\xc3\xa9\\u007f\\u009b\"}");
	output_json_text(out.f, "\"\xe2\x80\xae\xff\xf0\x9f\x98\x80\"");
	assert_printed("\"\\u202e\\ufffd\xf0\x9f\x98\x80\"");
	setlocale(LC_ALL, "C");
	output_json_text(out.f, "\"\xc3\xa9\xf0\x9f\x98\x80\"");
	assert_printed("\"\\u00e9\\ud83d\\ude00\"");
}

static void test_json_means_the_same(void **state)
{
	struct json_object *a, *b;

	(void)state;
	a = json_object_new_object();
	json_object_object_add(a, "k\x7f/",
			       json_object_new_string("\x1b\"\\\xc2\x9b"
						      "\xe2\x80\xae\n"));
	assert_int_equal(output_json(out.f, a, JSON_SHORT), 0);
	fflush(out.f);
	b = json_tokener_parse(out.text);
	assert_true(json_object_equal(a, b));
	json_object_put(b);
	assert_printed(
		"{\"k\\u007f/\":\"\\u001b\\\"\\\\\\u009b\\u202e\\n\"}\n");
	json_object_put(a);
}

static void test_output_again(void **state)
{
	char buf[64];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fputs("the first, longer\n", out.f);
	assert_int_equal(output_write(&out, fds[1], NULL), 0);
	assert_int_equal(output_write(&out, fds[1], NULL), 0);
	fputs("second\n", out.f);
	assert_int_equal(output_write(&out, fds[1], NULL), 0);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 25);
	assert_memory_equal(buf, "the first, longer\nsecond\n", 25);
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	fputs("third\n", out.f);
	assert_int_equal(output_write(&out, fds[1], NULL), -EPIPE);
	close(fds[1]);
}

static const char *vars[3];

static const char *environment(const char *name)
{
	if (strcmp(name, "SYSTEMD_COLORS") == 0)
		return vars[0];
	return strcmp(name, "NO_COLOR") == 0 ? vars[1] : vars[2];
}

static void test_color(void **state)
{
	static const struct {
		enum color_mode mode;
		bool tty;
		const char *vars[3]; /* SYSTEMD_COLORS, NO_COLOR, TERM */
		bool expected;
	} cases[] = {
		{ COLOR_AUTO, true, { NULL, NULL, "xterm" }, true },
		{ COLOR_AUTO, false, { NULL, NULL, "xterm" }, false },
		{ COLOR_AUTO, true, { NULL, "1", "xterm" }, false },
		{ COLOR_AUTO, true, { NULL, "", "xterm" }, true },
		{ COLOR_AUTO, true, { NULL, NULL, "dumb" }, false },
		{ COLOR_AUTO, true, { NULL, NULL, NULL }, false },
		{ COLOR_AUTO, true, { "0", NULL, "xterm" }, false },
		{ COLOR_AUTO, false, { "1", "1", "dumb" }, true },
		{ COLOR_AUTO, false, { "256", NULL, NULL }, true },
		{ COLOR_AUTO, true, { "auto-16", NULL, "xterm" }, true },
		{ COLOR_AUTO, false, { "auto-16", NULL, "xterm" }, false },
		{ COLOR_ALWAYS, false, { "0", "1", "dumb" }, true },
		{ COLOR_NEVER, true, { "1", NULL, "xterm" }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(vars, cases[i].vars, sizeof(vars));
		assert_int_equal(term_decide_color(cases[i].mode, cases[i].tty,
						   environment),
				 cases[i].expected);
	}
}

static void test_escape(void **state)
{
	static const struct term ascii = { .utf8 = false };
	char buf[16];

	(void)state;
	term_escape(&ascii, "a\xc3\xa9\\", buf, sizeof(buf));
	assert_string_equal(buf, "a\\xc3\\xa9\\\\");
	term_escape(&ascii, "0123456789abcdef", buf, sizeof(buf));
	assert_string_equal(buf, "0123456789ab...");
	term_escape(&ascii, "0123456789abcde", buf, sizeof(buf));
	assert_string_equal(buf, "0123456789abcde");
}

static void test_wrap(void **state)
{
	(void)state;
	fputs("x: ", out.f);
	wrap_print(out.f, "one two three four five six seven", 3, 24);
	assert_printed("x: one two three four\n   five six seven\n");
	/* Spaces stay, but for those at the end of a line. */
	wrap_print(out.f, "one  two", 3, 0);
	assert_printed("one  two\n");
	wrap_print(out.f, "one  two   three  four", 0, 20);
	assert_printed("one  two   three\nfour\n");
	wrap_print(out.f, "\"a  b\" ", 0, 0);
	assert_printed("\"a  b\" \n");
	/* Styles have no width, characters of more bytes have one. */
	wrap_print(out.f, "\x1b[1maaaaaaaaa\x1b[0m \xc3\xa4\xc3\xb6 bbbbbbb c",
		   0, 20);
	assert_printed("\x1b[1maaaaaaaaa\x1b[0m \xc3\xa4\xc3\xb6 bbbbbbb\nc\n");
	wrap_print(out.f, "one two", 30, 40);
	assert_printed("one two\n");
	wrap_print(out.f, "averyveryverylongwordindeed two", 0, 20);
	assert_printed("averyveryverylongwordindeed\ntwo\n");
	wrap_print(out.f, "", 3, 40);
	assert_printed("\n");
}

static void test_pager_wanted(void **state)
{
	struct term term = { .tty = true, .width = 4, .height = 3 };

	(void)state;
	assert_false(pager_is_wanted("a\nb\n", 4, &term));
	assert_true(pager_is_wanted("a\nb\nc\n", 6, &term));
	/* A line that is folded. */
	assert_false(pager_is_wanted("abcd\ne\n", 7, &term));
	assert_true(pager_is_wanted("abcde\nf\n", 8, &term));
	term.tty = false;
	assert_false(pager_is_wanted("a\nb\nc\n", 6, &term));
}

static const char status_text[] =
	"{\"version\":\"0.1.0\",\"kernel\":\"6.12\\u001b\",\"source\":\"net_dm\","
	"\"state\":\"passive\",\"message\":\"Another \\u202eprogram.\","
	"\"started_ns\":1763930000000000000,"
	"\"features\":[\"packets\",\"reasons\"],"
	"\"monitor\":{\"running\":true,\"owner\":\"other\",\"mode\":\"packet\","
	"\"truncation\":256,\"queue_length\":1000,\"hardware\":false,"
	"\"restarts\":1},\"ruleset\":{\"state\":\"behind\","
	"\"message\":\"It \\u001b changed.\",\"generation\":9,\"tables\":1,"
	"\"chains\":2,\"rules\":30},\"events\":12,\"malformed\":1,"
	"\"kernel_tells\":[{\"told\":true,\"message\":\"It tells this.\"},"
	"{\"told\":false,\"message\":\"Not that\\u001b.\"}],"
	"\"remedy\":\"Do so.\",\"rules\":{\"counting\":true,\"current\":2,"
	"\"packets\":100,\"bytes\":6000,\"by_events\":40},"
	"\"losses\":{\"kernel_queue\":1,\"socket\":2,\"aggregate_other\":0,"
	"\"sessions\":3,\"rule_messages\":7},\"sessions\":{\"current\":1,\"max\":256}}";

static void test_status(void **state)
{
	struct json_object *status = json_tokener_parse(status_text);
	struct term term = { .utf8 = true };

	(void)state;
	status_view_print(status,
			  UINT64_C(1763930000000000000) +
				  UINT64_C(90061000000000),
			  &term, out.f);
	assert_printed(
		"\xe2\x97\x8f nfdropd 0.1.0: passive\n"
		"  Another \\xe2\\x80\\xaeprogram.\n"
		"     Since: 2025-11-23 20:33:20 UTC, for 25 h 1 min\n"
		"    Kernel: 6.12\\x1b\n"
		"    Source: net_dm\n"
		"   Monitor: started by another program, packet mode, 256 "
		"bytes a packet, queue of 1000, hardware drops off, started "
		"again 1 time\n"
		"  Features: packets, reasons\n"
		"     Tells: \xe2\x9c\x93 It tells this.\n"
		"            \xe2\x9c\x97 Not that\\x1b.\n"
		"    Remedy: Do so.\n"
		"   Ruleset: 30 rules in 2 chains of 1 table, generation 9\n"
		"            It \\x1b changed.\n"
		"     Drops: 12 (1 malformed messages)\n"
		"     Rules: 100 packets with 6000 bytes, by 2 rules and reasons; "
		"40 of them counted as seen\n"
		"    Losses: kernel queue 1, socket 2, aggregate 0, clients 3, "
		"rules' messages 7\n"
		"   Clients: 1 of 256\n");
	json_object_put(status);
}

/* What is missing or of another type is no reason to fail. */
static void test_status_odd(void **state)
{
	struct json_object *status = json_tokener_parse(
		"{\"state\":7,\"monitor\":[],\"features\":{},\"losses\":1,"
		"\"kernel_tells\":{},\"remedy\":1,\"rules\":{\"packets\":0},"
		"\"events\":-1,\"started_ns\":\"x\"}");
	struct term term = { .utf8 = false };

	(void)state;
	status_view_print(status, 0, &term, out.f);
	assert_printed("* nfdropd : \n"
		       "     Since: unknown\n"
		       "   Monitor: not running\n"
		       "  Features: none\n"
		       "     Tells: unknown\n"
		       "    Remedy: \n"
		       "     Drops: 0\n"
		       "     Rules: not counted by the kernel, none seen yet\n"
		       "    Losses: none\n");
	json_object_put(status);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_json_harmless), TEST(test_json_means_the_same),
		TEST(test_output_again),  TEST(test_color),
		TEST(test_escape),	  TEST(test_wrap),
		TEST(test_pager_wanted),  TEST(test_status),
		TEST(test_status_odd),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
