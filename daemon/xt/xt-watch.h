/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads tables of x_tables and ebtables when drops in them want it; see
 * xt-tables.h. One after the other, all together for no more than a tenth of
 * one processor's time. One epoll(7) descriptor stands for all of it.
 */
#pragma once

#include <stddef.h>

#include "correlate.h"
#include "reader.h"

struct xt_watch;

/*
 * Borrows both. @others: of the other namespaces instead of the initial one,
 * whose owners cannot keep us from reading that. In the initial one tables are
 * read at the beginning as well, and after iptables has run. @memory is for all
 * that is known, in bytes; one table may take a quarter of it.
 */
int xt_watch_new(struct xt_watch **ret, struct correlate *correlate,
		 struct reader *reader, size_t memory, bool others);
void xt_watch_free(struct xt_watch *w); /* NULL allowed */

void xt_watch_set_memory(struct xt_watch *w, size_t memory);

int xt_watch_get_fd(const struct xt_watch *w);
/* Drops came, which may want something. */
void xt_watch_look(struct xt_watch *w);
/* Does what waits. Returns whether something was read, or could not be. */
bool xt_watch_dispatch(struct xt_watch *w);
/* A tool that was found missing since the last call, or NULL; each one once. */
const char *xt_watch_next_missing(struct xt_watch *w);
