/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which network namespace is the initial one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Its cookie where namespaces are counted each on their own (6.12 and older). */
#define INITIAL_NETNS_COOKIE 1
/*
 * Newer kernels give its numbers away (include/uapi/linux/nsfs.h:
 * NET_NS_INIT_ID and NET_NS_INIT_INO). Dynamic inode numbers begin above, at
 * 0xf0000000, so that the 7th namespace of an old kernel is not taken for it.
 */
#define INITIAL_NETNS_ID  7
#define INITIAL_NETNS_INO 0xeffffff9U

/*
 * Is this the initial network namespace? @cookie is that of SO_NETNS_COOKIE, 0
 * for unknown, which is false; @inum the inode number of /proc/PID/ns/net.
 */
static inline bool netns_is_initial(uint64_t cookie, uint32_t inum)
{
	return cookie == INITIAL_NETNS_COOKIE ||
	       (cookie == INITIAL_NETNS_ID && inum == INITIAL_NETNS_INO);
}
