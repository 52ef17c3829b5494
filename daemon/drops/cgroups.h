/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The systemd unit of a cgroup by its id, which the kernel tells for a socket.
 *
 * The id is the inode number of the cgroup's folder. open_by_handle_at(2)
 * would find that at once, and needs CAP_DAC_READ_SEARCH, with which every
 * file of the machine can be read. So all folders are looked at, which needs
 * nothing, when an id is not known, and all are remembered. Units that ended
 * before that stay unknown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "pipeline.h"

/* Cgroups remembered; those past it, and deeper ones, have no unit. */
#define CGROUPS_MAX	  65536
#define CGROUPS_DEPTH_MAX 32

struct cgroups {
	struct units units; /* for pipeline_init() */
	int fd;
	uint64_t walked_ns; /* when we looked last */
	uint64_t again_ns;  /* and when we may look again */
	struct cgroup {
		uint64_t id;
		const char *unit; /* of names; NULL: none */
	} * items;		  /* by id */
	size_t n_items;
	size_t n_allocated;
	char **names; /* owned */
	size_t n_names;
	size_t n_names_allocated;
};

/*
 * The folder of cgroup v2 below @path (/sys/fs/cgroup), which in systemd's
 * hybrid mode is its "unified": a descriptor for cgroups_init(), or -ENOENT
 * where there is only v1, or a negative errno.
 */
int cgroups_open(const char *path);

/*
 * Takes @fd; with a negative one no unit is known. Looks at no folder before
 * the first id comes, then at most once a second, and less where there are
 * many, so that it takes a few thousandths of the time: a thousand folders a
 * second.
 */
void cgroups_init(struct cgroups *c, int fd);
void cgroups_done(struct cgroups *c);
