/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what the kernel has, and of where and as whom we run. */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor-config.h"
#include "doctor.h"
#include "netns.h"

#define OPTION "CONFIG_NET_DROP_MONITOR"

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static FILE *open_below(const struct doctor *d, const char *path)
{
	char whole[1024];

	snprintf(whole, sizeof(whole), "%s%s", d->root, path);
	return fopen(whole, "re");
}

/* Whether a line of the file has @word; also when it begins or ends there. */
static bool file_mentions(const struct doctor *d, const char *path,
			  const char *word)
{
	_cleanup_(cleanup_fclose) FILE *f = open_below(d, path);
	char line[1024];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, word))
			return true;
	return false;
}

static bool module_is_listed(const struct doctor *d, const char *list)
{
	char path[256];

	snprintf(path, sizeof(path), "/lib/modules/%s/%s", d->release, list);
	return file_mentions(d, path, "/drop_monitor.ko");
}

void check_kernel(const struct doctor *d, struct finding *ret)
{
	char value, path[CONFIG_PATH_MAX];

	if (config_find(d, OPTION, &value, path) < 0) {
		if (d->family == 0 || doctor_daemon_hears(d) ||
		    module_is_listed(d, "modules.dep") ||
		    module_is_listed(d, "modules.builtin"))
			finding_set(ret, FINDING_OK, NULL,
				    "Linux %s has drop_monitor.", d->release);
		else
			finding_set(ret, FINDING_UNKNOWN, NULL,
				    "The configuration of Linux %s is neither "
				    "in /proc/config.gz nor in /boot.",
				    d->release);
		return;
	}
	if (value == 'n')
		finding_set(ret, FINDING_PROBLEM,
			    "apt-get install linux-image-amd64",
			    "Linux %s is built without " OPTION " (%s), and so "
			    "tells nobody of drops: use another kernel, such "
			    "as your distribution's own.",
			    d->release, path);
	else
		finding_set(ret, FINDING_OK, NULL,
			    "Linux %s is built with " OPTION "=%c.", d->release,
			    value);
}

static bool kernel_lacks_option(const struct doctor *d)
{
	char value, path[CONFIG_PATH_MAX];

	return config_find(d, OPTION, &value, path) == 0 && value == 'n';
}

void check_module(const struct doctor *d, struct finding *ret)
{
	if (d->family == 0 || doctor_daemon_hears(d))
		finding_set(ret, FINDING_OK, NULL, "NET_DM answers.");
	else if (module_is_listed(d, "modules.builtin") ||
		 file_mentions(d, "/proc/modules", "drop_monitor "))
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "drop_monitor is in the kernel, but NET_DM cannot "
			    "be seen from here.");
	else if (kernel_lacks_option(d))
		finding_set(ret, FINDING_PROBLEM, NULL,
			    "There is no module drop_monitor for this kernel.");
	else if (module_is_listed(d, "modules.dep"))
		finding_set(ret, d->uid == 0 ? FINDING_PROBLEM : FINDING_NOTE,
			    "modprobe drop_monitor",
			    "The module drop_monitor is installed, but not "
			    "loaded%s",
			    d->uid == 0
				    ? ", and it does not load by itself: is it "
				      "blocked in /etc/modprobe.d?"
				    : ".");
	else if (!doctor_path_exists(d, "/lib/modules/%s", d->release))
		finding_set(ret, FINDING_PROBLEM, "reboot",
			    "There are no modules for the running kernel "
			    "(/lib/modules/%s): a newer one was installed "
			    "since the machine was started, or this is a "
			    "container.",
			    d->release);
	else
		finding_set(ret, FINDING_PROBLEM,
			    "apt-get install linux-modules-extra-$(uname -r)",
			    "The module drop_monitor is not installed for "
			    "Linux %s; some distributions keep it in a package "
			    "of its own.",
			    d->release);
}

