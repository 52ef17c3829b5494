/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several tests and fuzzers need; without cmocka. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

/* An event with every field known and each value another. */
void sample_event(struct drop_event *ret);

/* In everything but @pc, which does not travel. */
bool event_equal(const struct drop_event *a, const struct drop_event *b);
/* Whether every string of @ev is UTF-8. */
bool event_is_utf8(const struct drop_event *ev);

/* A folder of our own below $TMPDIR or /tmp; ends the program without one. */
struct temp_folder {
	char path[64];
};

void temp_folder_init(struct temp_folder *folder);
/* Removes it with the files in it. */
void temp_folder_done(struct temp_folder *folder);
/* "FOLDER/NAME" in a buffer of at least 108 bytes. Returns @buf. */
char *temp_folder_path(const struct temp_folder *folder, const char *name,
		       char *buf);

/* Open descriptors of this process. */
size_t count_fds(void);

/* @len bytes on the heap and not one more, for a checker to guard. */
void *copy_bytes(const void *data, size_t len);
