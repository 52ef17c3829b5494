/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums of nfdrop rules --since, nfdrop stats --since and nfdrop log --by.
 */
#pragma once

#include <json-c/json_types.h>

#include "options.h"
#include "stat-key.h"

/*
 * Adds up the journal as @options say, by the rule (@by NULL) or by keys. Sets
 * @ret to what nfdropd would reply, a new object with "journal": true. Returns
 * STATUS_FINE; STATUS_FAILURE or STATUS_USAGE when the sentence was printed; or
 * -ENOMEM.
 */
int log_history_read(const struct options *options, const enum stat_key *by,
		     size_t n_by, struct json_object **ret);
