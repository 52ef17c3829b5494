/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "netns-find.h"
#include "util.h"

static uint32_t inum_of(int dir, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(dir, path, &st, 0), 0);
	return (uint32_t)st.st_ino;
}

/* What can stand in a folder of namespaces, all of it with the right number. */
static void test_open(void **state)
{
	char path[] = "/tmp/test-netns-find.XXXXXX";
	static const struct {
		const char *name;
		const char *to; /* of a link */
		mode_t mode;	/* or what it is */
		bool is_netns;
	} cases[] = {
		{ "link", "/proc/self/ns/net", 0, true },
		{ "link-to-link", "link", 0, true },
		{ "other-kind", "/proc/self/ns/mnt", 0, false },
		{ "file", NULL, S_IFREG, false },
		{ "fifo", NULL, S_IFIFO, false },
		{ "socket", NULL, S_IFSOCK, false },
		{ "folder", "/proc/self/ns", 0, false },
		{ "device", "/dev/null", 0, false },
	};
	int dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = cases[i].name;
		int fd;

		if (cases[i].to)
			assert_int_equal(symlinkat(cases[i].to, dir, name), 0);
		else
			assert_int_equal(
				mknodat(dir, name, cases[i].mode | 0600, 0), 0);
		fd = netns_open(dir, name, inum_of(dir, name));
		if (cases[i].is_netns) {
			assert_true(fd >= 0);
			assert_int_equal(ioctl(fd, NS_GET_NSTYPE),
					 CLONE_NEWNET);
			close(fd);
			fd = netns_open(dir, name, inum_of(dir, name) + 1);
		}
		assert_int_equal(fd, -ENOENT);
	}
	assert_int_equal(symlinkat("nowhere", dir, "dangling"), 0);
	assert_int_equal(netns_open(dir, "dangling", 1), -ENOENT);
	assert_int_equal(symlinkat("round", dir, "round"), 0);
	assert_int_equal(netns_open(dir, "round", 1), -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(unlinkat(dir, cases[i].name, 0), 0);
	assert_int_equal(unlinkat(dir, "dangling", 0), 0);
	assert_int_equal(unlinkat(dir, "round", 0), 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

/* No such process, now or any more. */
static void test_nobody(void **state)
{
	(void)state;
	assert_int_equal(netns_enter(1, 0, ""), -ENOENT);
	assert_int_equal(netns_enter(1, 0, "../../proc/self/ns/net"), -ENOENT);
	assert_int_equal(netns_print_name(-1, 1, 0), -ENOENT);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(netns_name_is_free("blue"));
	assert_true(netns_name_is_free("initial"));
	assert_true(netns_name_is_free("inum"));
	assert_true(netns_name_is_free("-"));
	assert_false(netns_name_is_free("init"));
	assert_false(netns_name_is_free("inum:7"));
	assert_false(netns_name_is_free("inum:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
