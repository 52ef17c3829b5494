/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Characters from bytes that nobody has checked (RFC 3629). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of the NUL-terminated @s. Returns its length in
 * bytes and sets *@ret, or returns 0 when the bytes are no character: a stray
 * or missing continuation, an overlong form, a surrogate, past U+10FFFF.
 * Reads no further than the NUL.
 */
size_t utf8_decode(const char *s, uint32_t *ret);

bool utf8_is_valid(const char *s);

/*
 * Copies @s to @buf (@size bytes) with U+FFFD for each byte that is part of no
 * character, cut at a character when it does not fit. Returns the length.
 */
size_t utf8_repair(const char *s, char *buf, size_t size);
