/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <systemd/sd-id128.h>

#include "marker.h"
#include "util.h"

#define MARKER_MAX 128

static int marker_text(const struct decode_config *config, char buf[MARKER_MAX])
{
	sd_id128_t boot;
	int r;

	r = sd_id128_get_boot(&boot);
	if (r < 0)
		return r;
	return snprintf(buf, MARKER_MAX,
			SD_ID128_FORMAT_STR " %u %" PRIu32 " %" PRIu32 "\n",
			SD_ID128_FORMAT_VAL(boot), config->mode,
			config->truncation, config->queue_length);
}

void marker_write(const char *path, const struct decode_config *config)
{
	_cleanup_close_ int fd = -1;
	char text[MARKER_MAX];
	int n;

	n = path ? marker_text(config, text) : -1;
	if (n < 0)
		return;
	/* Not to wait for the reader of a pipe that somebody left there. */
	fd = open(path,
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW |
			  O_NONBLOCK,
		  0644);
	if (fd < 0)
		return;
	if (write(fd, text, (size_t)n) != n)
		(void)unlink(path);
}

void marker_remove(const char *path)
{
	if (path)
		(void)unlink(path);
}

bool marker_matches(const char *path, const struct decode_config *config)
{
	char text[MARKER_MAX], found[MARKER_MAX];
	_cleanup_close_ int fd = -1;
	ssize_t n;
	int len;

	len = path ? marker_text(config, text) : -1;
	if (len < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	n = read(fd, found, sizeof(found));
	return n == len && memcmp(found, text, (size_t)len) == 0;
}
