/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "dropmon.h"
#include "util.h"

/* The first line that fits; error 0 fits every error of its step. */
static const struct explanation {
	enum dropmon_step step;
	int error;
	int exit_status;
	const char *text;
} explanations[] = {
	{ DROPMON_OPEN, -EPROTONOSUPPORT, EX_UNAVAILABLE,
	  "This kernel has no generic netlink (CONFIG_NET)." },
	{ DROPMON_OPEN, 0, EX_OSERR, "Cannot open a netlink socket" },
	{ DROPMON_NAMESPACE, 0, EX_CONFIG,
	  "Not in the initial network namespace, the only one in which the "
	  "kernel reports drops: run nfdropd outside the container, or with "
	  "the host's network." },
	{ DROPMON_RESOLVE, -ENOENT, EX_UNAVAILABLE,
	  "This kernel has no NET_DM: load the module with \"modprobe "
	  "drop_monitor\", or use a kernel with CONFIG_NET_DROP_MONITOR=m "
	  "or =y. \"nfdrop doctor\" says which of them is missing." },
	{ DROPMON_RESOLVE, -ENODATA, EX_UNAVAILABLE,
	  "This kernel's NET_DM has no group \"events\"; nfdropd needs Linux "
	  "5.4 or newer." },
	{ DROPMON_RESOLVE, 0, EX_OSERR,
	  "Cannot ask the kernel for the NET_DM family" },
	{ DROPMON_JOIN, -EPERM, EX_NOPERM,
	  "Not permitted to receive drops: run nfdropd as root, or with "
	  "CAP_SYS_ADMIN and CAP_NET_ADMIN of the initial user namespace." },
	{ DROPMON_JOIN, 0, EX_OSERR, "Cannot join NET_DM's group \"events\"" },
	{ DROPMON_CONFIGURE, -EPERM, EX_NOPERM,
	  "Not permitted to configure drop_monitor: run nfdropd as root, or "
	  "with CAP_NET_ADMIN of the initial user namespace." },
	{ DROPMON_CONFIGURE, -EOPNOTSUPP, EX_UNAVAILABLE,
	  "This kernel's drop_monitor cannot be configured; nfdropd needs "
	  "Linux 5.4 or newer." },
	{ DROPMON_CONFIGURE, 0, EX_OSERR, "Cannot configure drop_monitor" },
	{ DROPMON_START, -EPERM, EX_NOPERM,
	  "Not permitted to start drop_monitor: run nfdropd as root, or with "
	  "CAP_NET_ADMIN of the initial user namespace." },
	{ DROPMON_START, 0, EX_OSERR,
	  "The kernel refused to start drop_monitor; see dmesg(1)" },
	{ DROPMON_RECEIVE, 0, EX_OSERR, "Cannot read from drop_monitor" },
};

static const struct explanation *find(enum dropmon_step step, int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(explanations); i++)
		if (explanations[i].step == step &&
		    (explanations[i].error == error ||
		     explanations[i].error == 0))
			return &explanations[i];
	return &explanations[0];
}

const char *dropmon_explain(enum dropmon_step step, int error, char *buf,
			    size_t size)
{
	const struct explanation *e = find(step, error);
	size_t len = strlen(e->text);

	/* Without a full stop the errno's own words follow. */
	if (len > 0 && e->text[len - 1] == '.')
		snprintf(buf, size, "%s", e->text);
	else
		snprintf(buf, size, "%s: %s.", e->text, strerror(-error));
	return buf;
}

int dropmon_exit_status(enum dropmon_step step, int error)
{
	return find(step, error)->exit_status;
}

const char *dropmon_state_to_string(enum dropmon_state state)
{
	static const char *const names[_DROPMON_STATE_MAX] = {
		[DROPMON_STOPPED] = "stopped",
		[DROPMON_ACTIVE] = "active",
		[DROPMON_PASSIVE] = "passive",
		[DROPMON_ABSENT] = "absent",
	};

	return names[state];
}
