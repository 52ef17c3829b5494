/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes of nf_tables' messages, of any content: each is looked at only
 * when it is what it should be, and is missing otherwise. Pure.
 */
#pragma once

#include <endian.h>
#include <libmnl/libmnl.h>
#include <stdint.h>

/* The highest number of those that are looked at; NFTA_SET_HANDLE is 16. */
#define NFT_ATTR_MAX 24

struct nft_attrs {
	const struct nlattr *of[NFT_ATTR_MAX + 1];
};

static inline int nft_attrs_add(const struct nlattr *attr, void *data)
{
	struct nft_attrs *attrs = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= NFT_ATTR_MAX)
		attrs->of[type] = attr;
	return MNL_CB_OK;
}

/* Those behind the first @header bytes of a message. */
static inline struct nft_attrs nft_attrs_of(const struct nlmsghdr *nlh,
					    unsigned int header)
{
	struct nft_attrs attrs = { 0 };

	(void)mnl_attr_parse(nlh, header, nft_attrs_add, &attrs);
	return attrs;
}

/* Those in @nest, which may be NULL. */
static inline struct nft_attrs nft_attrs_in(const struct nlattr *nest)
{
	struct nft_attrs attrs = { 0 };

	if (nest)
		(void)mnl_attr_parse_nested(nest, nft_attrs_add, &attrs);
	return attrs;
}

/* NULL when it is no string, or one that is no name. */
static inline const char *nft_attr_string(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(attr);
}

/* @fallback where it is missing. */
static inline uint32_t nft_attr_u32(const struct nlattr *attr,
				    uint32_t fallback)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint32_t)
		       ? be32toh(mnl_attr_get_u32(attr))
		       : fallback;
}

static inline uint64_t nft_attr_u64(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint64_t)
		       ? be64toh(mnl_attr_get_u64(attr))
		       : 0;
}
