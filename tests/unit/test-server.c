/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#include "bed.h"
#include "util.h"

#define STATUS	     "{\"method\":\"io.nfdrop.Monitor.GetStatus\"}"
#define STATUS_REPLY "{\"parameters\":{\"state\":\"active\"}}"
#define REFUSED(limit, max)                              \
	"{\"error\":\"io.nfdrop.Monitor.LimitReached\"," \
	"\"parameters\":{\"limit\":\"" limit "\",\"max\":" max "}}"

static int setup(void **state)
{
	*state = bed_new();
	return 0;
}

static int teardown(void **state)
{
	bed_free(*state);
	return 0;
}

static size_t current(struct bed *bed)
{
	struct server_counts counts;

	server_get_counts(bed->server, &counts);
	return counts.current;
}

static void assert_status(struct bed *bed, int fd)
{
	const char *reply;

	bed_send(fd, STATUS);
	reply = bed_receive(bed, fd);
	assert_non_null(reply);
	assert_string_equal(reply, STATUS_REPLY);
}

static void test_limits(void **state)
{
	static const struct {
		size_t max, per_uid, accepted;
		const char *refusal;
	} cases[] = {
		{ 3, 10, 3, REFUSED("clients", "3") },
		{ 10, 2, 2, REFUSED("clients-per-uid", "2") },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct server_counts counts;
		int fds[5];

		bed->config.max_clients = cases[i].max;
		bed->config.max_clients_per_uid = cases[i].per_uid;
		bed_start(bed);
		for (size_t j = 0; j < ARRAY_SIZE(fds); j++) {
			fds[j] = bed_connect(bed);
			if (j < cases[i].accepted) {
				assert_status(bed, fds[j]);
				continue;
			}
			assert_string_equal(bed_receive(bed, fds[j]),
					    cases[i].refusal);
			assert_null(bed_receive(bed, fds[j]));
		}
		server_get_counts(bed->server, &counts);
		assert_int_equal(counts.current, cases[i].accepted);
		assert_int_equal(counts.refused, 5 - cases[i].accepted);
		/* One leaves, one may come. */
		close(fds[0]);
		bed_pump(bed);
		fds[0] = bed_connect(bed);
		assert_status(bed, fds[0]);
		for (size_t j = 0; j < ARRAY_SIZE(fds); j++)
			close(fds[j]);
		bed_pump(bed);
		assert_int_equal(current(bed), 0);
		server_free(bed->server);
		bed->server = NULL;
	}
}

/* They come and go before the server looks: nobody is refused for them. */
static void test_gone(void **state)
{
	struct bed *bed = *state;
	struct server_counts counts;
	int mine;

	bed->config.max_clients = 8;
	bed->config.max_clients_per_uid = 4;
	bed_start(bed);
	for (size_t i = 0; i < 20; i++)
		close(bed_connect_only(bed));
	mine = bed_connect_only(bed);
	bed_pump(bed);
	assert_status(bed, mine);
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.refused, 0);
	close(mine);
	bed_pump(bed);
	assert_int_equal(current(bed), 0);
}

/* All at once, with calls waiting, before the server looks. */
static void test_thousand(void **state)
{
	struct bed *bed = *state;
	struct rlimit limit;
	size_t before, answered = 0, refused = 0;
	int fds[1000], mine;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = MIN(limit.rlim_max, 2048);
	if (limit.rlim_cur < 1500 || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		skip();
	bed_start(bed);
	before = count_fds();
	mine = bed_connect(bed);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = bed_connect_only(bed);
		/* The queue of the socket is bounded as well. */
		if (i % 100 == 99)
			bed_pump(bed);
	}
	assert_true(current(bed) <= bed->config.max_clients_per_uid);
	assert_status(bed, mine);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		const char *reply;

		send(fds[i], STATUS, sizeof(STATUS), MSG_NOSIGNAL);
		reply = bed_receive(bed, fds[i]);
		if (reply && strcmp(reply, STATUS_REPLY) == 0)
			answered++;
		else if (reply &&
			 strcmp(reply, REFUSED("clients-per-uid", "64")) == 0)
			refused++;
	}
	assert_int_equal(answered, 63);
	assert_int_equal(refused, 1000 - 63);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	assert_status(bed, mine);
	close(mine);
	bed_pump(bed);
	assert_int_equal(current(bed), 0);
	assert_int_equal(count_fds(), before);
}

