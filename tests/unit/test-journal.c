/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When entries are made and what waits. They go to a real journal in
 * tests/guest/cases/journal, and never to this machine's: here is only a socket
 * whose queue is in the test's hands.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "filter.h"
#include "journal.h"
#include "support.h"
#include "util.h"

#define SECOND 1000000000ULL

struct bed {
	struct temp_folder folder;
	char path[256];
	int fd; /* the journal's */
	struct aggregate rules;
	struct links links;
	struct pipeline pipeline;
	struct keeper keeper;
	struct rulesets rulesets;
	struct journal_config config;
	struct journal journal;
};

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	copy_string(address.sun_path, sizeof(address.sun_path), path, SIZE_MAX);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	return fd;
}

static unsigned n_sent;

static int send_nowhere(const struct iovec *iov, int n)
{
	assert_true(n > 3);
	assert_int_equal(strncmp(iov[0].iov_base, "MESSAGE_ID=", 11), 0);
	n_sent++;
	return 0;
}

static void start(struct bed *bed)
{
	aggregate_init(&bed->rules, 1);
	links_init(&bed->links);
	pipeline_init(&bed->pipeline, &bed->links, NULL, NULL, &bed->rules);
	assert_int_equal(keeper_init(&bed->keeper, bed->folder.path, 30000000,
				     5, &bed->rules, &bed->pipeline),
			 0);
	journal_init(&bed->journal, &bed->config, &bed->rules, &bed->keeper,
		     &bed->rulesets);
	bed->journal.path = bed->path;
	bed->journal.send = send_nowhere;
}

static void stop(struct bed *bed)
{
	journal_done(&bed->journal);
	keeper_done(&bed->keeper);
	aggregate_done(&bed->rules);
}

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	temp_folder_init(&bed->folder);
	n_sent = 0;
	snprintf(bed->path, sizeof(bed->path), "%s.socket", bed->folder.path);
	bed->fd = listen_at(bed->path);
	bed->config = (struct journal_config){ .interval = 60000000,
					       .max_entries = 10,
					       .packets_max = 3 };
	start(bed);
	journal_start(&bed->journal, SECOND);
	assert_int_equal(bed->journal.n_pending, 0);
	assert_int_equal(n_sent, 1);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	stop(bed);
	close(bed->fd);
	unlink(bed->path);
	temp_folder_done(&bed->folder);
	free(bed);
	return 0;
}

static void drop(struct bed *bed, uint64_t handle)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.timestamp_ns = 100;
	ev.netns.cookie = 1;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.netfilter.table_handle = 1;
	ev.netfilter.rule_handle = handle;
	pipeline_push(&bed->pipeline, &ev, NULL);
}

/* Until nothing more fits. */
static void fill_queue(struct bed *bed)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	copy_string(address.sun_path, sizeof(address.sun_path), bed->path,
		    SIZE_MAX);
	while (sendto(fd, "x", 1, 0, (struct sockaddr *)&address,
		      sizeof(address)) == 1)
		;
	close(fd);
}

static void read_queue(struct bed *bed)
{
	char byte;

	while (recv(bed->fd, &byte, 1, MSG_DONTWAIT) > 0)
		;
}

static uint64_t untold(const struct bed *bed)
{
	uint64_t n = 0;

	for (size_t i = 0; i < bed->rules.n_rules; i++)
		n += interval_counts(bed->rules.rules[i]).packets;
	return n;
}

static void test_interval(void **state)
{
	struct bed *bed = *state;

	drop(bed, 1);
	journal_tick(&bed->journal, 60 * SECOND);
	assert_int_equal(untold(bed), 1);
	journal_tick(&bed->journal, 61 * SECOND);
	assert_int_equal(untold(bed), 0);
	assert_int_equal(bed->journal.n_pending, 0);
}

