/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "buffer.h"

struct buffer *buffer_new(size_t len)
{
	struct buffer *b;

	if (len > SIZE_MAX - sizeof(*b))
		return NULL;
	b = malloc(sizeof(*b) + len);
	if (!b)
		return NULL;
	b->n_refs = 1;
	b->len = len;
	return b;
}

struct buffer *buffer_ref(struct buffer *b)
{
	b->n_refs++;
	return b;
}

void buffer_unref(struct buffer *b)
{
	if (b && --b->n_refs == 0)
		free(b);
}
