/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the parts together and runs them in one sd-event(3) loop. */
#pragma once

#include "config-argv.h"

struct manager;

/*
 * Acquires everything, logs what is in the way. Borrows @args, for when the
 * configuration is to be read again. Returns 0, or a negative errno after which
 * *@exit_status is what nfdropd(8) documents.
 */
int manager_new(struct manager **ret, const struct config *config,
		const struct config_args *args, int *exit_status);
void manager_free(struct manager *manager); /* NULL allowed */

/* Runs until SIGTERM or SIGINT. Returns the exit status. */
int manager_run(struct manager *manager);
