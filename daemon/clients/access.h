/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may ask: root, the user that nfdropd runs as, and members of one group.
 * Who may have packets traced: root, and the user that nfdropd runs as.
 * By the credentials at connect(2), SO_PEERCRED and SO_PEERGROUPS of unix(7).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct access_policy {
	const char *group; /* its name, for the sentence */
	gid_t gid;	   /* (gid_t)-1: there is no such group */
	uid_t self;	   /* whom nfdropd runs as */
};

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	bool may_read;
	bool may_trace; /* which has the kernel do more work */
};

/* Fills @policy for group @group, which need not exist. */
void access_policy_init(struct access_policy *policy, const char *group);

/* A negative errno when the socket does not tell. */
int peer_init(struct peer *peer, int fd, const struct access_policy *policy);
