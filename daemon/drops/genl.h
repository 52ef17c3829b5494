/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request to NET_DM and its answer, over libnl, with the kernel's own
 * errno instead of libnl's.
 */
#pragma once

#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <stddef.h>
#include <stdint.h>

struct genl {
	struct nl_sock *sock;
	int family;
	uint32_t group; /* "events" */
};

/* Opens the control socket; a negative errno. Zeroed on an error. */
int genl_open(struct genl *g);
void genl_close(struct genl *g);
/*
 * Resolves the family and its group, which loads the module when the caller
 * may. -ENOENT: there is no such family. -ENODATA: it has no such group.
 */
int genl_resolve(struct genl *g, const char *family, const char *group);

/* Another group's number. -ENODATA: the family has none of that name. */
int genl_resolve_group(struct genl *g, const char *family, const char *group);

/* A message to the family, or NULL; free with nlmsg_free(). */
struct nl_msg *genl_request(const struct genl *g, uint8_t cmd);

/*
 * Sends @msg and waits for the acknowledgement; @reply, if not NULL, gets
 * each message of the answer. Returns 0, the kernel's negative errno, or what
 * @reply returned.
 */
int genl_call(struct genl *g, struct nl_msg *msg,
	      int (*reply)(const struct nlmsghdr *nlh, size_t len, void *data),
	      void *data);
