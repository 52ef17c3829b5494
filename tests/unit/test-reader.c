/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "reader.h"
#include "support.h"

/* What no answer that is still to come may take. */
#define LONG_USEC (151 * SEC)

/* One that listens, and never says a word. */
struct bed {
	struct temp_folder folder;
	int listener, peer;
	struct reader *reader;
};

static const struct reader_request request = { .what = READER_RULESET };

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	assert_non_null(bed);
	temp_folder_init(&bed->folder);
	temp_folder_path(&bed->folder, "reader", addr.sun_path);
	bed->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(bed->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(bed->listener, 4), 0);
	assert_int_equal(reader_connect(&bed->reader, addr.sun_path), 0);
	bed->peer = accept4(bed->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(bed->peer >= 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	reader_free(bed->reader);
	close(bed->peer);
	close(bed->listener);
	temp_folder_done(&bed->folder);
	free(bed);
	return 0;
}

/* Who waits for it is told. */
static bool has_hung_up(const struct reader *reader)
{
	struct pollfd pollfd = { reader_get_fd(reader), POLLRDHUP, 0 };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLRDHUP);
}

static void test_an_answer_is_late(void **state)
{
	struct bed *bed = *state;
	struct answer answer;

	assert_int_equal(reader_ask(bed->reader, &request, &answer), 0);
	assert_int_equal(answer_read(&answer, 4096), 0);
	assert_false(answer_is_late(&answer));
	answer.asked -= LONG_USEC;
	assert_true(answer_is_late(&answer));
	/* There is none. */
	answer_done(&answer);
	assert_false(answer_is_late(&answer));
}

static void test_one_that_hangs_is_left(void **state)
{
	struct bed *bed = *state;
	struct answer answer, owed;
	int old = bed->peer;

	assert_int_equal(reader_ask(bed->reader, &request, &owed), 0);
	assert_false(has_hung_up(bed->reader));
	reader_leave(bed->reader, &owed);
	assert_true(has_hung_up(bed->reader));
	assert_int_equal(reader_ask(bed->reader, &request, &answer), -ENOTCONN);

	assert_int_equal(reader_connect_again(bed->reader), 0);
	bed->peer = accept4(bed->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(bed->peer >= 0);
	close(old);
	/* That the one before owes something is not this one's fault. */
	reader_leave(bed->reader, &owed);
	answer_done(&owed);
	assert_false(has_hung_up(bed->reader));
	assert_int_equal(reader_ask(bed->reader, &request, &answer), 0);
	answer_done(&answer);
}

/* A process of our own is the only one that there will be. */
static void test_our_own_is_kept(void **state)
{
	struct reader *reader;
	struct answer answer;

	(void)state;
	assert_int_equal(reader_new(&reader), 0);
	assert_false(reader_can_connect(reader));
	assert_int_equal(reader_ask(reader, &request, &answer), 0);
	reader_leave(reader, &answer);
	answer_done(&answer);
	assert_false(has_hung_up(reader));
	assert_int_equal(reader_connect_again(reader), -ENOTSUP);
	reader_free(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_answer_is_late, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_one_that_hangs_is_left,
						setup, teardown),
		cmocka_unit_test(test_our_own_is_kept),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
