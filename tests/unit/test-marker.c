/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "marker.h"
#include "support.h"
#include "util.h"

static const struct decode_config config = { 1, 256, 10000, 0, 0 };

struct bed {
	struct temp_folder folder;
	char path[108];
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	temp_folder_init(&bed->folder);
	temp_folder_path(&bed->folder, "marker", bed->path);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	temp_folder_done(&bed->folder);
	free(bed);
	return 0;
}

static void test_matches(void **state)
{
	static const struct decode_config others[] = {
		{ 0, 256, 10000, 0, 0 },
		{ 1, 257, 10000, 0, 0 },
		{ 1, 256, 1000, 0, 0 },
		{ 1, 25, 610000, 0, 0 },
	};
	struct bed *bed = *state;

	assert_false(marker_matches(bed->path, &config));
	marker_write(bed->path, &config);
	assert_true(marker_matches(bed->path, &config));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_false(marker_matches(bed->path, &others[i]));
		marker_write(bed->path, &others[i]);
		assert_true(marker_matches(bed->path, &others[i]));
		assert_false(marker_matches(bed->path, &config));
		marker_write(bed->path, &config);
	}
	marker_remove(bed->path);
	assert_int_equal(access(bed->path, F_OK), -1);
	assert_false(marker_matches(bed->path, &config));
	marker_remove(bed->path);
}

/* Of another boot, cut, longer, or something else altogether. */
static void test_contents(void **state)
{
	struct bed *bed = *state;
	char text[1024] = { 0 };
	ssize_t n;
	int fd;

	marker_write(bed->path, &config);
	fd = open(bed->path, O_RDWR | O_CLOEXEC);
	n = read(fd, text, sizeof(text));
	assert_true(n > 32);
	assert_int_equal(text[n - 1], '\n');

	for (ssize_t len = n - 1; len >= 0; len--) {
		assert_int_equal(ftruncate(fd, len), 0);
		assert_false(marker_matches(bed->path, &config));
	}
	assert_int_equal(pwrite(fd, text, sizeof(text), 0), sizeof(text));
	assert_false(marker_matches(bed->path, &config));
	text[0] = text[0] == '0' ? '1' : '0';
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, text, (size_t)n, 0), n);
	assert_false(marker_matches(bed->path, &config));
	close(fd);
}

/* In a folder that others can write to, what waits there is not followed. */
static void test_traps(void **state)
{
	struct bed *bed = *state;
	char target[108];
	struct stat st;

	temp_folder_path(&bed->folder, "target", target);
	assert_int_equal(symlink(target, bed->path), 0);
	marker_write(bed->path, &config);
	assert_int_equal(access(target, F_OK), -1);
	marker_write(target, &config);
	assert_false(marker_matches(bed->path, &config));
	assert_int_equal(unlink(bed->path), 0);

	/* A pipe that nobody reads must not hold us up. */
	assert_int_equal(mkfifo(bed->path, 0600), 0);
	alarm(10);
	marker_write(bed->path, &config);
	assert_false(marker_matches(bed->path, &config));
	alarm(0);
	assert_int_equal(lstat(bed->path, &st), 0);
}

static void test_no_path(void **state)
{
	(void)state;
	marker_write(NULL, &config);
	assert_false(marker_matches(NULL, &config));
	marker_remove(NULL);
	marker_write("/nonexistent/marker", &config);
	assert_false(marker_matches("/nonexistent/marker", &config));
	marker_remove("/nonexistent/marker");
}

static void test_descriptors(void **state)
{
	struct bed *bed = *state;
	size_t n = count_fds();

	for (int i = 0; i < 10; i++) {
		marker_write(bed->path, &config);
		(void)marker_matches(bed->path, &config);
	}
	assert_int_equal(count_fds(), n);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_matches),
		TEST(test_contents),
		TEST(test_traps),
		TEST(test_descriptors),
		cmocka_unit_test(test_no_path),
	};

	return cmocka_run_group_tests_name("marker", tests, NULL, NULL);
}
