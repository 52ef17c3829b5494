/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of kernel addresses from /proc/kallsyms, for the alerts of another
 * program's summary mode, which carry addresses only.
 *
 * The kernel decides at open(2) whether the reader sees addresses
 * (kptr_restrict, CAP_SYSLOG), so the file is opened before capabilities are
 * dropped, and read when a new address comes.
 */
#pragma once

#include "pipeline.h"

/* Addresses remembered; past it the oldest is forgotten. */
#define KALLSYMS_CACHE 256

struct kallsyms {
	struct symbols symbols; /* for pipeline_init() */
	int fd;
	size_t n_cached;
	struct kallsyms_entry {
		uint64_t pc;
		char name[DROP_LOCATION_MAX];
	} * cache;
};

/*
 * Opens @path, or duplicates the descriptor @given (-1: none) when it is that
 * file: systemd may have opened it, with rights that its service lacks. Returns
 * a descriptor, or what open(2) says.
 */
int kallsyms_open(const char *path, int given);

/* Takes @fd; with a negative one no address has a name. */
void kallsyms_init(struct kallsyms *k, int fd);
void kallsyms_done(struct kallsyms *k);
