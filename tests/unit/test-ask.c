/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "ask.h"
#include "support.h"
#include "util.h"
#include "verb.h"

/*
 * A server that is not ours: each connection gets the next reply, whatever it
 * asks, the last reply again and again.
 */
struct other {
	struct temp_folder folder;
	char path[108];
	pid_t pid;
};

static struct other other;

static void serve(int fd, const char *const *replies)
{
	char request[65536];
	size_t len = 0;

	for (;;) {
		int peer = accept(fd, NULL, NULL);
		ssize_t n;

		if (peer < 0)
			_exit(1);
		do {
			n = read(peer, request + len, sizeof(request) - len);
			len += n > 0 ? (size_t)n : 0;
		} while (n > 0 && request[len - 1] != '\0');
		if (*replies[0] &&
		    write(peer, replies[0], strlen(replies[0]) + 1) < 0)
			_exit(1);
		close(peer);
		len = 0;
		if (replies[1])
			replies++;
	}
}

static void start(const char *const *replies)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, other.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fd, 8), 0);
	other.pid = fork();
	assert_true(other.pid >= 0);
	if (other.pid == 0)
		serve(fd, replies);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	temp_folder_init(&other.folder);
	temp_folder_path(&other.folder, "socket", other.path);
	other.pid = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (other.pid > 0) {
		kill(other.pid, SIGKILL);
		waitpid(other.pid, NULL, 0);
	}
	temp_folder_done(&other.folder);
	return 0;
}

/* What the function printed on standard error. */
static char printed[2048];

static int quiet(int (*function)(void *), void *data)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO), r;
	size_t n;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	r = function(data);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	n = fread(printed, 1, sizeof(printed) - 1, file);
	printed[n] = '\0';
	fclose(file);
	return r;
}

struct call {
	struct json_object *list;
	struct answer answer;
};

static int call_once(void *data)
{
	struct call *call = data;

	return ask(other.path, "a.b.C", NULL, &call->answer);
}

static int call_pages(void *data)
{
	struct call *call = data;
	struct json_object *parameters = json_object_new_object();
	int r = ask_pages(other.path, "a.b.C", parameters, "rules", call->list,
			  &call->answer);

	json_object_put(parameters);
	return r;
}

static void assert_ask(int status, const char *sentence)
{
	struct call call = { 0 };

	assert_int_equal(quiet(call_once, &call), status);
	if (sentence)
		assert_non_null(strstr(printed, sentence));
	else
		assert_string_equal(printed, "");
	answer_done(&call.answer);
}

static void assert_pages(int status, const char *expected, const char *sentence)
{
	struct call call = { .list = json_object_new_array() };

	assert_int_equal(quiet(call_pages, &call), status);
	assert_string_equal(json_object_to_json_string_ext(
				    call.list, JSON_C_TO_STRING_PLAIN),
			    expected);
	if (sentence)
		assert_non_null(strstr(printed, sentence));
	else
		assert_string_equal(printed, "");
	answer_done(&call.answer);
	json_object_put(call.list);
}

#define REPLIES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_answer(void **state)
{
	(void)state;
	start(REPLIES("{\"parameters\":{\"a\":1}}", "{}",
		      "{\"parameters\":{}}"));
	assert_ask(STATUS_FINE, NULL);
	assert_ask(STATUS_FINE, NULL);
	assert_ask(STATUS_FINE, NULL);
}

static void test_failures(void **state)
{
	(void)state;
	assert_ask(STATUS_FAILURE, "nfdropd is not running");
	start(REPLIES("", "no JSON", "[]", "{\"error\":7}",
		      "{\"error\":\"a.\\u001b[2J\"}",
		      "{\"error\":\"io.nfdrop.Monitor.PermissionDenied\","
		      "\"parameters\":{\"message\":\"No \\u001b.\"}}",
		      "{\"error\":\"org.varlink.service.MethodNotFound\"}",
		      "{\"parameters\":[]}"));
	assert_ask(STATUS_FAILURE, "nfdropd ended the connection");
	assert_ask(STATUS_FAILURE, "is not nfdropd");
	assert_ask(STATUS_FAILURE, "is not nfdropd");
	assert_ask(STATUS_FAILURE, "is not nfdropd");
	assert_ask(STATUS_FAILURE, "nfdropd refused: a.\\x1b[2J.");
	assert_ask(STATUS_FAILURE, "No \\x1b.");
	assert_ask(STATUS_FAILURE, "of another version than nfdrop");
	assert_ask(STATUS_FAILURE, "is not nfdropd");
}

static void test_pages(void **state)
{
	(void)state;
	start(REPLIES("{\"parameters\":{\"rules\":[1,2],\"next\":2}}",
		      "{\"parameters\":{\"rules\":[3],\"next\":3}}",
		      "{\"parameters\":{\"rules\":[4]}}"));
	assert_pages(STATUS_FINE, "[1,2,3,4]", NULL);
}

/* Whoever answers, it comes to an end, and says so where it failed. */
static void test_odd_pages(void **state)
{
	(void)state;
	start(REPLIES("{\"parameters\":{\"rules\":{},\"next\":\"x\"}}", "{}",
		      "{\"parameters\":{\"rules\":[1],\"next\":-1}}",
		      /* Not further than before. */
		      "{\"parameters\":{\"rules\":[1],\"next\":5}}",
		      "{\"parameters\":{\"rules\":[2],\"next\":5}}",
		      /* It fails in the middle. */
		      "{\"parameters\":{\"rules\":[1],\"next\":1}}",
		      "{\"error\":\"a.b\"}"));
	assert_pages(STATUS_FINE, "[]", NULL);
	assert_pages(STATUS_FINE, "[]", NULL);
	assert_pages(STATUS_FINE, "[1]", NULL);
	assert_pages(STATUS_FINE, "[1,2]", NULL);
	assert_pages(STATUS_FAILURE, "[1]", "nfdropd refused: a.b.");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_answer),
		TEST(test_failures),
		TEST(test_pages),
		TEST(test_odd_pages),
	};

	return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
