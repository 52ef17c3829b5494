/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out what the checks need to know of the real machine. */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <json-c/json.h>
#include <linux/net_dropmon.h>
#include <netinet/in.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>

#include "doctor.h"
#include "proto.h"

#define STATUS_METHOD PROTO_MONITOR ".GetStatus"
/* Looks at nfdropd's counter after a drop, and the time between two. */
#define LOOKS	20
#define LOOK_NS 100000000

DEFINE_CLEANUP(struct nl_sock *, nl_socket_free)

static int probe_family(void)
{
	_cleanup_(cleanup_nl_socket_free) struct nl_sock *sock =
		nl_socket_alloc();
	int r;

	if (!sock)
		return -ENOMEM;
	if (genl_connect(sock) < 0)
		return -EPROTONOSUPPORT;
	r = genl_ctrl_resolve(sock, "NET_DM");
	if (r >= 0)
		return 0;
	return r == -NLE_OBJ_NOTFOUND ? -ENOENT : -EIO;
}

static uint64_t probe_netns_cookie(void)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(uint64_t);
	uint64_t cookie;

	/* Since Linux 5.14. */
	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
		return 0;
	return cookie;
}

static void probe_user(struct doctor *d)
{
	const struct passwd *pw;

	d->uid = geteuid();
	pw = getpwuid(d->uid);
	if (pw)
		copy_string(d->user, sizeof(d->user), pw->pw_name, SIZE_MAX);
	else
		snprintf(d->user, sizeof(d->user), "%u", d->uid);
}

static bool is_in_group(gid_t gid)
{
	_cleanup_free_ gid_t *groups = NULL;
	int n = getgroups(0, NULL);

	if (getegid() == gid)
		return true;
	groups = n > 0 ? calloc((size_t)n, sizeof(*groups)) : NULL;
	if (!groups)
		return false;
	n = getgroups(n, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static void probe_group(struct doctor *d)
{
	const char *name = json_find_string(d->answer.parameters, "group");
	const struct group *entry;

	if (!name[0])
		name = "nfdrop";
	copy_string(d->group, sizeof(d->group), name, SIZE_MAX);
	entry = getgrnam(d->group);
	if (!entry)
		return;
	d->group_exists = true;
	d->group_effective = is_in_group(entry->gr_gid);
	for (char **member = entry->gr_mem; *member; member++)
		d->group_listed |= strcmp(*member, d->user) == 0;
}

/* A UDP packet to a port of 127.0.0.1 that was just free. */
static bool provoke_drop(void)
{
	_cleanup_close_ int fd = -1, closed = -1;
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(addr);

	closed = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (closed < 0 || fd < 0 ||
	    bind(closed, (struct sockaddr *)&addr, size) < 0 ||
	    getsockname(closed, (struct sockaddr *)&addr, &size) < 0)
		return false;
	close(TAKE_FD(closed));
	/* A netfilter rule for our own output says EPERM: dropped as well. */
	return sendto(fd, "nfdrop", 6, 0, (struct sockaddr *)&addr,
		      sizeof(addr)) == 6 ||
	       errno == EPERM;
}

static void probe_traffic(struct doctor *d)
{
	uint64_t before = json_find_uint64(doctor_status(d), "events");

	d->provoked = provoke_drop();
	for (int i = 0; i < LOOKS; i++) {
		_cleanup_(answer_done) struct answer answer = { 0 };
		struct timespec pause = { .tv_nsec = LOOK_NS };

		nanosleep(&pause, NULL);
		if (connection_ask(d->socket, STATUS_METHOD, NULL,
				   CONNECTION_TIMEOUT_MS, &answer) < 0 ||
		    answer.error)
			return;
		json_object_put(d->later);
		d->later = TAKE_PTR(answer.parameters);
		if (json_find_uint64(d->later, "events") > before)
			return;
	}
}

void doctor_probe(struct doctor *d)
{
	struct utsname name;

	if (uname(&name) == 0)
		copy_string(d->release, sizeof(d->release), name.release,
			    sizeof(name.release));
	probe_user(d);
	d->netns_cookie = probe_netns_cookie();
	d->family = probe_family();
	d->connected = connection_ask(d->socket, STATUS_METHOD, NULL,
				      CONNECTION_TIMEOUT_MS, &d->answer);
	probe_group(d);
	if (doctor_daemon_hears(d))
		probe_traffic(d);
}
