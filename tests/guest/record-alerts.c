/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes NET_DM's alerts, as the kernel sends them, one a file: seeds for the
 * fuzzers and messages for the benchmark. record-alerts FOLDER SECONDS SUMMARY
 *
 * It turns drop_monitor on, in packet mode with counts by rule or (SUMMARY is
 * 1) in summary mode, and off at the end: for a guest.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "decode.h"
#include "genl.h"
#include "net-dm-abi.h"
#include "util.h"

static int command(struct genl *g, uint8_t cmd, uint8_t mode)
{
	struct nl_msg *msg = genl_request(g, cmd);
	int r;

	if (!msg)
		return -ENOMEM;
	if (cmd == NET_DM_CMD_CONFIG &&
	    (nla_put_u8(msg, NET_DM_ATTR_ALERT_MODE, mode) < 0 ||
	     nla_put_u32(msg, NET_DM_ATTR_TRUNC_LEN, 256) < 0 ||
	     /* A kernel as it is ignores this. */
	     nla_put_u8(msg, NET_DM_ATTR_NF_SUMMARY, mode) < 0))
		return -ENOMEM;
	/* All that is on, or it cannot be configured. */
	if (cmd == NET_DM_CMD_STOP &&
	    (nla_put_flag(msg, NET_DM_ATTR_SW_DROPS) < 0 ||
	     nla_put_flag(msg, NET_DM_ATTR_HW_DROPS) < 0))
		return -ENOMEM;
	r = genl_call(g, msg, NULL, NULL);
	nlmsg_free(msg);
	return r;
}

static int save(const char *folder, int number, const char *data, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/alert-%03d", folder, number);
	f = fopen(path, "we");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
		perror(path);
		return -EIO;
	}
	return 0;
}

static int record(struct nl_sock *sock, const char *folder, time_t seconds)
{
	time_t end = time(NULL) + seconds;
	static char buf[65536];
	int number = 0;

	while (time(NULL) < end) {
		struct pollfd pfd = { .fd = nl_socket_get_fd(sock),
				      .events = POLLIN };
		ssize_t n;

		if (poll(&pfd, 1, 200) <= 0)
			continue;
		n = recv(pfd.fd, buf, sizeof(buf), 0);
		if (n > 0 && save(folder, number++, buf, (size_t)n) < 0)
			return -EIO;
	}
	printf("%d alerts\n", number);
	return 0;
}

/* Counts by rule come on a group of their own, where there is one. */
static int join(struct genl *g, struct nl_sock *sock)
{
	int rules = genl_resolve_group(g, "NET_DM", "nf_summary");

	if (nl_socket_add_membership(sock, (int)g->group) < 0)
		return -EIO;
	return rules > 0 ? nl_socket_add_membership(sock, rules) : 0;
}

static int on_config(const struct nlmsghdr *nlh, size_t len, void *data)
{
	return decode_config(nlh, len, data);
}

/* Is it in this mode? -EAGAIN: no, somebody else has it. */
static int check_mode(struct genl *g, uint8_t mode)
{
	struct nl_msg *msg = genl_request(g, NET_DM_CMD_CONFIG_GET);
	struct decode_config config = { 0 };
	int r;

	if (!msg)
		return -ENOMEM;
	r = genl_call(g, msg, on_config, &config);
	nlmsg_free(msg);
	if (r < 0)
		return r;
	return config.mode == mode ? 0 : -EAGAIN;
}

/*
 * An nfdropd beside it may start it again in between, or be about to when we
 * do: until we are first, and still are when it has done what it was at.
 */
static int take_over(struct genl *g, uint8_t mode)
{
	int r = -EAGAIN;

	for (int i = 0; i < 50 && (r == -EAGAIN || r == -EBUSY); i++) {
		(void)command(g, NET_DM_CMD_STOP, 0);
		r = command(g, NET_DM_CMD_CONFIG, mode);
		if (r == 0)
			r = command(g, NET_DM_CMD_START, 0);
		if (r == 0) {
			usleep(500000);
			r = check_mode(g, mode);
		}
	}
	return r;
}

int main(int argc, char *argv[])
{
	struct nl_sock *sock = nl_socket_alloc();
	struct genl g;
	int r;

	if (argc != 4) {
		fputs("usage: record-alerts FOLDER SECONDS SUMMARY\n", stderr);
		return 2;
	}
	r = genl_open(&g);
	if (r == 0)
		r = genl_resolve(&g, "NET_DM", "events");
	if (r < 0 || !sock || genl_connect(sock) < 0 || join(&g, sock) < 0) {
		fputs("record-alerts: cannot join NET_DM\n", stderr);
		return 1;
	}
	r = take_over(&g, (uint8_t)!atoi(argv[3]));
	puts("recording");
	fflush(stdout);
	if (r == 0)
		r = record(sock, argv[1], atoi(argv[2]));
	(void)command(&g, NET_DM_CMD_STOP, 0);
	nl_socket_free(sock);
	genl_close(&g);
	return r < 0;
}
