/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder that nfdropd keeps its counts in, of one nfdropd at a time. A file
 * there is whole at each moment: a new one is written beside it and takes its
 * place.
 */
#pragma once

#include <stddef.h>

#define STATE_FILE "counts"
/* Where a file goes that cannot be used, over an earlier one. */
#define STATE_DAMAGED  "counts.damaged"
#define STATE_PREVIOUS "counts.previous-boot"

struct state {
	int fd; /* of the folder; -1: none */
};

/*
 * Opens the folder. -EWOULDBLOCK: another nfdropd has it; what open(2) says.
 * @s is to be given to state_done() in any case.
 */
int state_init(struct state *s, const char *path);
void state_done(struct state *s);

/*
 * Reads the file into *@ret, which is the caller's. -ENOENT: there is none;
 * -EFBIG: it has more than @max bytes, or is no file; -ENOMEM; what open(2) and
 * read(2) say.
 */
int state_read(struct state *s, size_t max, void **ret, size_t *len);
/* Puts a new one in its place. What the system calls say. */
int state_write(struct state *s, const void *data, size_t len);
/* Moves it to @name. What renameat(2) says. */
int state_set_aside(struct state *s, const char *name);
