/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a ruleset costs: bench-ruleset LOOKUPS COMMAND
 *
 * In a network namespace that somebody made and filled: reads its ruleset as
 * nfdropd does, waits for all texts, finds LOOKUPS rules; then lets COMMAND add a rule and
 * waits until it is known. Prints processor time of this process and of the
 * reader's, and what stays in memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "correlate.h"
#include "ruleset-text.h"
#include "ruleset-watch.h"

#define TIMEOUT_MSEC 120000
#define MEMORY	     (128UL << 20)

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long resident_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		abort();
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool is_read(const struct ruleset_status *status)
{
	return status->state == RULESET_CURRENT;
}

static bool has_texts(const struct ruleset_status *status)
{
	return is_read(status) && status->texts == status->rules;
}

static bool is_changed(const struct ruleset_status *status)
{
	return is_read(status) && status->n_changes > 0;
}

static void wait_for(struct ruleset_watch *w,
		     bool (*done)(const struct ruleset_status *))
{
	struct pollfd pollfd = { .fd = ruleset_watch_get_fd(w),
				 .events = POLLIN };
	struct ruleset_status status;

	for (;;) {
		ruleset_watch_get_status(w, &status);
		if (done(&status))
			return;
		if (status.state >= RULESET_TOO_LARGE ||
		    status.texts_too_large ||
		    poll(&pollfd, 1, TIMEOUT_MSEC) <= 0) {
			fprintf(stderr,
				"bench-ruleset: state %d, error %d, "
				"%zu of %zu texts\n",
				(int)status.state, status.error, status.texts,
				status.rules);
			exit(1);
		}
		ruleset_watch_dispatch(w);
	}
}

/* Events that name rules here and there, all of which must be found. */
static double lookups(const struct correlate *correlate, size_t n)
{
	const struct ruleset *rs = correlate->rulesets.current;
	const struct table *table = rs->tables[0];
	struct drop_event ev;
	double start;

	drop_event_init(&ev);
	ev.netns.cookie = 1;
	copy_string(ev.netfilter.family, sizeof(ev.netfilter.family),
		    nft_family_to_string(table->family), SIZE_MAX);
	copy_string(ev.netfilter.table, sizeof(ev.netfilter.table), table->name,
		    SIZE_MAX);
	ev.netfilter.table_handle = table->handle;
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (size_t i = 0; i < n; i++) {
		const struct chain *chain =
			table->chains[i * 7919 % table->n_chains];

		if (chain->n_rules == 0)
			continue;
		copy_string(ev.netfilter.chain, sizeof(ev.netfilter.chain),
			    chain->name, SIZE_MAX);
		ev.netfilter.rule_handle =
			chain->rules[i * 104729 % chain->n_rules]->handle;
		if (!correlate_find(correlate, &ev, NULL))
			abort();
	}
	return seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
}

int main(int argc, char *argv[])
{
	size_t n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct ruleset_status status;
	struct ruleset_watch_config config = { .memory = MEMORY };
	struct correlate correlate;
	struct ruleset_watch *w;
	double start, read, texts, found, change;

	if (n == 0) {
		fprintf(stderr, "bench-ruleset LOOKUPS COMMAND\n"
				"COMMAND adds one rule.\n");
		return 2;
	}
	correlate_init(&correlate, false);
	config.rulesets = &correlate.rulesets;
	if (reader_new(&config.reader) < 0 ||
	    ruleset_watch_new(&w, &config) < 0)
		abort();
	start = seconds(CLOCK_MONOTONIC);
	wait_for(w, is_read);
	read = seconds(CLOCK_MONOTONIC);
	wait_for(w, has_texts);
	texts = seconds(CLOCK_MONOTONIC);
	ruleset_watch_get_status(w, &status);
	found = lookups(&correlate, n);
	printf("%zu rules in %zu chains: known after %.3f s, texts after "
	       "%.3f s; CPU: %.3f s here, reader %.3f s for the rules, %.3f s "
	       "for the texts; resident %ld KiB; a lookup %.0f ns\n",
	       status.rules, status.chains, read - start, texts - start,
	       seconds(CLOCK_PROCESS_CPUTIME_ID) - found,
	       status.reading_msec / 1e3, status.listing_msec / 1e3,
	       resident_kib(), found / (double)n * 1e9);
	if (system(argv[2]) != 0)
		return 1;
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wait_for(w, is_changed);
	change = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
	printf("one rule more: known after %.3f ms of CPU\n", change * 1e3);
	ruleset_watch_get_status(w, &status);
	ruleset_watch_free(w);
	reader_free(config.reader);
	correlate_done(&correlate);
	return 0;
}
