/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Also of trace-nft. In a network namespace of its own, of the kernel at hand.
 */
#include <errno.h>
#include <nftables/libnftables.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include <cmocka.h>

#include "trace-child.h"
#include "util.h"

static struct nft_ctx *nft;

static int setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return 0;
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	nft_ctx_buffer_output(nft);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (nft)
		nft_ctx_free(nft);
	return 0;
}

static const char *run(const char *command)
{
	assert_int_equal(nft_run_cmd_from_buffer(nft, command), 0);
	return nft_ctx_get_output_buffer(nft);
}

static bool is_left(void)
{
	return strstr(run("list tables"), "nfdropd-") != NULL;
}

/* Skipped where no namespace is to be had. */
#define NEEDS_NAMESPACE()       \
	do {                    \
		if (!nft)       \
			skip(); \
	} while (0)

static struct trace_nft_status status;
static struct trace_expression_error error;

static int make(const struct trace_nft_config *config, struct trace_nft **ret)
{
	int r;

	assert_int_equal(trace_nft_new(ret, config), 0);
	error = (struct trace_expression_error){ 0 };
	r = trace_nft_make(*ret, &status, &error);
	if (r < 0) {
		trace_nft_free(TAKE_PTR(*ret));
		assert_false(is_left());
	}
	return r;
}

static void assert_made(const char *expression, uint32_t families,
			const struct trace_places *places)
{
	struct trace_nft_config config = { .expression = expression,
					   .rate = 10 };
	struct trace_nft *t;

	if (places)
		config.places = *places;
	assert_int_equal(make(&config, &t), 0);
	assert_int_equal(status.families, families);
	assert_true(status.is_owned);
	assert_int_equal(trace_nft_look(t), 0);
	assert_non_null(strstr(run("list tables"), status.table));
	trace_nft_free(t);
	assert_false(is_left());
}

static void test_families(void **state)
{
	static const struct trace_places all = {
		.hooks = { [TRACE_BRIDGE] = 1U << NF_INET_FORWARD,
			   [TRACE_ARP] = 1 },
	};
	const uint32_t inet = 1U << TRACE_INET;

	(void)state;
	NEEDS_NAMESPACE();
	assert_made("tcp dport 1", inet, NULL);
	assert_false(status.is_after_conntrack);
	assert_made("tcp dport 1", inet | 1U << TRACE_BRIDGE, &all);
	assert_made("arp operation request",
		    1U << TRACE_BRIDGE | 1U << TRACE_ARP, &all);
	assert_made("meta mark 1", inet | 1U << TRACE_BRIDGE | 1U << TRACE_ARP,
		    &all);
	assert_made("ct mark 1 iifname \"x\" tcp dport { 1, 2-3 }", inet, NULL);
	assert_true(status.is_after_conntrack);
}

/* A device that is not there, and one whose name nft cannot write. */
static void test_devices(void **state)
{
	struct trace_places places = {
		.hooks = { [TRACE_NETDEV] = 1 },
		.devices[0] = { .names = { "lo", "\"" }, .n = 2 },
	};

	(void)state;
	NEEDS_NAMESPACE();
	assert_made("tcp dport 1", 1U << TRACE_INET | 1U << TRACE_NETDEV,
		    &places);
}

static void test_hooks(void **state)
{
	const struct trace_nft_config config = { .expression = "tcp dport 1",
						 .rate = 10 };
	struct trace_nft *t;
	const char *text;

	(void)state;
	NEEDS_NAMESPACE();
	assert_int_equal(make(&config, &t), 0);
	text = run("list ruleset");
	assert_non_null(strstr(text, "tcp dport 1 jump marking"));
	assert_non_null(strstr(text, "limit rate 30/second"));
	assert_non_null(strstr(text, "hook postrouting priority -2147483647"));
	assert_non_null(strstr(text, "hook postrouting priority 2147483646"));
	trace_nft_free(t);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"tcp dport",
		"accept",
		"tcp dport 1 drop",
		"counter",
		"log",
		"tcp dport 1 counter",
		"meta mark set 1",
		"limit rate 1/second",
		"jump marking",
		"goto marking",
		"tcp dport vmap { 1 : accept }",
		"notrack",
		"position 1 tcp dport 1",
		"index 0 accept",
		"comment \"x\"",
		"ip saddr @x",
		"tcp dport 1 return",
		"meta nftrace set 1",
		"queue num 1",
		"add @x { ip saddr }",
		"quota 1 bytes",
		"masquerade",
		"reject",
	};

	(void)state;
	NEEDS_NAMESPACE();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct trace_nft_config config = { .expression = bad[i],
							 .rate = 10 };
		struct trace_nft *t;

		assert_int_equal(make(&config, &t), -EINVAL);
		assert_true(error.message[0] != '\0');
		assert_in_range(error.at, 0, strlen(bad[i]));
	}
}

/* An old kernel's, which do not go by themselves; and what a killed one left.
 */
