/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client against a server that says what the test wants it to. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "client.h"
#include "support.h"
#include "util.h"

struct bed {
	struct temp_folder folder;
	char path[108];
	int listen_fd;
	int peer;
	struct nfdrop_client *client;
};

static int setup(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	temp_folder_init(&bed->folder);
	temp_folder_path(&bed->folder, "socket", bed->path);
	strcpy(addr.sun_path, bed->path);
	bed->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(bed->listen_fd, (struct sockaddr *)&addr,
			      sizeof(addr)),
			 0);
	assert_int_equal(listen(bed->listen_fd, 1), 0);
	assert_int_equal(nfdrop_client_new(&bed->client, bed->path), 0);
	bed->peer = accept4(bed->listen_fd, NULL, NULL, SOCK_NONBLOCK);
	assert_true(bed->peer >= 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	assert_null(nfdrop_client_unref(bed->client));
	close(bed->listen_fd);
	if (bed->peer >= 0)
		close(bed->peer);
	temp_folder_done(&bed->folder);
	free(bed);
	return 0;
}

/* The server says @text and a NUL. */
static void say(struct bed *bed, const char *text)
{
	size_t len = strlen(text) + 1;

	assert_int_equal(send(bed->peer, text, len, MSG_NOSIGNAL), len);
}

static void hang_up(struct bed *bed)
{
	close(bed->peer);
	bed->peer = -1;
}

/* What the server heard, with a space for each NUL. */
static const char *heard(struct bed *bed)
{
	static char text[4096];
	ssize_t n = recv(bed->peer, text, sizeof(text) - 1, 0);

	n = MAX(n, 0);
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[n] = '\0';
	return text;
}

static void assert_event(struct bed *bed, enum nfdrop_event_type type,
			 const char *json)
{
	struct nfdrop_event *event = NULL;

	assert_int_equal(nfdrop_client_pop_event(bed->client, &event), 1);
	assert_non_null(event);
	assert_int_equal(nfdrop_event_get_type(event), type);
	assert_string_equal(nfdrop_event_get_json(event), json);
	if (type != NFDROP_EVENT_ERROR)
		assert_null(nfdrop_event_get_error(event));
	if (type != NFDROP_EVENT_DROP)
		assert_null(nfdrop_event_peek_drop(event));
	nfdrop_event_free(event);
}

static void assert_no_event(struct bed *bed)
{
	struct nfdrop_event *event = (void *)bed;

	assert_int_equal(nfdrop_client_pop_event(bed->client, &event), 0);
	assert_null(event);
}

static void assert_closed(struct bed *bed)
{
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_event(bed, NFDROP_EVENT_CLOSED, "{}");
	assert_no_event(bed);
	assert_int_equal(nfdrop_client_dispatch(bed->client), -ENOTCONN);
	assert_int_equal(nfdrop_client_get_events(bed->client), 0);
	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL),
			 -ENOTCONN);
	assert_int_equal(nfdrop_client_subscribe(bed->client, NULL), -ENOTCONN);
}

static void test_connect(void **state)
{
	struct bed *bed = *state;
	struct nfdrop_client *client = (void *)bed;
	char path[300];
	size_t before = count_fds();

	assert_int_equal(nfdrop_client_new(&client, "/nonexistent/socket"),
			 -ENOENT);
	temp_folder_path(&bed->folder, "none", path);
	assert_int_equal(nfdrop_client_new(&client, path), -ENOENT);
	memset(path, 'x', sizeof(path));
	path[108] = '\0';
	assert_int_equal(nfdrop_client_new(&client, path), -ENAMETOOLONG);
	path[107] = '\0';
	assert_int_equal(nfdrop_client_new(&client, path), -ENOENT);
	close(bed->listen_fd);
	assert_int_equal(nfdrop_client_new(&client, bed->path), -ECONNREFUSED);
	assert_ptr_equal(client, bed);
	bed->listen_fd = -1;
	assert_int_equal(count_fds(), before - 1);
	bed->listen_fd = dup(STDERR_FILENO);
}

static void test_refs(void **state)
{
	struct bed *bed = *state;

	assert_ptr_equal(nfdrop_client_ref(bed->client), bed->client);
	assert_null(nfdrop_client_unref(bed->client));
	assert_true(nfdrop_client_get_fd(bed->client) >= 0);
	assert_null(nfdrop_client_unref(NULL));
	assert_null(nfdrop_event_free(NULL));
}

