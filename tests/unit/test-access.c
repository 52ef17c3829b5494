/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "access.h"
#include "util.h"

/* Nobody's, and other than each other. */
#define UID   65533
#define GID   65531
#define EXTRA 65530

/* What a peer with these effective identities gets; root only. */
static void peer_of(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups,
		    const struct access_policy *policy, struct peer *peer)
{
	int fds[2];

	assert_int_equal(setgroups(n_groups, groups), 0);
	assert_int_equal(setegid(gid), 0);
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(peer_init(peer, fds[0], policy), 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_identities(void **state)
{
	static const gid_t groups[] = { 1, EXTRA, 2 };
	static const struct {
		uid_t uid;
		gid_t gid;
		size_t n_groups;
		struct access_policy policy;
		bool may_read;
	} cases[] = {
		/* root, whatever the policy says */
		{ 0, 0, 0, { "x", (gid_t)-1, UID }, true },
		/* whom nfdropd runs as */
		{ UID, GID, 0, { "x", (gid_t)-1, UID }, true },
		{ UID, GID, 0, { "x", (gid_t)-1, UID + 1 }, false },
		/* members, by the first group and by another */
		{ UID, GID, 0, { "x", GID, 0 }, true },
		{ UID, GID, 3, { "x", EXTRA, 0 }, true },
		{ UID, GID, 1, { "x", EXTRA, 0 }, false },
		{ UID, GID, 3, { "x", 3, 0 }, false },
		{ UID, GID, 0, { "x", 3, 0 }, false },
		/* no such group */
		{ UID, GID, 3, { "x", (gid_t)-1, 0 }, false },
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peer peer;

		peer_of(cases[i].uid, cases[i].gid, groups, cases[i].n_groups,
			&cases[i].policy, &peer);
		assert_int_equal(peer.uid, cases[i].uid);
		assert_int_equal(peer.gid, cases[i].gid);
		assert_int_equal(peer.pid, getpid());
		if (peer.may_read != cases[i].may_read)
			fail_msg("case %zu", i);
	}
}

/* As any user: by ourselves and by our own groups. */
static void test_unprivileged(void **state)
{
	struct access_policy policy = { "x", (gid_t)-1, geteuid() };
	gid_t groups[64];
	struct peer peer;
	int fds[2], n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(peer_init(&peer, fds[0], &policy), 0);
	assert_true(peer.may_read);
	assert_int_equal(peer.uid, geteuid());
	policy.self = geteuid() + 1;
	assert_int_equal(peer_init(&peer, fds[0], &policy), 0);
	assert_int_equal(peer.may_read, geteuid() == 0);
	n = getgroups(ARRAY_SIZE(groups), groups);
	for (int i = 0; i < n; i++) {
		policy.gid = groups[i];
		assert_int_equal(peer_init(&peer, fds[0], &policy), 0);
		assert_true(peer.may_read);
	}
	close(fds[0]);
	close(fds[1]);
}

static void test_errors(void **state)
{
	struct access_policy policy = { "x", (gid_t)-1, 0 };
	_cleanup_close_ int fd = dup(STDERR_FILENO);
	struct peer peer;

	(void)state;
	assert_int_equal(peer_init(&peer, -1, &policy), -EBADF);
	assert_true(peer_init(&peer, fd, &policy) < 0);
}

static void test_policy(void **state)
{
	struct access_policy policy;

	(void)state;
	access_policy_init(&policy, "no-such-group-here");
	assert_string_equal(policy.group, "no-such-group-here");
	assert_int_equal(policy.gid, (gid_t)-1);
	assert_int_equal(policy.self, geteuid());
	access_policy_init(&policy, "root");
	assert_int_equal(policy.gid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_unprivileged),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
