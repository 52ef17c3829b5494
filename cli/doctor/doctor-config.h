/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the running kernel was configured, from where distributions keep it. */
#pragma once

#include <stdio.h>

#include "doctor.h"

#define CONFIG_PATH_MAX 1024

/*
 * Sets @value to 'y', 'm' or 'n' for the option @name ("CONFIG_..."), and @path
 * to the file that says so: /proc/config.gz, /boot/config-RELEASE,
 * /lib/modules/RELEASE/config or build/.config, below the root. -ENOENT: none
 * of them can be read.
 */
int config_find(const struct doctor *d, const char *name, char *value,
		char path[CONFIG_PATH_MAX]);

/* The same of one file's text; -ENODATA: it is no kernel configuration. */
int config_read(FILE *f, const char *name, char *value);
