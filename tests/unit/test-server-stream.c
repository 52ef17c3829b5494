/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server.c: drops to many sessions, some of which do not read. */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "bed.h"
#include "proto.h"
#include "util.h"

#define SUBSCRIBE "{\"method\":\"io.nfdrop.Monitor.Subscribe\",\"more\":true}"

static int setup(void **state)
{
	struct bed *bed = bed_new();

	bed->config.limits.out_messages = 16;
	bed_start(bed);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	bed_free(*state);
	return 0;
}

static int subscribe(struct bed *bed, const char *request)
{
	int fd = bed_connect(bed);

	bed_send(fd, request);
	assert_string_equal(bed_receive(bed, fd),
			    "{\"parameters\":{},\"continues\":true}");
	return fd;
}

/* What a reader of the stream knows. */
struct reader {
	uint64_t next; /* number of the next drop, if none was missed */
	uint64_t received;
	uint64_t missed;
	uint64_t kernel_queue;
	uint64_t socket;
};

static uint64_t get(struct json_object *object, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	return json_object_get_uint64(value);
}

/* Takes one message; the numbers must go on where the last one ended. */
static void take(struct reader *reader, const char *text)
{
	struct json_object *value;
	struct reply reply;

	assert_int_equal(reply_parse(text, strlen(text), &reply), 0);
	assert_true(reply.continues);
	if (json_object_object_get_ex(reply.parameters, "event", &value)) {
		assert_int_equal(get(value, "reason_code"), reader->next);
		reader->received++;
		reader->next++;
	} else {
		json_object_object_get_ex(reply.parameters, "lost", &value);
		reader->missed += get(value, "session");
		reader->next += get(value, "session");
		reader->kernel_queue += get(value, "kernel_queue");
		reader->socket += get(value, "socket");
	}
	reply_done(&reply);
}

static void take_all(struct bed *bed, int fd, struct reader *reader)
{
	const char *text;

	while ((text = bed_receive(bed, fd)))
		take(reader, text);
}

/* Sent to each, in order; nothing to whom did not ask. */
static void test_everyone(void **state)
{
	struct reader readers[3] = { 0 };
	struct bed *bed = *state;
	struct server_counts counts;
	int fds[3], idle = bed_connect(bed);

	for (int i = 0; i < 3; i++)
		fds[i] = subscribe(bed, SUBSCRIBE);
	for (unsigned int n = 0; n < 1000; n++) {
		bed_emit(bed, n);
		if (n % 10 == 9)
			server_flush(bed->server);
		if (n % 50 == 49)
			for (int i = 0; i < 3; i++)
				take_all(bed, fds[i], &readers[i]);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(readers[i].received, 1000);
		assert_int_equal(readers[i].missed, 0);
		close(fds[i]);
	}
	assert_null(bed_receive(bed, idle));
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.missed, 0);
	close(idle);
}

/*
 * One reads now and then, one at the very end, one always. Each knows of all
 * drops, and the server's count is the sum of what they were told.
 */
static void test_slow(void **state)
{
	struct reader readers[3] = { 0 };
	struct bed *bed = *state;
	struct server_counts counts;
	const unsigned int total = 20000;
	const char *text;
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = subscribe(bed, SUBSCRIBE);
	for (unsigned int n = 0; n < total; n++) {
		bed_emit(bed, n);
		/* Odd strides, so that the queues are full in every way. */
		if (n % 7 == 6)
			server_flush(bed->server);
		if (n % 5 == 4)
			take_all(bed, fds[0], &readers[0]);
		if (n % 3 == 2 && (text = bed_receive(bed, fds[1])))
			take(&readers[1], text);
	}
	server_flush(bed->server);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 3; i++)
			take_all(bed, fds[i], &readers[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(readers[i].received + readers[i].missed,
				 total);
	assert_int_equal(readers[0].missed, 0);
	assert_true(readers[1].missed > 0);
	assert_true(readers[2].missed > readers[1].missed);
	assert_true(readers[2].received >= 16);
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.missed, readers[1].missed + readers[2].missed);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	bed_pump(bed);
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.current, 0);
}

