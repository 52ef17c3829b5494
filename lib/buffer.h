/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes that are written once and shared by many readers: an event is
 * serialised once, whatever the number of sessions. For one thread.
 */
#pragma once

#include <stddef.h>

#include "util.h"

struct buffer {
	size_t n_refs;
	size_t len;
	char data[];
};

/* @len bytes, to be filled by the caller. NULL when memory is out. */
struct buffer *buffer_new(size_t len);
struct buffer *buffer_ref(struct buffer *b);
void buffer_unref(struct buffer *b); /* NULL allowed */

DEFINE_CLEANUP(struct buffer *, buffer_unref)
