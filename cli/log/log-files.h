/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a journal is made of. sd-journal(3) leaves out those that it
 * cannot open without a word, and the rest is no history.
 */
#pragma once

#include "options.h"

/*
 * Tries all that @options ask for. Returns STATUS_FINE, having set @ret to how
 * many are damaged and printed a note of them; or STATUS_FAILURE, having
 * printed which this user may not read, and who may; or -ENOMEM.
 */
int log_files_check(const struct options *options, uint64_t *ret);
