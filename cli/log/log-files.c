/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "escape.h"
#include "log-files.h"
#include "message.h"
#include "util.h"
#include "verb.h"

/* More damaged ones are counted only. */
#define NAMED_MAX 5
/* HEADER_INCOMPATIBLE_* until systemd 252. */
#define KNOWN_FLAGS 0x1f

struct files {
	const struct options *options;
	uint64_t n_damaged;
};

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* The system's own, which is the one of nfdropd; or any in a folder. */
static bool is_file(const struct options *options, const char *name)
{
	const char *end = strrchr(name, '.');

	if (!end ||
	    (strcmp(end, ".journal") != 0 && strcmp(end, ".journal~") != 0))
		return false;
	return options->journal.directory ||
	       (strncmp(name, "system", 6) == 0 &&
		(name[6] == '.' || name[6] == '@'));
}

/* Is it a machine's, and of one that is asked for? */
static bool is_folder(const struct options *options, const char *parent,
		      const char *name)
{
	sd_id128_t id, machine;

	if (sd_id128_from_string(name, &id) < 0)
		return false;
	return options->journal.directory || options->journal.merge ||
	       strncmp(parent, "/run/", 5) == 0 ||
	       (sd_id128_get_machine(&machine) >= 0 &&
		sd_id128_equal(id, machine));
}

/* "" where it is not known, or no group may. */
static void find_group(const char *path, char *buf, size_t size)
{
	char name[64];
	struct group *group;
	struct stat st;

	buf[0] = '\0';
	if (stat(path, &st) < 0 || !(st.st_mode & S_IRGRP))
		return;
	group = getgrgid(st.st_gid);
	if (group && group->gr_gid != 0)
		snprintf(buf, size, ", and members of the group %s",
			 escape_string(group->gr_name, name, sizeof(name)));
}

static int tell_denied(const struct options *options, const char *path)
{
	char shown[256], group[128];

	escape_string(path, shown, sizeof(shown));
	if (!options->journal.directory) {
		message_print("you may not read the system's journal (%s): "
			      "root may, and members of the groups "
			      "systemd-journal and adm",
			      shown);
		return STATUS_FAILURE;
	}
	find_group(path, group, sizeof(group));
	message_print("you may not read %s of the journal: root may%s", shown,
		      group);
	return STATUS_FAILURE;
}

static void tell_damaged(const char *path, int error)
{
	char shown[256];

	message_print("note: %s of the journal %s, and is left out",
		      escape_string(path, shown, sizeof(shown)),
		      error == -ENODATA		  ? "is cut"
		      : error == -EPROTONOSUPPORT ? "is of another version"
						  : "is damaged");
}

/*
 * Whether a file's head says what there is: for all others, sd-journal is
 * asked. The head is that of https://systemd.io/JOURNAL_FILE_FORMAT.
 */
static bool looks_well(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct {
		uint8_t signature[8];
		uint32_t compatible_flags, incompatible_flags;
		uint8_t state, reserved[7];
		uint8_t ids[4][16];
		uint64_t header_size, arena_size;
	} head;
	uint64_t size;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return false;
	size = (uint64_t)st.st_size;
	return memcmp(head.signature, "LPKSHHRH", 8) == 0 &&
	       le32toh(head.incompatible_flags) <= KNOWN_FLAGS &&
	       le64toh(head.header_size) <= size &&
	       le64toh(head.arena_size) <= size - le64toh(head.header_size);
}

static int try_file(struct files *files, const char *path)
{
	const char *paths[] = { path, NULL };
	sd_journal *journal;
	int r;

	if (looks_well(path))
		return STATUS_FINE;
	r = sd_journal_open_files(&journal, paths, 0);
	if (r >= 0) {
		sd_journal_close(journal);
		return STATUS_FINE;
	}
	if (r == -EACCES || r == -EPERM)
		return tell_denied(files->options, path);
	/* Of others it has gone meanwhile, or is no file. */
	if (r != -ENODATA && r != -EBADMSG && r != -EPROTONOSUPPORT &&
	    r != -EADDRNOTAVAIL && r != -EIO)
		return r == -ENOMEM ? r : STATUS_FINE;
	if (files->n_damaged++ < NAMED_MAX)
		tell_damaged(path, r);
	return STATUS_FINE;
}

/* @is_root: it may have folders of machines. */
static int try_folder(struct files *files, const char *path, bool is_root)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir(path);
	struct dirent *entry;
	int r = STATUS_FINE;

	if (!dir)
		return errno == EACCES || errno == EPERM
			       ? tell_denied(files->options, path)
			       : STATUS_FINE;
	while (r == STATUS_FINE && (entry = readdir(dir))) {
		bool is_one = is_file(files->options, entry->d_name);
		_cleanup_free_ char *inner = NULL;

		if (!is_one && !(is_root && is_folder(files->options, path,
						      entry->d_name)))
			continue;
		if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0) {
			inner = NULL;
			return -ENOMEM;
		}
		r = is_one ? try_file(files, inner)
			   : try_folder(files, inner, false);
	}
	return r;
}

int log_files_check(const struct options *options, uint64_t *ret)
{
	static const char *const of_system[] = { "/var/log/journal",
						 "/run/log/journal" };
	struct files files = { .options = options };
	int r = STATUS_FINE;

	if (options->journal.directory)
		r = try_folder(&files, options->journal.directory, true);
	else
		for (size_t i = 0;
		     r == STATUS_FINE && i < ARRAY_SIZE(of_system); i++)
			r = try_folder(&files, of_system[i], true);
	if (r != STATUS_FINE)
		return r;
	if (files.n_damaged > NAMED_MAX)
		message_print("note: so are %" PRIu64 " more",
			      files.n_damaged - NAMED_MAX);
	*ret = files.n_damaged;
	return STATUS_FINE;
}
