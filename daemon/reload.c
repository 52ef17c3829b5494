/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sysexits.h>

#include "config-value.h"
#include "escape.h"
#include "log.h"
#include "nfdrop.h"
#include "proto.h"
#include "reload.h"
#include "util.h"

/* Less than systemd waits (TimeoutStartSec=, 90 seconds). */
#define WAIT_MSEC 60000

DEFINE_CLEANUP(struct nfdrop_client *, nfdrop_client_unref)
DEFINE_CLEANUP(struct nfdrop_event *, nfdrop_event_free)

static int wait_for_reply(struct nfdrop_client *client)
{
	_cleanup_(cleanup_nfdrop_event_free) struct nfdrop_event *event = NULL;
	int r;

	for (;;) {
		struct pollfd pfd = {
			.fd = nfdrop_client_get_fd(client),
			.events = (short)nfdrop_client_get_events(client),
		};

		r = poll(&pfd, 1, WAIT_MSEC);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r == 0)
			return -ETIMEDOUT;
		r = nfdrop_client_dispatch(client);
		if (r > 0)
			r = nfdrop_client_pop_event(client, &event);
		if (r < 0)
			return r;
		if (!event)
			continue;
		return nfdrop_event_get_type(event) == NFDROP_EVENT_REPLY
			       ? 0
			       : -ECONNRESET;
	}
}

static int ask(const char *socket)
{
	_cleanup_(cleanup_nfdrop_client_unref) struct nfdrop_client *client =
		NULL;
	int r;

	r = nfdrop_client_new(&client, socket);
	if (r < 0)
		return r;
	r = nfdrop_client_call(client, PROTO_SERVICE ".GetInfo", NULL);
	if (r < 0)
		return r;
	return wait_for_reply(client);
}

int reload_run(const char *pid, const char *socket)
{
	uint64_t number;
	char shown[256];
	int r;

	if (!pid || config_parse_number(pid, &number) < 0 || number < 2 ||
	    number > INT32_MAX) {
		log_error("--reload is for ExecReload= of a unit of systemd, "
			  "which sets $MAINPID; see nfdropd(8).");
		return EX_CONFIG;
	}
	if (kill((pid_t)number, SIGHUP) < 0) {
		log_error("Cannot signal process %" PRIu64 ": %s.", number,
			  strerror(errno));
		return EX_OSERR;
	}
	r = ask(socket);
	/* Another Socket= takes effect at the next start. */
	if (r < 0 && strcmp(socket, NFDROP_SOCKET_PATH) != 0 &&
	    ask(NFDROP_SOCKET_PATH) == 0)
		r = 0;
	/* It was told, and will do it. */
	if (r < 0)
		log_warning("nfdropd does not say at %s when it has read its "
			    "configuration: %s.",
			    escape_string(socket, shown, sizeof(shown)),
			    strerror(-r));
	return EXIT_SUCCESS;
}
