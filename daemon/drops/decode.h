/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From NET_DM's netlink messages to drop events: functions of bytes.
 *
 * Messages are those of net/core/drop_monitor.c, attributes those of
 * include/uapi/linux/net_dropmon.h. Unknown attributes are skipped, longer
 * ones accepted, and no event points into the message afterwards. Nested
 * NET_DM_ATTR_PORT_NETDEV_IFINDEX and NET_DM_ATTR_STATS_DROPPED are of type 0.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

enum decode_type {
	DECODE_OTHER,	/* a message that is no alert: not for us */
	DECODE_PACKET,	/* NET_DM_CMD_PACKET_ALERT: one packet */
	DECODE_SUMMARY, /* NET_DM_CMD_ALERT: counts per location */
	DECODE_RULES,	/* NET_DM_CMD_NF_ALERT: see decode-rules.h */
};

/*
 * What the @len bytes at @nlh hold. -EBADMSG: not even a generic netlink
 * header; also when nlmsg_len is larger than @len.
 */
int decode_type(const struct nlmsghdr *nlh, size_t len);

/*
 * Decodes one packet alert, software or hardware. Returns 0 and fills @ret,
 * to be given back with drop_event_done(); -EBADMSG when the bytes do not
 * parse or an attribute is too short, and then @ret holds nothing.
 */
int decode_event(const struct nlmsghdr *nlh, size_t len,
		 struct drop_event *ret);

/*
 * The same, and says in @bytes where in the message the packet's are;
 * bytes->len is 0 when it has none. They are the message's, and go away with
 * it.
 */
int decode_packet(const struct nlmsghdr *nlh, size_t len,
		  struct drop_event *ret, struct packet_bytes *bytes);

/*
 * Decodes point @index, from 0, of a summary alert: an event with pc, count
 * and no packet. Returns 1, or 0 past the last one, or -EBADMSG. A null pc
 * stands for a device's own rx_dropped counter.
 */
int decode_summary(const struct nlmsghdr *nlh, size_t len, uint32_t index,
		   struct drop_event *ret);

struct decode_config {
	uint8_t mode; /* enum net_dm_alert_mode */
	uint32_t truncation;
	uint32_t queue_length;
	uint32_t features; /* NET_DM_FEATURE_*; 0 of a kernel as it is */
	uint8_t rules;	   /* 1: drops are counted by rule, NF_SUMMARY */
};

/* NET_DM_CMD_CONFIG_NEW; errors as decode_event(). */
int decode_config(const struct nlmsghdr *nlh, size_t len,
		  struct decode_config *ret);

/*
 * NET_DM_CMD_STATS_NEW: packets that the kernel's queues dropped since the
 * module was loaded, of software and hardware drops together.
 */
int decode_stats(const struct nlmsghdr *nlh, size_t len, uint64_t *ret);
