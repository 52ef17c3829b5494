/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NET_DM's messages as the kernel would build them, with libnl. */
#pragma once

#include <linux/net_dropmon.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>

/* An empty message of command @cmd, to be freed with nlmsg_free(). */
struct nl_msg *alert_new(uint8_t cmd);
/* A packet alert with all that a software drop has: TCP, 10.9.0.2 to .1. */
struct nl_msg *alert_new_packet(void);
/* A summary alert that says that it has @claimed points, and has @n. */
struct nl_msg *alert_new_summary(const struct net_dm_drop_point *points,
				 uint32_t n, uint32_t claimed);

void alert_put(struct nl_msg *msg, int type, const void *data, size_t len);
void alert_put_u16(struct nl_msg *msg, int type, uint16_t v);
void alert_put_u32(struct nl_msg *msg, int type, uint32_t v);
void alert_put_u64(struct nl_msg *msg, int type, uint64_t v);
/*
 * An entry of counts: rule @handle of @table, chain input, in the namespace
 * with this cookie, NFT_RULE.
 */
void alert_put_rule(struct nl_msg *msg, uint64_t cookie, const char *table,
		    uint64_t handle, uint64_t packets, uint64_t bytes);
void alert_put_port(struct nl_msg *msg, uint32_t ifindex, const char *name);

static inline size_t alert_size(struct nl_msg *msg)
{
	return nlmsg_hdr(msg)->nlmsg_len;
}
