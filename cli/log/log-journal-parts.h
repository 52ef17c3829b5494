/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a journal is made of, for its own files: log-journal.c, which opens it;
 * log-walk.c, which goes from where the time that was asked for begins to where
 * it ends.
 */
#pragma once

#include <systemd/sd-journal.h>

#include "log-journal.h"

/* Types that are of drops, which a filter is of. */
#define OF_DROPS                                                 \
	((uint32_t)(1U << JOURNAL_DROPS | 1U << JOURNAL_PACKET | \
		    1U << JOURNAL_COUNTER))

struct log_journal {
	const struct options *options;
	sd_journal *journal;
	uint64_t since;	    /* microseconds; 0: all */
	uint64_t until;	    /* UINT64_MAX: all */
	uint64_t n_damaged; /* files that could not be opened */
	uint64_t usage;	    /* bytes of those that could */
	uint64_t n_broken;  /* entries that cannot be nfdropd's, and should */
	struct log_entry entry;
	/* What was wanted on the way back from the end: the last is next. */
	struct log_entry *back; /* owned; NULL: none yet */
	size_t n_back;
	/* Entries outside of that time, one behind the other. */
	uint64_t n_outside;
	bool set_back; /* there are more of that time somewhere */
};

/* What was kept on the way back. */
void log_journal_forget(struct log_journal *j);
