/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few idioms that every file uses: scoped cleanup and handing over.
 *
 * Acquire, use, hand over: declare a resource with _cleanup_(), and give it
 * away with TAKE_PTR() or TAKE_FD() on the one path that succeeds.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _public_       __attribute__((visibility("default")))

#define ARRAY_SIZE(a)  (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)      ((a) < (b) ? (a) : (b))
#define MAX(a, b)      ((a) > (b) ? (a) : (b))

#define TAKE_PTR(p)                        \
	({                                 \
		__typeof__(p) *_pp = &(p); \
		__typeof__(p) _p = *_pp;   \
		*_pp = NULL;               \
		_p;                        \
	})

#define TAKE_FD(fd)                \
	({                         \
		int *_fdp = &(fd); \
		int _fd = *_fdp;   \
		*_fdp = -1;        \
		_fd;               \
	})

/* Defines cleanup_<func>(), which calls @func on what is not NULL. */
#define DEFINE_CLEANUP(type, func)                 \
	static inline void cleanup_##func(type *p) \
	{                                          \
		if (*p)                            \
			func(*p);                  \
	}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_	_cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)

/*
 * Copies at most @size - 1 bytes of @src, ended by the first NUL or after
 * @len bytes, and always ends @dst with a NUL. Returns the length copied.
 */
static inline size_t copy_string(char *dst, size_t size, const void *src,
				 size_t len)
{
	size_t n = strnlen(src, MIN(len, size - 1));

	memcpy(dst, src, n);
	dst[n] = '\0';
	return n;
}