/* Entries wait, and all that comes meanwhile is of the next interval. */
static void test_full(void **state)
{
	struct bed *bed = *state;
	struct interval interval;

	fill_queue(bed);
	for (uint64_t i = 1; i <= 20; i++)
		drop(bed, i);
	journal_tick(&bed->journal, 61 * SECOND);
	/* Nine rules and the rest: that is the bound. */
	assert_int_equal(bed->journal.n_pending, 10);
	assert_int_equal(untold(bed), 0);
	drop(bed, 1);
	journal_tick(&bed->journal, 121 * SECOND);
	assert_int_equal(bed->journal.n_pending, 10);
	assert_int_equal(untold(bed), 1);
	assert_int_equal(n_sent, 1);
	read_queue(bed);
	journal_tick(&bed->journal, 122 * SECOND);
	/* And the next interval is told at once. */
	assert_int_equal(n_sent, 12);
	assert_int_equal(bed->journal.n_pending, 0);
	assert_int_equal(untold(bed), 0);
	assert_int_equal(interval_init(&interval, &bed->rules, 10), 0);
	assert_int_equal(interval.rest.counts.packets, 0);
	interval_done(&interval);
}

/* Where there is no journal nothing is taken for told. */
static void test_none(void **state)
{
	struct bed *bed = *state;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int saved = dup(STDERR_FILENO);

	unlink(bed->path);
	drop(bed, 1);
	dup2(null, STDERR_FILENO);
	journal_tick(&bed->journal, 61 * SECOND);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(untold(bed), 1);
	close(bed->fd);
	bed->fd = listen_at(bed->path);
	drop(bed, 1);
	dup2(null, STDERR_FILENO);
	journal_tick(&bed->journal, 62 * SECOND);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(untold(bed), 0);
	close(null);
	close(saved);
}

/* As after a kill -9: what was told, and what was not, is in the file. */
static void test_restart(void **state)
{
	struct bed *bed = *state;

	drop(bed, 1);
	drop(bed, 1);
	journal_tick(&bed->journal, 61 * SECOND);
	stop(bed);
	start(bed);
	assert_int_equal(aggregate_total(&bed->rules).packets, 2);
	assert_int_equal(untold(bed), 0);
	drop(bed, 1);
	keeper_flush(&bed->keeper);
	drop(bed, 1);
	stop(bed);
	start(bed);
	assert_int_equal(untold(bed), 1);
	/* Without a journal it is no news to one that there is later. */
	stop(bed);
	bed->config.interval = 0;
	start(bed);
	drop(bed, 1);
	keeper_flush(&bed->keeper);
	stop(bed);
	bed->config.interval = 60000000;
	start(bed);
	assert_int_equal(aggregate_total(&bed->rules).packets, 4);
	assert_int_equal(untold(bed), 0);
}

/* Those that the filter lets through, so many in a second. */
static void test_packets(void **state)
{
	struct bed *bed = *state;
	struct filter *filter;
	char error[256];

	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_add(filter, "rule", "2", error, sizeof(error)),
			 0);
	bed->config.packets = filter;
	journal_set_config(&bed->journal, &bed->config);
	pipeline_add_sink(&bed->pipeline, &bed->journal.sink);
	for (int i = 0; i < 5; i++) {
		drop(bed, 1);
		drop(bed, 2);
	}
	assert_int_equal(bed->journal.n_pending, 3);
	assert_int_equal(bed->journal.n_skipped, 2);
	journal_tick(&bed->journal, 2 * SECOND);
	assert_int_equal(bed->journal.n_pending, 0);
	drop(bed, 2);
	assert_int_equal(bed->journal.n_pending, 1);
	assert_int_equal(bed->journal.n_skipped, 0);
	/* They do not keep the interval from its end. */
	journal_tick(&bed->journal, 61 * SECOND);
	assert_int_equal(bed->journal.n_pending, 0);
	assert_int_equal(untold(bed), 0);
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_interval, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packets, setup, teardown),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