/* What was lost before the sessions is told to each, full or not. */
static void test_losses(void **state)
{
	struct reader readers[2] = { 0 };
	struct bed *bed = *state;
	int fds[2];

	for (int i = 0; i < 2; i++)
		fds[i] = subscribe(bed, SUBSCRIBE);
	for (unsigned int n = 0; n < 5000; n++) {
		bed_emit(bed, n);
		if (n % 10 == 0)
			bed_lose(bed, 3, 5);
		if (n % 4 == 3) {
			server_flush(bed->server);
			take_all(bed, fds[0], &readers[0]);
		}
	}
	server_flush(bed->server);
	for (int i = 0; i < 2; i++) {
		take_all(bed, fds[i], &readers[i]);
		assert_int_equal(readers[i].received + readers[i].missed, 5000);
		assert_int_equal(readers[i].kernel_queue, 1500);
		assert_int_equal(readers[i].socket, 2500);
		close(fds[i]);
	}
	assert_int_equal(readers[0].missed, 0);
	assert_true(readers[1].missed > 0);
}

/* Which a session did not ask for, it did not miss. */
static void test_filter(void **state)
{
	struct bed *bed = *state;
	struct server_counts counts;
	struct reader reader = { 0 };
	unsigned int events = 0;
	const char *text;
	int fd;

	fd = subscribe(bed, "{\"method\":\"io.nfdrop.Monitor.Subscribe\","
			    "\"more\":true,\"parameters\":{\"filter\":"
			    "{\"reason\":[\"ODD\"]}}}");
	for (unsigned int n = 0; n < 20; n++)
		bed_emit(bed, n);
	server_flush(bed->server);
	while ((text = bed_receive(bed, fd))) {
		reader.next = 2 * events++ + 1;
		take(&reader, text);
	}
	assert_int_equal(events, 10);
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.missed, 0);
	close(fd);
}

/* Peers that leave between drops, while the server goes through them. */
static void test_leaving(void **state)
{
	struct bed *bed = *state;
	struct server_counts counts;
	struct reader reader = { 0 };
	int fds[20], mine = subscribe(bed, SUBSCRIBE);

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = subscribe(bed, SUBSCRIBE);
	for (unsigned int n = 0; n < 200; n++) {
		bed_emit(bed, n);
		/* Neighbours, the first and the last of the list. */
		if (n < 200 && n % 10 == 0) {
			close(fds[n / 10]);
			if (n % 20 == 0)
				bed_pump(bed);
		}
		server_flush(bed->server);
		take_all(bed, mine, &reader);
	}
	assert_int_equal(reader.received, 200);
	bed_pump(bed);
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.current, 1);
	close(mine);
}

/* One that says no more still listens, and costs nothing meanwhile. */
static void test_half_closed(void **state)
{
	struct bed *bed = *state;
	struct server_counts counts;
	struct reader reader = { 0 };
	int fd = subscribe(bed, SUBSCRIBE);

	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	bed_pump(bed);
	for (unsigned int n = 0; n < 10000; n++) {
		bed_emit(bed, n);
		server_flush(bed->server);
		if (n % 600 == 0)
			take_all(bed, fd, &reader);
	}
	take_all(bed, fd, &reader);
	assert_int_equal(reader.received + reader.missed, 10000);
	assert_true(reader.missed > 0);
	close(fd);
	bed_pump(bed);
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.current, 0);
}

/* Two peers that leave, and one whose socket is full, in one dispatch. */
static void test_leaving_together(void **state)
{
	struct bed *bed = *state;
	struct server_counts counts;
	int fds[64];

	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
			fds[i] = subscribe(bed, SUBSCRIBE);
		for (unsigned int n = 0; n < 5000; n++)
			bed_emit(bed, n);
		server_flush(bed->server);
		for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
			close(fds[(i * 37) % ARRAY_SIZE(fds)]);
		bed_pump(bed);
		server_get_counts(bed->server, &counts);
		assert_int_equal(counts.current, 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_everyone),	     TEST(test_slow),
		TEST(test_losses),	     TEST(test_filter),
		TEST(test_half_closed),	     TEST(test_leaving),
		TEST(test_leaving_together),
	};

	return cmocka_run_group_tests_name("server-stream", tests, NULL, NULL);
}
