/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In a folder of ours, which stands for /sys/fs/cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cgroups.h"
#include "support.h"
#include "util.h"

#define SECOND UINT64_C(1000000000)

struct bed {
	char root[64];
	struct cgroups cgroups;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	strcpy(bed->root, "/tmp/nfdrop-XXXXXX");
	assert_non_null(mkdtemp(bed->root));
	cgroups_init(&bed->cgroups,
		     open(bed->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	*state = bed;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	cgroups_done(&bed->cgroups);
	nftw(bed->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(bed);
	return 0;
}

static uint64_t id_of(const struct bed *bed, const char *path)
{
	char full[512];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", bed->root, path);
	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

/* Each part of the path. */
static void make(const struct bed *bed, const char *path)
{
	char full[512];

	for (size_t len = 1; len <= strlen(path); len++) {
		if (path[len] != '/' && path[len] != '\0')
			continue;
		snprintf(full, sizeof(full), "%s/%.*s", bed->root, (int)len,
			 path);
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
	}
}

static void make_file(const struct bed *bed, const char *path)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", bed->root, path);
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
}

static const char *find(struct bed *bed, uint64_t id, uint64_t now_ns)
{
	return bed->cgroups.units.find(&bed->cgroups.units, id, now_ns);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path, *unit;
	} cases[] = {
		{ "init.scope", "init.scope" },
		{ "system.slice", NULL },
		{ "system.slice/nginx.service", "nginx.service" },
		{ "system.slice/system-getty.slice/getty@tty1.service",
		  "getty@tty1.service" },
		{ "user.slice/user-1000.slice/session-3.scope",
		  "session-3.scope" },
		/* What a user makes is not believed. */
		{ "user.slice/user-1000.slice/user@1000.service/sshd.service",
		  "user@1000.service" },
		{ "machine.slice/c.scope/system.slice/nginx.service",
		  "c.scope" },
		/* Without systemd, and what does not look like a unit. */
		{ "docker/0123", NULL },
		{ "docker/system.slice/nginx.service", NULL },
		{ "system.slice/a b.service/x.service", NULL },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		make(bed, cases[i].path);
	make_file(bed, "cgroup.procs");
	make_file(bed, "system.slice/a.service");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *unit = find(bed, id_of(bed, cases[i].path), SECOND);

		if (cases[i].unit)
			assert_string_equal(unit, cases[i].unit);
		else
			assert_null(unit);
	}
	/* A file is none, nor is what is not there. */
	assert_null(find(bed, id_of(bed, "system.slice/a.service"), SECOND));
	assert_null(find(bed, 0, SECOND));
	assert_null(find(bed, UINT64_MAX, 100 * SECOND));
}

/* At most once a second are the folders looked at. */
static void test_rate(void **state)
{
	struct bed *bed = *state;
	uint64_t first, second;

	make(bed, "system.slice/first.service");
	first = id_of(bed, "system.slice/first.service");
	assert_string_equal(find(bed, first, SECOND), "first.service");
	make(bed, "system.slice/second.service");
	second = id_of(bed, "system.slice/second.service");
	assert_null(find(bed, second, SECOND + 1));
	assert_null(find(bed, second, 2 * SECOND - 1));
	assert_string_equal(find(bed, first, 2 * SECOND - 1), "first.service");
	assert_string_equal(find(bed, second, 2 * SECOND), "second.service");
	/* The clock was set back a day: not a day without units. */
	make(bed, "system.slice/third.service");
	assert_string_equal(find(bed, id_of(bed, "system.slice/third.service"),
				 1),
			    "third.service");
}

/* Where there are many folders, less often. */
static void test_many(void **state)
{
	struct bed *bed = *state;
	size_t n = count_fds();
	char path[64];

	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "a.slice/%d.service", i);
		make(bed, path);
	}
	for (int i = 0; i < 3000; i += 7) {
		snprintf(path, sizeof(path), "a.slice/%d.service", i);
		assert_string_equal(find(bed, id_of(bed, path), SECOND),
				    path + 8);
	}
	assert_int_equal(bed->cgroups.n_items, 3001);
	make(bed, "a.slice/new.service");
	assert_null(find(bed, id_of(bed, "a.slice/new.service"), 4 * SECOND));
	assert_non_null(
		find(bed, id_of(bed, "a.slice/new.service"), 5 * SECOND));
	assert_int_equal(count_fds(), n);
}

/* Nested as deep as somebody likes: it ends, and the unit is known before. */
static void test_deep(void **state)
{
	char path[256] = "a.service";
	struct bed *bed = *state;
	uint64_t id;

	for (int i = 0; i < CGROUPS_DEPTH_MAX; i++)
		strcat(path, "/x");
	make(bed, path);
	id = id_of(bed, path);
	path[strlen(path) - 2] = '\0';
	assert_string_equal(find(bed, id_of(bed, path), SECOND), "a.service");
	assert_null(find(bed, id, SECOND));
	assert_int_equal(bed->cgroups.n_items, CGROUPS_DEPTH_MAX);
}

static void test_none(void **state)
{
	struct bed *bed = *state;
	struct cgroups none;

	/* No cgroup v2 there; no folder at all. */
	assert_int_equal(cgroups_open(bed->root), -ENOENT);
	make(bed, "unified");
	assert_int_equal(cgroups_open(bed->root), -ENOENT);
	assert_int_equal(cgroups_open("/nonexistent"), -ENOENT);
	cgroups_init(&none, cgroups_open("/nonexistent"));
	assert_null(none.units.find(&none.units, 1, SECOND));
	cgroups_done(&none);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_paths), TEST(test_rate), TEST(test_many),
		TEST(test_deep),  TEST(test_none),
	};

	return cmocka_run_group_tests_name("cgroups", tests, NULL, NULL);
}
