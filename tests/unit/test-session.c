/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "session.h"
#include "util.h"

/* Answers with the method's name; "fail" ends, "subscribe" subscribes. */
struct echo {
	struct session_handler handler;
	unsigned int n_requests;
};

static int echo_request(struct session_handler *handler,
			struct session *session, struct request *request)
{
	struct echo *echo = (struct echo *)handler;

	echo->n_requests++;
	if (strcmp(request->method, "fail") == 0)
		return -EIO;
	if (strcmp(request->method, "subscribe") == 0)
		return session_subscribe(session, NULL);
	if (strcmp(request->method, "nothing") == 0)
		return session_send(session, NULL);
	return session_send_error(session, request->method, NULL);
}

struct bed {
	struct echo echo;
	struct access_policy policy;
	struct session *session;
	int peer;
};

static int setup_with(void **state, struct stream_limits limits)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	int fds[2];

	assert_non_null(bed);
	bed->echo.handler.request = echo_request;
	bed->policy = (struct access_policy){ "x", (gid_t)-1, geteuid() };
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(session_new(&bed->session, fds[0], &limits,
				     &bed->policy, &bed->echo.handler),
			 0);
	assert_true(bed->session->peer.may_read);
	bed->peer = fds[1];
	*state = bed;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, (struct stream_limits){ 64, 4, 4096 });
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	session_free(bed->session);
	close(bed->peer);
	free(bed);
	return 0;
}

/* Sends calls of the methods, each a letter or a word, in one piece. */
static void call(struct bed *bed, const char *methods)
{
	char text[4096], copy[256];
	size_t len = 0;

	copy_string(copy, sizeof(copy), methods, SIZE_MAX);
	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " "))
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"{\"method\":\"%s\"}", p) +
		       1;
	assert_int_equal(send(bed->peer, text, len, 0), len);
}

/* As the server does when the peer's socket is readable. */
static int serve(struct bed *bed)
{
	int r = session_read(bed->session);

	return r < 0 ? r : session_write(bed->session);
}

/* As the server does: only for what the session wants. False: for nothing. */
static bool serve_ready(struct bed *bed)
{
	struct session *session = bed->session;
	struct pollfd pfd = { .fd = session->stream.fd };

	if (session_wants_read(session))
		pfd.events |= POLLIN;
	if (session_wants_write(session))
		pfd.events |= POLLOUT;
	if (poll(&pfd, 1, 0) == 0)
		return false;
	if (pfd.revents & POLLIN)
		assert_int_equal(session_read(session), 0);
	assert_int_equal(session_write(session), 0);
	return true;
}

/* Everything that came, with a space for each NUL. */
static const char *received(struct bed *bed)
{
	static char text[1 << 16];
	ssize_t n = recv(bed->peer, text, sizeof(text) - 1, 0);

	if (n < 0)
		n = 0;
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[n] = '\0';
	return text;
}

#define E(m) "{\"error\":\"" m "\"} "

static void test_requests(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(serve(bed), 0);
	call(bed, "a b c");
	assert_int_equal(serve(bed), 0);
	assert_string_equal(received(bed), E("a") E("b") E("c"));
	assert_true(session_wants_read(bed->session));
	assert_false(session_wants_write(bed->session));
}

/* More calls at once than answers have room: all answered, and in order. */
static void test_pipelined(void **state)
{
	struct bed *bed = *state;
	char all[512] = "";
	int rounds = 0;

	call(bed, "a b c d e f g h i j k l m n o p q r s t u v w x");
	while (serve_ready(bed)) {
		strcat(all, received(bed));
		assert_true(rounds++ < 20);
	}
	assert_int_equal(bed->echo.n_requests, 24);
	for (size_t i = 0; i < 24; i++) {
		char expected[] = E("?");

		expected[10] = (char)('a' + i);
		assert_memory_equal(all + i * strlen(expected), expected,
				    strlen(expected));
	}
}

static void test_bad_request(void **state)
{
	struct bed *bed = *state;
	const char *text;

	assert_int_equal(send(bed->peer, "garbage\0\0", 9, 0), 9);
	call(bed, "a");
	assert_int_equal(serve(bed), 0);
	text = received(bed);
	assert_non_null(strstr(text, PROTO_INVALID_REQUEST));
	/* The next one is heard. */
	assert_non_null(strstr(text, E("a")));
	assert_int_equal(bed->echo.n_requests, 1);
}

