/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "config-files.h"
#include "support.h"
#include "util.h"

/* Warnings, as the log has them, without the folder. */
static char warned[4096];
static struct temp_folder bed;
static char etc[108], run[108], lib[108];
static const char *folders[] = { etc, run, lib, NULL };

static void on_warning(void *data, const char *path, unsigned int line,
		       const char *text)
{
	size_t n = strlen(warned);

	assert_ptr_equal(data, &bed);
	if (strncmp(path, bed.path, strlen(bed.path)) == 0)
		path += strlen(bed.path);
	snprintf(warned + n, sizeof(warned) - n, "%s:%u: %s\n", path, line,
		 text);
}

static const struct config_report fresh = { .warn = on_warning, .data = &bed };

static int setup(void **state)
{
	char path[128];

	(void)state;
	temp_folder_init(&bed);
	temp_folder_path(&bed, "etc", etc);
	temp_folder_path(&bed, "run", run);
	temp_folder_path(&bed, "lib", lib);
	for (size_t i = 0; folders[i]; i++) {
		snprintf(path, sizeof(path), "%s/nfdropd.conf.d", folders[i]);
		assert_int_equal(mkdir(folders[i], 0700), 0);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	warned[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	char command[160];

	(void)state;
	for (size_t i = 0; folders[i]; i++) {
		snprintf(command, sizeof(command), "rm -rf '%s'", folders[i]);
		assert_int_equal(system(command), 0);
	}
	temp_folder_done(&bed);
	return 0;
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Of all folders; @ret_n is the number of warnings. */
static struct config read_all(unsigned int *ret_n)
{
	struct config_report report = fresh;
	struct config config;

	warned[0] = '\0';
	config_init(&config);
	config_read_folders(&config, folders, &report);
	*ret_n = report.n_warnings;
	return config;
}

/* For each file that sets nothing but the group. */
static const char *group_of(const char *const *files, size_t n)
{
	static struct config config;
	char path[64], text[64];
	unsigned int warnings;

	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(files[i], '/') + 1;
		const char *folder = files[i][0] == 'e'	  ? etc
				     : files[i][0] == 'r' ? run
							  : lib;

		snprintf(path, sizeof(path), "%s", at);
		/* By which one can tell them. */
		snprintf(text, sizeof(text), "[Server]\nGroup=g%zu\n", i);
		write_file(folder, path, text);
	}
	config = read_all(&warnings);
	assert_string_equal(warned, "");
	assert_int_equal(warnings, 0);
	return config.group;
}

#define GROUP_OF(...)                                           \
	group_of((const char *const[]){ __VA_ARGS__ },          \
		 sizeof((const char *const[]){ __VA_ARGS__ }) / \
			 sizeof(char *))

static void test_none(void **state)
{
	struct config config, initial;
	unsigned int n;

	(void)state;
	config_init(&initial);
	config = read_all(&n);
	assert_memory_equal(&config, &initial, sizeof(config));
	assert_int_equal(n, 0);
}

static void test_main_file(void **state)
{
	(void)state;
	assert_string_equal(GROUP_OF("l/nfdropd.conf"), "g0");
	assert_string_equal(GROUP_OF("l/nfdropd.conf", "r/nfdropd.conf"), "g1");
	assert_string_equal(GROUP_OF("e/nfdropd.conf", "l/nfdropd.conf",
				     "r/nfdropd.conf"),
			    "g0");
}

static void test_order(void **state)
{
	(void)state;
	/* A drop-in wins over the main file, wherever either is. */
	assert_string_equal(
		GROUP_OF("e/nfdropd.conf", "l/nfdropd.conf.d/10-a.conf"), "g1");
	/* By name, not by folder. */
	assert_string_equal(GROUP_OF("e/nfdropd.conf.d/20-b.conf",
				     "l/nfdropd.conf.d/30-c.conf"),
			    "g1");
	/* Of one name that of the first folder. */
	assert_string_equal(GROUP_OF("e/nfdropd.conf.d/30-c.conf",
				     "r/nfdropd.conf.d/30-c.conf",
				     "l/nfdropd.conf.d/30-c.conf"),
			    "g0");
	/* Neither of these is a drop-in. */
	assert_string_equal(GROUP_OF("e/nfdropd.conf.d/30-c.conf",
				     "e/nfdropd.conf.d/40-d.conf~",
				     "e/nfdropd.conf.d/.50.conf",
				     "e/nfdropd.conf.d/60.conf.dpkg-new",
				     "e/nfdropd.conf.d/README"),
			    "g0");
}

static void test_hidden(void **state)
{
	char path[160];
	struct config config;
	unsigned int n;

	(void)state;
	write_file(lib, "nfdropd.conf.d/10-a.conf", "[Server]\nGroup=a\n");
	write_file(lib, "nfdropd.conf.d/20-b.conf", "[Server]\nGroup=b\n");
	write_file(etc, "nfdropd.conf.d/20-b.conf", "");
	config = read_all(&n);
	assert_string_equal(config.group, "a");
	snprintf(path, sizeof(path), "%s/nfdropd.conf.d/10-a.conf", run);
	assert_int_equal(symlink("/dev/null", path), 0);
	config = read_all(&n);
	assert_string_equal(config.group, "nfdrop");
	assert_int_equal(n, 0);
}

/* Each bad line is told with its place, and changes nothing. */
static void test_bad_lines(void **state)
{
	struct config config, expected;
	unsigned int n;

	(void)state;
	write_file(etc, "nfdropd.conf",
		   "Group=early\n"
		   "[Server]\n"
		   "MaxClients=9\n"
		   "MaxClients=many\n"
		   "MaxClients \\\n"
		   " = 1000\n"
		   "Group=a\033[31m b\n"
		   "Grop=x\n"
		   "X-Grop=x\n"
		   "Socket=relative\n"
		   "[Sever]\n"
		   "Group=y\n"
		   "[X-Mine]\n"
		   "Group=z\n"
		   "[Counts]\n"
		   "junk\n"
		   "FlushInterval=2min\n");
	config = read_all(&n);
	assert_string_equal(
		warned,
		"/etc/nfdropd.conf:1: the line is in no section, ignored\n"
		"/etc/nfdropd.conf:4: MaxClients=many: expected a number from 1 "
		"to 512, ignored\n"
		"/etc/nfdropd.conf:5: MaxClients=1000: expected a number from 1 "
		"to 512, ignored\n"
		"/etc/nfdropd.conf:7: Group=a\\x1b[31m b: expected a name of at "
		"most 63 bytes without blanks, ignored\n"
		"/etc/nfdropd.conf:8: [Server] has no key \"Grop\", ignored\n"
		"/etc/nfdropd.conf:10: Socket=relative: expected an absolute "
		"path, ignored\n"
		"/etc/nfdropd.conf:12: no section [Sever], \"Group\" ignored\n"
		"/etc/nfdropd.conf:16: the line is neither KEY=VALUE nor "
		"[SECTION], ignored\n");
	assert_int_equal(n, 8);
	config_init(&expected);
	expected.max_clients = 9;
	expected.flush_interval = 120000000;
	assert_memory_equal(&config, &expected, sizeof(config));
}

static void test_reset(void **state)
{
	struct config config;
	unsigned int n;

	(void)state;
	write_file(lib, "nfdropd.conf",
		   "[Server]\nMaxClients=9\nGroup=g\n[Counts]\nDirectory=/d\n");
	write_file(etc, "nfdropd.conf.d/a.conf",
		   "[Server]\nMaxClients=\nGroup=\n[Counts]\nDirectory=\n");
	config = read_all(&n);
	assert_int_equal(config.max_clients, 256);
	assert_string_equal(config.group, "nfdrop");
	assert_string_equal(config.state, "");
	assert_int_equal(n, 0);
}

/* What cannot be read is told, and the rest is read. */
static void test_unreadable(void **state)
{
	char path[160];
	struct config config;
	unsigned int n;

	(void)state;
	snprintf(path, sizeof(path), "%s/nfdropd.conf.d/10.conf", etc);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/nfdropd.conf.d/20.conf", etc);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/nfdropd.conf.d/25.conf", etc);
	assert_int_equal(symlink("nowhere", path), 0);
	snprintf(path, sizeof(path), "%s/nfdropd.conf.d/27.conf", etc);
	assert_int_equal(symlink("/dev/zero", path), 0);
	write_file(run, "nfdropd.conf.d/30.conf", "[Server]\nGroup=g\n");
	config = read_all(&n);
	assert_string_equal(config.group, "g");
	assert_string_equal(
		warned, "/etc/nfdropd.conf.d/10.conf:0: cannot be read: Is a "
			"directory\n"
			"/etc/nfdropd.conf.d/27.conf:0: cannot be read: File "
			"too large\n");
	assert_int_equal(n, 2);
	assert_int_equal(config_read_file(&config, "/nonexistent",
					  &(struct config_report){ 0 }),
			 -ENOENT);
}

/* The file that is shipped says nothing, and its comments are the defaults. */
static void test_shipped(void **state)
{
	struct config_report report = fresh;
	struct config config, initial;
	char line[256], all[4096] = "";
	size_t len = 0;
	FILE *f;

	(void)state;
	f = fopen(SHIPPED, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const char *at = line;

		if (line[0] == '#' && line[1] >= 'A' && line[1] <= 'Z' &&
		    strchr(line, '='))
			at++;
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s", at);
	}
	fclose(f);
	config_init(&initial);
	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct setting *s = &config_settings[i];

		snprintf(line, sizeof(line), "\n%s=%s\n", s->key, s->initial);
		assert_non_null(strstr(all, line));
		/* So that each of them is read. */
		if (s->type == SETTING_BOOL)
			((char *)&initial)[s->offset] = true;
	}
	memset(&config, 0, sizeof(config));
	config_read_text(&config, SHIPPED, all, len, &report);
	assert_string_equal(warned, "");
	assert_memory_equal(&config, &initial, sizeof(config));

	config_init(&config);
	assert_int_equal(config_read_file(&config, SHIPPED, &report), 0);
	assert_memory_equal(&config, &initial, sizeof(config));
	assert_string_equal(warned, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),       TEST(test_main_file), TEST(test_order),
		TEST(test_hidden),     TEST(test_bad_lines), TEST(test_reset),
		TEST(test_unreadable), TEST(test_shipped),
	};

	return cmocka_run_group_tests_name("config-files", tests, NULL, NULL);
}
