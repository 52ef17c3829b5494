/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "escape.h"
#include "listener.h"
#include "log.h"
#include "util.h"

/* What it is called in systemd's store; others are of units. */
#define KEPT "nfdropd-kept"

static int not_a_socket(void)
{
	log_error("Got a descriptor from systemd that is no Unix socket that "
		  "listens: see ListenStream= of nfdropd.socket.");
	return -EINVAL;
}

/* One that was kept is of use where it can still be found. */
static bool is_at(int fd, const char *path)
{
	return sd_is_socket_unix(fd, SOCK_STREAM, 1, path, 0) > 0 &&
	       access(path, F_OK) == 0;
}

static void forget(int fd)
{
	close(fd);
	(void)sd_notify(false, "FDSTOREREMOVE=1\nFDNAME=" KEPT);
}

static int choose(const char *path, char **names, int n, int *ret)
{
	int kept = -1, given = -1;

	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (strcmp(names[i], KEPT) == 0) {
			kept = fd;
		} else if (given >= 0) {
			log_error("Got %d sockets from systemd, expected one.",
				  n);
			return -EINVAL;
		} else if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0) {
			given = fd;
		} else {
			return not_a_socket();
		}
	}
	/* The unit has its own now, or another path is wanted. */
	if (kept >= 0 && (given >= 0 || !is_at(kept, path))) {
		forget(kept);
		kept = -1;
	}
	*ret = given >= 0 ? given : kept;
	return 0;
}

static void tell_path(int fd, const char *path)
{
	char shown[256];

	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, path, 0) == 0)
		log_notice("systemd listens elsewhere, so Socket=%s is not "
			   "used: set ListenStream= of nfdropd.socket, too.",
			   escape_string(path, shown, sizeof(shown)));
}

int listener_take(const char *path, int *ret)
{
	char **names = NULL;
	int n, r;

	*ret = -1;
	n = sd_listen_fds_with_names(true, &names);
	if (n <= 0)
		return n;
	r = choose(path, names, n, ret);
	if (r >= 0 && *ret >= 0)
		tell_path(*ret, path);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r;
}

/* systemd 254 and later tell how many it keeps; our unit tells older ones'. */
void listener_keep(struct server *server)
{
	const char *max = getenv("FDSTORE");
	int fd = server_get_bound(server);

	if (fd < 0 || !max || strcmp(max, "0") == 0 ||
	    sd_pid_notify_with_fds(0, false, "FDSTORE=1\nFDNAME=" KEPT, &fd,
				   1) <= 0)
		return;
	server_leave(server);
}

int listener_explain(const char *path, int error)
{
	char shown[256];

	escape_string(path, shown, sizeof(shown));
	switch (error) {
	case -EADDRINUSE:
		log_error("Another process listens at %s: stop it, or give "
			  "--socket=PATH.",
			  shown);
		break;
	case -EEXIST:
		log_error("%s is there and is not a socket: remove it, or "
			  "give --socket=PATH.",
			  shown);
		break;
	case -ENAMETOOLONG:
		log_error("%s is too long for a socket's path (107 bytes): "
			  "give a shorter --socket=PATH.",
			  shown);
		break;
	case -ENOENT:
		log_error("The folder of %s does not exist: make it, or give "
			  "--socket=PATH.",
			  shown);
		break;
	default:
		log_error("Cannot listen at %s: %s.", shown, strerror(-error));
	}
	return EX_CANTCREAT;
}
