/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the elements of a set are kept, for its own files: set-elements.c, which
 * reads them; set-elements-find.c, what is found in them.
 */
#pragma once

#include "set-elements.h"

/* The catchall element's number. */
#define CATCHALL (SIZE_MAX - 1)

/* In the last byte of a record. */
enum {
	RECORD_IS_END = 1 << 0,
	RECORD_IS_PERHAPS = 1 << 1, /* expires, or counts against a limit */
	RECORD_IS_UNSOUND = 1 << 2, /* its data is not known */
};

struct verdict {
	int32_t code;
	uint32_t name; /* in names, plus one; 0: none */
};

static inline uint8_t *record(const struct set_elements *s, size_t i)
{
	return i == CATCHALL ? s->catchall : s->records + i * s->stride;
}

static inline uint8_t record_flags(const struct set_elements *s, size_t i)
{
	return record(s, i)[s->stride - 1];
}
