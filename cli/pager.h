/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program that shows long output page by page; one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "term.h"

/* Whether standard output is a terminal with fewer lines than @text. */
bool pager_is_wanted(const char *text, size_t len, const struct term *term);

/*
 * Starts it. Returns a descriptor to write to and close, or -ENOENT when none
 * is wished, or what pipe2(2) and fork(2) say.
 */
int pager_start(const struct term *term);
/* Returns when it has ended. Ctrl-C is the pager's until then. */
void pager_wait(void);
