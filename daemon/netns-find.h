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
 * Enters the namespace: a file of "ip netns", of Docker, or that of some
 * process. With a @cookie it must be that one, as numbers are given again.
 * Returns 0 or a negative errno; -ENOENT: nobody is in it any more, or only an
 * open socket or a device keeps it.
 */
int netns_enter(uint32_t inum, uint64_t cookie);

/*
 * Writes what people call it: its name in "ip netns", or else the systemd unit
 * of a process in it, which is how containers are called. 0, -ENOENT as above
 * and where it has neither, or a negative errno.
 */
int netns_print_name(int out, uint32_t inum);
