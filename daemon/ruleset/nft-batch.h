/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transaction of nf_tables: messages that the kernel takes all or none of.
 *
 * Source: net/netfilter/nfnetlink.c, nfnetlink_rcv_batch().
 */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

struct nft_batch {
	char *buf; /* owned */
	struct mnl_nlmsg_batch *messages;
	uint32_t seq;
	bool failed; /* without memory, or too long */
};

/* 0 or -ENOMEM. */
int nft_batch_init(struct nft_batch *b);
void nft_batch_done(struct nft_batch *b);

/* Begins anew. */
void nft_batch_begin(struct nft_batch *b);
/*
 * The next message's header, NFT_MSG_*, of that family; what it is filled with
 * is added by nft_batch_add(). Room is for 4 KiB each.
 */
struct nlmsghdr *nft_batch_message(struct nft_batch *b, uint16_t type,
				   uint8_t family, uint16_t flags);
void nft_batch_add(struct nft_batch *b);
/* A message could not be made: nothing is going to be sent. */
void nft_batch_fail(struct nft_batch *b);

/*
 * Sends it over @nl, which is read until it is empty. 0, -ENOMEM, or the first
 * error that the kernel answered.
 */
int nft_batch_send(struct nft_batch *b, struct mnl_socket *nl);

/* The ruleset's number, asked for over @nl. 0, or a negative errno. */
int nft_ask_generation(struct mnl_socket *nl, uint32_t *ret);
