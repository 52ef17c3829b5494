/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include "log-history.h"
#include "log-journal.h"
#include "log-sum.h"
#include "message.h"
#include "util.h"
#include "verb.h"

#define TYPES                                                  \
	((uint32_t)(1U << JOURNAL_DROPS | 1U << JOURNAL_REST | \
		    1U << JOURNAL_LOSSES | 1U << JOURNAL_COUNTER))

DEFINE_CLEANUP(struct log_journal *, log_journal_close)

/* It is known when something was dropped, not how that was spread. */
static int check_sort(const char *sort)
{
	if (!sort || strncmp(sort, "rate_", 5) != 0)
		return STATUS_FINE;
	message_print("--sort=%s: expected packets, bytes, rate, first_seen or "
		      "last_seen: of the journal there is no other average",
		      sort);
	return STATUS_USAGE;
}

/* Of an interval's packets the journal knows one. */
static int check(const struct options *options, const enum stat_key *by,
		 size_t n_by)
{
	const struct filter_key *beyond =
		filter_beyond(options->filter, FILTER_OF_RULE);

	if (beyond) {
		message_print("--%s is of single packets, and the journal adds "
			      "up by rule: see nfdrop log",
			      filter_key_name(beyond));
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < n_by; i++)
		if (stat_key_scope(by[i]) != FILTER_OF_RULE) {
			message_print("--by=%s is of single packets, and the "
				      "journal adds up by rule: see "
				      "NFDROP_TOP_SOURCES in "
				      "nfdrop-journal(7)",
				      stat_key_to_string((int)by[i]));
			return STATUS_USAGE;
		}
	return check_sort(options->sort);
}

static int add_all(struct log_journal *j, struct log_sum *sum)
{
	struct log_entry *entry;
	int r;

	r = log_journal_seek(j, 0);
	while (r >= 0 && (r = log_journal_next(j, &entry)) > 0)
		r = log_sum_add(sum, entry);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? log_journal_failed(r) : STATUS_FINE;
}

static void tell_broken(uint64_t n)
{
	if (n == 1)
		message_print("note: an entry of the journal is not as nfdropd "
			      "writes it, and was left out");
	else
		message_print("note: %" PRIu64 " entries of the journal are "
			      "not as nfdropd writes them, and were left out",
			      n);
}

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int log_history_read(const struct options *options, const enum stat_key *by,
		     size_t n_by, struct json_object **ret)
{
	_cleanup_(cleanup_log_journal_close) struct log_journal *j = NULL;
	_cleanup_(log_sum_done) struct log_sum sum = { 0 };
	int r;

	r = check(options, by, n_by);
	if (r == STATUS_FINE)
		r = log_journal_open(&j, options, TYPES);
	if (r == STATUS_FINE)
		r = log_sum_init(&sum, by, n_by);
	/* As nfdrop log, whose entries come before all are known. */
	if (r == STATUS_FINE)
		sum.has_hosts = log_journal_has_hosts(j);
	if (r == STATUS_FINE)
		r = add_all(j, &sum);
	if (r != STATUS_FINE)
		return r;
	sum.n_broken += log_journal_count_broken(j);
	if (sum.n_broken > 0 && !options->quiet)
		tell_broken(sum.n_broken);
	sum.n_damaged = log_journal_check_damage(j);
	*ret = log_sum_to_json(&sum, options->journal.since,
			       options->journal.until, now_usec());
	return *ret ? STATUS_FINE : -ENOMEM;
}
