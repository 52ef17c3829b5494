/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "keeper.h"
#include "support.h"
#include "util.h"

#define SECOND 1000000000ULL

static char printed[4096]; /* by the last start() */

struct bed {
	struct temp_folder folder;
	struct aggregate rules;
	struct links links;
	struct pipeline pipeline;
	struct keeper keeper;
};

/* As a new nfdropd, at @now_ns. */
static int start(struct bed *bed, const char *path, uint64_t now_ns)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO), r;
	size_t n;

	assert_non_null(file);
	assert_true(saved >= 0);
	aggregate_init(&bed->rules, now_ns);
	links_init(&bed->links);
	pipeline_init(&bed->pipeline, &bed->links, NULL, NULL, &bed->rules);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	r = keeper_init(&bed->keeper, path, 30000000, now_ns, &bed->rules,
			&bed->pipeline);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	n = fread(printed, 1, sizeof(printed) - 1, file);
	printed[n] = '\0';
	fclose(file);
	return r;
}

static void stop(struct bed *bed)
{
	keeper_done(&bed->keeper);
	aggregate_done(&bed->rules);
}

static void restart(struct bed *bed, uint64_t now_ns)
{
	stop(bed);
	assert_int_equal(start(bed, bed->folder.path, now_ns), 0);
}

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	unsetenv("JOURNAL_STREAM");
	temp_folder_init(&bed->folder);
	assert_int_equal(start(bed, bed->folder.path, 5), 0);
	assert_string_equal(printed, "");
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	stop(bed);
	temp_folder_done(&bed->folder);
	free(bed);
	return 0;
}

static void drop(struct bed *bed, uint64_t count)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.count = count;
	ev.timestamp_ns = 100;
	pipeline_push(&bed->pipeline, &ev, NULL);
}

static uint64_t packets(const struct bed *bed)
{
	return aggregate_total(&bed->rules).packets;
}

static void test_restart(void **state)
{
	const struct losses lost = { .socket = 3, .rule_packets = 4 };
	struct bed *bed = *state;

	drop(bed, 7);
	pipeline_lost(&bed->pipeline, &lost);
	keeper_flush(&bed->keeper);
	restart(bed, 10);
	assert_non_null(strstr(printed, "goes on with"
					" what was counted before: 1 rule "));
	assert_int_equal(packets(bed), 7);
	assert_int_equal(bed->rules.since_ns, 5);
	assert_int_equal(keeper_losses(&bed->keeper).socket, 3);
	assert_int_equal(bed->pipeline.losses.socket, 0);
	/* And those of the second are added to them. */
	drop(bed, 2);
	pipeline_lost(&bed->pipeline, &lost);
	keeper_flush(&bed->keeper);
	restart(bed, 15);
	assert_int_equal(packets(bed), 9);
	assert_int_equal(keeper_losses(&bed->keeper).socket, 6);
	assert_int_equal(keeper_losses(&bed->keeper).rule_packets, 8);
}

/* Only what came after the last time is gone. */
static void test_ticks(void **state)
{
	struct bed *bed = *state;

	keeper_tick(&bed->keeper, 1 * SECOND);
	drop(bed, 7);
	keeper_tick(&bed->keeper, 30 * SECOND);
	drop(bed, 1);
	keeper_tick(&bed->keeper, 31 * SECOND);
	drop(bed, 10);
	keeper_tick(&bed->keeper, 60 * SECOND);
	restart(bed, 10);
	assert_int_equal(packets(bed), 8);
}

static ino_t inode(const struct bed *bed)
{
	struct stat st;

	if (fstatat(bed->keeper.state.fd, STATE_FILE, &st, 0) < 0)
		return 0;
	return st.st_ino;
}