/* A megabyte without an end: told, closed, and nobody else is disturbed. */
static void test_garbage(void **state)
{
	static char garbage[1 << 20];
	struct bed *bed = *state;
	const char *reply;
	size_t sent = 0, before;
	int fd, other;

	memset(garbage, 'x', sizeof(garbage));
	bed_start(bed);
	other = bed_connect(bed);
	before = count_fds();
	fd = bed_connect(bed);
	while (sent < sizeof(garbage)) {
		ssize_t n = send(fd, garbage + sent, sizeof(garbage) - sent,
				 MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (n < 0 && errno != EAGAIN)
			break;
		bed_pump(bed);
	}
	assert_true(sent < sizeof(garbage));
	reply = bed_receive(bed, fd);
	assert_non_null(reply);
	assert_string_equal(reply, REFUSED("request-size", "65536"));
	assert_null(bed_receive(bed, fd));
	assert_int_equal(current(bed), 1);
	assert_status(bed, other);
	close(fd);
	close(other);
	assert_int_equal(count_fds(), before - 1);
}

/* Bytes that are no calls, of many lengths: one answer each. */
static void test_noise(void **state)
{
	struct bed *bed = *state;
	char noise[256];
	int fd;

	bed_start(bed);
	fd = bed_connect(bed);
	for (size_t i = 0; i < sizeof(noise); i++) {
		memset(noise, (int)(i + 1) % 255 + 1, sizeof(noise));
		noise[i] = '\0';
		assert_int_equal(send(fd, noise, i + 1, 0), i + 1);
		assert_non_null(strstr(bed_receive(bed, fd),
				       "io.nfdrop.Monitor.InvalidRequest"));
	}
	assert_status(bed, fd);
	close(fd);
}

#define PIPELINED 4000

/* Thousands of calls in one piece: answered in order, none forgotten. */
static void test_pipelined(void **state)
{
	static char text[PIPELINED * 16];
	struct bed *bed = *state;
	size_t len = 0;
	char expected[256];
	int fd;

	/* Much less room than there are answers to what is read at once. */
	bed->config.limits.out_messages = 16;
	bed_start(bed);
	fd = bed_connect(bed);
	for (int i = 0; i < PIPELINED; i++)
		len += (size_t)sprintf(text + len, "{\"method\":\"%d\"}",
				       i % 10) +
		       1;
	assert_int_equal(send(fd, text, len, 0), len);
	for (int i = 0; i < PIPELINED; i++) {
		const char *reply = bed_receive(bed, fd);

		snprintf(expected, sizeof(expected),
			 "{\"error\":\"org.varlink.service.InterfaceNotFound\","
			 "\"parameters\":{\"interface\":\"%d\"}}",
			 i % 10);
		if (!reply)
			fail_msg("no reply to call %d", i);
		assert_string_equal(reply, expected);
	}
	assert_null(bed_receive(bed, fd));
	close(fd);
}

#define REASONS "{\"method\":\"io.nfdrop.Monitor.GetReasons\"}"

/* More answers than fit anywhere; the peer reads late and says no more. */
static void test_half_closed(void **state)
{
	struct bed *bed = *state;
	size_t replies = 0;
	int fd;

	bed_start(bed);
	fd = bed_connect(bed);
	for (int i = 0; i < 40; i++)
		bed_send(fd, REASONS);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	bed_pump(bed);
	while (bed_receive(bed, fd))
		replies++;
	assert_int_equal(replies, 40);
	bed_pump(bed);
	assert_int_equal(current(bed), 0);
	close(fd);
}

/* A peer that never reads is not served for ever, and holds up nobody. */
static void test_never_reads(void **state)
{
	struct bed *bed = *state;
	size_t sent = 0;
	int fd, other;

	bed_start(bed);
	other = bed_connect(bed);
	fd = bed_connect(bed);
	while (send(fd, REASONS, sizeof(REASONS), MSG_NOSIGNAL) ==
	       sizeof(REASONS)) {
		sent++;
		bed_pump(bed);
		assert_true(sent < 1000000);
	}
	/* It waits for its turn; it did no wrong. */
	assert_int_equal(errno, EAGAIN);
	assert_status(bed, other);
	assert_int_equal(current(bed), 2);
	/* When it does read after all, every call was answered. */
	while (sent > 0) {
		assert_non_null(bed_receive(bed, fd));
		sent--;
	}
	assert_status(bed, fd);
	close(fd);
	close(other);
}

static void test_descriptors(void **state)
{
	struct bed *bed = *state;
	size_t before = count_fds();

	for (int round = 0; round < 3; round++) {
		bed_start(bed);
		for (int i = 0; i < 200; i++) {
			int fd = bed_connect(bed);

			if (i % 3 == 0)
				bed_send(fd, STATUS);
			if (i % 3 == 1)
				send(fd, "{\"half", 6, 0);
			if (i % 2)
				bed_pump(bed);
			close(fd);
		}
		bed_pump(bed);
		assert_int_equal(current(bed), 0);
		/* One that is open at the end. */
		close(bed_connect_only(bed));
		server_free(bed->server);
		bed->server = NULL;
		assert_int_equal(count_fds(), before);
		assert_int_equal(access(bed->path, F_OK), -1);
	}
}

/*
 * valgrind says EMFILE by itself, after it took and closed the connection: a
 * peer would be lost that in earnest waits in the socket's queue.
 */
static void skip_in_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload && strstr(preload, "vgpreload"))
		skip();
}

