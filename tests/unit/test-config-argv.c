/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config-argv.h"
#include "nfdrop.h"
#include "util.h"

#define ARGS_MAX 12

/* Of the last parse(). */
static char printed[8192];
static struct config_args last;

/* Runs with @fd into a file, and reads what came. */
static int parse_into(int fd, struct config *config, const char *const *args)
{
	struct config_args parsed;
	char *argv[ARGS_MAX + 2] = { (char *)(uintptr_t) "nfdropd" };
	FILE *file = tmpfile();
	int argc = 1, saved = dup(fd), r;
	size_t n;

	assert_non_null(file);
	assert_true(saved >= 0);
	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	fflush(NULL);
	assert_true(dup2(fileno(file), fd) >= 0);
	optind = 0;
	memset(&parsed, 0xa5, sizeof(parsed));
	r = config_parse_argv(&parsed, argc, argv);
	config_init(config);
	if (r == CONFIG_RUN)
		config_apply_args(config, &parsed);
	last = parsed;
	fflush(NULL);
	assert_true(dup2(saved, fd) >= 0);
	close(saved);
	rewind(file);
	n = fread(printed, 1, sizeof(printed) - 1, file);
	printed[n] = '\0';
	fclose(file);
	return r;
}

#define PARSE(fd, config, ...) \
	parse_into(fd, config, (const char *const[]){ __VA_ARGS__, NULL })

static void test_defaults(void **state)
{
	static const char *const none[] = { NULL };
	struct config config;

	(void)state;
	assert_int_equal(parse_into(STDERR_FILENO, &config, none), CONFIG_RUN);
	assert_string_equal(printed, "");
	assert_string_equal(config.socket, NFDROP_SOCKET_PATH);
	assert_string_equal(config.group, "nfdrop");
	assert_int_equal(config.truncation, 256);
	assert_int_equal(config.queue_length, 10000);
	assert_int_equal(config.receive_buffer, 8 << 20);
	assert_int_equal(config.max_clients, 256);
	assert_int_equal(config.max_clients_per_uid, 64);
	assert_int_equal(config.session_queue, 1024);
	assert_true(config.hardware);
	assert_string_equal(config.state, "");
	assert_int_equal(config.flush_interval, 30000000);
}

/* What is no setting. */
static void test_others(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(STDERR_FILENO, &config, "--config=/f",
			       "--check-config"),
			 CONFIG_RUN);
	assert_string_equal(last.file, "/f");
	assert_true(last.check);
	assert_false(last.serve_reader);
	assert_int_equal(PARSE(STDERR_FILENO, &config, "--serve-reader"),
			 CONFIG_RUN);
	assert_true(last.serve_reader);
	assert_false(last.reload);
	assert_int_equal(PARSE(STDERR_FILENO, &config, "--reload"), CONFIG_RUN);
	assert_true(last.reload);
	assert_null(last.file);
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		assert_null(last.values[i]);
}

static void test_settings(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(STDERR_FILENO, &config, "--socket=/tmp/s",
			       "--group", "wheel", "--truncation=64",
			       "--queue-length=10000000",
			       "--receive-buffer=64K", "--no-hardware",
			       "--flush-interval=1min 30s", "--state", "s/t"),
			 CONFIG_RUN);
	assert_string_equal(config.state, "s/t");
	assert_int_equal(config.flush_interval, 90000000);
	assert_string_equal(config.socket, "/tmp/s");
	assert_string_equal(config.group, "wheel");
	assert_int_equal(config.truncation, 64);
	assert_int_equal(config.queue_length, 10000000);
	assert_int_equal(config.receive_buffer, 65536);
	assert_false(config.hardware);
	assert_int_equal(PARSE(STDERR_FILENO, &config, "--max-clients=512",
			       "--max-clients-per-uid=1", "--session-queue=16",
			       "--max-clients=7"),
			 CONFIG_RUN);
	assert_int_equal(config.max_clients, 7);
	assert_int_equal(config.max_clients_per_uid, 1);
	assert_int_equal(config.session_queue, 16);
}