/* 1: the same as PID 1's, 0: another, -errno. */
static int compare_with_init(const struct doctor *d)
{
	char path[1024], ours[64] = "", theirs[64] = "";

	snprintf(path, sizeof(path), "%s/proc/self/ns/net", d->root);
	if (readlink(path, ours, sizeof(ours) - 1) < 0)
		return -errno;
	snprintf(path, sizeof(path), "%s/proc/1/ns/net", d->root);
	if (readlink(path, theirs, sizeof(theirs) - 1) < 0)
		return -errno;
	return strcmp(ours, theirs) == 0;
}

/* The inode number of our network namespace; 0 if it cannot be read. */
static uint32_t own_inum(const struct doctor *d)
{
	char path[1024], ours[64] = "";
	uint32_t inum;

	snprintf(path, sizeof(path), "%s/proc/self/ns/net", d->root);
	if (readlink(path, ours, sizeof(ours) - 1) < 0 ||
	    sscanf(ours, "net:[%" SCNu32 "]", &inum) != 1)
		return 0;
	return inum;
}

static bool is_container(const struct doctor *d)
{
	return doctor_path_exists(d, "/run/systemd/container") ||
	       doctor_path_exists(d, "/.dockerenv") ||
	       doctor_path_exists(d, "/run/.containerenv");
}

void check_namespace(const struct doctor *d, struct finding *ret)
{
	bool initial = netns_is_initial(d->netns_cookie, own_inum(d));
	int same = d->netns_cookie == 0 ? compare_with_init(d) : 0;

	if (initial || (same > 0 && !is_container(d)))
		finding_set(ret, FINDING_OK, NULL,
			    "This is the initial network namespace.");
	else if (doctor_daemon_hears(d))
		finding_set(ret, FINDING_OK, NULL,
			    "nfdropd is in the initial network namespace.");
	else if (d->netns_cookie == 0 && same != 0)
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "It cannot be told whether this is the initial "
			    "network namespace%s.",
			    same < 0 ? "; root could" : "");
	else
		finding_set(ret, FINDING_PROBLEM,
			    is_container(d) ? NULL : "nsenter -t 1 -n nfdropd",
			    "This is %s network namespace, not the initial "
			    "one, the only one in which the kernel tells of "
			    "drops: run nfdropd on the host, or with the "
			    "host's network.",
			    is_container(d) ? "a container's" : "another");
}

static int read_capabilities(const struct doctor *d, uint64_t *ret)
{
	_cleanup_(cleanup_fclose) FILE *f = open_below(d, "/proc/self/status");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %" SCNx64, ret) == 1)
			return 0;
	return -ENODATA;
}

/* Capabilities of another user namespace than the initial do not count. */
static bool is_initial_user_namespace(const struct doctor *d)
{
	_cleanup_(cleanup_fclose) FILE *f = open_below(d, "/proc/self/uid_map");
	unsigned long inside, outside, count;

	return !f ||
	       (fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
		inside == 0 && outside == 0 && count == 4294967295UL);
}

void check_privileges(const struct doctor *d, struct finding *ret)
{
	const uint64_t needed = (UINT64_C(1) << CAP_SYS_ADMIN) |
				(UINT64_C(1) << CAP_NET_ADMIN);
	uint64_t has = 0;

	if (doctor_daemon_hears(d))
		finding_set(ret, FINDING_OK, NULL,
			    "nfdropd has the privileges it needs.");
	else if (read_capabilities(d, &has) < 0)
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "/proc/self/status cannot be read.");
	else if (!is_initial_user_namespace(d))
		finding_set(ret, FINDING_PROBLEM, NULL,
			    "This is a user namespace, such as a rootless "
			    "container's: nfdropd needs the host's own root.");
	else if ((has & needed) != needed)
		finding_set(ret, FINDING_NOTE, "sudo nfdropd",
			    "This user could not run nfdropd: it needs "
			    "CAP_SYS_ADMIN and CAP_NET_ADMIN.");
	else
		finding_set(ret, FINDING_OK, NULL,
			    "This user may run nfdropd.");
}