static void test_too_large(void **state)
{
	struct bed *bed = *state;
	char garbage[200];

	memset(garbage, 'x', sizeof(garbage));
	assert_int_equal(send(bed->peer, garbage, sizeof(garbage), 0),
			 sizeof(garbage));
	assert_int_equal(serve(bed), -ESHUTDOWN);
	assert_false(session_wants_read(bed->session));
	assert_string_equal(received(bed),
			    "{\"error\":\"" PROTO_LIMIT_REACHED
			    "\",\"parameters\":{\"limit\":\"request-size\","
			    "\"max\":64}} ");
	/* What comes later is not even read. */
	call(bed, "a");
	assert_int_equal(session_read(bed->session), 0);
	assert_int_equal(bed->echo.n_requests, 0);
}

static void test_handler_error(void **state)
{
	struct bed *bed = *state;

	call(bed, "a fail b");
	assert_int_equal(session_read(bed->session), -EIO);
	assert_int_equal(bed->echo.n_requests, 2);
	/* The server ends it; what was answered before is written. */
	session_write(bed->session);
	assert_true(strncmp(received(bed), E("a"), sizeof(E("a")) - 1) == 0);
}

static void test_out_of_memory(void **state)
{
	struct bed *bed = *state;

	call(bed, "nothing");
	assert_int_equal(session_read(bed->session), -ENOMEM);
}

static void test_peer_left(void **state)
{
	struct bed *bed = *state;

	call(bed, "a");
	assert_int_equal(serve(bed), 0);
	received(bed);
	close(bed->peer);
	bed->peer = -1;
	assert_int_equal(serve(bed), -ESHUTDOWN);
}

/* The peer says no more, and waits for its answers. */
static void test_half_closed(void **state)
{
	struct bed *bed = *state;
	char all[512] = "";
	int r, rounds = 0;

	call(bed, "a b c d e f");
	assert_int_equal(shutdown(bed->peer, SHUT_WR), 0);
	do {
		r = serve(bed);
		strcat(all, received(bed));
		assert_true(rounds++ < 20);
	} while (r == 0);
	assert_int_equal(r, -ESHUTDOWN);
	assert_string_equal(all, E("a") E("b") E("c") E("d") E("e") E("f"));
}

static void test_subscription(void **state)
{
	struct bed *bed = *state;
	struct drop_event ev;

	drop_event_init(&ev);
	assert_false(session_wants(bed->session, &ev, NULL));
	/* A call behind a subscription is not answered. */
	call(bed, "a subscribe b");
	assert_int_equal(serve(bed), 0);
	assert_string_equal(received(bed),
			    E("a") "{\"parameters\":{},\"continues\":true} ");
	assert_true(session_wants(bed->session, &ev, NULL));
	assert_int_equal(serve(bed), 0);
	assert_int_equal(bed->echo.n_requests, 2);
	/* Nor is there room for many: then it ends, and says so. */
	for (int i = 0; i < 4; i++) {
		call(bed, "c d");
		if (serve(bed) < 0)
			break;
	}
	assert_false(session_wants(bed->session, &ev, NULL));
	assert_non_null(strstr(received(bed), "request-size"));
	assert_int_equal(bed->echo.n_requests, 2);
}

/* A peer that subscribed and says no more still gets its drops. */
static void test_half_closed_subscription(void **state)
{
	struct buffer *b = reply_new_text("event", "{}", 2);
	struct bed *bed = *state;

	call(bed, "subscribe");
	assert_int_equal(shutdown(bed->peer, SHUT_WR), 0);
	assert_int_equal(serve(bed), 0);
	assert_int_equal(serve(bed), 0);
	received(bed);
	assert_true(session_give(bed->session, b));
	assert_int_equal(session_write(bed->session), 0);
	assert_non_null(strstr(received(bed), "\"event\":{}"));
	assert_false(session_wants_read(bed->session));
	buffer_unref(b);
}

#define LOST(k, s, n)                                                       \
	"{\"parameters\":{\"lost\":{\"kernel_queue\":" #k ",\"socket\":" #s \
	",\"session\":" #n "}},\"continues\":true} "
#define EVENT "{\"parameters\":{\"event\":{}},\"continues\":true} "

