/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sysexits.h>

#include <cmocka.h>

#include "dropmon.h"
#include "util.h"

/* What must be in the sentence, and the exit status of nfdropd(8). */
static const struct {
	enum dropmon_step step;
	int error;
	int exit_status;
	const char *words;
} cases[] = {
	{ DROPMON_OPEN, -EMFILE, EX_OSERR, "netlink socket" },
	{ DROPMON_OPEN, -EPROTONOSUPPORT, EX_UNAVAILABLE, "CONFIG_NET" },
	{ DROPMON_NAMESPACE, -EXDEV, EX_CONFIG, "initial network namespace" },
	{ DROPMON_RESOLVE, -ENOENT, EX_UNAVAILABLE, "modprobe drop_monitor" },
	{ DROPMON_RESOLVE, -ENOENT, EX_UNAVAILABLE, "CONFIG_NET_DROP_MONITOR" },
	{ DROPMON_RESOLVE, -ENODATA, EX_UNAVAILABLE, "Linux 5.4" },
	{ DROPMON_RESOLVE, -EIO, EX_OSERR, "NET_DM" },
	{ DROPMON_JOIN, -EPERM, EX_NOPERM, "CAP_SYS_ADMIN" },
	{ DROPMON_JOIN, -ENOMEM, EX_OSERR, "events" },
	{ DROPMON_CONFIGURE, -EPERM, EX_NOPERM, "CAP_NET_ADMIN" },
	{ DROPMON_CONFIGURE, -EOPNOTSUPP, EX_UNAVAILABLE, "Linux 5.4" },
	{ DROPMON_CONFIGURE, -EINVAL, EX_OSERR, "configure drop_monitor" },
	{ DROPMON_START, -EPERM, EX_NOPERM, "CAP_NET_ADMIN" },
	{ DROPMON_START, -EINPROGRESS, EX_OSERR, "dmesg" },
	{ DROPMON_RECEIVE, -ENOBUFS, EX_OSERR, "drop_monitor" },
};

static void test_sentences(void **state)
{
	char buf[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = dropmon_explain(cases[i].step, cases[i].error,
						buf, sizeof(buf));

		assert_ptr_equal(s, buf);
		if (!strstr(s, cases[i].words))
			fail_msg("no \"%s\" in: %s", cases[i].words, s);
		assert_int_equal(dropmon_exit_status(cases[i].step,
						     cases[i].error),
				 cases[i].exit_status);
	}
}

/* Whatever the kernel may say: a whole sentence, and no success. */
static void test_all(void **state)
{
	char buf[512];

	(void)state;
	for (int step = 0; step < _DROPMON_STEP_MAX; step++)
		for (int error = 1; error < 134; error++) {
			enum dropmon_step s = (enum dropmon_step)step;
			size_t len;

			dropmon_explain(s, -error, buf, sizeof(buf));
			len = strlen(buf);
			assert_true(len > 20 && len < sizeof(buf) - 1);
			assert_int_equal(buf[len - 1], '.');
			assert_null(strchr(buf, '\n'));
			assert_true(buf[0] >= 'A' && buf[0] <= 'Z');
			assert_int_not_equal(dropmon_exit_status(s, -error), 0);
		}
	/* With the kernel's own words where the table has none. */
	dropmon_explain(DROPMON_JOIN, -ENOMEM, buf, sizeof(buf));
	assert_non_null(strstr(buf, strerror(ENOMEM)));
	/* A small buffer is not exceeded. */
	buf[16] = '#';
	dropmon_explain(DROPMON_JOIN, -ENOMEM, buf, 16);
	assert_int_equal(strlen(buf), 15);
	assert_int_equal(buf[16], '#');
}

static void test_states(void **state)
{
	(void)state;
	assert_string_equal(dropmon_state_to_string(DROPMON_STOPPED),
			    "stopped");
	assert_string_equal(dropmon_state_to_string(DROPMON_ACTIVE), "active");
	assert_string_equal(dropmon_state_to_string(DROPMON_PASSIVE),
			    "passive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests_name("dropmon-explain", tests, NULL,
					   NULL);
}