/* Out of descriptors: it rests, and goes on when there are some. */
static void test_no_descriptors(void **state)
{
	struct bed *bed = *state;
	struct rlimit limit, none;
	int fds[3], spare;

	skip_in_valgrind();
	bed_start(bed);
	fds[0] = bed_connect(bed);
	fds[1] = bed_connect_only(bed);
	fds[2] = bed_connect_only(bed);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	spare = dup(STDERR_FILENO);
	assert_true(spare >= 0);
	close(spare);
	none = limit;
	none.rlim_cur = (rlim_t)spare;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	bed_pump(bed);
	assert_int_equal(current(bed), 1);
	assert_status(bed, fds[0]);
	assert_false(bed_is_ready(bed));

	/* A session's end makes room for one: its peer's descriptor stays. */
	assert_int_equal(dup2(STDERR_FILENO, fds[0]), fds[0]);
	bed_pump(bed);
	assert_int_equal(current(bed), 1);
	assert_false(bed_is_ready(bed));

	/* And so does the next tick. */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	server_flush(bed->server);
	bed_pump(bed);
	assert_int_equal(current(bed), 2);
	assert_status(bed, fds[1]);
	assert_status(bed, fds[2]);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

/* No session that could end: only the tick can help. */
static void test_no_descriptors_at_all(void **state)
{
	struct bed *bed = *state;
	struct rlimit limit, none;
	int fd, spare;

	skip_in_valgrind();
	bed_start(bed);
	fd = bed_connect_only(bed);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	spare = dup(STDERR_FILENO);
	close(spare);
	none = limit;
	none.rlim_cur = (rlim_t)spare;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	bed_pump(bed);
	assert_int_equal(current(bed), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	server_flush(bed->server);
	assert_status(bed, fd);
	close(fd);
}

static int try_start(struct bed *bed, const char *path)
{
	struct server_config config = bed->config;
	struct server *server = NULL;
	size_t before = count_fds();
	int r;

	config.path = path;
	r = server_new(&server, &config, &bed->policy, &bed->methods.handler);
	assert_int_equal(r == 0, server != NULL);
	server_free(server);
	assert_int_equal(count_fds(), before);
	return r;
}

static void test_paths(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct bed *bed = *state;
	struct stat st;
	char path[108], longer[109];
	int fd;

	/* A socket that its process left behind. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(addr.sun_path, bed->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	bed_start(bed);
	assert_int_equal(stat(bed->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);

	/* A second server, which must leave the first one's alone. */
	assert_int_equal(try_start(bed, bed->path), -EADDRINUSE);
	fd = bed_connect(bed);
	assert_status(bed, fd);
	close(fd);

	temp_folder_path(&bed->folder, "file", path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_int_equal(try_start(bed, path), -EEXIST);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);

	/* A link to somewhere is no socket either. */
	temp_folder_path(&bed->folder, "link", path);
	assert_int_equal(symlink(bed->path, path), 0);
	assert_int_equal(try_start(bed, path), -EEXIST);
	temp_folder_path(&bed->folder, "dangling", path);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(try_start(bed, path), -EEXIST);

	assert_int_equal(try_start(bed, "/nonexistent/socket"), -ENOENT);
	assert_int_equal(try_start(bed, bed->folder.path), -EEXIST);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[107] = '\0';
	assert_int_not_equal(try_start(bed, path), -ENAMETOOLONG);
	memcpy(longer, path, 107);
	strcpy(longer + 107, "x");
	assert_int_equal(try_start(bed, longer), -ENAMETOOLONG);
}

/* From systemd: it blocks, is listened to, and not removed at the end. */
static void test_activation(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct bed *bed = *state;
	int fd;

	bed->config.listen_fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(addr.sun_path, bed->path);
	assert_int_equal(bind(bed->config.listen_fd, (struct sockaddr *)&addr,
			      sizeof(addr)),
			 0);
	assert_int_equal(listen(bed->config.listen_fd, 8), 0);
	bed_start(bed);
	fd = bed_connect(bed);
	assert_status(bed, fd);
	close(fd);
	server_free(bed->server);
	bed->server = NULL;
	assert_int_equal(access(bed->path, F_OK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_limits),	   TEST(test_gone),
		TEST(test_thousand),
		TEST(test_garbage),	   TEST(test_noise),
		TEST(test_pipelined),	   TEST(test_half_closed),
		TEST(test_never_reads),	   TEST(test_descriptors),
		TEST(test_no_descriptors), TEST(test_no_descriptors_at_all),
		TEST(test_paths),	   TEST(test_activation),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
