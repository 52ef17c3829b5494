/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command line options as a table: the parser, --help and the tests are all
 * made from it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "filter.h"
#include "term.h"

enum json_mode { JSON_OFF, JSON_SHORT, JSON_PRETTY };

/* Of top alone; zeros are the defaults. */
struct top_options {
	bool batch;
	bool invert;
	uint64_t iterations;
	uint64_t delay_ns;
	const char *by;	   /* a grouping that there is */
	const char *sort; /* a column that there is */
	const char *grep;
};

/* Which part of which journal. */
struct journal_options {
	uint64_t since; /* CLOCK_REALTIME in microseconds; 0: all */
	uint64_t until; /* the same */
	const char *directory; /* NULL: the system's */
	bool merge;	       /* of all machines */
	bool wanted;	       /* none of these need be given */
	bool follow;
};

/* What was chosen. Strings are those of argv. */
struct options {
	const char *socket;
	enum json_mode json;
	enum color_mode color;
	bool help;
	bool version;
	bool no_pager;
	bool no_legend;
	bool quiet;
	bool utc;
	bool all;
	bool reasons;
	uint64_t lines; /* 0: no limit */
	uint64_t span;	/* microseconds; 0: no limit */
	const char *sort; /* a name of order.h; NULL: the verb's own */
	const char *by;	  /* stat keys that there are, with commas; or NULL */
	struct filter *filter;
	struct top_options top;
	struct journal_options journal;
};

/* -ENOMEM. */
int options_init(struct options *options);
void options_done(struct options *options);

struct option_def {
	char letter; /* 0: long only */
	const char *name;
	const char *value; /* name of its value; NULL: takes none */
	const char *help;  /* a line, without a period */
	/*
	 * -EINVAL with the sentence in @error (no control characters in it),
	 * or -ENOMEM. @value is NULL where the option takes none.
	 */
	int (*set)(struct options *options, const char *name, const char *value,
		   char *error, size_t size);
};

/* Room for an error's sentence. */
#define OPTION_ERROR_MAX 768

/* A number from 1, and one of the words that @at gives until NULL. -EINVAL. */
int option_parse_number(const char *name, const char *value, uint64_t *ret,
			char *error, size_t size);
int option_check_word(const char *name, const char *value,
		      const char *(*at)(size_t i), char *error, size_t size);

/* What the verbs have in common that can look into the journal. */
#define JOURNAL_OPTION_DEFS                                                  \
	{ 'S', "since", "TIME", "Of the journal, from then on: yesterday, -1h, ...", \
	  option_set_since },                                                \
	{ 'U', "until", "TIME", "Of the journal, until then",                \
	  option_set_until },                                                \
	{ 'D', "directory", "DIR", "Of the journal in this folder",          \
	  option_set_directory },                                            \
	{ 'm', "merge", NULL, "Of the journals of all machines",             \
	  option_set_merge }

/* Is it the journal that was asked for, and not nfdropd? */
bool options_want_journal(const struct options *options);

/* Setters that more than one verb uses; see struct option_def. */
int option_set_lines(struct options *options, const char *name,
		     const char *value, char *error, size_t size);
int option_set_sort(struct options *options, const char *name,
		    const char *value, char *error, size_t size);
int option_set_all(struct options *options, const char *name, const char *value,
		   char *error, size_t size);
int option_set_reasons(struct options *options, const char *name,
		       const char *value, char *error, size_t size);
int option_set_by(struct options *options, const char *name, const char *value,
		  char *error, size_t size);
int option_set_no_legend(struct options *options, const char *name,
			 const char *value, char *error, size_t size);
int option_set_quiet(struct options *options, const char *name,
		     const char *value, char *error, size_t size);
int option_set_since(struct options *options, const char *name,
		     const char *value, char *error, size_t size);
int option_set_until(struct options *options, const char *name,
		     const char *value, char *error, size_t size);
int option_set_directory(struct options *options, const char *name,
			 const char *value, char *error, size_t size);
int option_set_merge(struct options *options, const char *name,
		     const char *value, char *error, size_t size);
int option_set_utc(struct options *options, const char *name, const char *value,
		   char *error, size_t size);

struct verb;

/* Those of every verb, then the verb's own, then its filters. */
#define OPTION_DEFS_MAX 64
struct option_set {
	struct option_def defs[OPTION_DEFS_MAX];
	size_t n;
	size_t first_filter; /* of one verb: filters are [first_filter, n) */
};

/* Makes the set of the options that every verb takes. */
void option_set_init(struct option_set *set);
/* Adds those of @verb whose names are not in the set. */
void option_set_add(struct option_set *set, const struct verb *verb);

/*
 * Parses argv[1] and on, permuting it so that arguments come last. Returns the
 * index of the first argument, or -EINVAL with the sentence in @error, or
 * -ENOMEM. With @options NULL it only looks for the first argument, changes
 * nothing, and ignores what follows.
 */
int option_set_parse(const struct option_set *set, struct options *options,
		     int argc, char **argv, char *error, size_t size);

/* The part of a help text that lists [@from, @to) of @set, aligned. */
void option_set_print(const struct option_set *set, size_t from, size_t to,
		      FILE *f);
