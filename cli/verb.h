/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nfdrop can be told to do. A verb is one file, verb-NAME.c, and one line
 * in the table of main.c; parsing, --help and the tests follow from it.
 */
#pragma once

#include "options.h"

/* Exit statuses, as in nfdrop(1). */
enum {
	STATUS_FINE = 0,
	STATUS_FAILURE = 1, /* one sentence was printed; doctor: a problem */
	STATUS_USAGE = 2,
};

struct verb {
	const char *name;
	const char *arguments; /* for the help text; NULL: takes none */
	size_t max_arguments;
	const char *summary; /* one sentence with its period */
	const char *more;    /* lines for its own help text; or NULL */
	const struct option_def *options;
	size_t n_options;
	/* Takes an option for each filter key of that scope too; 0: none. */
	enum filter_scope filters;
	/*
	 * @arguments ends with NULL. Returns an exit status, having printed
	 * the sentence for it; or a negative errno, which main explains.
	 */
	int (*run)(const struct options *options, char **arguments);
};

extern const struct verb verb_monitor;
extern const struct verb verb_top;
extern const struct verb verb_status;
extern const struct verb verb_rules;
extern const struct verb verb_stats;
extern const struct verb verb_log;
extern const struct verb verb_explain;
extern const struct verb verb_trace;
extern const struct verb verb_reasons;
extern const struct verb verb_doctor;
