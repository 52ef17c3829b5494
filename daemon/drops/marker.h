/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small file that says "nfdropd turned drop_monitor on, with these settings,
 * in this boot", for the nfdropd that comes after a kill -9.
 *
 * One line: BOOT_ID MODE TRUNCATION QUEUE_LENGTH. Best effort: without it the
 * next nfdropd takes its own work for somebody else's, and says so.
 */
#pragma once

#include <stdbool.h>

#include "decode.h"

/* @path NULL: nothing happens. */
void marker_write(const char *path, const struct decode_config *config);
void marker_remove(const char *path);
bool marker_matches(const char *path, const struct decode_config *config);
