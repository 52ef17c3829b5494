/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "config-files.h"
#include "config-text.h"
#include "escape.h"
#include "paths.h"
#include "util.h"

#define DROP_INS CONFIG_FILE ".d"
#define SUFFIX	 ".conf"

DEFINE_CLEANUP(DIR *, closedir)

const char *const config_folders[] = { NFDROP_CONFDIR, "/run/nfdrop",
				       "/usr/local/lib/nfdrop",
				       "/usr/lib/nfdrop", NULL };

static void warn(struct config_report *report, const char *path,
		 unsigned int line, const char *format, ...) _printf_(4, 5);

static void warn(struct config_report *report, const char *path,
		 unsigned int line, const char *format, ...)
{
	char shown[PATH_MAX], text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report->n_warnings++;
	report->warn(report->data, escape_string(path, shown, sizeof(shown)),
		     line, text);
}

/* --- one file ------------------------------------------------------------- */

static void assign(struct config *config, const char *path,
		   const struct config_assignment *a,
		   struct config_report *report)
{
	const struct setting *s = config_find(a->section, a->key);
	char section[64], key[64], value[128], expected[384];
	int r = 0;

	escape_string(a->section, section, sizeof(section));
	escape_string(a->key, key, sizeof(key));
	/* What is of others' use, by systemd's convention. */
	if (strncmp(a->section, "X-", 2) == 0 || strncmp(a->key, "X-", 2) == 0)
		return;
	if (!s) {
		warn(report, path, a->line,
		     config_has_section(a->section)
			     ? "[%s] has no key \"%s\", ignored"
			     : "no section [%s], \"%s\" ignored",
		     section, key);
		return;
	}
	if (s->type == SETTING_PATH && a->value[0] != '\0' &&
	    a->value[0] != '/') {
		snprintf(expected, sizeof(expected),
			 "expected an absolute path");
		r = -EINVAL;
	}
	if (r == 0)
		r = config_set(config, s, a->value, expected, sizeof(expected));
	if (r < 0)
		warn(report, path, a->line, "%s=%s: %s, ignored", key,
		     escape_string(a->value, value, sizeof(value)), expected);
}

void config_read_text(struct config *config, const char *path, const char *data,
		      size_t len, struct config_report *report)
{
	struct config_assignment a;
	struct config_text text;
	enum config_kind kind;

	config_text_init(&text, data, len);
	while ((kind = config_text_next(&text, &a)) != CONFIG_END) {
		if (kind == CONFIG_ASSIGNMENT)
			assign(config, path, &a, report);
		else
			warn(report, path, a.line, "the line %s, ignored",
			     a.problem);
	}
}

/* Reads it into *@ret, which is the caller's. */
static int read_all(int fd, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0, len = 0;

	for (;;) {
		ssize_t n;

		if (len == size) {
			char *more = realloc(data, MAX(size * 2, 4096));

			if (!more)
				return -ENOMEM;
			data = more;
			size = MAX(size * 2, 4096);
		}
		n = read(fd, data + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > CONFIG_FILE_MAX)
			return -EFBIG;
	}
	*ret = TAKE_PTR(data);
	*ret_len = len;
	return 0;
}

int config_read_file(struct config *config, const char *path,
		     struct config_report *report)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *data = NULL;
	size_t len = 0;
	int r;

	/* Not to wait for the writer of a pipe that somebody left there. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = read_all(fd, &data, &len);
	if (r < 0)
		return r;
	config_read_text(config, path, data, len, report);
	return 0;
}

/* --- all of them ---------------------------------------------------------- */

/* Names of drop-ins, each once, with the folder that it is taken from. */
struct names {
	size_t n_names;
	bool too_many;
	struct name {
		char name[NAME_MAX + 1];
		const char *folder;
	} * names;
};

static bool is_drop_in(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > strlen(SUFFIX) &&
	       strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static int add_name(struct names *names, const char *folder, const char *name)
{
	void *more;

	for (size_t i = 0; i < names->n_names; i++)
		if (strcmp(names->names[i].name, name) == 0)
			return 0;
	if (names->n_names == CONFIG_FILES_MAX)
		return -E2BIG;
	if (names->n_names % 64 == 0) {
		more = reallocarray(names->names, names->n_names + 64,
				    sizeof(*names->names));
		if (!more)
			return -ENOMEM;
		names->names = more;
	}
	copy_string(names->names[names->n_names].name, NAME_MAX + 1, name,
		    SIZE_MAX);
	names->names[names->n_names++].folder = folder;
	return 0;
}

static void warn_unread(struct config_report *report, const char *path,
			int error)
{
	report->n_unread++;
	if (error == EACCES)
		warn(report, path, 0,
		     "cannot be read: %s: give the user that nfdropd runs as "
		     "the right to read it",
		     strerror(error));
	else
		warn(report, path, 0, "cannot be read: %s", strerror(error));
}

static void list_folder(struct names *names, const char *folder,
			struct config_report *report)
{
	_cleanup_(cleanup_closedir) DIR *dir = NULL;
	const struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;

	snprintf(path, sizeof(path), "%s/" DROP_INS, folder);
	dir = opendir(path);
	if (!dir && errno != ENOENT)
		warn_unread(report, path, errno);
	while (dir && r == 0 && (entry = readdir(dir)))
		if (is_drop_in(entry->d_name))
			r = add_name(names, folder, entry->d_name);
	if (r < 0)
		warn(report, path, 0, "has more than can be read: %s",
		     strerror(-r));
}

static int compare_names(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Returns whether it is there. */
static bool read_path(struct config *config, const char *path,
		      struct config_report *report)
{
	int r = config_read_file(config, path, report);

	if (r < 0 && r != -ENOENT)
		warn_unread(report, path, -r);
	return r != -ENOENT;
}

void config_read_folders(struct config *config, const char *const *folders,
			 struct config_report *report)
{
	struct names names = { 0 };
	char path[PATH_MAX];

	for (size_t i = 0; folders[i]; i++) {
		snprintf(path, sizeof(path), "%s/" CONFIG_FILE, folders[i]);
		if (read_path(config, path, report))
			break;
	}
	for (size_t i = 0; folders[i]; i++)
		list_folder(&names, folders[i], report);
	if (names.n_names > 0)
		qsort(names.names, names.n_names, sizeof(*names.names),
		      compare_names);
	for (size_t i = 0; i < names.n_names; i++) {
		snprintf(path, sizeof(path), "%s/" DROP_INS "/%s",
			 names.names[i].folder, names.names[i].name);
		(void)read_path(config, path, report);
	}
	free(names.names);
}
