/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared library as another program uses it: nfdrop.h, and every function
 * in it, against a server in a child process. Links libnfdrop.so alone.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <nfdrop.h>

#define CONTINUES(x) "{\"parameters\":{" x "},\"continues\":true}"

/* What is asked, and what the child answers; a NULL question ends it. */
static const struct exchange {
	const char *question, *answers[4];
} exchanges[] = {
	{ "GetStatus", { "{\"parameters\":{\"state\":\"active\"}}" } },
	{ "Nothing", { "{\"error\":\"a.Unknown\",\"parameters\":{\"n\":1}}" } },
	{ "Subscribe",
	  { CONTINUES(""),
	    CONTINUES("\"event\":{\"reason\":\"NO_SOCKET\",\"length\":60,"
		      "\"packet\":{\"truncated\":true}}"),
	    CONTINUES("\"lost\":{\"kernel_queue\":1,\"socket\":2,"
		      "\"session\":3}") } },
	{ NULL, { NULL } },
};

static char folder[] = "/tmp/nfdrop-api-XXXXXX";
static char path[64];
static pid_t child;

static void read_message(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size && read(fd, &buf[n], 1) == 1)
		if (buf[n++] == '\0')
			return;
	_exit(1);
}

static void serve(int listen_fd)
{
	int fd = accept(listen_fd, NULL, NULL);
	char message[1024];

	for (const struct exchange *e = exchanges; e->question; e++) {
		read_message(fd, message, sizeof(message));
		if (!strstr(message, e->question))
			_exit(2);
		for (int i = 0; i < 4 && e->answers[i]; i++) {
			const char *answer = e->answers[i];
			ssize_t len = (ssize_t)strlen(answer) + 1;

			/* In two pieces, as a stream may. */
			if (write(fd, answer, 5) != 5 ||
			    write(fd, answer + 5, (size_t)len - 5) != len - 5)
				_exit(3);
		}
	}
	_exit(0);
}

static int setup(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	strcpy(addr.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		alarm(60);
		serve(fd);
	}
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	int status = -1;

	(void)state;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	unlink(path);
	return rmdir(folder);
}

/* The loop of nfdrop.h, until there is an event. */
static struct nfdrop_event *wait_event(struct nfdrop_client *client)
{
	struct nfdrop_event *event = NULL;
	int r;

	while ((r = nfdrop_client_pop_event(client, &event)) == 0) {
		struct pollfd pfd = {
			.fd = nfdrop_client_get_fd(client),
			.events = (short)nfdrop_client_get_events(client),
		};

		assert_int_equal(poll(&pfd, 1, 60000), 1);
		assert_true(nfdrop_client_dispatch(client) >= 0);
	}
	assert_int_equal(r, 1);
	return event;
}

static void assert_event(struct nfdrop_client *client,
			 enum nfdrop_event_type type, const char *json)
{
	struct nfdrop_event *event = wait_event(client);

	assert_int_equal(nfdrop_event_get_type(event), type);
	assert_string_equal(nfdrop_event_get_json(event), json);
	assert_null(nfdrop_event_free(event));
}

static void test_everything(void **state)
{
	struct nfdrop_client *client = NULL;
	struct nfdrop_event *event;
	const char *text = NULL;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(nfdrop_client_new(&client, path), 0);
	assert_ptr_equal(nfdrop_client_ref(client), client);
	assert_null(nfdrop_client_unref(client));

	assert_int_equal(
		nfdrop_client_call(client, "io.nfdrop.Monitor.GetStatus", NULL),
		0);
	assert_event(client, NFDROP_EVENT_REPLY, "{\"state\":\"active\"}");

	assert_int_equal(nfdrop_client_call(client, "a.Nothing", "{}"), 0);
	event = wait_event(client);
	assert_int_equal(nfdrop_event_get_type(event), NFDROP_EVENT_ERROR);
	assert_string_equal(nfdrop_event_get_error(event), "a.Unknown");
	assert_int_equal(nfdrop_event_get_uint64(event, "n", &number), 0);
	assert_int_equal(number, 1);
	nfdrop_event_free(event);

	assert_int_equal(nfdrop_client_subscribe(client, "{\"port\":[\"1\"]}"),
			 0);
	assert_event(client, NFDROP_EVENT_SUBSCRIBED, "{}");
	event = wait_event(client);
	assert_int_equal(nfdrop_event_get_type(event), NFDROP_EVENT_DROP);
	assert_int_equal(nfdrop_event_get_string(event, "reason", &text), 0);
	assert_string_equal(text, "NO_SOCKET");
	assert_int_equal(nfdrop_event_get_uint64(event, "length", &number), 0);
	assert_int_equal(number, 60);
	assert_int_equal(
		nfdrop_event_get_uint64(event, "packet.truncated", &number), 0);
	assert_int_equal(number, 1);
	nfdrop_event_free(event);
	assert_event(client, NFDROP_EVENT_LOST,
		     "{\"kernel_queue\":1,\"socket\":2,\"session\":3}");
	assert_event(client, NFDROP_EVENT_CLOSED, "{}");
	assert_int_equal(nfdrop_client_dispatch(client), -ENOTCONN);
	assert_null(nfdrop_client_unref(client));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everything, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
