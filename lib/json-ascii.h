/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON in ASCII. json-c 0.18, when it is strict, takes the bytes of every other
 * character for control characters and refuses them; and no json-c is strict
 * about UTF-8. So what is not ASCII is checked here, and json-c sees escapes
 * (RFC 8259, 7).
 */
#pragma once

#include <stddef.h>

/*
 * Makes *@ret of the @len bytes at @text: the same JSON, with \u escapes for
 * characters beyond ASCII, NUL-terminated; the caller frees it. @ret_len is its
 * length without that NUL. What is no JSON stays none.
 *
 * -EBADMSG: not UTF-8, or such a character behind a backslash. -ENOMEM.
 */
int json_to_ascii(const char *text, size_t len, char **ret, size_t *ret_len);
