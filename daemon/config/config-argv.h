/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: settings that go before those of the files. */
#pragma once

#include "config.h"

struct config_args {
	const char *values[CONFIG_SETTINGS]; /* in argv; NULL: not given */
	const char *file; /* the only one to be read; NULL: the folders' */
	bool check;
	bool serve_reader; /* be the reader of another nfdropd */
	bool reload;	   /* have another nfdropd read its files again */
};

enum config_result {
	CONFIG_RUN,
	CONFIG_DONE, /* --help, --version: it was printed */
};

/*
 * Reads the command line; strings point into @argv. Returns an enum
 * config_result, or -EINVAL after one line on standard error that names the
 * argument and the right form.
 */
int config_parse_argv(struct config_args *ret, int argc, char *argv[]);

/* Sets what the command line says. */
void config_apply_args(struct config *config, const struct config_args *args);
