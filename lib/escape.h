/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nothing hostile reaches a terminal or a log: names of tables, interfaces
 * and namespaces can hold escape sequences, line ends and broken UTF-8.
 */
#pragma once

#include <stddef.h>

/*
 * Writes @s to @buf (@size bytes, at least 8) with every byte that is not
 * printable - C0 and C1 controls, DEL, bytes that are not valid UTF-8, and
 * the invisible characters that reorder text (U+061C, U+200E, U+200F, U+2028 to
 * U+202E, U+2066 to U+2069, U+FEFF) - as \xNN, and \ as \\. What does not fit
 * is cut at a character and ends in "...". Returns @buf.
 */
const char *escape_string(const char *s, char *buf, size_t size);
