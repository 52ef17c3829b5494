/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "log.h"

static char printed[4096];

static void start(FILE **file, int *saved)
{
	*file = tmpfile();
	*saved = dup(STDERR_FILENO);
	assert_non_null(*file);
	assert_true(*saved >= 0);
	assert_true(dup2(fileno(*file), STDERR_FILENO) >= 0);
}

static void stop(FILE *file, int saved)
{
	size_t n;

	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	n = fread(printed, 1, sizeof(printed) - 1, file);
	printed[n] = '\0';
	fclose(file);
}

static void test_terminal(void **state)
{
	FILE *file;
	int saved;

	(void)state;
	unsetenv("JOURNAL_STREAM");
	start(&file, &saved);
	log_error("Cannot open %s: %d.", "x", 3);
	log_info("100%% done.");
	stop(file, saved);
	assert_string_equal(printed, "nfdropd: Cannot open x: 3.\n"
				     "nfdropd: 100% done.\n");
}

/* As if what standard error is now was the journal. */
static void name_stream(void)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
}

/* Of a shell in a service, say. */
static void test_redirected(void **state)
{
	static const char *const streams[] = { "8:1", "8", "", "journal" };
	FILE *file;
	int saved;

	(void)state;
	start(&file, &saved);
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		setenv("JOURNAL_STREAM", streams[i], 1);
		log_info("one");
	}
	unsetenv("JOURNAL_STREAM");
	stop(file, saved);
	assert_string_equal(printed, "nfdropd: one\nnfdropd: one\n"
				     "nfdropd: one\nnfdropd: one\n");
}

static void test_journal(void **state)
{
	FILE *file;
	int saved;

	(void)state;
	start(&file, &saved);
	name_stream();
	log_error("one");
	log_warning("two");
	log_notice("three");
	log_info("four");
	stop(file, saved);
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(printed, "<3>one\n<4>two\n<5>three\n<6>four\n");
}

static void test_long(void **state)
{
	char x[3000];
	FILE *file;
	int saved;

	(void)state;
	memset(x, 'x', sizeof(x));
	x[sizeof(x) - 1] = '\0';
	start(&file, &saved);
	log_error("%s", x);
	stop(file, saved);
	assert_int_equal(printed[strlen(printed) - 1], '\n');
	assert_true(strlen(printed) > 1000 && strlen(printed) < 1100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_redirected),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
