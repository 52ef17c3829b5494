/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/genetlink.h>
#include <string.h>

#include "alert.h"
#include "net-dm-abi.h"
#include "util.h"

/* Ethernet, IPv4 and TCP SYN, 54 bytes. */
static const uint8_t syn[] = {
	0x02, 0, 0,  0,	 0,    1,    0x02, 0,	 0,  0,	 0, 2, 0x08, 0,
	0x45, 0, 0,  40, 0,    1,    0,	   0,	 64, 6,	 0, 0, 10,   9,
	0,    2, 10, 9,	 0,    1,    0x9c, 0x40, 0,  80, 0, 0, 0,    1,
	0,    0, 0,  0,	 0x50, 0x02, 0xff, 0xff, 0,  0,	 0, 0,
};

static void check(int r)
{
	if (r < 0)
		abort();
}

struct nl_msg *alert_new(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(1 << 18);
	struct genlmsghdr header = { .cmd = cmd, .version = 2 };

	if (!msg || !nlmsg_put(msg, 0, 0, 0x1c, 0, 0))
		abort();
	check(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO));
	return msg;
}

void alert_put(struct nl_msg *msg, int type, const void *data, size_t len)
{
	check(nla_put(msg, type, (int)len, data));
}

void alert_put_u16(struct nl_msg *msg, int type, uint16_t v)
{
	check(nla_put_u16(msg, type, v));
}

void alert_put_u32(struct nl_msg *msg, int type, uint32_t v)
{
	check(nla_put_u32(msg, type, v));
}

void alert_put_u64(struct nl_msg *msg, int type, uint64_t v)
{
	check(nla_put_u64(msg, type, v));
}

void alert_put_port(struct nl_msg *msg, uint32_t ifindex, const char *name)
{
	struct nlattr *nest = nla_nest_start(msg, NET_DM_ATTR_IN_PORT);

	if (!nest)
		abort();
	alert_put_u32(msg, NET_DM_ATTR_PORT_NETDEV_IFINDEX, ifindex);
	if (name)
		alert_put(msg, NET_DM_ATTR_PORT_NETDEV_NAME, name,
			  strlen(name) + 1);
	check(nla_nest_end(msg, nest));
}

void alert_put_rule(struct nl_msg *msg, uint64_t cookie, const char *table,
		    uint64_t handle, uint64_t packets, uint64_t bytes)
{
	struct nlattr *nest = nla_nest_start(msg, NET_DM_ATTR_NF_ENTRY);

	if (!nest)
		abort();
	alert_put_u32(msg, NET_DM_ATTR_NF_KIND, NF_DROP_KIND_NFT_RULE);
	alert_put(msg, NET_DM_ATTR_NF_REASON, "NFT_RULE", 9);
	alert_put_u32(msg, NET_DM_ATTR_NF_REASON_CODE, 262145);
	alert_put_u64(msg, NET_DM_ATTR_NF_PACKETS, packets);
	alert_put_u64(msg, NET_DM_ATTR_NF_BYTES, bytes);
	alert_put_u32(msg, NET_DM_ATTR_NF_NETNS_INUM,
		      4026531840 + (uint32_t)cookie);
	alert_put_u64(msg, NET_DM_ATTR_NF_NETNS_COOKIE, cookie);
	alert_put_u32(msg, NET_DM_ATTR_NF_FAMILY, 2);
	alert_put_u32(msg, NET_DM_ATTR_NF_HOOK, 1);
	alert_put_u32(msg, NET_DM_ATTR_NF_TABLE_FAMILY, 1);
	alert_put(msg, NET_DM_ATTR_NF_TABLE, table, strlen(table) + 1);
	alert_put(msg, NET_DM_ATTR_NF_CHAIN, "input", 6);
	alert_put_u64(msg, NET_DM_ATTR_NF_RULE_HANDLE, handle);
	check(nla_nest_end(msg, nest));
}

struct nl_msg *alert_new_packet(void)
{
	static const char symbol[] = "nft_do_chain+0x5a0/0x680";
	static const char reason[] = "NETFILTER_DROP";
	struct nl_msg *msg = alert_new(NET_DM_CMD_PACKET_ALERT);

	alert_put_u16(msg, NET_DM_ATTR_ORIGIN, NET_DM_ORIGIN_SW);
	alert_put_u64(msg, NET_DM_ATTR_PC, 0xffffffff81234567);
	alert_put(msg, NET_DM_ATTR_SYMBOL, symbol, sizeof(symbol));
	alert_put(msg, NET_DM_ATTR_REASON, reason, sizeof(reason));
	alert_put_port(msg, 2, NULL);
	alert_put_u64(msg, NET_DM_ATTR_TIMESTAMP, 1763930000123456789);
	alert_put_u32(msg, NET_DM_ATTR_ORIG_LEN, sizeof(syn));
	alert_put(msg, NET_DM_ATTR_PAYLOAD, syn, sizeof(syn));
	alert_put_u16(msg, NET_DM_ATTR_PROTO, 0x0800);
	return msg;
}

struct nl_msg *alert_new_summary(const struct net_dm_drop_point *points,
				 uint32_t n, uint32_t claimed)
{
	struct nl_msg *msg = alert_new(NET_DM_CMD_ALERT);
	char data[4096];

	memcpy(data, &claimed, sizeof(claimed));
	if (n > 0)
		memcpy(data + sizeof(claimed), points, n * sizeof(*points));
	/* The kernel's type 0. */
	alert_put(msg, 0, data, sizeof(claimed) + n * sizeof(*points));
	return msg;
}
