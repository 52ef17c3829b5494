/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "netns-find.h"
#include "netns.h"
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

static bool has_inum(int dir, const char *path, int flags, uint32_t inum)
{
	struct stat st;

	return fstatat(dir, path, &st, flags | AT_NO_AUTOMOUNT) == 0 &&
	       st.st_ino == inum;
}

int netns_open(int dir, const char *path, uint32_t inum)
{
	_cleanup_close_ int place = -1, fd = -1;
	char again[64];
	struct statfs fs;

	/* Most are others: a look at the number is all that they get. */
	if (!has_inum(dir, path, 0, inum))
		return -ENOENT;
	/* To open a device may do something; to hold its place does not. */
	place = openat(dir, path, O_PATH | O_CLOEXEC);
	if (place < 0 || !has_inum(place, "", AT_EMPTY_PATH, inum) ||
	    fstatfs(place, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return -ENOENT;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	fd = open(again, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -ENOENT;
	return TAKE_FD(fd);
}

bool netns_name_is_free(const char *name)
{
	return strcmp(name, "init") != 0 && strncmp(name, "inum:", 5) != 0;
}

/* --- files --------------------------------------------------------------- */

/* A file that is the namespace. */
struct file {
	int fd;			 /* or -ENOENT */
	char name[NAME_MAX + 1]; /* that people gave, and may be shown; or "" */
};

static bool find_in_folder(const struct folder *folder, uint32_t inum,
			   struct file *ret)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir(folder->path);
	const struct dirent *entry;
	int fd;

	while (dir && (entry = readdir(dir))) {
		fd = netns_open(dirfd(dir), entry->d_name, inum);
		if (fd < 0)
			continue;
		if (ret->fd >= 0)
			close(ret->fd);
		ret->fd = fd;
		if (!folder->names)
			return true;
		/* Else it may have another one. */
		if (netns_name_is_free(entry->d_name)) {
			copy_string(ret->name, sizeof(ret->name), entry->d_name,
				    SIZE_MAX);
			return true;
		}
	}
	return ret->fd >= 0;
}

/* The file of that name, without a look at all the others. */
static int open_named(const char *name, uint32_t inum)
{
	_cleanup_close_ int dir = -1;

	if (name[0] == '\0' || strchr(name, '/'))
		return -ENOENT;
	dir = open(folders[0].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -ENOENT : netns_open(dir, name, inum);
}

/* --- processes ----------------------------------------------------------- */

/* Those in a namespace, one after the other. */
struct processes {
	DIR *proc;
	size_t n;
	/*
	 * The folder in /proc, which never becomes another process's when that
	 * number is given again.
	 */
	int folder;
	int fd; /* the namespace */
};

static void processes_drop(struct processes *p)
{
	cleanup_close(&p->folder);
	cleanup_close(&p->fd);
	p->folder = p->fd = -1;
}

static void processes_done(struct processes *p)
{
	processes_drop(p);
	if (p->proc)
		closedir(p->proc);
}

static bool processes_next(struct processes *p, uint32_t inum)
{
	const struct dirent *entry;
	char path[NAME_MAX + 8];

	while (p->proc && p->n < NETNS_PROCESSES_MAX &&
	       (entry = readdir(p->proc))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		p->n++;
		snprintf(path, sizeof(path), "%s/ns/net", entry->d_name);
		if (!has_inum(dirfd(p->proc), path, 0, inum))
			continue;
		processes_drop(p);
		p->folder = openat(dirfd(p->proc), entry->d_name,
				   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->folder < 0)
			continue;
		p->fd = netns_open(p->folder, "ns/net", inum);
		if (p->fd >= 0)
			return true;
	}
	return false;
}

/* Of cgroup v2, or systemd's own hierarchy of v1. */
static int read_unit(int folder, char unit[UNIT_NAME_SIZE])
{
	_cleanup_(cleanup_fclose) FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	int fd = openat(folder, "cgroup", O_RDONLY | O_CLOEXEC);
	size_t size = 0;

	f = fd < 0 ? NULL : fdopen(fd, "r");
	while (f && getline(&line, &size, f) > 0)
		if (unit_name_from_line(line, unit))
			return 0;
	return -ENOENT;
}

/* The first that is in a unit, and that is still where it was by then. */
static int find_unit(uint32_t inum, char unit[UNIT_NAME_SIZE])
{
	_cleanup_(processes_done) struct processes p = { opendir("/proc"), 0,
							 -1, -1 };

	while (processes_next(&p, inum))
		if (read_unit(p.folder, unit) == 0 &&
		    has_inum(p.folder, "ns/net", 0, inum))
			return 0;
	return -ENOENT;
}

/* --- both ---------------------------------------------------------------- */

static int find_at_process(uint32_t inum)
{
	_cleanup_(processes_done) struct processes p = { opendir("/proc"), 0,
							 -1, -1 };

	return processes_next(&p, inum) ? TAKE_FD(p.fd) : -ENOENT;
}

static void find_netns(uint32_t inum, struct file *ret)
{
	ret->fd = -ENOENT;
	ret->name[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (find_in_folder(&folders[i], inum, ret))
			return;
	ret->fd = find_at_process(inum);
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

static int enter(int fd, uint64_t cookie)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		return -errno;
	return cookie == 0 || has_cookie(cookie) ? 0 : -ENOENT;
}

int netns_enter(uint32_t inum, uint64_t cookie, const char *name)
{
	_cleanup_close_ int fd = open_named(name, inum);
	struct file file;

	if (fd < 0) {
		find_netns(inum, &file);
		fd = file.fd;
	}
	return fd < 0 ? fd : enter(fd, cookie);
}

int netns_print_name(int out, uint32_t inum, uint64_t cookie)
{
	_cleanup_close_ int fd = -1;
	char unit[UNIT_NAME_SIZE];
	const char *shown;
	struct file file;
	int r;

	find_netns(inum, &file);
	/* While it is open, its number is not given to another. */
	fd = file.fd;
	shown = file.name;
	r = fd < 0 ? fd : cookie == 0 ? 0 : enter(fd, cookie);
	if (r == 0 && file.name[0] == '\0') {
		/* Docker's file has a number for a name. */
		shown = unit;
		r = find_unit(inum, unit);
	}
	if (r < 0)
		return r;
	return write(out, shown, strlen(shown)) < 0 ? -errno : 0;
}

void netns_find_own(uint32_t *inum, uint64_t *cookie)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*cookie);
	struct stat st;

	*inum = 0;
	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size) < 0)
		*cookie = INITIAL_NETNS_COOKIE;
	if (stat("/proc/self/ns/net", &st) == 0)
		*inum = (uint32_t)st.st_ino;
}