static void test_losses(void **state)
{
	static const struct losses delta = { 1, 2, 3, 4, 5, 6 };
	struct bed *bed = *state;
	struct buffer *b = reply_new_text("event", "{}", 2);

	/* Before it subscribed, nothing is lost to it. */
	session_lost(bed->session, &delta);
	assert_false(session_wants_write(bed->session));
	call(bed, "subscribe");
	assert_int_equal(serve(bed), 0);
	assert_string_equal(received(bed),
			    "{\"parameters\":{},\"continues\":true} ");

	session_lost(bed->session, &delta);
	session_write(bed->session);
	assert_string_equal(received(bed), LOST(1, 2, 0));

	/* Four fit; what is missed is told in its place, and once. */
	for (int i = 0; i < 7; i++)
		assert_int_equal(session_give(bed->session, b), i < 4);
	session_lost(bed->session, &delta);
	assert_int_equal(b->n_refs, 5);
	assert_int_equal(session_write(bed->session), 0);
	assert_string_equal(received(bed),
			    EVENT EVENT EVENT EVENT LOST(1, 2, 3));
	assert_int_equal(b->n_refs, 1);
	assert_true(session_give(bed->session, b));
	session_write(bed->session);
	assert_string_equal(received(bed), EVENT);

	/* Room for the notice only: the event behind it is missed too. */
	bed->session->stream.limits.out_bytes = 2 * b->len;
	for (int i = 0; i < 3; i++)
		assert_int_equal(session_give(bed->session, b), i < 2);
	bed->session->stream.limits.out_bytes += sizeof(LOST(0, 0, 1));
	assert_false(session_give(bed->session, b));
	assert_int_equal(session_write(bed->session), 0);
	assert_string_equal(received(bed),
			    EVENT EVENT LOST(0, 0, 1) LOST(0, 0, 1));
	buffer_unref(b);
}

struct task {
	struct session_task task;
	unsigned int n_gone;
};

static void gone(struct session_task *task)
{
	((struct task *)task)->n_gone++;
}

/* Another stream: no drops, no losses of theirs, and calls wait for its end. */
static void test_task(void **state)
{
	const struct losses delta = { .kernel_queue = 1 };
	struct buffer *b = reply_new_text("event", "{}", 2);
	struct task task = { .task.gone = gone };
	struct bed *bed = *state;
	struct drop_event ev;

	drop_event_init(&ev);
	session_begin_task(bed->session, &task.task);
	call(bed, "a");
	assert_int_equal(serve(bed), 0);
	assert_int_equal(bed->echo.n_requests, 0);
	assert_false(session_wants(bed->session, &ev, NULL));
	session_lost(bed->session, &delta);
	assert_string_equal(received(bed), "");
	for (int i = 0; i < 6; i++)
		assert_int_equal(session_give(bed->session, b), i < 4);
	assert_int_equal(session_write(bed->session), 0);
	assert_string_equal(received(bed),
			    EVENT EVENT EVENT EVENT LOST(0, 0, 2));
	session_end_task(bed->session, NULL, json_object_new_object());
	assert_int_equal(session_write(bed->session), 0);
	assert_string_equal(received(bed), "{\"parameters\":{}} " E("a"));
	assert_int_equal(task.n_gone, 0);
	/* By an error. */
	session_begin_task(bed->session, &task.task);
	session_end_task(bed->session, "x", NULL);
	assert_int_equal(session_write(bed->session), 0);
	assert_string_equal(received(bed), E("x"));
	/* No room for the end: the session's own. */
	session_begin_task(bed->session, &task.task);
	for (int i = 0; i < 4; i++)
		assert_true(session_give(bed->session, b));
	session_end_task(bed->session, NULL, NULL);
	assert_int_equal(session_write(bed->session), -ESHUTDOWN);
	assert_int_equal(task.n_gone, 0);
	/* The session ends first. */
	session_begin_task(bed->session, &task.task);
	session_free(TAKE_PTR(bed->session));
	assert_int_equal(task.n_gone, 1);
	drop_event_done(&ev);
	buffer_unref(b);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_requests),	  TEST(test_pipelined),
		TEST(test_bad_request),	  TEST(test_too_large),
		TEST(test_handler_error), TEST(test_out_of_memory),
		TEST(test_peer_left),	  TEST(test_half_closed),
		TEST(test_subscription),  TEST(test_half_closed_subscription),
		TEST(test_losses),	  TEST(test_task),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
