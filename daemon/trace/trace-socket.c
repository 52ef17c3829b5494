/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <linux/netfilter/nfnetlink.h>

#include "clock.h"
#include "trace-socket.h"

#define RECEIVE_SIZE 8192
/* A packet is told in a dozen of messages, each of which takes a KiB there. */
#define BUFFER_SIZE  (4 << 20)
/* Messages that are read before others have their turn. */
#define TURN 512

void trace_socket_init(struct trace_socket *socket,
		       const struct trace_socket_ops *ops, void *data,
		       struct waiter *waiter, uint32_t messages_max)
{
	*socket = (struct trace_socket){
		.ops = ops,
		.data = data,
		.waiter = waiter,
		.messages_max = messages_max,
	};
}

void trace_socket_close(struct trace_socket *socket)
{
	/* Closed, it is not waited for. */
	if (socket->nl)
		mnl_socket_close(socket->nl);
	socket->nl = NULL;
	socket->ops->lost(socket->data);
}

int trace_socket_open(struct trace_socket *socket)
{
	int group = NFNLGRP_NFTRACE, size = BUFFER_SIZE, fd, r;

	if (socket->nl)
		return 0;
	socket->nl = mnl_socket_open2(NETLINK_NETFILTER,
				      SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!socket->nl)
		return -errno;
	fd = mnl_socket_get_fd(socket->nl);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (mnl_socket_bind(socket->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(socket->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		r = -errno;
	else
		r = waiter_add(socket->waiter, fd, EPOLLIN);
	if (r < 0)
		trace_socket_close(socket);
	return r;
}

static void take(struct trace_socket *socket, const char *data, size_t len)
{
	const struct nlmsghdr *nlh = (const void *)data;
	struct trace_message m;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (trace_message_parse(nlh, nlh->nlmsg_len, &m) < 0)
			continue;
		socket->ops->take(socket->data, &m);
		socket->n_messages++;
	}
}

/* Somebody has every packet traced: not by us. */
static bool is_flood(struct trace_socket *socket)
{
	uint64_t now = now_usec();

	if (now >= socket->second_at + SEC) {
		socket->second_at = now;
		socket->n_messages = 0;
	}
	return socket->n_messages > socket->messages_max;
}

bool trace_socket_read(struct trace_socket *socket)
{
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];

	for (size_t i = 0; socket->nl && i < TURN; i++) {
		ssize_t n = recv(mnl_socket_get_fd(socket->nl), buf,
				 sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS) {
			socket->n_lost++;
			socket->ops->lost(socket->data);
			continue;
		}
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			take(socket, buf, (size_t)n);
		if (is_flood(socket)) {
			socket->n_skipped++;
			trace_socket_close(socket);
		}
	}
	return socket->nl != NULL;
}