static void test_no_owner(void **state)
{
	const struct trace_nft_config config = {
		.expression = "tcp dport 1",
		.rate = 10,
		.no_owner = true,
	};
	struct trace_nft *t;
	char command[128];
	pid_t dead = fork();

	(void)state;
	if (dead == 0)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	NEEDS_NAMESPACE();
	snprintf(command, sizeof(command),
		 "add table bridge nfdropd-%d\nadd table ip nfdropd-%d-1\n"
		 "add table ip nfdropd-x\nadd table ip nfdropd-1",
		 (int)dead, (int)dead);
	run(command);
	assert_int_equal(make(&config, &t), 0);
	assert_false(status.is_owned);
	snprintf(command, sizeof(command),
		 "table ip nfdropd-x\ntable ip nfdropd-1\ntable inet %s\n",
		 status.table);
	assert_string_equal(run("list tables"), command);
	/* Somebody removes it. */
	assert_int_equal(trace_nft_look(t), 0);
	run("flush ruleset");
	assert_int_equal(trace_nft_look(t), -ENOENT);
	assert_int_equal(trace_nft_make(t, &status, &error), 0);
	assert_int_equal(trace_nft_look(t), 0);
	assert_true(is_left());
	trace_nft_free(t);
	assert_false(is_left());
}

/* Somebody has the name. */
static void test_name(void **state)
{
	const struct trace_nft_config config = { .expression = "tcp dport 1",
						 .rate = 10 };
	struct trace_nft *t, *second;
	char command[128];

	(void)state;
	NEEDS_NAMESPACE();
	snprintf(command, sizeof(command), "add table inet nfdropd-%d",
		 (int)getpid());
	run(command);
	assert_int_equal(make(&config, &t), 0);
	snprintf(command, sizeof(command), "nfdropd-%d-1", (int)getpid());
	assert_string_equal(status.table, command);
	assert_int_equal(make(&config, &second), 0);
	snprintf(command, sizeof(command), "nfdropd-%d-2", (int)getpid());
	assert_string_equal(status.table, command);
	/* Others' do not go with a flush, which removes the one without owner.
	 */
	run("flush ruleset");
	assert_int_equal(trace_nft_look(t), 0);
	assert_int_equal(trace_nft_look(second), 0);
	trace_nft_free(t);
	trace_nft_free(second);
	assert_false(is_left());
}

/* Waits for what it says, or its end. */
static int hear(struct trace_child *child, struct trace_child_message *ret)
{
	struct pollfd pollfd = { .fd = child->fd, .events = POLLIN };

	assert_int_equal(poll(&pollfd, 1, 30000), 1);
	return trace_child_read(child, ret);
}

static void test_child(void **state)
{
	struct trace_nft_config config = { .expression = "tcp dport 1",
					   .rate = 10 };
	struct trace_child_message message;
	struct trace_child child;

	(void)state;
	NEEDS_NAMESPACE();
	/* Asked to end. */
	assert_int_equal(trace_child_start(&child, &config), 0);
	assert_int_equal(hear(&child, &message), 1);
	assert_int_equal(message.what, TRACE_CHILD_READY);
	assert_non_null(strstr(run("list tables"), message.status.table));
	assert_int_equal(trace_child_read(&child, &message), 0);
	trace_child_stop(&child);
	assert_int_equal(hear(&child, &message), -ENOTCONN);
	assert_false(is_left());
	assert_int_equal(child.fd, -1);
	assert_int_equal(trace_child_read(&child, &message), -ENOTCONN);
	/* Killed: its tables are gone when that returns. */
	assert_int_equal(trace_child_start(&child, &config), 0);
	assert_int_equal(hear(&child, &message), 1);
	assert_true(is_left());
	trace_child_kill(&child);
	assert_false(is_left());
	trace_child_kill(&child);
	/* By somebody else. */
	assert_int_equal(trace_child_start(&child, &config), 0);
	assert_int_equal(hear(&child, &message), 1);
	assert_int_equal(kill(child.pid, SIGKILL), 0);
	assert_int_equal(hear(&child, &message), -ENOTCONN);
	assert_false(is_left());
	/* A table that somebody removes, of an old kernel. */
	config.no_owner = true;
	assert_int_equal(trace_child_start(&child, &config), 0);
	assert_int_equal(hear(&child, &message), 1);
	run("flush ruleset");
	assert_int_equal(hear(&child, &message), 1);
	assert_int_equal(message.what, TRACE_CHILD_AGAIN);
	assert_true(is_left());
	trace_child_stop(&child);
	assert_int_equal(hear(&child, &message), -ENOTCONN);
	assert_false(is_left());
	/* Refused. */
	config.expression = "drop";
	assert_int_equal(trace_child_start(&child, &config), 0);
	assert_int_equal(hear(&child, &message), 1);
	assert_int_equal(message.what, TRACE_CHILD_REFUSED);
	assert_int_equal(hear(&child, &message), -ENOTCONN);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_families), TEST(test_devices),  TEST(test_hooks),
		TEST(test_refused),  TEST(test_no_owner), TEST(test_name),
		TEST(test_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