/* One line that names the argument and the right form. */
static void test_errors(void **state)
{
	static const struct {
		const char *args[3];
		const char *expected;
	} cases[] = {
		{ { "--truncation=63" },
		  "nfdropd: --truncation=63: expected a size from 64 to "
		  "65527\n" },
		{ { "--truncation=65528" },
		  "nfdropd: --truncation=65528: expected a size from 64 to "
		  "65527\n" },
		{ { "--session-queue=" },
		  "nfdropd: --session-queue= needs EVENTS\n" },
		{ { "--flush-interval=0" },
		  "nfdropd: --flush-interval=0: expected a time span from 1s to "
		  "86400s\n" },
		{ { "--group", "a b" },
		  "nfdropd: --group=a b: expected a name of at most 63 bytes "
		  "without blanks\n" },
		{ { "--max-clients", "-1" },
		  "nfdropd: --max-clients=-1: expected a number from 1 to "
		  "512\n" },
		{ { "--max-clients= 1" },
		  "nfdropd: --max-clients= 1: expected a number from 1 to "
		  "512\n" },
		{ { "--max-clients=+1" },
		  "nfdropd: --max-clients=+1: expected a number from 1 to "
		  "512\n" },
		{ { "--max-clients=0x10" },
		  "nfdropd: --max-clients=0x10: expected a number from 1 to "
		  "512\n" },
		{ { "--max-clients=4294967297" },
		  "nfdropd: --max-clients=4294967297: expected a number from "
		  "1 to 512\n" },
		{ { "--max-clients=18446744073709551617" },
		  "nfdropd: --max-clients=18446744073709551617: expected a "
		  "number from 1 to 512\n" },
		{ { "--max-clients=1\033[31m" },
		  "nfdropd: --max-clients=1\\x1b[31m: expected a number from 1 "
		  "to 512\n" },
		{ { "--socket=" }, "nfdropd: --socket= needs PATH\n" },
		{ { "--group", "" }, "nfdropd: --group= needs NAME\n" },
		{ { "start" },
		  "nfdropd: unexpected argument \"start\"; see nfdropd "
		  "--help\n" },
		{ { "--", "--help" },
		  "nfdropd: unexpected argument \"--help\"; see nfdropd "
		  "--help\n" },
		{ { "\n" },
		  "nfdropd: unexpected argument \"\\x0a\"; see nfdropd "
		  "--help\n" },
		{ { "--sokcet=x" },
		  "nfdropd: unknown option \"--sokcet=x\"; see nfdropd "
		  "--help\n" },
		{ { "--\033c" },
		  "nfdropd: unknown option \"--\\x1bc\"; see nfdropd "
		  "--help\n" },
		{ { "-x" },
		  "nfdropd: unknown option \"-x\"; see nfdropd --help\n" },
		{ { "--max" },
		  "nfdropd: unknown option \"--max\"; see nfdropd --help\n" },
		{ { "--no-hardware=1" },
		  "nfdropd: unknown option \"--no-hardware=1\"; see nfdropd "
		  "--help\n" },
		{ { "--truncation=100", "--socket" },
		  "nfdropd: --socket needs a value; see nfdropd --help\n" },
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse_into(STDERR_FILENO, &config,
					    cases[i].args),
				 -EINVAL);
		assert_string_equal(printed, cases[i].expected);
	}
}

static void test_help(void **state)
{
	static const char *const named[] = {
		"--help",
		"--version",
		"--socket=PATH",
		"--group=NAME",
		"--truncation=BYTES",
		"--queue-length=",
		"--receive-buffer",
		"--max-clients=N",
		"--no-hardware",
		"--session-queue=",
		"--check-config",
		"--config=FILE",
		"(default 128M)",
		"--max-clients-per-uid=N",
		"nfdropd(8)",
	};
	struct config config;

	(void)state;
	assert_int_equal(PARSE(STDOUT_FILENO, &config, "--help"), CONFIG_DONE);
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		assert_non_null(strstr(printed, named[i]));
	for (char *line = strtok(printed, "\n"); line;
	     line = strtok(NULL, "\n"))
		assert_true(strlen(line) < 100);
	assert_int_equal(PARSE(STDOUT_FILENO, &config, "-h"), CONFIG_DONE);
	assert_int_equal(PARSE(STDOUT_FILENO, &config, "--version"),
			 CONFIG_DONE);
	assert_true(strncmp(printed, "nfdropd ", 8) == 0);
	assert_non_null(strchr(printed, '.'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_others),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("config-argv", tests, NULL, NULL);
}
