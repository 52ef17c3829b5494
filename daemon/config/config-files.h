/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of the configuration, where systemd.unit(5) and others of
 * systemd's own pages look for theirs: nfdropd.conf of the first folder that
 * has one, then nfdropd.conf.d/NAME.conf of all folders, sorted by name; of one
 * name that of the first folder. What comes later wins. An empty file, or a
 * link to /dev/null, hides those of its name in the folders behind.
 */
#pragma once

#include "config.h"

#define CONFIG_FILE "nfdropd.conf"
/* Of one file, and of files in all folders. */
#define CONFIG_FILE_MAX	 (1 << 20)
#define CONFIG_FILES_MAX 1024

/* From the first, which wins, to the last; ends with NULL. */
extern const char *const config_folders[];

/* Who is told of what is wrong: once for each thing. */
struct config_report {
	/* @line 0: of the file as a whole. Both texts are escaped. */
	void (*warn)(void *data, const char *path, unsigned int line,
		     const char *text);
	void *data;
	unsigned int n_warnings;
	/* Files and folders that are there, and could not be read. */
	unsigned int n_unread;
};

/* Sets what the @len bytes of a file say. A bad line sets nothing. */
void config_read_text(struct config *config, const char *path, const char *data,
		      size_t len, struct config_report *report);

/* The same of one file. What open(2) and read(2) say, -EFBIG, -EISDIR. */
int config_read_file(struct config *config, const char *path,
		     struct config_report *report);

/*
 * All files of the folders. What cannot be read is a warning, but for what is
 * not there.
 */
void config_read_folders(struct config *config, const char *const *folders,
			 struct config_report *report);
