/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of netfilter's drops by rule, NET_DM_CMD_NF_ALERT: what only a kernel
 * with nfdrop's patches sends, when it was asked to (NET_DM_ATTR_NF_SUMMARY).
 * Each message has what one CPU counted since its last one, in about a second;
 * a CPU with many rules sends several.
 */
#pragma once

#include <netlink/attr.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* A message, and how much of it was read. Points into the message. */
struct decode_rules {
	uint64_t timestamp_ns; /* CLOCK_REALTIME, when it was sent */
	uint64_t lost; /* packets that the kernel could count by no rule */
	const struct nlattr *next;
	int left;
};

/*
 * Begins to read a message. Returns 0; -EBADMSG when it is none of these, or
 * when anything in it does not parse: then none of it is to be believed.
 */
int decode_rules_begin(const struct nlmsghdr *nlh, size_t len,
		       struct decode_rules *ret);

/*
 * Decodes the next count: who dropped, why and where, with the packets as
 * ret->count, and their bytes as the hook saw them, which is from the network
 * header at most hooks. Returns 1, or 0 at the end. @ret is to be given back
 * with drop_event_done().
 */
int decode_rules_next(struct decode_rules *rules, struct drop_event *ret,
		      uint64_t *bytes);
