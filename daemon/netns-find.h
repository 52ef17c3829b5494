/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces by the inode number of /proc/PID/ns/net: which file is
 * one, and what people call it.
 */
#pragma once

#include <stdint.h>

/* Processes looked at, of a machine that has more. */
#define NETNS_PROCESSES_MAX 65536

/*
 * Enters the namespace: a file of "ip netns", Docker or containerd, or that of
 * some process. 0 or a negative errno; -ENOENT: nobody is in it any more, or
 * only an open socket or a device keeps it.
 */
int netns_enter(uint32_t inum);
