/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a dropped packet costs, in a guest: drop-flood PACKETS MODE
 *
 * Sends PACKETS UDP datagrams to port 7777 of the loopback address, where a
 * rule drops them, and prints the nanoseconds for each. MODE is what
 * drop_monitor does meanwhile: off, packet (each packet an alert, queue of
 * 1,000) or summary (counts per rule, which needs our patches).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "genl.h"
#include "net-dm-abi.h"
#include "util.h"

static int command(struct genl *g, uint8_t cmd, const char *mode)
{
	struct nl_msg *msg = genl_request(g, cmd);
	bool packet = strcmp(mode, "packet") == 0;
	int r;

	if (!msg)
		return -ENOMEM;
	if (cmd == NET_DM_CMD_CONFIG &&
	    (nla_put_u8(msg, NET_DM_ATTR_ALERT_MODE,
			packet ? NET_DM_ALERT_MODE_PACKET :
				 NET_DM_ALERT_MODE_SUMMARY) < 0 ||
	     nla_put_u32(msg, NET_DM_ATTR_TRUNC_LEN, 96) < 0 ||
	     nla_put_u32(msg, NET_DM_ATTR_QUEUE_LEN, 1000) < 0 ||
	     nla_put_u8(msg, NET_DM_ATTR_NF_SUMMARY, !packet) < 0))
		return -ENOMEM;
	r = genl_call(g, msg, NULL, NULL);
	nlmsg_free(msg);
	return r;
}

static int start(struct genl *g, const char *mode)
{
	int r = genl_open(g);

	if (r == 0)
		r = genl_resolve(g, "NET_DM", "events");
	if (r == 0)
		r = command(g, NET_DM_CMD_CONFIG, mode);
	return r < 0 ? r : command(g, NET_DM_CMD_START, mode);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int flood(int sock, long packets)
{
	for (long i = 0; i < packets; i++) {
		if (send(sock, "x", 1, 0) != 1)
			return -errno;
	}
	return 0;
}

int main(int argc, char *argv[])
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(7777),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long packets = argc == 3 ? atol(argv[1]) : 0;
	struct genl g = { 0 };
	double begin;
	int sock, r = 0;

	if (packets <= 0) {
		fputs("usage: drop-flood PACKETS off|packet|summary\n", stderr);
		return 2;
	}
	if (strcmp(argv[2], "off") != 0)
		r = start(&g, argv[2]);
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (r == 0 && connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0)
		r = -errno;
	/* Caches are filled, memory is allocated, code is translated. */
	if (r == 0)
		r = flood(sock, 1 + packets / 10);
	begin = now();
	if (r == 0)
		r = flood(sock, packets);
	if (r == 0)
		printf("%.1f\n", (now() - begin) / (double)packets);
	else
		fprintf(stderr, "drop-flood: %s\n", strerror(-r));
	if (g.sock) {
		(void)command(&g, NET_DM_CMD_STOP, argv[2]);
		genl_close(&g);
	}
	return r < 0;
}
