/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "util.h"
#include "xt-list.h"

#define TOOL_SECONDS 10
#define PATH_SIZE    64

static const struct tool {
	uint8_t family;
	const char *name;
	const char *names; /* of the tables that there are; NULL: no list */
	const char *arguments[4]; /* behind the table */
} tools[] = {
	{ NFPROTO_IPV4,
	  "iptables-legacy-save",
	  "/proc/net/ip_tables_names",
	  { "-c" } },
	{ NFPROTO_IPV6,
	  "ip6tables-legacy-save",
	  "/proc/net/ip6_tables_names",
	  { "-c" } },
	{ NFPROTO_ARP,
	  "arptables-legacy",
	  "/proc/net/arp_tables_names",
	  { "-L", "-n", "-v" } },
	{ NFPROTO_BRIDGE, "ebtables-legacy", NULL, { "-L", "--Lc" } },
};

/* They make no table, and say so of one that is not theirs. */
static const struct tool nft_tools[] = {
	{ NFPROTO_IPV4, "iptables-nft-save", NULL, { "-c" } },
	{ NFPROTO_IPV6, "ip6tables-nft-save", NULL, { "-c" } },
};

/* Where packages put them; no other folder is looked at. */
static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin",
				       "/usr/local/sbin" };

DEFINE_CLEANUP(FILE *, fclose)

static const struct tool *find_tool(const struct tool *table, size_t n,
				    uint8_t family)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].family == family)
			return &table[i];
	return NULL;
}

const char *xt_list_tool(uint8_t family)
{
	const struct tool *tool = find_tool(tools, ARRAY_SIZE(tools), family);

	return tool ? tool->name : NULL;
}

static int find_path(const struct tool *tool, char path[PATH_SIZE])
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, PATH_SIZE, "%s/%s", folders[i], tool->name);
		if (access(path, X_OK) == 0)
			return 0;
	}
	return -ENOPKG;
}

/* The next table in the kernel's list, without the line's end. */
static bool next_name(FILE *f, char *buf, size_t size)
{
	if (!fgets(buf, (int)size, f))
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

static bool has_table(const struct tool *tool, const char *table)
{
	_cleanup_(cleanup_fclose) FILE *f = NULL;
	char name[64];

	if (!tool->names)
		return true;
	f = fopen(tool->names, "re");
	while (f && next_name(f, name, sizeof(name)))
		if (strcmp(name, table) == 0)
			return true;
	return false;
}

/* What a table of the kernel's is called, and no option. */
static bool is_plain(const char *s)
{
	return s[0] != '\0' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

/* A user who is not root keeps them over exec only when they are ambient. */
static int keep_capabilities(void)
{
	static const unsigned int caps[] = { CAP_NET_ADMIN, CAP_NET_RAW };
	bool keeps[ARRAY_SIZE(caps)];

	if (capng_get_caps_process() < 0)
		return -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		keeps[i] = capng_have_capability(CAPNG_PERMITTED, caps[i]);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		if (keeps[i])
			capng_update(CAPNG_ADD,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED |
					     CAPNG_INHERITABLE,
				     caps[i]);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		if (keeps[i])
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
				    caps[i], 0, 0);
	return 0;
}

_Noreturn static void run(const struct tool *tool, const char *path,
			  const char *table, int out)
{
	static char *const environment[] = {
		(char *)(uintptr_t) "LC_ALL=C",
		(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		NULL,
	};
	struct rlimit limit = { TOOL_SECONDS, TOOL_SECONDS };
	char *argv[ARRAY_SIZE(tool->arguments) + 3] = { 0 };
	int null = open("/dev/null", O_RDWR);
	size_t n = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_CPU, &limit);
	/* ebtables wants the table first. */
	argv[n++] = (char *)(uintptr_t)tool->name;
	argv[n++] = (char *)(uintptr_t) "-t";
	argv[n++] = (char *)(uintptr_t)table;
	for (size_t i = 0; tool->arguments[i]; i++)
		argv[n++] = (char *)(uintptr_t)tool->arguments[i];
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)alarm(0);
	if (keep_capabilities() == 0)
		execve(path, argv, environment);
	_exit(127);
}

static int list(int out, const struct tool *tool, const char *table)
{
	char path[PATH_SIZE];
	int status = 0, r;
	pid_t pid;

	if (!tool || !is_plain(table))
		return -EINVAL;
	r = find_path(tool, path);
	if (r < 0)
		return r;
	if (!has_table(tool, table))
		return -ENOENT;
	/* Whoever ignores it is not told how a child ended. */
	(void)signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run(tool, path, table, out);
	/* Ends this process, and with it the tool. */
	(void)alarm(2 * TOOL_SECONDS);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int xt_list(int out, uint8_t family, const char *table)
{
	return list(out, find_tool(tools, ARRAY_SIZE(tools), family), table);
}

int xt_list_nft(int out, uint8_t family, const char *table)
{
	return list(out, find_tool(nft_tools, ARRAY_SIZE(nft_tools), family),
		    table);
}

static int list_names(int out, const struct tool *tool)
{
	_cleanup_(cleanup_fclose) FILE *f = fopen(tool->names, "re");
	char name[64];

	while (f && next_name(f, name, sizeof(name)))
		if (dprintf(out, "%u %s\n", tool->family, name) < 0)
			return -EIO;
	return 0;
}

int xt_list_tables(int out)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tools) && r == 0; i++)
		if (tools[i].names)
			r = list_names(out, &tools[i]);
	return r;
}
