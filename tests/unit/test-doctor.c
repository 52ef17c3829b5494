/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each check on made-up folders and facts: no kernel, no privileges. */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "doctor-config.h"
#include "doctor.h"
#include "paths.h"

#define RELEASE "6.12.57-test"
#define ACTIVE	"\"state\":\"active\",\"version\":\"9.9\""

static char root[] = "/tmp/test-doctor-XXXXXX";
static struct doctor d;
static struct finding finding;

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test-doctor-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	d = (struct doctor){
		.root = root,
		.socket = NFDROP_SOCKET_PATH,
		.release = RELEASE,
		.user = "someone",
		.uid = 1000,
		.netns_cookie = 1,
		.family = -ENOENT,
		.connected = -ENOENT,
		.group = "nfdrop",
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	doctor_done(&d);
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folders of @path below the root, and returns the whole path. */
static const char *place(const char *path)
{
	static char whole[512];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *s = whole + strlen(root) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		(void)mkdir(whole, 0755);
		*s = '/';
	}
	return whole;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(place(path), "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* nfdropd's answer to GetStatus. */
static void answer(const char *json)
{
	d.connected = 0;
	json_object_put(d.answer.parameters);
	d.answer.parameters = json_tokener_parse(json);
	assert_non_null(d.answer.parameters);
}

static void assert_finding(const char *name, enum finding_state expected,
			   const char *text, const char *fix)
{
	const struct doctor_check *check;
	size_t i = 0;

	while ((check = doctor_check_at(i)) && strcmp(check->name, name) != 0)
		i++;
	assert_non_null(check);
	check->run(&d, &finding);
	assert_string_equal(finding.text, text);
	assert_string_equal(finding.fix, fix);
	assert_string_equal(finding_state_to_string(finding.state),
			    finding_state_to_string(expected));
}

static void test_kernel(void **state)
{
	(void)state;
	assert_finding("kernel", FINDING_UNKNOWN,
		       "The configuration of Linux " RELEASE " is neither in "
		       "/proc/config.gz nor in /boot.",
		       "");
	put("/boot/config-" RELEASE,
	    "CONFIG_NET=y\nCONFIG_NET_DROP_MONITOR=m\n");
	assert_finding("kernel", FINDING_OK,
		       "Linux " RELEASE " is built with "
		       "CONFIG_NET_DROP_MONITOR=m.",
		       "");
	put("/boot/config-" RELEASE, "CONFIG_NET_DROP_MONITOR=y\n");
	assert_finding("kernel", FINDING_OK,
		       "Linux " RELEASE " is built with "
		       "CONFIG_NET_DROP_MONITOR=y.",
		       "");
}

static void test_kernel_without(void **state)
{
	char expected[512];

	(void)state;
	put("/lib/modules/" RELEASE "/config",
	    "CONFIG_NET=y\n# CONFIG_NET_DROP_MONITOR is not set\n");
	snprintf(expected, sizeof(expected),
		 "Linux " RELEASE " is built without CONFIG_NET_DROP_MONITOR "
		 "(%s/lib/modules/" RELEASE "/config), and so tells nobody of "
		 "drops: use another kernel, such as your distribution's own.",
		 root);
	assert_finding("kernel", FINDING_PROBLEM, expected,
		       "apt-get install linux-image-amd64");
	assert_finding("module", FINDING_PROBLEM,
		       "There is no module drop_monitor for this kernel.", "");
	/* A kernel that answers is not argued with. */
	d.family = 0;
	assert_finding("module", FINDING_OK, "NET_DM answers.", "");
}

static void test_config_gz(void **state)
{
	char command[1024], value, path[CONFIG_PATH_MAX];

	(void)state;
	/* What is no configuration is passed over. */
	put("/proc/config.gz", "no gzip");
	assert_int_equal(config_find(&d, "CONFIG_NET", &value, path), -ENOENT);
	put("/proc/config", "CONFIG_NET=y\nCONFIG_NET_X=m\n");
	snprintf(command, sizeof(command), "gzip -f %s/proc/config", root);
	if (system(command) != 0)
		skip();
	assert_int_equal(config_find(&d, "CONFIG_NET", &value, path), 0);
	assert_int_equal(value, 'y');
	assert_int_equal(config_find(&d, "CONFIG_NET_X", &value, path), 0);
	assert_int_equal(value, 'm');
	assert_int_equal(config_find(&d, "CONFIG_N", &value, path), 0);
	assert_int_equal(value, 'n');
}

static void test_module(void **state)
{
	(void)state;
	assert_finding("module", FINDING_PROBLEM,
		       "There are no modules for the running kernel "
		       "(/lib/modules/" RELEASE "): a newer one was installed "
		       "since the machine was started, or this is a container.",
		       "reboot");
	put("/lib/modules/" RELEASE "/modules.dep", "kernel/net/other.ko:\n");
	assert_finding(
		"module", FINDING_PROBLEM,
		"The module drop_monitor is not installed for Linux " RELEASE
		"; some distributions keep it in a package of "
		"its own.",
		"apt-get install linux-modules-extra-$(uname -r)");
	put("/lib/modules/" RELEASE "/modules.dep",
	    "kernel/net/core/drop_monitor.ko.xz:\n");
	assert_finding("module", FINDING_NOTE,
		       "The module drop_monitor is installed, but not loaded.",
		       "modprobe drop_monitor");
	d.uid = 0;
	assert_finding("module", FINDING_PROBLEM,
		       "The module drop_monitor is installed, but not loaded, "
		       "and it does not load by itself: is it blocked in "
		       "/etc/modprobe.d?",
		       "modprobe drop_monitor");
	put("/proc/modules", "drop_monitor 1 0 - Live 0x0\n");
	assert_finding("module", FINDING_UNKNOWN,
		       "drop_monitor is in the kernel, but NET_DM cannot be "
		       "seen from here.",
		       "");
}

static void link_namespace(const char *path, const char *target)
{
	assert_int_equal(symlink(target, place(path)), 0);
}

static void test_namespace(void **state)
{
	(void)state;
	assert_finding("namespace", FINDING_OK,
		       "This is the initial network namespace.", "");
	d.netns_cookie = 77;
	assert_finding("namespace", FINDING_PROBLEM,
		       "This is another network namespace, not the initial "
		       "one, the only one in which the kernel tells of drops: "
		       "run nfdropd on the host, or with the host's network.",
		       "nsenter -t 1 -n nfdropd");
	put("/.dockerenv", "");
	assert_finding("namespace", FINDING_PROBLEM,
		       "This is a container's network namespace, not the "
		       "initial one, the only one in which the kernel tells of "
		       "drops: run nfdropd on the host, or with the host's "
		       "network.",
		       "");
	/* nfdropd's place counts, not ours. */
	answer("{" ACTIVE "}");
	assert_finding("namespace", FINDING_OK,
		       "nfdropd is in the initial network namespace.", "");
}

static void test_namespace_new_kernel(void **state)
{
	(void)state;
	d.netns_cookie = 7;
	link_namespace("/proc/self/ns/net", "net:[4026531833]");
	assert_finding("namespace", FINDING_OK,
		       "This is the initial network namespace.", "");
	/* The seventh namespace of an older kernel. */
	assert_int_equal(unlink(place("/proc/self/ns/net")), 0);
	link_namespace("/proc/self/ns/net", "net:[4026532211]");
	assert_finding("namespace", FINDING_PROBLEM,
		       "This is another network namespace, not the initial "
		       "one, the only one in which the kernel tells of drops: "
		       "run nfdropd on the host, or with the host's network.",
		       "nsenter -t 1 -n nfdropd");
}

static void test_namespace_old_kernel(void **state)
{
	(void)state;
	d.netns_cookie = 0;
	assert_finding("namespace", FINDING_UNKNOWN,
		       "It cannot be told whether this is the initial network "
		       "namespace; root could.",
		       "");
	link_namespace("/proc/self/ns/net", "net:[1]");
	link_namespace("/proc/1/ns/net", "net:[1]");
	assert_finding("namespace", FINDING_OK,
		       "This is the initial network namespace.", "");
	/* A container has a PID 1 of its own. */
	put("/run/.containerenv", "");
	assert_finding("namespace", FINDING_UNKNOWN,
		       "It cannot be told whether this is the initial network "
		       "namespace.",
		       "");
}

static void test_privileges(void **state)
{
	(void)state;
	assert_finding("privileges", FINDING_UNKNOWN,
		       "/proc/self/status cannot be read.", "");
	put("/proc/self/status", "Name:\tx\nCapEff:\t0000000000000000\n");
	assert_finding("privileges", FINDING_NOTE,
		       "This user could not run nfdropd: it needs "
		       "CAP_SYS_ADMIN and CAP_NET_ADMIN.",
		       "sudo nfdropd");
	put("/proc/self/status", "CapEff:\t000001ffffffffff\n");
	assert_finding("privileges", FINDING_OK, "This user may run nfdropd.",
		       "");
	put("/proc/self/uid_map", "         0       1000          1\n");
	assert_finding("privileges", FINDING_PROBLEM,
		       "This is a user namespace, such as a rootless "
		       "container's: nfdropd needs the host's own root.",
		       "");
	answer("{" ACTIVE "}");
	assert_finding("privileges", FINDING_OK,
		       "nfdropd has the privileges it needs.", "");
}

static void test_daemon_down(void **state)
{
	(void)state;
	assert_finding(
		"daemon", FINDING_PROBLEM,
		"nfdropd is not running: there is no socket at " NFDROP_SOCKET_PATH
		".",
		"mkdir -p /run/nfdropd && nfdropd &");
	put("/usr/lib/systemd/system/nfdropd.service", "");
	assert_finding(
		"daemon", FINDING_PROBLEM,
		"nfdropd is not running: there is no socket at " NFDROP_SOCKET_PATH
		".",
		"mkdir -p /run/nfdropd && nfdropd &");
	put("/run/systemd/system/x", "");
	d.connected = -ECONNREFUSED;
	assert_finding(
		"daemon", FINDING_PROBLEM,
		"nfdropd is not running: it left the socket at " NFDROP_SOCKET_PATH
		" behind.",
		"systemctl start nfdropd");
	d.socket = "/tmp/\x1b";
	assert_finding("daemon", FINDING_PROBLEM,
		       "nfdropd is not running: it left the socket at "
		       "/tmp/\\x1b behind.",
		       "nfdropd --socket=/tmp/\\x1b &");
	d.socket = "/s";
	d.connected = -ETIMEDOUT;
	assert_finding("daemon", FINDING_PROBLEM,
		       "nfdropd at /s does not answer.",
		       "journalctl -u nfdropd");
	answer("{" ACTIVE "}");
	assert_finding("daemon", FINDING_OK, "nfdropd 9.9 answers at /s.", "");
}

static void test_later_checks_go_on(void **state)
{
	static const char *const names[] = { "monitor", "traffic", "losses",
					     "reasons", "rules",   "ruleset",
					     "counts" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_finding(names[i], FINDING_UNKNOWN,
			       "nfdropd would have to answer first.", "");
}

static void test_access(void **state)
{
	(void)state;
	assert_finding("access", FINDING_UNKNOWN,
		       "nfdropd would have to answer first.", "");
	d.connected = -EACCES;
	assert_finding("daemon", FINDING_UNKNOWN,
		       "This user may not connect to " NFDROP_SOCKET_PATH ".",
		       "");
	assert_finding("access", FINDING_PROBLEM,
		       "Only root may read: there is no group nfdrop. Make it, "
		       "then start nfdropd again.",
		       "groupadd --system nfdrop && usermod -aG nfdrop "
		       "someone");
	d.group_exists = true;
	answer("{\"group\":\"nfdrop\",\"message\":\"m\"}");
	d.answer.error = strdup("io.nfdrop.Monitor.PermissionDenied");
	assert_finding("access", FINDING_PROBLEM,
		       "someone may not read: be root, or become a member of "
		       "the group nfdrop and log in again.",
		       "usermod -aG nfdrop someone");
	d.group_listed = true;
	assert_finding("access", FINDING_PROBLEM,
		       "someone has become a member of the group nfdrop since "
		       "logging in: log in again.",
		       "newgrp nfdrop");
	/* An error is no status. */
	assert_finding("monitor", FINDING_UNKNOWN,
		       "nfdropd would have to answer first.", "");
}

static void test_monitor(void **state)
{
	(void)state;
	answer("{\"state\":\"stopped\",\"message\":\"Not \\u001bpermitted.\"}");
	assert_finding("monitor", FINDING_PROBLEM, "Not \\x1bpermitted.",
		       "journalctl -u nfdropd");
	answer_done(&d.answer);
	answer("{\"state\":\"passive\",\"monitor\":{\"owner\":\"other\","
	       "\"mode\":\"summary\"}}");
	assert_finding("monitor", FINDING_PROBLEM,
		       "Another program, such as dropwatch, runs drop_monitor "
		       "in summary mode: no packet and no reason is told until "
		       "it is stopped.",
		       "pgrep -a dropwatch");
	assert_finding("reasons", FINDING_NOTE,
		       "Summary mode tells no reasons.", "");
	answer_done(&d.answer);
	answer("{\"state\":\"passive\",\"monitor\":{\"owner\":\"other\","
	       "\"mode\":\"packet\"}}");
	assert_finding("monitor", FINDING_NOTE,
		       "Another program, such as dropwatch, started "
		       "drop_monitor, and its settings hold.",
		       "pgrep -a dropwatch");
	answer_done(&d.answer);
	answer("{" ACTIVE ",\"monitor\":{\"owner\":\"nfdropd\","
	       "\"restarts\":2}}");
	assert_finding("monitor", FINDING_NOTE,
		       "Another program stopped drop_monitor 2 times; nfdropd "
		       "started it again.",
		       "pgrep -a dropwatch");
	answer_done(&d.answer);
	answer("{" ACTIVE ",\"monitor\":{\"owner\":\"nfdropd\","
	       "\"restarts\":0}}");
	assert_finding("monitor", FINDING_OK,
		       "nfdropd runs drop_monitor, in packet mode.", "");
}

static void test_traffic(void **state)
{
	(void)state;
	answer("{" ACTIVE ",\"events\":5}");
	assert_finding("traffic", FINDING_UNKNOWN,
		       "nfdropd would have to hear the kernel first.", "");
	d.later = json_tokener_parse("{\"events\":5}");
	assert_finding("traffic", FINDING_NOTE,
		       "No packet was dropped just now, and none could be made "
		       "to be; 5 since nfdropd's start.",
		       "");
	d.provoked = true;
	assert_finding("traffic", FINDING_PROBLEM,
		       "A packet was dropped for this check, and nfdropd did "
		       "not see it: start nfdropd again.",
		       "journalctl -u nfdropd");
	json_object_put(d.later);
	d.later = json_tokener_parse("{\"events\":6}");
	assert_finding("traffic", FINDING_OK,
		       "nfdropd saw a packet that was dropped for this check; "
		       "since its start 6 drops.",
		       "");
}

static void test_losses(void **state)
{
	(void)state;
	answer("{" ACTIVE ",\"events\":1000,\"losses\":{\"socket\":0}}");
	assert_finding("losses", FINDING_OK, "No drop was lost.", "");
	answer_done(&d.answer);
	answer("{" ACTIVE ",\"events\":1000,\"losses\":{\"socket\":10}}");
	assert_finding("losses", FINDING_NOTE,
		       "10 drops could not be shown, 1000 were seen; most were "
		       "lost in nfdropd's socket.",
		       "nfdropd --receive-buffer=67108864");
	answer_done(&d.answer);
	answer("{" ACTIVE ",\"events\":1000,\"losses\":{\"socket\":10,"
	       "\"kernel_queue\":20,\"sessions\":1}}");
	assert_finding("losses", FINDING_PROBLEM,
		       "31 drops could not be shown, 1000 were seen; most were "
		       "lost in the kernel's queue.",
		       "nfdropd --queue-length=100000");

	/* The service has its command line from its unit. */
	d.socket = NFDROP_SOCKET_PATH;
	put("/usr/lib/systemd/system/nfdropd.service", "");
	put("/run/systemd/system/x", "");
	assert_finding(
		"losses", FINDING_PROBLEM,
		"31 drops could not be shown, 1000 were seen; most were "
		"lost in the kernel's queue.",
		"printf '[Monitor]\\nQueueLength=100000\\n' > " NFDROP_CONFDIR
		"/nfdropd.conf.d/losses.conf && "
		"systemctl restart nfdropd");
}

static void test_reasons(void **state)
{
	(void)state;
	answer("{" ACTIVE ",\"features\":[\"packets\"]}");
	assert_finding("reasons", FINDING_UNKNOWN,
		       "No drop with a reason was seen yet.", "");
	d.later = json_tokener_parse("{\"features\":[\"packets\","
				     "\"reasons\"]}");
	assert_finding("reasons", FINDING_OK, "The kernel tells reasons.", "");
	strcpy(d.release, "5.10.0-30-amd64");
	assert_finding("reasons", FINDING_NOTE,
		       "Linux 5.10.0-30-amd64 tells no reasons; 5.18 and newer "
		       "do.",
		       "");
}

static void test_rules(void **state)
{
	(void)state;
	answer("{" ACTIVE ",\"features\":[\"netfilter\"],"
	       "\"trace\":{\"state\":\"not-needed\",\"message\":\"m\"}}");
	assert_finding("rules", FINDING_OK,
		       "The kernel tells which rule drops.", "");
	answer("{" ACTIVE ",\"features\":[],"
	       "\"trace\":{\"state\":\"idle\",\"message\":\"m\"}}");
	assert_finding("rules", FINDING_OK,
		       "The kernel does not tell which rule drops; it is "
		       "learnt from packets that are traced, after a flow's "
		       "first drop.",
		       "");
	answer("{" ACTIVE ",\"features\":[],"
	       "\"trace\":{\"state\":\"failed\",\"message\":\"No.\\u001b\"}}");
	assert_finding("rules", FINDING_NOTE, "No.\\x1b", "");
	answer("{" ACTIVE ",\"features\":[]}");
	assert_finding("rules", FINDING_UNKNOWN,
		       "nfdropd does not tell whether it traces packets.", "");
}

static void test_ruleset(void **state)
{
	(void)state;
	answer("{" ACTIVE ",\"ruleset\":{\"state\":\"current\","
	       "\"message\":\"Some are new.\",\"problem\":false,"
	       "\"rules\":1}}");
	assert_finding("ruleset", FINDING_OK,
		       "nfdropd follows the ruleset, 1 rule.", "");
	answer("{" ACTIVE ",\"ruleset\":{\"state\":\"behind\","
	       "\"message\":\"Again.\",\"problem\":false}}");
	assert_finding("ruleset", FINDING_NOTE, "Again.", "");
	answer("{" ACTIVE ",\"ruleset\":{\"state\":\"current\","
	       "\"message\":\"It ended.\\u001b\",\"problem\":true}}");
	assert_finding("ruleset", FINDING_PROBLEM, "It ended.\\x1b",
		       "journalctl -u nfdropd -u 'nfdropd-reader@*'");
}

static void test_counts(void **state)
{
	(void)state;
	answer("{" ACTIVE ",\"rules\":{\"counting\":true}}");
	assert_finding("counts", FINDING_OK,
		       "Nothing keeps the counts from being written.", "");
	answer("{" ACTIVE ",\"rules\":{\"message\":\"Full.\"}}");
	assert_finding("counts", FINDING_PROBLEM, "Full.", "");
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kernel),
		TEST(test_kernel_without),
		TEST(test_config_gz),
		TEST(test_module),
		TEST(test_namespace),
		TEST(test_namespace_new_kernel),
		TEST(test_namespace_old_kernel),
		TEST(test_privileges),
		TEST(test_daemon_down),
		TEST(test_later_checks_go_on),
		TEST(test_access),
		TEST(test_monitor),
		TEST(test_traffic),
		TEST(test_losses),
		TEST(test_reasons),
		TEST(test_rules),
		TEST(test_ruleset),
		TEST(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
