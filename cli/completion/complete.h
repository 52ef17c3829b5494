/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can stand at the end of a command line, for the shells' completion: one
 * place that knows, from the tables that the parser and --help are made of, and
 * three scripts (completion/) that ask it and quote what it says.
 *
 *	nfdrop __complete [WORD...]
 *
 * WORDs are those after "nfdrop", without their quotes; the last, perhaps
 *empty, is the one that is being typed. The first line of the answer is
 *"words", "files" (a path, which is the shell's to complete) or "unknown"
 *(nobody has said what the values are, which a test finds). Behind "words" each
 *line has a word for the place of the last one, then perhaps a tab and a text
 *for people. A word that ends with "=" wants more. None has a control
 *character; quotes it may need, and the shell's script puts them.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct verb;

/* @words ends with NULL; -ENOMEM. */
int complete(const struct verb *const *verbs, size_t n_verbs, char **words,
	     FILE *f);
