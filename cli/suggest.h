/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the nearest of some words. */
#pragma once

#include <stddef.h>

/*
 * The word that @name was perhaps meant to be: one that begins with @name or
 * with the fewest typing errors, at most a third of its letters; NULL when
 * none is near. @at gives the words until it returns NULL.
 */
const char *suggest(const char *name,
		    const char *(*at)(const void *words, size_t i),
		    const void *words);