static void test_calls(void **state)
{
	struct bed *bed = *state;
	struct nfdrop_client *c = bed->client;

	assert_int_equal(nfdrop_client_get_events(c), POLLIN);
	assert_int_equal(nfdrop_client_call(c, "a.B", NULL), 0);
	assert_int_equal(nfdrop_client_call(c, "a.C", "{\"x\":[1]}"), 0);
	assert_int_equal(nfdrop_client_call(c, "a.D", "{}"), 0);
	assert_int_equal(nfdrop_client_get_events(c), POLLIN | POLLOUT);
	assert_int_equal(nfdrop_client_dispatch(c), 0);
	assert_int_equal(nfdrop_client_get_events(c), POLLIN);
	assert_string_equal(heard(bed),
			    "{\"method\":\"a.B\"} "
			    "{\"method\":\"a.C\",\"parameters\":{\"x\":[1]}} "
			    "{\"method\":\"a.D\",\"parameters\":{}} ");
	say(bed, "{\"parameters\":{\"n\":1}}");
	say(bed, "{\"error\":\"a.Error\",\"parameters\":{\"n\":2}}");
	say(bed, "{}");
	assert_int_equal(nfdrop_client_dispatch(c), 1);
	assert_event(bed, NFDROP_EVENT_REPLY, "{\"n\":1}");
	assert_event(bed, NFDROP_EVENT_ERROR, "{\"n\":2}");
	assert_event(bed, NFDROP_EVENT_REPLY, "{}");
	assert_no_event(bed);
	assert_int_equal(nfdrop_client_dispatch(c), 0);
}

static void test_parameters(void **state)
{
	static const char *const bad[] = { "", "x", "[]", "1", "{", "{}x",
					   "{\"a\":\"\xff\"}" };
	struct bed *bed = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(nfdrop_client_call(bed->client, "a.B", bad[i]),
				 -EINVAL);
		assert_int_equal(nfdrop_client_subscribe(bed->client, bad[i]),
				 -EINVAL);
	}
	/* None of it counts, and nothing was sent. */
	assert_int_equal(nfdrop_client_dispatch(bed->client), 0);
	assert_string_equal(heard(bed), "");
	assert_int_equal(nfdrop_client_subscribe(bed->client, NULL), 0);
}

static void test_too_many_calls(void **state)
{
	struct bed *bed = *state;
	int n = 0;

	while (nfdrop_client_call(bed->client, "a.B", NULL) == 0)
		assert_true(++n < 1000);
	assert_true(n >= 8);
	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL),
			 -ENOBUFS);
	assert_int_equal(nfdrop_client_dispatch(bed->client), 0);
	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL),
			 -ENOBUFS);
	say(bed, "{}");
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL), 0);
}

#define SUBSCRIBED "{\"parameters\":{},\"continues\":true}"
#define STREAM(x)  "{\"parameters\":{" x "},\"continues\":true}"

