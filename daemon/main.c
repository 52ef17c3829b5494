/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <grp.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "config-load.h"
#include "escape.h"
#include "log.h"
#include "manager.h"
#include "reader.h"
#include "reload.h"
#include "util.h"

#define EXIT_USAGE 2
/* User= of nfdropd.service. */
#define SERVICE_USER "nfdropd"

DEFINE_CLEANUP(struct manager *, manager_free)

/* sd-event takes these from the queue; they must not end us before. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/*
 * So that root is told of files that the service may not read. Only to look,
 * and for good.
 */
static void look_as_service(void)
{
	const struct passwd *user = NULL;

	if (geteuid() == 0)
		user = getpwnam(SERVICE_USER);
	if (user && (initgroups(user->pw_name, user->pw_gid) < 0 ||
		     setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0))
		log_warning("Cannot look at the configuration as the user %s: "
			    "%s.",
			    SERVICE_USER, strerror(errno));
}

/* What a start would fail for, or flush to nowhere. */
static int check_state(const struct config *config)
{
	char shown[256];

	if (config->state[0] == '\0' ||
	    access(config->state, R_OK | W_OK | X_OK) == 0)
		return 0;
	log_warning("[Counts] Directory=%s: %s.",
		    escape_string(config->state, shown, sizeof(shown)),
		    strerror(errno));
	return 1;
}

/* As a unit of systemd that begins with a connection: with Accept=yes. */
static int serve_reader(void)
{
	if (sd_listen_fds(true) != 1) {
		log_error("--serve-reader is for a unit that systemd starts "
			  "with one connection; see nfdropd(8).");
		return EX_CONFIG;
	}
	reader_serve(SD_LISTEN_FDS_START);
}

int main(int argc, char *argv[])
{
	_cleanup_(cleanup_manager_free) struct manager *manager = NULL;
	struct config_args args;
	struct config config;
	unsigned int n_unread;
	int exit_status = EXIT_SUCCESS, r;

	r = config_parse_argv(&args, argc, argv);
	if (r < 0)
		return EXIT_USAGE;
	if (r == CONFIG_DONE)
		return EXIT_SUCCESS;
	if (args.serve_reader)
		return serve_reader();
	if (args.check && !args.file)
		look_as_service();
	r = config_load(&config, &args, &n_unread);
	if (r < 0)
		return EX_CONFIG;
	if (args.check)
		return r + check_state(&config) > 0 ? EXIT_FAILURE
						    : EXIT_SUCCESS;
	/* Nor would nfdropd take it. */
	if (args.reload && n_unread > 0) {
		log_warning("Going on as configured before.");
		return EX_NOPERM;
	}
	if (args.reload)
		return reload_run(getenv("MAINPID"), config.socket);
	block_signals();
	r = manager_new(&manager, &config, &args, &exit_status);
	if (r < 0)
		return exit_status;
	return manager_run(manager);
}
