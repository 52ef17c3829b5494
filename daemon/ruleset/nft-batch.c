/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libnftnl/batch.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "nft-batch.h"
#include "ruleset-decode.h"
#include "util.h"

/* All of a table with its rules, and less than a socket sends at once. */
#define SIZE	    (96 << 10)
#define MESSAGE_MAX 4096
/* For an answer that is there when the question was sent, as a rule. */
#define PATIENCE_MSEC 100

int nft_batch_init(struct nft_batch *b)
{
	/* Nobody fills the padding of attributes, and it goes to the kernel. */
	*b = (struct nft_batch){ .buf = calloc(1, SIZE + MESSAGE_MAX) };
	return b->buf ? 0 : -ENOMEM;
}

void nft_batch_done(struct nft_batch *b)
{
	if (b->messages)
		mnl_nlmsg_batch_stop(b->messages);
	free(b->buf);
	*b = (struct nft_batch){ 0 };
}

void nft_batch_begin(struct nft_batch *b)
{
	b->failed = false;
	if (b->messages)
		mnl_nlmsg_batch_reset(b->messages);
	else
		b->messages = mnl_nlmsg_batch_start(b->buf, SIZE);
	if (!b->messages) {
		b->failed = true;
		return;
	}
	nftnl_batch_begin(mnl_nlmsg_batch_current(b->messages), ++b->seq);
	nft_batch_add(b);
}

struct nlmsghdr *nft_batch_message(struct nft_batch *b, uint16_t type,
				   uint8_t family, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(b->messages), type,
				     family, flags, ++b->seq);
}

void nft_batch_add(struct nft_batch *b)
{
	if (!b->failed && !mnl_nlmsg_batch_next(b->messages))
		b->failed = true;
}

void nft_batch_fail(struct nft_batch *b)
{
	b->failed = true;
}

static int first_error(const char *data, size_t len, int error)
{
	const struct nlmsghdr *nlh = (const void *)data;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

		if (nlh->nlmsg_type == NLMSG_ERROR && error == 0 &&
		    mnl_nlmsg_get_payload_len(nlh) >= sizeof(*e))
			error = e->error;
	}
	return error;
}

/* All answers are there once the batch was sent. */
static int take_answers(struct mnl_socket *nl)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	int error = 0;
	ssize_t n;

	while ((n = recv(mnl_socket_get_fd(nl), buf, sizeof(buf),
			 MSG_DONTWAIT)) > 0)
		error = first_error(buf, (size_t)n, error);
	return error == 0 && n < 0 && errno != EAGAIN ? -errno : error;
}

int nft_batch_send(struct nft_batch *b, struct mnl_socket *nl)
{
	if (b->failed)
		return -ENOMEM;
	nftnl_batch_end(mnl_nlmsg_batch_current(b->messages), ++b->seq);
	nft_batch_add(b);
	if (b->failed)
		return -ENOMEM;
	if (mnl_socket_sendto(nl, mnl_nlmsg_batch_head(b->messages),
			      mnl_nlmsg_batch_size(b->messages)) < 0)
		return -errno;
	return take_answers(nl);
}

int nft_ask_generation(struct mnl_socket *nl, uint32_t *ret)
{
	_Alignas(struct nlmsghdr) char buf[1024];
	const struct nlmsghdr *nlh = (const void *)buf;
	struct pollfd pollfd = { .fd = mnl_socket_get_fd(nl),
				 .events = POLLIN };
	ssize_t n;

	nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETGEN, AF_UNSPEC, 0, 0);
	if (mnl_socket_sendto(nl, buf, nlh->nlmsg_len) < 0)
		return -errno;
	if (poll(&pollfd, 1, PATIENCE_MSEC) != 1)
		return -ETIMEDOUT;
	n = recv(pollfd.fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	if (ruleset_decode_is_generation(nlh, (size_t)n, ret))
		return 0;
	n = first_error(buf, (size_t)n, 0);
	return n < 0 ? (int)n : -EBADMSG;
}
