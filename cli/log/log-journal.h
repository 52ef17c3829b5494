/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfdropd's entries in the journal, by sd-journal(3): what was asked for is
 * looked up there, so that entries of others cost nothing.
 */
#pragma once

#include "log-entry.h"
#include "options.h"

struct log_journal;

/*
 * Opens what @options say: the system's, one that was collected in a folder, or
 * all machines'. @types are bits of enum journal_type. Returns STATUS_FINE; or
 * STATUS_FAILURE, having printed the sentence, also where this user may not
 * read all of it; or -ENOMEM.
 */
int log_journal_open(struct log_journal **ret, const struct options *options,
		     uint32_t types);
void log_journal_close(struct log_journal *j); /* NULL allowed */

/*
 * Is any entry there, of whatever kind and time, of a second machine? By
 * _MACHINE_ID; by _HOSTNAME where no entry has one.
 */
bool log_journal_has_hosts(struct log_journal *j);

/*
 * To where options->since begins; and with @n, to the @n-th of the drops that
 * the filter lets through, from the end. A negative errno.
 */
int log_journal_seek(struct log_journal *j, uint64_t n);

/*
 * The next entry that is asked for, until options->until: *@ret is valid until
 * the next call. 1; 0: there is none; a negative errno.
 */
int log_journal_next(struct log_journal *j, struct log_entry **ret);

/*
 * How many files are damaged, and left out, of which notes were printed; when
 * there is no next entry. What is behind a damaged place of a file is left out
 * there, for which this prints one.
 */
uint64_t log_journal_check_damage(struct log_journal *j);

/* Entries that were passed since they are not as nfdropd writes them. */
uint64_t log_journal_count_broken(const struct log_journal *j);

/* To wait for others, see sd_journal_get_fd(3) and sd_journal_process(3). */
int log_journal_get_fd(struct log_journal *j);
int log_journal_get_events(struct log_journal *j);
uint64_t log_journal_get_timeout(struct log_journal *j);
int log_journal_process(struct log_journal *j);

/* A sentence for a negative errno of the above is printed. STATUS_FAILURE. */
int log_journal_failed(int error);
