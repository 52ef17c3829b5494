/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "state.h"
#include "support.h"
#include "util.h"

static struct temp_folder folder;
static struct state s;

static int setup(void **state)
{
	(void)state;
	temp_folder_init(&folder);
	return state_init(&s, folder.path);
}

static int teardown(void **state)
{
	(void)state;
	state_done(&s);
	temp_folder_done(&folder);
	return 0;
}

static void assert_content(const char *expected)
{
	void *data;
	size_t len;

	assert_int_equal(state_read(&s, 100, &data, &len), 0);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(data, expected, len);
	free(data);
}

static bool is_there(const char *name)
{
	return faccessat(s.fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_round(void **state)
{
	struct stat st;
	void *data;
	size_t len;

	(void)state;
	assert_int_equal(state_read(&s, 100, &data, &len), -ENOENT);
	assert_int_equal(state_write(&s, "first", 5), 0);
	assert_content("first");
	assert_int_equal(state_write(&s, "2nd", 3), 0);
	assert_content("2nd");
	assert_int_equal(state_write(&s, "", 0), 0);
	assert_content("");
	assert_int_equal(fstatat(s.fd, STATE_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(is_there(STATE_FILE ".new"));
}

static void test_set_aside(void **state)
{
	void *data;
	size_t len;

	(void)state;
	assert_int_equal(state_set_aside(&s, STATE_DAMAGED), -ENOENT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(state_write(&s, "x", 1), 0);
		assert_int_equal(state_set_aside(&s, STATE_DAMAGED), 0);
		assert_true(is_there(STATE_DAMAGED));
		assert_int_equal(state_read(&s, 100, &data, &len), -ENOENT);
	}
}

static void test_too_large(void **state)
{
	void *data;
	size_t len;

	(void)state;
	assert_int_equal(state_write(&s, "12345", 5), 0);
	assert_int_equal(state_read(&s, 4, &data, &len), -EFBIG);
	assert_int_equal(state_read(&s, 5, &data, &len), 0);
	free(data);
}

/* What others left there, links and pipes, is not followed, nor waited for. */
static void test_planted(void **state)
{
	char victim[108];
	void *data;
	size_t len;
	int fd;

	(void)state;
	temp_folder_path(&folder, "victim", victim);
	fd = open(victim, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_int_equal(symlinkat(victim, s.fd, STATE_FILE ".new"), 0);
	assert_int_equal(symlinkat(victim, s.fd, STATE_FILE), 0);
	assert_int_equal(state_read(&s, 100, &data, &len), -ELOOP);
	assert_int_equal(state_write(&s, "new", 3), 0);
	assert_content("new");
	assert_int_equal(unlinkat(s.fd, STATE_FILE, 0), 0);
	assert_int_equal(mkfifoat(s.fd, STATE_FILE, 0600), 0);
	assert_int_equal(state_read(&s, 100, &data, &len), -EFBIG);
	assert_int_equal(unlinkat(s.fd, STATE_FILE, 0), 0);
	assert_int_equal(linkat(s.fd, "victim", s.fd, STATE_FILE, 0), 0);
	assert_content("mine");
}

/* One nfdropd a folder; a folder it has to be. */
static void test_open(void **state)
{
	struct state other;
	char path[108];

	(void)state;
	assert_int_equal(state_init(&other, folder.path), -EWOULDBLOCK);
	state_done(&other);
	state_done(&s);
	assert_int_equal(state_init(&other, folder.path), 0);
	state_done(&other);
	state_done(&other);
	temp_folder_path(&folder, "nothing", path);
	assert_int_equal(state_init(&other, path), -ENOENT);
	state_done(&other);
	assert_int_equal(state_init(&other, "/dev/null"), -ENOTDIR);
	state_done(&other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_round),   TEST(test_set_aside), TEST(test_too_large),
		TEST(test_planted), TEST(test_open),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
