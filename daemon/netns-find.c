/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "netns-find.h"
#include "unit-name.h"
#include "util.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

DEFINE_CLEANUP(DIR *, closedir)
DEFINE_CLEANUP(FILE *, fclose)

/* Where files are that keep a namespace. */
static const struct folder {
	const char *path;
	bool names; /* that people gave */
} folders[] = {
	{ "/run/netns", true },
	{ "/run/docker/netns", false },
};

/* A namespace, and where it was found: in a folder, or at a process. */
struct found {
	int fd;
	const struct folder *folder;
	char name[NAME_MAX + 1]; /* of the file, or the process's number */
};

/* @path when it is that namespace; else -ENOENT. */
static int open_if(int dir, const char *path, uint32_t inum)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (fstatat(dir, path, &st, 0) < 0 || st.st_ino != inum)
		return -ENOENT;
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	/* What was looked at may be another file by now. */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != inum)
		return -ENOENT;
	return TAKE_FD(fd);
}

static int find_in_folder(const struct folder *folder, uint32_t inum,
			  struct found *ret)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir(folder->path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		ret->fd = open_if(dirfd(dir), entry->d_name, inum);
		if (ret->fd < 0)
			continue;
		ret->folder = folder;
		copy_string(ret->name, sizeof(ret->name), entry->d_name,
			    SIZE_MAX);
		return 0;
	}
	return -ENOENT;
}

static int find_process(uint32_t inum, struct found *ret)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	char path[NAME_MAX + 8];
	size_t n = 0;

	while (dir && n < NETNS_PROCESSES_MAX && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		n++;
		snprintf(path, sizeof(path), "%s/ns/net", entry->d_name);
		ret->fd = open_if(dirfd(dir), path, inum);
		if (ret->fd < 0)
			continue;
		ret->folder = NULL;
		copy_string(ret->name, sizeof(ret->name), entry->d_name,
			    SIZE_MAX);
		return 0;
	}
	return -ENOENT;
}

static int find_netns(uint32_t inum, struct found *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (find_in_folder(&folders[i], inum, ret) == 0)
			return 0;
	return find_process(inum, ret);
}

/* Are we in the namespace of that cookie? */
static bool has_cookie(uint64_t cookie)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(uint64_t);
	uint64_t ours;

	return fd >= 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &ours, &len) == 0 &&
	       ours == cookie;
}

int netns_enter(uint32_t inum, uint64_t cookie)
{
	_cleanup_close_ int fd = -1;
	struct found found;
	int r;

	r = find_netns(inum, &found);
	if (r < 0)
		return r;
	fd = found.fd;
	if (setns(fd, CLONE_NEWNET) < 0)
		return -errno;
	return cookie == 0 || has_cookie(cookie) ? 0 : -ENOENT;
}

/* The unit in "0::/system.slice/docker-1234.scope", or -ENOENT. */
static int unit_of_line(char *line, char unit[UNIT_NAME_SIZE])
{
	char *at = strchr(line, ':'), *component;

	at = at ? strchr(at + 1, ':') : NULL;
	if (!at)
		return -ENOENT;
	at++;
	at[strcspn(at, "\n")] = '\0';
	while ((component = strsep(&at, "/"))) {
		if (component[0] == '\0')
			continue;
		switch (unit_name_from_cgroup(component, unit)) {
		case UNIT_PART_SLICE:
			break;
		case UNIT_PART_UNIT:
			return 0;
		default:
			return -ENOENT;
		}
	}
	return -ENOENT;
}

/* Of cgroup v2, or systemd's own hierarchy of v1. */
static int unit_of_process(const char *pid, char unit[UNIT_NAME_SIZE])
{
	_cleanup_(cleanup_fclose) FILE *f = NULL;
	char path[NAME_MAX + 16], line[4096];

	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if ((strncmp(line, "0::", 3) == 0 ||
		     strstr(line, ":name=systemd:")) &&
		    unit_of_line(line, unit) == 0)
			return 0;
	return -ENOENT;
}

int netns_print_name(int out, uint32_t inum)
{
	_cleanup_close_ int fd = -1;
	char unit[UNIT_NAME_SIZE];
	const char *name = unit;
	struct found found;
	int r;

	r = find_netns(inum, &found);
	if (r < 0)
		return r;
	fd = found.fd;
	if (found.folder && found.folder->names) {
		name = found.name;
	} else {
		/* Docker's file has a number for a name. */
		if (found.folder) {
			r = find_process(inum, &found);
			if (r < 0)
				return r;
			close(found.fd);
		}
		r = unit_of_process(found.name, unit);
		if (r < 0)
			return r;
	}
	return write(out, name, strlen(name)) < 0 ? -errno : 0;
}
