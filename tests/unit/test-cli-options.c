/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"
#include "suggest.h"
#include "util.h"
#include "verb.h"

#define ARGS_MAX 16

static struct options options;
static char error[OPTION_ERROR_MAX];
static char *args[ARGS_MAX];
static int n_args;

static int setup(void **state)
{
	(void)state;
	return options_init(&options);
}

static int teardown(void **state)
{
	(void)state;
	options_done(&options);
	for (int i = 0; i < n_args; i++)
		free(args[i]);
	n_args = 0;
	return 0;
}

/* Parses a line of words with the options of @verb. */
static int parse(const struct verb *verb, const char *line)
{
	_cleanup_free_ char *copy = strdup(line);
	struct option_set set;
	char *save = NULL;

	for (int i = 0; i < n_args; i++)
		free(args[i]);
	n_args = 0;
	for (char *s = strtok_r(copy, " ", &save); s;
	     s = strtok_r(NULL, " ", &save))
		args[n_args++] = strdup(s);
	args[n_args] = NULL;
	option_set_init(&set);
	if (verb)
		option_set_add(&set, verb);
	error[0] = '\0';
	return option_set_parse(&set, &options, n_args, args, error,
				sizeof(error));
}

static void assert_error(const struct verb *verb, const char *line,
			 const char *expected)
{
	assert_int_equal(parse(verb, line), -EINVAL);
	assert_string_equal(error, expected);
}

static void test_anywhere(void **state)
{
	int first;

	(void)state;
	first = parse(&verb_monitor,
		      "nfdrop -n 4 monitor --json=short --utc -q arg "
		      "--socket=/s --color never");
	assert_int_equal(first, n_args - 2);
	assert_string_equal(args[first], "monitor");
	assert_string_equal(args[first + 1], "arg");
	assert_int_equal(options.lines, 4);
	assert_int_equal(options.json, JSON_SHORT);
	assert_int_equal(options.color, COLOR_NEVER);
	assert_true(options.utc);
	assert_true(options.quiet);
	assert_string_equal(options.socket, "/s");
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(&verb_monitor, "nfdrop monitor"), 1);
	assert_string_equal(options.socket, "/run/nfdropd/socket");
	assert_int_equal(options.json, JSON_OFF);
	assert_int_equal(options.color, COLOR_AUTO);
	assert_int_equal(options.lines, 0);
	assert_true(filter_is_empty(options.filter));
}

static void test_errors(void **state)
{
	(void)state;
	assert_error(&verb_monitor, "nfdrop --prt=3",
		     "unknown option \"--prt\" (did you mean \"--port\"?)");
	assert_error(&verb_status, "nfdrop --frobnicate",
		     "unknown option \"--frobnicate\"");
	assert_error(&verb_status, "nfdrop -n", "unknown option \"-n\"");
	assert_error(&verb_monitor, "nfdrop -n",
		     "option \"-n\" needs a value: -n N");
	assert_error(&verb_monitor, "nfdrop --socket",
		     "option \"--socket\" needs a value: --socket=PATH");
	assert_error(&verb_monitor, "nfdrop --utc=1",
		     "option \"--utc\" takes no value");
	assert_error(&verb_monitor, "nfdrop --no",
		     "option \"--no\" could be more than one; write it out");
	assert_error(&verb_monitor, "nfdrop --json=x\x1b",
		     "--json=x\\x1b: expected off, short or pretty");
	assert_error(&verb_monitor, "nfdrop --color=blue",
		     "--color=blue: expected auto, always or never");
	assert_error(&verb_monitor,
		     "nfdrop --socket=", "--socket= needs a path");
	assert_error(&verb_monitor, "nfdrop --\x1b[2J",
		     "unknown option \"--\\x1b[2J\"");
	assert_error(&verb_monitor, "nfdrop -\xff",
		     "unknown option \"-\\xff\"");
}

static void test_lines(void **state)
{
	static const char *const bad[] = { "0", "-1", "+1", "1x",
					   "99999999999999999999" };
	char line[64], expected[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(line, sizeof(line), "nfdrop --lines=%s", bad[i]);
		snprintf(expected, sizeof(expected),
			 "--lines=%s: expected a number from 1", bad[i]);
		assert_error(&verb_monitor, line, expected);
	}
	assert_true(parse(&verb_monitor, "nfdrop -n7") > 0);
	assert_int_equal(options.lines, 7);
}

static void test_filters(void **state)
{
	(void)state;
	assert_true(parse(&verb_monitor, "nfdrop --port=53 --in=!lo") > 0);
	assert_false(filter_is_empty(options.filter));
	assert_int_equal(parse(&verb_monitor, "nfdrop --port=x"), -EINVAL);
	assert_memory_equal(error, "--port: \"x\" is not ", 18);
	/* Only monitor has them. */
	assert_error(&verb_status, "nfdrop --port=53",
		     "unknown option \"--port\"");
}

