/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole configuration, at the start and when it is to be read again. */
#pragma once

#include "config-argv.h"

/*
 * Defaults, then files, then @args. What is wrong in a file is logged, and is
 * as if it was not there. Returns the number of these warnings, or a negative
 * errno, which is logged, when the file of --config= cannot be read; then *@ret
 * is not set. *@ret_unread is the number of files and folders of which is not
 * known what they say.
 */
int config_load(struct config *ret, const struct config_args *args,
		unsigned int *ret_unread);
