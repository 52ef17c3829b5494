/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "genl.h"
#include "util.h"

/* Generic netlink answers inside sendmsg(2); this is for a stuck kernel. */
#define TIMEOUT_SECONDS 10

static int errno_of_nl(int nl_error)
{
	switch (nl_error < 0 ? -nl_error : nl_error) {
	case NLE_SUCCESS:
		return 0;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_AF_NOSUPPORT:
	case NLE_PROTO_MISMATCH:
		return -EPROTONOSUPPORT;
	case NLE_AGAIN:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

int genl_open(struct genl *g)
{
	struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
	int r;

	*g = (struct genl){ 0 };
	g->sock = nl_socket_alloc();
	if (!g->sock)
		return -ENOMEM;
	errno = 0;
	r = genl_connect(g->sock);
	if (r < 0) {
		r = errno ? -errno : errno_of_nl(r);
		genl_close(g);
		return r;
	}
	(void)setsockopt(nl_socket_get_fd(g->sock), SOL_SOCKET, SO_RCVTIMEO,
			 &timeout, sizeof(timeout));
	return 0;
}

void genl_close(struct genl *g)
{
	nl_socket_free(g->sock);
	*g = (struct genl){ 0 };
}

int genl_resolve(struct genl *g, const char *family, const char *group)
{
	int r;

	r = genl_ctrl_resolve(g->sock, family);
	if (r < 0)
		return errno_of_nl(r);
	g->family = r;
	r = genl_resolve_group(g, family, group);
	if (r < 0)
		return r;
	g->group = (uint32_t)r;
	return 0;
}

int genl_resolve_group(struct genl *g, const char *family, const char *group)
{
	int r = genl_ctrl_resolve_grp(g->sock, family, group);

	if (r < 0)
		return errno_of_nl(r) == -ENOENT ? -ENODATA : errno_of_nl(r);
	return r;
}

struct nl_msg *genl_request(const struct genl *g, uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, g->family, 0, 0, cmd,
			 0)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

struct call {
	int (*reply)(const struct nlmsghdr *nlh, size_t len, void *data);
	void *data;
	bool done;
	int result;
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct call *call = arg;

	if (call->reply)
		call->result = call->reply(nlh, nlh->nlmsg_len, call->data);
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct call *call = arg;

	(void)msg;
	call->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct call *call = arg;

	(void)from;
	call->result = error->error;
	call->done = true;
	return NL_STOP;
}

int genl_call(struct genl *g, struct nl_msg *msg,
	      int (*reply)(const struct nlmsghdr *nlh, size_t len, void *data),
	      void *data)
{
	struct call call = { .reply = reply, .data = data };
	struct nl_cb *cb;
	int r;

	cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &call);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &call);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &call);

	errno = 0;
	r = nl_send_auto(g->sock, msg);
	if (r < 0)
		r = errno ? -errno : errno_of_nl(r);
	while (r >= 0 && !call.done) {
		r = nl_recvmsgs(g->sock, cb);
		if (r < 0)
			r = errno_of_nl(r);
	}
	nl_cb_put(cb);
	if (call.done)
		return call.result;
	return r;
}
