/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences in lines. */
#pragma once

#include <stdio.h>

/*
 * Prints @text and a line end. Its spaces stay as they are but for those at
 * the end of a line. Lines after the first begin with @indent spaces;
 * none ends past @width columns unless a word does (@width 0: no bound). The
 * first is already @indent columns long.
 */
void wrap_print(FILE *f, const char *text, unsigned indent, unsigned width);