static void test_subscribe(void **state)
{
	struct bed *bed = *state;
	struct nfdrop_event *event;
	uint64_t n = 0;
	const char *s = NULL;

	assert_int_equal(nfdrop_client_subscribe(bed->client,
						 "{\"port\":[\"53\"]}"),
			 0);
	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL), -EBUSY);
	assert_int_equal(nfdrop_client_subscribe(bed->client, NULL), -EBUSY);
	nfdrop_client_dispatch(bed->client);
	assert_string_equal(heard(bed),
			    "{\"method\":\"io.nfdrop.Monitor.Subscribe\","
			    "\"parameters\":{\"filter\":{\"port\":[\"53\"]}},"
			    "\"more\":true} ");
	say(bed, SUBSCRIBED);
	say(bed, STREAM("\"event\":{\"reason\":\"X\",\"in\":{\"name\":\"e\","
			"\"ifindex\":7},\"netfilter\":{\"policy\":true},"
			"\"netns\":{\"cookie\":18446744073709551615},"
			"\"later\":{\"x\":-1,\"y\":1.5,\"z\":null}}"));
	say(bed, STREAM("\"lost\":{\"kernel_queue\":1,\"socket\":2,"
			"\"session\":3}"));
	/* Of a later release: not for us. */
	say(bed, STREAM("\"news\":{}"));
	say(bed, STREAM("\"event\":null,\"lost\":{\"session\":4}"));
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_event(bed, NFDROP_EVENT_SUBSCRIBED, "{}");

	assert_int_equal(nfdrop_client_pop_event(bed->client, &event), 1);
	assert_int_equal(nfdrop_event_get_type(event), NFDROP_EVENT_DROP);
	assert_string_equal(nfdrop_event_peek_drop(event)->reason, "X");
	assert_int_equal(nfdrop_event_get_string(event, "in.name", &s), 0);
	assert_string_equal(s, "e");
	assert_int_equal(nfdrop_event_get_uint64(event, "in.ifindex", &n), 0);
	assert_int_equal(n, 7);
	assert_int_equal(nfdrop_event_get_uint64(event, "netfilter.policy", &n),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(nfdrop_event_get_uint64(event, "netns.cookie", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(nfdrop_event_get_uint64(event, "reason", &n), -EINVAL);
	assert_int_equal(nfdrop_event_get_uint64(event, "later.x", &n),
			 -EINVAL);
	assert_int_equal(nfdrop_event_get_uint64(event, "later.y", &n),
			 -EINVAL);
	assert_int_equal(nfdrop_event_get_uint64(event, "later.z", &n),
			 -ENODATA);
	assert_int_equal(nfdrop_event_get_string(event, "in", &s), -EINVAL);
	assert_int_equal(nfdrop_event_get_string(event, "in.ifindex", &s),
			 -EINVAL);
	static const char *const absent[] = {
		"", ".", "in.", ".in", "in.name.x", "in..name", "out.name",
		"a-key-that-is-longer-than-any-that-an-event-could-ever-have-in-it",
	};
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		assert_int_equal(nfdrop_event_get_string(event, absent[i], &s),
				 -ENODATA);
	nfdrop_event_free(event);

	assert_event(bed, NFDROP_EVENT_LOST,
		     "{\"kernel_queue\":1,\"socket\":2,\"session\":3}");
	assert_event(bed, NFDROP_EVENT_LOST, "{\"session\":4}");
	assert_no_event(bed);
}

/* Calls first, then a subscription that ends, then calls again. */
static void test_sequence(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL), 0);
	assert_int_equal(nfdrop_client_subscribe(bed->client, NULL), 0);
	nfdrop_client_dispatch(bed->client);
	say(bed, "{\"parameters\":{\"event\":{}}}");
	say(bed, SUBSCRIBED);
	say(bed, STREAM("\"event\":{}"));
	say(bed, "{\"error\":\"a.Over\"}");
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	/* A reply is a reply, whatever is in it. */
	assert_event(bed, NFDROP_EVENT_REPLY, "{\"event\":{}}");
	assert_event(bed, NFDROP_EVENT_SUBSCRIBED, "{}");
	assert_event(bed, NFDROP_EVENT_DROP, "{}");
	assert_event(bed, NFDROP_EVENT_ERROR, "{}");
	assert_no_event(bed);
	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL), 0);
	nfdrop_client_dispatch(bed->client);
	say(bed, "{\"parameters\":{}}");
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_event(bed, NFDROP_EVENT_REPLY, "{}");
}

static void test_unsolicited(void **state)
{
	struct bed *bed = *state;
	struct nfdrop_event *event;

	/* As from a server that is full. */
	say(bed, "{\"error\":\"io.nfdrop.Monitor.LimitReached\","
		 "\"parameters\":{\"limit\":\"clients\"}}");
	hang_up(bed);
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_int_equal(nfdrop_client_pop_event(bed->client, &event), 1);
	assert_string_equal(nfdrop_event_get_error(event),
			    "io.nfdrop.Monitor.LimitReached");
	nfdrop_event_free(event);
	assert_closed(bed);
}

/* Refused while a call is on its way: what the server said is not lost. */
static void test_refused(void **state)
{
	struct bed *bed = *state;

	say(bed, "{\"error\":\"a.Full\"}");
	hang_up(bed);
	assert_int_equal(nfdrop_client_call(bed->client, "a.B", NULL), 0);
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_event(bed, NFDROP_EVENT_ERROR, "{}");
	assert_closed(bed);
}

static void test_garbage(void **state)
{
	static const char *const garbage[] = {
		"x",
		"",
		"[]",
		"{\"parameters\":[]}",
		"{\"parameters\":{}} {}",
		"{\"parameters\":{\"a\":\"\xff\"}}",
		/* Nobody asked. */
		"{}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		struct bed *bed;

		assert_int_equal(teardown(state), 0);
		setup(state);
		bed = *state;
		if (i < ARRAY_SIZE(garbage) - 1)
			nfdrop_client_call(bed->client, "a.B", NULL);
		say(bed, garbage[i]);
		assert_int_equal(nfdrop_client_dispatch(bed->client), -EBADMSG);
		assert_closed(bed);
	}
}

