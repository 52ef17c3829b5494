/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel patches add to NET_DM: names and numbers are those of
 * include/uapi/linux/net_dropmon.h and include/uapi/linux/netfilter/nf_drop.h
 * in kernel-patches/, which no distribution's headers have yet. The numbers up
 * to NET_DM_ATTR_REASON are the stock kernel's.
 */
#pragma once

#include <linux/net_dropmon.h>

enum {
	NET_DM_ATTR_REASON_CODE = NET_DM_ATTR_REASON + 1, /* u32 */
	NET_DM_ATTR_NETNS_INUM,				  /* u32 */
	NET_DM_ATTR_NETNS_COOKIE,			  /* u64 */
	NET_DM_ATTR_OUT_PORT,	/* nested, as NET_DM_ATTR_IN_PORT */
	NET_DM_ATTR_NF,		/* nested, NET_DM_ATTR_NF_* */
	NET_DM_ATTR_L3_PAYLOAD, /* binary, from the network header */
	NET_DM_ATTR_FEATURES,	/* u32, NET_DM_FEATURE_* */
	NET_DM_ATTR_NF_SUMMARY, /* u8 */
	NET_DM_ATTR_NF_ENTRIES, /* nested */
	NET_DM_ATTR_NF_ENTRY,	/* nested, NET_DM_ATTR_NF_* */
	NET_DM_ATTR_NF_LOST,	/* u64 */
};

/* Counts by rule, of an interval: NET_DM_ATTR_NF_ENTRIES. */
enum {
	NET_DM_CMD_NF_ALERT = NET_DM_CMD_STATS_NEW + 1,
};

enum {
	NET_DM_FEATURE_NF = 1 << 0,
	NET_DM_FEATURE_L3_PAYLOAD = 1 << 1,
	NET_DM_FEATURE_NF_SUMMARY = 1 << 2,
};

enum {
	NET_DM_ATTR_NF_UNSPEC,
	NET_DM_ATTR_NF_PAD,
	NET_DM_ATTR_NF_KIND,	     /* u32, NF_DROP_KIND_* */
	NET_DM_ATTR_NF_FAMILY,	     /* u32, NFPROTO_* of the hook */
	NET_DM_ATTR_NF_HOOK,	     /* u32, the family's hook number */
	NET_DM_ATTR_NF_TABLE_FAMILY, /* u32, NFPROTO_* of the table */
	NET_DM_ATTR_NF_TABLE,	     /* string */
	NET_DM_ATTR_NF_TABLE_HANDLE, /* u64 */
	NET_DM_ATTR_NF_CHAIN,	     /* string: the chain with the rule */
	NET_DM_ATTR_NF_CHAIN_HANDLE, /* u64 */
	NET_DM_ATTR_NF_RULE_HANDLE,  /* u64, nf_tables */
	NET_DM_ATTR_NF_RULE_NUMBER,  /* u32, x_tables and ebtables, from 1 */
	NET_DM_ATTR_NF_BY,	     /* string */
	NET_DM_ATTR_NF_SET,	     /* string */
	NET_DM_ATTR_NF_SET_HANDLE,   /* u64 */
	NET_DM_ATTR_NF_SET_KEY,	     /* binary, as in the register */
	NET_DM_ATTR_NF_ERRNO,	     /* u32, positive */
	NET_DM_ATTR_NF_QUEUE_NUM,    /* u32 */
	NET_DM_ATTR_NF_MARK,	     /* u32 */
	NET_DM_ATTR_NF_CT_ID,	     /* u32 */
	NET_DM_ATTR_NF_CT_INFO,	     /* u32, enum ip_conntrack_info */
	NET_DM_ATTR_NF_CT_STATUS,    /* u32, IPS_* */
	NET_DM_ATTR_NF_GENERATION,   /* u32 */
	NET_DM_ATTR_NF_UID,	     /* u32 */
	NET_DM_ATTR_NF_CGROUP_ID,    /* u64 */
	NET_DM_ATTR_NF_HOOK_FN,	     /* string, a kernel symbol */
	/* Of NET_DM_ATTR_NF_ENTRY only, which has no other place for them. */
	NET_DM_ATTR_NF_REASON,	     /* string */
	NET_DM_ATTR_NF_REASON_CODE,  /* u32 */
	NET_DM_ATTR_NF_NETNS_INUM,   /* u32 */
	NET_DM_ATTR_NF_NETNS_COOKIE, /* u64 */
	NET_DM_ATTR_NF_PACKETS,	     /* u64, dropped in this interval */
	NET_DM_ATTR_NF_BYTES,	     /* u64, as long as the hook saw them */
};

enum {
	NF_DROP_KIND_UNSPEC,
	NF_DROP_KIND_HOOK,
	NF_DROP_KIND_NFT_RULE,
	NF_DROP_KIND_NFT_POLICY,
	NF_DROP_KIND_NFT_CHAIN,
	NF_DROP_KIND_XT_RULE,
	NF_DROP_KIND_XT_POLICY,
	NF_DROP_KIND_EBT_RULE,
	NF_DROP_KIND_EBT_POLICY,
	NF_DROP_KIND_QUEUE,
	NF_DROP_KIND_CONNTRACK,
	NF_DROP_KIND_NAT,
	NF_DROP_KIND_DEFRAG,
	NF_DROP_KIND_SYNPROXY,
	NF_DROP_KIND_FLOWTABLE,
	NF_DROP_KIND_IPVS,
	NF_DROP_KIND_BRIDGE,
	NF_DROP_KIND_BPF,
	NF_DROP_KIND_LSM,
	NF_DROP_KIND_XT_TABLE,
};
