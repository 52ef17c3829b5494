/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <grp.h>
#include <sys/socket.h>

#include "access.h"
#include "util.h"

void access_policy_init(struct access_policy *policy, const char *group)
{
	const struct group *entry = getgrnam(group);

	*policy = (struct access_policy){
		.group = group,
		.gid = entry ? entry->gr_gid : (gid_t)-1,
		.self = geteuid(),
	};
}

static bool is_member(int fd, const struct ucred *cred, gid_t gid)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	if (gid == (gid_t)-1)
		return false;
	if (cred->gid == gid)
		return true;
	/* The first call tells the size by ERANGE. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 ||
	    errno != ERANGE)
		return false;
	groups = malloc(size);
	if (!groups ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

int peer_init(struct peer *peer, int fd, const struct access_policy *policy)
{
	socklen_t size = sizeof(struct ucred);
	struct ucred cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	*peer = (struct peer){
		.uid = cred.uid,
		.gid = cred.gid,
		.pid = cred.pid,
		.may_read = cred.uid == 0 || cred.uid == policy->self ||
			    is_member(fd, &cred, policy->gid),
		.may_trace = cred.uid == 0 || cred.uid == policy->self,
	};
	return 0;
}
