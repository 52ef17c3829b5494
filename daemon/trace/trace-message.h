/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells of a packet that is traced ("meta nftrace set 1"): one
 * message for each rule that it met in nf_tables, and for each policy. Pure.
 *
 * Who receives one cannot tell whether the packet was marked by us. Names in it
 * are hostile, as ever.
 *
 * Source: net/netfilter/nf_tables_trace.c, nft_trace_notify().
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"

/* NFT_TRACETYPE_NETWORK_HSIZE and _TRANSPORT_HSIZE. */
#define TRACE_BYTES_MAX 60

enum trace_type {
	TRACE_POLICY, /* the base chain's, where the packet met its end */
	TRACE_RETURN, /* from a chain, to the one that jumped to it */
	TRACE_RULE,
};

/* Points into the message. */
struct trace_message {
	enum trace_type type;
	/* Of the packet: a hash, which others may have as well. */
	uint32_t id;
	uint8_t family;	 /* of the table, NFPROTO_* */
	uint8_t nfproto; /* of the packet, where the table has several */
	const char *table;
	const char *chain;
	uint64_t rule_handle; /* 0: a policy */
	/* NF_DROP, NF_ACCEPT, NFT_JUMP, ...: of linux/netfilter/nf_tables.h. */
	int32_t verdict;
	const char *jump; /* the chain it goes to; NULL: none */
	/*
	 * What follows is in the first message of each base chain that the
	 * packet meets, and in no other. Headers, not more; data NULL: none.
	 */
	uint32_t mark;
	uint32_t iif; /* device numbers; 0: none */
	uint32_t oif;
	struct packet_bytes network;
	struct packet_bytes transport;
};

/*
 * Of a whole message of any content. 0; -ENOMSG: it is no trace; -EBADMSG: it
 * lacks what each has.
 */
int trace_message_parse(const struct nlmsghdr *nlh, size_t len,
			struct trace_message *ret);

/*
 * The packet, of the headers that @m tells, which are put together in @buf.
 * False where they are not all of it, or none: then *@ret has what the network
 * header says, or nothing.
 */
bool trace_message_get_packet(const struct trace_message *m,
			      uint8_t buf[TRACE_BYTES_MAX], size_t *ret_len,
			      struct packet *ret);

/* Did the packet end here, dropped? */
bool trace_message_is_drop(const struct trace_message *m);