/* An event that is none, behind a good one, which is still there. */
static void test_bad_event(void **state)
{
	struct bed *bed = *state;

	nfdrop_client_subscribe(bed->client, NULL);
	say(bed, SUBSCRIBED);
	say(bed, STREAM("\"event\":{\"length\":\"long\"}"));
	say(bed, STREAM("\"event\":{}"));
	assert_int_equal(nfdrop_client_dispatch(bed->client), -EBADMSG);
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_event(bed, NFDROP_EVENT_SUBSCRIBED, "{}");
	assert_closed(bed);
}

static void test_cut(void **state)
{
	struct bed *bed = *state;

	nfdrop_client_call(bed->client, "a.B", NULL);
	nfdrop_client_call(bed->client, "a.C", NULL);
	nfdrop_client_dispatch(bed->client);
	say(bed, "{}");
	assert_int_equal(send(bed->peer, "{\"para", 6, 0), 6);
	heard(bed);
	hang_up(bed);
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_event(bed, NFDROP_EVENT_REPLY, "{}");
	assert_closed(bed);
}

static void test_byte_at_a_time(void **state)
{
	static const char text[] = SUBSCRIBED "\0" STREAM("\"event\":{}");
	struct bed *bed = *state;

	nfdrop_client_subscribe(bed->client, NULL);
	for (size_t i = 0; i < sizeof(text); i++) {
		assert_int_equal(send(bed->peer, &text[i], 1, 0), 1);
		assert_int_equal(nfdrop_client_dispatch(bed->client),
				 text[i] == '\0');
		if (text[i] != '\0')
			assert_no_event(bed);
		else if (i < sizeof(text) - 1)
			assert_event(bed, NFDROP_EVENT_SUBSCRIBED, "{}");
		else
			assert_event(bed, NFDROP_EVENT_DROP, "{}");
	}
}

static bool is_readable(struct bed *bed)
{
	struct pollfd pfd = {
		.fd = nfdrop_client_get_fd(bed->client),
		.events = (short)nfdrop_client_get_events(bed->client),
	};

	return poll(&pfd, 1, 0) > 0;
}

#define FLOOD 20000

/*
 * More than a client keeps, and nobody takes any: it stops reading, and every
 * event comes in the end, also when nothing more arrives from the server.
 */
static void test_flood(void **state)
{
	struct bed *bed = *state;
	unsigned int said = 0, taken = 0;
	struct nfdrop_event *event;
	bool stopped = false;
	char text[128];
	int r;

	nfdrop_client_subscribe(bed->client, NULL);
	say(bed, SUBSCRIBED);
	nfdrop_client_dispatch(bed->client);
	assert_event(bed, NFDROP_EVENT_SUBSCRIBED, "{}");
	while (taken < FLOOD) {
		/* Until it reads no more, and its socket is full. */
		for (int full = 0; said < FLOOD && full < 100;) {
			size_t len = (size_t)snprintf(
				text, sizeof(text),
				STREAM("\"event\":{\"reason_code\":%u}"), said);

			if (send(bed->peer, text, len + 1, MSG_NOSIGNAL) > 0) {
				said++;
				continue;
			}
			full++;
			assert_int_equal(nfdrop_client_dispatch(bed->client),
					 1);
		}
		stopped |= !(nfdrop_client_get_events(bed->client) & POLLIN);
		/* As a loop does, which wakes up for the socket only. */
		if (is_readable(bed))
			assert_int_equal(nfdrop_client_dispatch(bed->client),
					 1);
		while ((r = nfdrop_client_pop_event(bed->client, &event)) > 0) {
			assert_int_equal(
				nfdrop_event_peek_drop(event)->reason_code,
				taken);
			nfdrop_event_free(event);
			taken++;
		}
		assert_int_equal(r, 0);
		assert_int_equal(nfdrop_client_get_events(bed->client), POLLIN);
		assert_true(taken == said || is_readable(bed));
	}
	assert_true(stopped);
	hang_up(bed);
	assert_closed(bed);
}

/*
 * A little more than a client keeps, all of it read in the last read: what is
 * left behind is told, although the socket never becomes readable again.
 */
