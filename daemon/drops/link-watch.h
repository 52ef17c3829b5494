/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps a table of device names current, by rtnetlink(7). */
#pragma once

#include "links.h"

struct link_watch;

/*
 * Subscribes to changes and reads the devices that there are. Borrows @links.
 * Needs no privilege. Errors are those of socket(2) and bind(2), -ENOMEM, -EIO.
 */
int link_watch_new(struct link_watch **ret, struct links *links);
void link_watch_free(struct link_watch *w); /* NULL allowed */
int link_watch_get_fd(const struct link_watch *w);
/*
 * Takes what waits; reads all devices again when changes were lost. A negative
 * errno leaves the table as it is.
 */
int link_watch_dispatch(struct link_watch *w);