/* The disk is left alone while nothing changes. */
static void test_unchanged(void **state)
{
	const struct losses lost = { .socket = 3 };
	struct bed *bed = *state;
	ino_t first;
	int pin;

	keeper_flush(&bed->keeper);
	assert_int_equal(inode(bed), 0);
	drop(bed, 1);
	keeper_flush(&bed->keeper);
	/* So that its number is not used again. */
	pin = openat(bed->keeper.state.fd, STATE_FILE, O_RDONLY | O_CLOEXEC);
	first = inode(bed);
	assert_int_not_equal(first, 0);
	keeper_flush(&bed->keeper);
	assert_int_equal(inode(bed), first);
	pipeline_lost(&bed->pipeline, &lost);
	keeper_flush(&bed->keeper);
	assert_int_not_equal(inode(bed), first);
	close(pin);
	restart(bed, 10);
	first = inode(bed);
	keeper_flush(&bed->keeper);
	assert_int_equal(inode(bed), first);
}

static void assert_set_aside(struct bed *bed, const char *name,
			     const char *sentence)
{
	restart(bed, 10);
	assert_non_null(strstr(printed, sentence));
	assert_null(strchr(strchr(printed, '\n') + 1, '\n'));
	assert_int_equal(packets(bed), 0);
	assert_int_equal(bed->rules.since_ns, 10);
	assert_int_equal(inode(bed), 0);
	assert_int_equal(faccessat(bed->keeper.state.fd, name, F_OK, 0), 0);
	/* It goes on as if there had been none. */
	drop(bed, 3);
	keeper_flush(&bed->keeper);
	restart(bed, 20);
	assert_int_equal(packets(bed), 3);
	assert_int_equal(bed->rules.since_ns, 10);
}

/* Changes the byte at @at. */
static void damage(struct bed *bed, off_t at)
{
	uint8_t byte;
	int fd;

	drop(bed, 7);
	keeper_flush(&bed->keeper);
	fd = openat(bed->keeper.state.fd, STATE_FILE, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void test_damaged(void **state)
{
	struct bed *bed = *state;

	damage(bed, 100);
	assert_set_aside(bed, STATE_DAMAGED,
			 "The file counts is damaged, and is now "
			 "counts.damaged");
}

static void test_version(void **state)
{
	struct bed *bed = *state;

	damage(bed, 8);
	assert_set_aside(bed, STATE_DAMAGED, "is of another nfdropd's version");
}

static void test_boot(void **state)
{
	struct bed *bed = *state;
	struct losses none = { 0 };
	size_t len;
	void *data;

	drop(bed, 7);
	bed->keeper.boot[3] ^= 1;
	assert_int_equal(counts_encode(&bed->rules, &none, bed->keeper.boot,
				       &data, &len),
			 0);
	assert_int_equal(state_write(&bed->keeper.state, data, len), 0);
	free(data);
	assert_set_aside(bed, STATE_PREVIOUS, "is of an earlier boot");
}

/* Nowhere to keep them is fine, a folder that cannot be is not. */
static void test_folders(void **state)
{
	struct bed *bed = *state;
	struct bed other = { 0 };

	assert_int_equal(start(&other, NULL, 3), 0);
	assert_int_equal(other.rules.since_ns, 3);
	drop(&other, 1);
	keeper_tick(&other.keeper, 1);
	keeper_flush(&other.keeper);
	stop(&other);
	assert_int_equal(start(&other, bed->folder.path, 3), -EWOULDBLOCK);
	assert_non_null(strstr(printed, "Another nfdropd keeps its counts"));
	stop(&other);
	assert_int_equal(start(&other, "/nothing\x1b", 3), -ENOENT);
	assert_non_null(strstr(printed, "The folder /nothing\\x1b does not "));
	stop(&other);
	assert_int_equal(start(&other, "/dev/null", 3), -ENOTDIR);
	assert_non_null(strstr(printed, "Cannot keep counts in /dev/null"));
	stop(&other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_restart), TEST(test_ticks),	TEST(test_unchanged),
		TEST(test_damaged), TEST(test_version), TEST(test_boot),
		TEST(test_folders),
	};

	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
