/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <locale.h>
#include <signal.h>

#include "manager.h"
#include "util.h"

#define EXIT_USAGE 2

DEFINE_CLEANUP(struct manager *, manager_free)

/* sd-event takes these from the queue; they must not end us before. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char *argv[])
{
	_cleanup_(cleanup_manager_free) struct manager *manager = NULL;
	struct config config;
	int exit_status = EXIT_SUCCESS, r;

	r = config_parse_argv(&config, argc, argv);
	if (r < 0)
		return EXIT_USAGE;
	if (r == CONFIG_DONE)
		return EXIT_SUCCESS;
	block_signals();
	r = manager_new(&manager, &config, &exit_status);
	if (r < 0)
		return exit_status;
	return manager_run(manager);
}