static void test_left_behind(void **state)
{
	for (unsigned int total = 4090; total < 4180; total += 9) {
		struct nfdrop_event *event;
		unsigned int taken = 0;
		struct bed *bed;

		assert_int_equal(teardown(state), 0);
		setup(state);
		bed = *state;
		nfdrop_client_subscribe(bed->client, NULL);
		nfdrop_client_dispatch(bed->client);
		for (unsigned int i = 0; i < total; i++) {
			say(bed, STREAM("\"event\":{}"));
			if (i % 100 == 99 && is_readable(bed))
				nfdrop_client_dispatch(bed->client);
		}
		do {
			/* The queue is full, or the socket is empty. */
			while (is_readable(bed))
				nfdrop_client_dispatch(bed->client);
			while (nfdrop_client_pop_event(bed->client, &event) >
			       0) {
				nfdrop_event_free(event);
				taken++;
			}
		} while (is_readable(bed));
		assert_int_equal(taken, total);
	}
}

/* A message beyond the bound ends the connection and not the memory. */
static void test_endless(void **state)
{
	static char x[1 << 16];
	struct bed *bed = *state;
	size_t sent = 0;
	int r = 0;

	memset(x, 'x', sizeof(x));
	nfdrop_client_call(bed->client, "a.B", NULL);
	while (r == 0) {
		ssize_t n = send(bed->peer, x, sizeof(x), MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		r = nfdrop_client_dispatch(bed->client);
		assert_true(sent < 16 << 20);
	}
	assert_int_equal(r, -EBADMSG);
	assert_closed(bed);
}

/* Events that nobody takes are freed with the client: the checkers tell. */
static void test_unread(void **state)
{
	struct bed *bed = *state;

	nfdrop_client_subscribe(bed->client, NULL);
	say(bed, SUBSCRIBED);
	say(bed, STREAM("\"event\":{\"netfilter\":{\"rule\":\"r\"},"
			"\"process\":{\"unit\":\"u\"}}"));
	say(bed, "{\"error\":\"a.B\"}");
	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
}

static void assert_reply(struct bed *bed, const char *json, int continues)
{
	struct nfdrop_event *event = NULL;

	assert_int_equal(nfdrop_client_dispatch(bed->client), 1);
	assert_int_equal(nfdrop_client_pop_event(bed->client, &event), 1);
	assert_int_equal(nfdrop_event_get_type(event), NFDROP_EVENT_REPLY);
	assert_string_equal(nfdrop_event_get_json(event), json);
	assert_int_equal(nfdrop_event_get_continues(event), continues);
	nfdrop_event_free(event);
}

/* Several replies to one call, then the next one's. */
static void test_call_more(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(nfdrop_client_call_more(bed->client, "a.B", "["),
			 -EINVAL);
	assert_int_equal(nfdrop_client_call_more(bed->client, "a.B",
						 "{\"x\":1}"),
			 0);
	assert_int_equal(nfdrop_client_call(bed->client, "a.C", NULL), 0);
	assert_int_equal(nfdrop_client_dispatch(bed->client), 0);
	assert_string_equal(heard(bed),
			    "{\"method\":\"a.B\",\"parameters\":{\"x\":1},"
			    "\"more\":true} {\"method\":\"a.C\"} ");
	say(bed, STREAM("\"y\":1"));
	assert_reply(bed, "{\"y\":1}", 1);
	say(bed, STREAM("\"event\":1"));
	assert_reply(bed, "{\"event\":1}", 1);
	say(bed, "{\"parameters\":{}}");
	assert_reply(bed, "{}", 0);
	say(bed, "{\"parameters\":{\"z\":1}}");
	assert_reply(bed, "{\"z\":1}", 0);
	/* Nothing more was asked for. */
	say(bed, "{\"parameters\":{}}");
	assert_int_equal(nfdrop_client_dispatch(bed->client), -EBADMSG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_connect),	   TEST(test_refs),
		TEST(test_calls),	   TEST(test_parameters),
		TEST(test_too_many_calls), TEST(test_subscribe),
		TEST(test_sequence),	   TEST(test_unsolicited),
		TEST(test_refused),	   TEST(test_garbage),
		TEST(test_bad_event),	   TEST(test_cut),
		TEST(test_byte_at_a_time), TEST(test_flood),
		TEST(test_left_behind),
		TEST(test_endless),	   TEST(test_unread),
		TEST(test_call_more),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