/* Each filter key is an option, and no name is another option's. */
/* Keys of a verb's scope only, and words that there are. */
static void test_stats(void **state)
{
	(void)state;
	assert_true(parse(&verb_stats, "nfdrop --by=source,rule,source "
				       "--sort=rate_1min --dport=53") > 0);
	assert_string_equal(options.by, "source,rule,source");
	assert_string_equal(options.sort, "rate_1min");
	assert_true(parse(&verb_stats, "nfdrop --by=unit") > 0);
	for (size_t i = 0; i < 3; i++) {
		const char *const lines[] = { "nfdrop --by=source,",
					      "nfdrop --by=",
					      "nfdrop --by=,source" };

		assert_int_equal(parse(&verb_stats, lines[i]), -EINVAL);
		assert_non_null(strstr(error, "--by: unknown key \"\"; there "
					      "are netns, reason,"));
	}
	assert_int_equal(parse(&verb_stats, "nfdrop --by=source,x\x1b"),
			 -EINVAL);
	assert_non_null(strstr(error, "--by: unknown key \"x\\x1b\"; there"));
	assert_non_null(strstr(error, ", uid, unit"));
	assert_error(&verb_rules, "nfdrop --sort=name",
		     "--sort=name: expected packets, bytes, rate, rate_1min, "
		     "rate_15min, first_seen or last_seen");
	assert_error(&verb_stats, "nfdrop --sport=53",
		     "unknown option \"--sport\" (did you mean "
		     "\"--sort\"?)");
	assert_int_equal(parse(&verb_rules, "nfdrop --dport=53"), -EINVAL);
	assert_true(parse(&verb_rules, "nfdrop --table=t --kind=none") > 0);
}

static void test_set(void **state)
{
	struct option_set set;
	size_t n = 0;

	(void)state;
	option_set_init(&set);
	option_set_add(&set, &verb_monitor);
	while (filter_key_at(n))
		n++;
	assert_int_equal(set.n - set.first_filter, n);
	assert_true(set.n < OPTION_DEFS_MAX);
	for (size_t i = 0; i < set.n; i++) {
		assert_true(strlen(set.defs[i].help) <= 52);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(set.defs[i].name,
						set.defs[j].name);
			assert_true(!set.defs[i].letter ||
				    set.defs[i].letter != set.defs[j].letter);
		}
	}
}

static void test_help_is_aligned(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct option_set set;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	option_set_init(&set);
	option_set_print(&set, 0, set.n, f);
	fclose(f);
	assert_string_equal(
		text,
		"  -h, --help         Show this help\n"
		"      --version      Show the version\n"
		"      --socket=PATH  Where nfdropd listens\n"
		"      --json=MODE    Print JSON: pretty, short or off\n"
		"      --color=WHEN   Use colours: auto, always or never\n"
		"      --no-pager     Do not pipe long output into a pager\n");
}

/* With no options, it only looks for the verb. */
static void test_look(void **state)
{
	char *argv[] = { (char[]){ "nfdrop" },	   (char[]){ "--socket" },
			 (char[]){ "x" },	   (char[]){ "status" },
			 (char[]){ "--nonsense" }, NULL };
	struct option_set set;

	(void)state;
	option_set_init(&set);
	assert_int_equal(
		option_set_parse(&set, NULL, 5, argv, error, sizeof(error)), 3);
}

static const char *word_at(const void *words, size_t i)
{
	return ((const char *const *)words)[i];
}

static void test_suggest(void **state)
{
	static const char *const words[] = { "monitor", "status", "reasons",
					     "doctor", NULL };

	(void)state;
	assert_string_equal(suggest("monitr", word_at, words), "monitor");
	assert_string_equal(suggest("stauts", word_at, words), "status");
	assert_string_equal(suggest("mon", word_at, words), "monitor");
	assert_string_equal(suggest("docter", word_at, words), "doctor");
	assert_null(suggest("xyzzy", word_at, words));
	assert_null(suggest("", word_at, words));
	assert_null(suggest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			    word_at, words));
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

static void test_top(void **state)
{
	(void)state;
	assert_true(parse(&verb_top, "nfdrop top -b -n 3 -d 1.5 --by=port "
				     "--sort packets --invert -g Text "
				     "--lines=7") > 0);
	assert_true(options.top.batch && options.top.invert);
	assert_int_equal(options.top.iterations, 3);
	assert_int_equal(options.lines, 7);
	assert_int_equal(options.top.delay_ns, 1500000000);
	assert_string_equal(options.top.by, "port");
	assert_string_equal(options.top.sort, "packets");
	assert_string_equal(options.top.grep, "Text");
	parse(&verb_top, "nfdrop top --delay=500ms");
	assert_int_equal(options.top.delay_ns, 500000000);
	parse(&verb_top, "nfdrop top -d 2min");
	assert_int_equal(options.top.delay_ns, 120000000000);
}

static void test_top_errors(void **state)
{
	static const char *const delays[] = {
		"0",  "0.01", "-1",  "3601", "nan", "inf",
		"2x", "x",    "1e9", "2h",   "0x",  "ms",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
		char line[64], expected[160];

		snprintf(line, sizeof(line), "nfdrop top --delay=%s",
			 delays[i]);
		snprintf(expected, sizeof(expected),
			 "--delay=%s: expected 0.1 to 3600 seconds, such as 2 "
			 "or 500ms",
			 delays[i]);
		assert_error(&verb_top, line, expected);
	}
	assert_error(&verb_top, "nfdrop top --by=x",
		     "--by=x: expected rule, reason, source, destination, "
		     "port, interface, netns or process");
	assert_error(&verb_top, "nfdrop top --iterations=0",
		     "--iterations=0: expected a number from 1");
	assert_int_equal(parse(&verb_top, "nfdrop top --sort=x"), -EINVAL);
	assert_non_null(strstr(error, "expected rate, "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_anywhere),	    TEST(test_defaults),
		TEST(test_errors),	    TEST(test_lines),
		TEST(test_filters),	    TEST(test_set),
		TEST(test_stats),	    TEST(test_look),
		TEST(test_help_is_aligned), TEST(test_suggest),
		TEST(test_top),		    TEST(test_top_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
