/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include "netns-find.h"
#include "util.h"

DEFINE_CLEANUP(DIR *, closedir)

/* Where files are that keep a namespace. */
static const char *const folders[] = {
	"/run/netns",
	"/run/docker/netns",
};

/* @path when it is that namespace; else -ENOENT. */
static int open_if(int dir, const char *path, uint32_t inum)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (fstatat(dir, path, &st, 0) < 0 || st.st_ino != inum)
		return -ENOENT;
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	/* What was looked at may be another file by now. */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != inum)
		return -ENOENT;
	return TAKE_FD(fd);
}

static int open_in_folder(const char *path, uint32_t inum)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir(path);
	const struct dirent *entry;
	int fd;

	while (dir && (entry = readdir(dir))) {
		fd = open_if(dirfd(dir), entry->d_name, inum);
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

static int open_of_process(uint32_t inum)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	char path[300];
	size_t n = 0;
	int fd;

	while (dir && n < NETNS_PROCESSES_MAX && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		n++;
		snprintf(path, sizeof(path), "%s/ns/net", entry->d_name);
		fd = open_if(dirfd(dir), path, inum);
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

static int netns_open(uint32_t inum)
{
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		fd = open_in_folder(folders[i], inum);
		if (fd >= 0)
			return fd;
	}
	return open_of_process(inum);
}

int netns_enter(uint32_t inum)
{
	_cleanup_close_ int fd = netns_open(inum);

	if (fd < 0)
		return fd;
	return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}
