/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the value of an option, or an argument of a verb, can be: known words,
 * what nfdropd tells, or the devices here. See complete.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where candidates go: those that begin with @typed are printed to @f. */
struct candidates {
	FILE *f;
	const char *before; /* stands before each of them: "--table=" */
	const char *typed;
	const char *socket; /* of nfdropd */
	bool any_case;	    /* @typed may differ from them in case */
	bool plain;	    /* names are not patterns here */
	size_t position;    /* arguments before this one */
};

/*
 * Prints "BEFORE VALUE TAB HELP" without the space, a line each; @help may be
 * NULL. A value that would need escape_string() is left out: a shell's line is
 * no place for it.
 */
void candidates_add(const struct candidates *c, const char *value,
		    const char *help);
/* The same for a name that is to be a pattern's text: see fnmatch(3). */
void candidates_add_name(const struct candidates *c, const char *name,
			 const char *help);

struct values {
	const char *name; /* of the option, or of the verb */
	const char *verb; /* the option's, where others have it too */
	bool commas;	  /* more than one, with commas */
	bool free;	  /* anything, such as a number */
	bool files;	  /* a path, which is the shell's business */
	bool any_case;
	const char *const *words; /* up to a NULL */
	void (*list)(const struct candidates *c);
};

/* NULL: nobody has said what its values are, which a test finds. */
const struct values *values_of_option(const char *verb, const char *name);
const struct values *values_of_arguments(const char *verb);
