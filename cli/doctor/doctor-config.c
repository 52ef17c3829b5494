/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor-config.h"

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

int config_read(FILE *f, const char *name, char *value)
{
	size_t len = strlen(name);
	bool is_config = false;
	char line[512];

	*value = 'n';
	while (fgets(line, sizeof(line), f)) {
		is_config |= strncmp(line, "CONFIG_", 7) == 0;
		if (strncmp(line, name, len) == 0 && line[len] == '=' &&
		    (line[len + 1] == 'y' || line[len + 1] == 'm'))
			*value = line[len + 1];
	}
	return is_config ? 0 : -ENODATA;
}

/* Returns what gzip(1) unpacks, or NULL. Wait for @pid when it is closed. */
static FILE *open_gzip(const char *path, pid_t *pid)
{
	int fds[2];
	FILE *f;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	*pid = fork();
	if (*pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		/* What is no gzip is passed over in silence. */
		dup2(null, STDERR_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		execlp("gzip", "gzip", "-dcq", "--", path, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	f = *pid > 0 ? fdopen(fds[0], "re") : NULL;
	if (!f)
		close(fds[0]);
	return f;
}

static int read_file(const char *path, const char *name, char *value)
{
	_cleanup_(cleanup_fclose) FILE *f = NULL;
	const char *dot = strrchr(path, '.');
	pid_t pid = -1;
	int r;

	if (access(path, R_OK) < 0)
		return -errno;
	f = dot && strcmp(dot, ".gz") == 0 ? open_gzip(path, &pid)
					   : fopen(path, "re");
	r = f ? config_read(f, name, value) : -EIO;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return r;
}

int config_find(const struct doctor *d, const char *name, char *value,
		char path[CONFIG_PATH_MAX])
{
	static const char *const places[][2] = {
		{ "/proc/config.gz", NULL },
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
		{ "/lib/modules/", "/build/.config" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, CONFIG_PATH_MAX, "%s%s%s%s", d->root,
			 places[i][0], places[i][1] ? d->release : "",
			 places[i][1] ? places[i][1] : "");
		if (read_file(path, name, value) == 0)
			return 0;
	}
	return -ENOENT;
}
