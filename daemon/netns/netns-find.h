/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces by the inode number of /proc/PID/ns/net: which file is
 * one, and what people call it.
 *
 * Whoever may make namespaces and processes chooses what is found here, and
 * when it goes away: what a path led to is looked at again once it is open, and
 * nothing is opened that is no namespace.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Processes looked at, of a machine that has more. */
#define NETNS_PROCESSES_MAX 65536

/*
 * The descriptor of the network namespace at @path, which may be a symbolic
 * link, when that is its number; else -ENOENT. A file of that number elsewhere,
 * or another kind of namespace, is none.
 */
int netns_open(int dir, const char *path, uint32_t inum);

/*
 * May a namespace be shown by that name? Not by one that nfdrop gives itself:
 * "init" is the initial one, "inum:N" one without a name.
 */
bool netns_name_is_free(const char *name);

/*
 * Enters the namespace: a file of "ip netns", of Docker, or that of some
 * process. With a @cookie it must be that one, as numbers are given again.
 * @name is looked at first: what netns_print_name() wrote, or "".
 * Returns 0 or a negative errno; -ENOENT: nobody is in it any more, or only an
 * open socket or a device keeps it.
 */
int netns_enter(uint32_t inum, uint64_t cookie, const char *name);

/*
 * Writes what people call it: its name in "ip netns", or else the systemd unit
 * of a process in it, which is how containers are called. Enters it when there
 * is a @cookie, which must be its. 0, -ENOENT as above and where it has
 * neither, or a negative errno.
 */
int netns_print_name(int out, uint32_t inum, uint64_t cookie);

/*
 * Ours, as a kernel that tells of namespaces would say. Before Linux 5.14 it
 * has no cookie to be asked for, and is taken for the initial one.
 */
void netns_find_own(uint32_t *inum, uint64_t *cookie);
