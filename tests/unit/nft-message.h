/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables' messages as the kernel would build them, with libnftnl. Each is
 * valid until the 16th after it.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define NFT_MESSAGE_FAMILY 1 /* NFPROTO_INET */

const struct nlmsghdr *nft_table(int type, const char *name, uint64_t handle);
/* With @hook and @policy, where @hook is not negative. */
const struct nlmsghdr *nft_chain(int type, const char *table, const char *name,
				 uint64_t handle, int hook, uint32_t policy);

/* A base chain at the hook 1, of this handle, that counts so much. */
const struct nlmsghdr *nft_counting_chain(const char *table, const char *name,
					  uint64_t handle, uint32_t policy,
					  uint64_t packets);

/* A counter with a name, as a dump tells it: who uses it, and what it has. */
const struct nlmsghdr *nft_counter(const char *table, const char *name,
				   uint32_t n_uses, uint64_t packets);

struct nft_message_rule {
	const char *table;
	const char *chain;
	uint64_t handle;
	uint64_t position; /* 0: none */
	uint16_t flags;	   /* of the message */
	const void *userdata;
	uint32_t userdata_len;
	/* Adds expressions; NULL: a verdict that drops. */
	void (*add)(void *nftnl_rule);
};

const struct nlmsghdr *nft_rule(int type, const struct nft_message_rule *rule);
/* A new rule at the chain's end: "counter name @counter drop". */
const struct nlmsghdr *nft_named(const char *table, const char *chain,
				 uint64_t handle, const char *counter);
const struct nlmsghdr *nft_set(int type, const char *table, const char *name,
			       uint64_t handle, uint32_t flags);
/* One element, of a map of objects: that of the name @object. */
const struct nlmsghdr *nft_element(int type, const char *table, const char *set,
				   const char *object);
const struct nlmsghdr *nft_generation(uint32_t generation);
