/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "state.h"
#include "util.h"

#define NEW STATE_FILE ".new"

int state_init(struct state *s, const char *path)
{
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	return flock(s->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

void state_done(struct state *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

int state_read(struct state *s, size_t max, void **ret, size_t *len)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *data = NULL;
	struct stat st;
	size_t n = 0;

	/* Not to wait for the writer of a pipe that somebody left there. */
	fd = openat(s->fd, STATE_FILE,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max)
		return -EFBIG;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return -ENOMEM;
	while (n < (size_t)st.st_size) {
		ssize_t r = read(fd, data + n, (size_t)st.st_size - n);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r == 0)
			break;
		n += r > 0 ? (size_t)r : 0;
	}
	*ret = TAKE_PTR(data);
	*len = n;
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		data += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int state_write(struct state *s, const void *data, size_t len)
{
	_cleanup_close_ int fd = -1;
	int r;

	/* Nobody else's: of what was there, a link say, nothing is written. */
	if (unlinkat(s->fd, NEW, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(s->fd, NEW,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
	if (r >= 0 && renameat(s->fd, NEW, s->fd, STATE_FILE) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(s->fd, NEW, 0);
	return r;
}

int state_set_aside(struct state *s, const char *name)
{
	return renameat(s->fd, STATE_FILE, s->fd, name) < 0 ? -errno : 0;
}
