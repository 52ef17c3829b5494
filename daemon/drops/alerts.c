/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/sock_diag.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "alerts.h"
#include "clock.h"
#include "util.h"

/*
 * Messages in one recvmmsg(2), before others get their turn: less than what a
 * client's socket takes at once, so that one that reads as fast as it can
 * misses nothing of a burst.
 */
#define BATCH 32
/*
 * Another monitor may have left truncation off, and an attribute is at most
 * 64 KiB. Pages that no message reaches are never touched.
 */
#define MESSAGE_MAX (68 << 10)

struct alerts {
	uint32_t content; /* enum alerts_content */
	struct nl_sock *sock;
	struct pipeline *pipeline;
	char *buffer;	  /* BATCH * MESSAGE_MAX */
	uint32_t dropped; /* SK_MEMINFO_DROPS at our last look */
};

DEFINE_CLEANUP(struct alerts *, alerts_free)

void alerts_set_buffer(struct alerts *a, uint32_t receive_buffer)
{
	int size = (int)MIN(receive_buffer, (uint32_t)INT32_MAX / 2);
	int fd = nl_socket_get_fd(a->sock);

	/* Without CAP_NET_ADMIN as much as net.core.rmem_max allows. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
}

static int alerts_open(struct alerts *a, uint32_t receive_buffer)
{
	int r;

	a->sock = nl_socket_alloc();
	if (!a->sock)
		return -ENOMEM;
	errno = 0;
	r = genl_connect(a->sock);
	if (r < 0)
		return errno ? -errno : -EIO;
	r = nl_socket_set_nonblocking(a->sock);
	if (r < 0)
		return -EIO;
	alerts_set_buffer(a, receive_buffer);
	return 0;
}

int alerts_new(struct alerts **ret, uint32_t content, uint32_t receive_buffer,
	       struct pipeline *pipeline)
{
	_cleanup_(cleanup_alerts_free) struct alerts *a = NULL;
	void *buffer;
	int r;

	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->content = content;
	a->pipeline = pipeline;
	buffer = mmap(NULL, (size_t)BATCH * MESSAGE_MAX, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (buffer == MAP_FAILED)
		return -ENOMEM;
	a->buffer = buffer;
	r = alerts_open(a, receive_buffer);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(a);
	return 0;
}

void alerts_free(struct alerts *a)
{
	if (!a)
		return;
	nl_socket_free(a->sock);
	if (a->buffer)
		munmap(a->buffer, (size_t)BATCH * MESSAGE_MAX);
	free(a);
}

int alerts_join(struct alerts *a, uint32_t group)
{
	errno = 0;
	if (nl_socket_add_memberships(a->sock, (int)group, 0) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

int alerts_get_fd(const struct alerts *a)
{
	return nl_socket_get_fd(a->sock);
}

void alerts_count_losses(struct alerts *a)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	struct losses delta = { 0 };
	socklen_t size = sizeof(info);
	uint32_t n;

	if (getsockopt(alerts_get_fd(a), SOL_SOCKET, SO_MEMINFO, info, &size) <
	    0)
		return;
	/* A 32 bit counter that may wrap. */
	n = (uint32_t)(info[SK_MEMINFO_DROPS] - a->dropped);
	a->dropped = info[SK_MEMINFO_DROPS];
	if (n == 0)
		return;
	/* Of both, when both come here: there is no telling which it was. */
	if (a->content & ALERTS_DROPS)
		delta.socket = n;
	if (a->content & ALERTS_RULES)
		delta.rule_messages = n;
	pipeline_lost(a->pipeline, &delta);
}

/* A datagram is one or more netlink messages. */
static void push_datagram(struct alerts *a, const char *data, size_t size,
			  uint64_t now)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(uintptr_t)data;
	int left = (int)size;

	for (; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		pipeline_push_message(a->pipeline, nlh, (size_t)left, now);
	}
	if (left >= (int)NLMSG_HDRLEN)
		a->pipeline->n_malformed++;
}

static int read_batch(struct alerts *a)
{
	struct sockaddr_nl from[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec iov[BATCH];
	uint64_t now;
	int n;

	for (size_t i = 0; i < BATCH; i++) {
		iov[i].iov_base = a->buffer + i * MESSAGE_MAX;
		iov[i].iov_len = MESSAGE_MAX;
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
		};
	}
	n = recvmmsg(alerts_get_fd(a), messages, BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	pipeline_look(a->pipeline);
	now = clock_ns(CLOCK_REALTIME);
	for (int i = 0; i < n; i++) {
		/* Only the kernel is believed. */
		if (from[i].nl_pid != 0)
			continue;
		if (messages[i].msg_hdr.msg_flags & MSG_TRUNC)
			a->pipeline->n_malformed++;
		else
			push_datagram(a, iov[i].iov_base, messages[i].msg_len,
				      now);
	}
	return n;
}

int alerts_dispatch(struct alerts *a)
{
	int n = read_batch(a);

	if (n == -ENOBUFS) {
		alerts_count_losses(a);
		return 1;
	}
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	return n < 0 ? n : n == BATCH;
}
