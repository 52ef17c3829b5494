/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>

#include "decode-netfilter.h"
#include "decode.h"
#include "net-dm-abi.h"
#include "reason.h"
#include "util.h"

/* The generic netlink header; NULL when there is not even that. */
static const struct genlmsghdr *message_header(const struct nlmsghdr *nlh,
					       size_t len)
{
	if (len < NLMSG_HDRLEN || nlh->nlmsg_len > len ||
	    nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return NULL;
	return nlmsg_data(nlh);
}

static struct nlattr *message_attrs(const struct nlmsghdr *nlh, int *len)
{
	*len = nlmsg_attrlen(nlh, GENL_HDRLEN);
	return nlmsg_attrdata(nlh, GENL_HDRLEN);
}

int decode_type(const struct nlmsghdr *nlh, size_t len)
{
	const struct genlmsghdr *header = message_header(nlh, len);

	if (!header)
		return -EBADMSG;
	switch (header->cmd) {
	case NET_DM_CMD_PACKET_ALERT:
		return DECODE_PACKET;
	case NET_DM_CMD_ALERT:
		return DECODE_SUMMARY;
	case NET_DM_CMD_NF_ALERT:
		return DECODE_RULES;
	default:
		return DECODE_OTHER;
	}
}

/* What is looked at behind the last attribute: they have any order. */
struct payload {
	struct packet_bytes *bytes;
	const struct nlattr *netfilter;
};

enum attr_type {
	ATTR_SKIP,
	ATTR_U32,
	ATTR_U64,
	ATTR_STRING,
	ATTR_PORT,
	ATTR_ORIGIN,
	ATTR_PROTOCOL,
	ATTR_PAYLOAD,
	ATTR_L3_PAYLOAD,
	ATTR_NETFILTER,
};

#define INTO(member)                                   \
	.offset = offsetof(struct drop_event, member), \
	.size = sizeof(((struct drop_event *)NULL)->member)

static const struct attr {
	enum attr_type type;
	size_t offset;
	size_t size;
	uint32_t has; /* of ev->has */
} attrs[] = {
	[NET_DM_ATTR_PC] = { ATTR_U64, INTO(pc) },
	[NET_DM_ATTR_SYMBOL] = { ATTR_STRING, INTO(location) },
	[NET_DM_ATTR_IN_PORT] = { ATTR_PORT, INTO(in) },
	[NET_DM_ATTR_TIMESTAMP] = { ATTR_U64, INTO(timestamp_ns) },
	[NET_DM_ATTR_PROTO] = { .type = ATTR_PROTOCOL },
	[NET_DM_ATTR_PAYLOAD] = { .type = ATTR_PAYLOAD },
	[NET_DM_ATTR_ORIG_LEN] = { ATTR_U32, INTO(length) },
	[NET_DM_ATTR_ORIGIN] = { .type = ATTR_ORIGIN },
	[NET_DM_ATTR_HW_TRAP_GROUP_NAME] = { ATTR_STRING, INTO(trap_group) },
	[NET_DM_ATTR_HW_TRAP_NAME] = { ATTR_STRING, INTO(trap) },
	[NET_DM_ATTR_REASON] = { ATTR_STRING, INTO(reason) },
	[NET_DM_ATTR_REASON_CODE] = { ATTR_U32, INTO(reason_code),
				      .has = DROP_HAS_REASON_CODE },
	[NET_DM_ATTR_NETNS_INUM] = { ATTR_U32, INTO(netns.inum) },
	[NET_DM_ATTR_NETNS_COOKIE] = { ATTR_U64, INTO(netns.cookie) },
	[NET_DM_ATTR_OUT_PORT] = { ATTR_PORT, INTO(out) },
	[NET_DM_ATTR_NF] = { .type = ATTR_NETFILTER },
	[NET_DM_ATTR_L3_PAYLOAD] = { .type = ATTR_L3_PAYLOAD },
};

static const size_t attr_min[] = {
	[ATTR_SKIP] = 0,
	[ATTR_U32] = sizeof(uint32_t),
	[ATTR_U64] = sizeof(uint64_t),
	[ATTR_STRING] = 0,
	[ATTR_PORT] = 0,
	[ATTR_ORIGIN] = sizeof(uint16_t),
	[ATTR_PROTOCOL] = sizeof(uint16_t),
	[ATTR_PAYLOAD] = 0,
	[ATTR_L3_PAYLOAD] = 0,
	[ATTR_NETFILTER] = 0,
};

/* Attributes are aligned to 4 bytes only, and a fuzzer's not even to that. */
static uint16_t load_u16(const struct nlattr *nla)
{
	uint16_t v;

	memcpy(&v, nla_data(nla), sizeof(v));
	return v;
}

/* Bytes behind the last attribute are one that does not parse. */
static int is_whole(int left)
{
	return left > 0 ? -EBADMSG : 0;
}

static int decode_port(const struct nlattr *nest, struct drop_port *port)
{
	struct nlattr *nla;
	int left;

	nla_for_each_nested(nla, nest, left) {
		switch (nla_type(nla)) {
		case NET_DM_ATTR_PORT_NETDEV_IFINDEX:
			if (nla_len(nla) < (int)sizeof(port->ifindex))
				return -EBADMSG;
			memcpy(&port->ifindex, nla_data(nla),
			       sizeof(port->ifindex));
			break;
		case NET_DM_ATTR_PORT_NETDEV_NAME:
			copy_string(port->name, sizeof(port->name),
				    nla_data(nla), (size_t)nla_len(nla));
			break;
		}
	}
	return is_whole(left);
}

static int decode_attr(const struct nlattr *nla, struct drop_event *ev,
		       struct payload *payload)
{
	size_t type = (size_t)nla_type(nla), len = (size_t)nla_len(nla);
	const struct attr *attr;
	void *p;

	if (type >= ARRAY_SIZE(attrs))
		return 0;
	attr = &attrs[type];
	if (len < attr_min[attr->type])
		return -EBADMSG;
	p = (char *)ev + attr->offset;
	switch (attr->type) {
	case ATTR_U32:
	case ATTR_U64:
		memcpy(p, nla_data(nla), attr->size);
		ev->has |= attr->has;
		break;
	case ATTR_STRING:
		copy_string(p, attr->size, nla_data(nla), len);
		break;
	case ATTR_PORT:
		return decode_port(nla, p);
	case ATTR_ORIGIN:
		ev->origin = load_u16(nla) == NET_DM_ORIGIN_HW
				     ? DROP_ORIGIN_HARDWARE
				     : DROP_ORIGIN_SOFTWARE;
		break;
	case ATTR_PROTOCOL:
		payload->bytes->ethertype = load_u16(nla);
		break;
	case ATTR_PAYLOAD:
	case ATTR_L3_PAYLOAD:
		payload->bytes->data = nla_data(nla);
		payload->bytes->len = len;
		payload->bytes->start = attr->type == ATTR_PAYLOAD
						? PACKET_START_MAC
						: PACKET_START_NETWORK;
		break;
	case ATTR_NETFILTER:
		payload->netfilter = nla;
		return decode_netfilter(nla, ev);
	case ATTR_SKIP:
		break;
	}
	return 0;
}

/* The kernel sends a reason's name; the table knows its subsystem. */
static void decode_subsystem(struct drop_event *ev)
{
	const struct reason *reason;

	if (ev->reason[0] == '\0')
		return;
	reason = reason_find(ev->reason);
	if (reason)
		copy_string(ev->subsystem, sizeof(ev->subsystem),
			    reason->subsystem, SIZE_MAX);
}

int decode_event(const struct nlmsghdr *nlh, size_t len, struct drop_event *ret)
{
	struct packet_bytes bytes;

	return decode_packet(nlh, len, ret, &bytes);
}

/*
 * What is said over sockets of Unix and netlink is dropped as well, say when
 * one is closed: it is of no device and no protocol, and content from its first
 * byte on.
 */
static bool is_content(const struct drop_event *ev,
		       const struct packet_bytes *bytes)
{
	return bytes->start == PACKET_START_MAC && bytes->ethertype == 0 &&
	       ev->in.ifindex == 0;
}

int decode_packet(const struct nlmsghdr *nlh, size_t len,
		  struct drop_event *ret, struct packet_bytes *bytes)
{
	struct payload payload = { .bytes = bytes };
	struct nlattr *head, *nla;
	int attrs_len, left, r;

	*bytes = (struct packet_bytes){ 0 };
	drop_event_init(ret);
	if (decode_type(nlh, len) != DECODE_PACKET)
		return -EBADMSG;
	head = message_attrs(nlh, &attrs_len);
	nla_for_each_attr(nla, head, attrs_len, left) {
		r = decode_attr(nla, ret, &payload);
		if (r < 0)
			goto fail;
	}
	r = is_whole(left);
	if (r < 0)
		goto fail;
	decode_subsystem(ret);
	if (is_content(ret, bytes)) {
		bytes->data = NULL;
		bytes->len = 0;
	}
	bytes->orig_len = ret->length;
	if (bytes->data)
		packet_parse(bytes->data, bytes->len, bytes->start,
			     bytes->ethertype, ret->length, &ret->packet);
	if (payload.netfilter)
		decode_element(payload.netfilter, ret);
	return 0;

fail:
	drop_event_init(ret);
	return r;
}

int decode_summary(const struct nlmsghdr *nlh, size_t len, uint32_t index,
		   struct drop_event *ret)
{
	struct net_dm_drop_point point;
	const struct nlattr *nla;
	const char *points;
	uint32_t entries;
	size_t room;
	int left;

	drop_event_init(ret);
	if (decode_type(nlh, len) != DECODE_SUMMARY)
		return -EBADMSG;
	/* One attribute of type 0, a struct net_dm_alert_msg. */
	nla = message_attrs(nlh, &left);
	if (!nla_ok(nla, left) || nla_len(nla) < (int)sizeof(entries))
		return -EBADMSG;
	memcpy(&entries, nla_data(nla), sizeof(entries));
	points = (const char *)nla_data(nla) + sizeof(entries);
	room = ((size_t)nla_len(nla) - sizeof(entries)) / sizeof(point);
	if (entries > room)
		return -EBADMSG;
	if (index >= entries)
		return 0;
	memcpy(&point, points + index * sizeof(point), sizeof(point));
	memcpy(&ret->pc, point.pc, sizeof(ret->pc));
	ret->count = point.count;
	return 1;
}

int decode_config(const struct nlmsghdr *nlh, size_t len,
		  struct decode_config *ret)
{
	const struct genlmsghdr *header = message_header(nlh, len);
	struct decode_config config = { 0 };
	struct nlattr *head, *nla;
	int attrs_len, left;

	if (!header || header->cmd != NET_DM_CMD_CONFIG_NEW)
		return -EBADMSG;
	head = message_attrs(nlh, &attrs_len);
	nla_for_each_attr(nla, head, attrs_len, left) {
		void *to;
		size_t size;

		switch (nla_type(nla)) {
		case NET_DM_ATTR_ALERT_MODE:
			to = &config.mode;
			size = sizeof(config.mode);
			break;
		case NET_DM_ATTR_TRUNC_LEN:
			to = &config.truncation;
			size = sizeof(config.truncation);
			break;
		case NET_DM_ATTR_QUEUE_LEN:
			to = &config.queue_length;
			size = sizeof(config.queue_length);
			break;
		case NET_DM_ATTR_FEATURES:
			to = &config.features;
			size = sizeof(config.features);
			break;
		case NET_DM_ATTR_NF_SUMMARY:
			to = &config.rules;
			size = sizeof(config.rules);
			break;
		default:
			continue;
		}
		if ((size_t)nla_len(nla) < size)
			return -EBADMSG;
		memcpy(to, nla_data(nla), size);
	}
	if (is_whole(left) < 0)
		return -EBADMSG;
	*ret = config;
	return 0;
}

int decode_stats(const struct nlmsghdr *nlh, size_t len, uint64_t *ret)
{
	const struct genlmsghdr *header = message_header(nlh, len);
	struct nlattr *head, *nest, *nla;
	int attrs_len, left, nest_left;
	uint64_t sum = 0, dropped;

	if (!header || header->cmd != NET_DM_CMD_STATS_NEW)
		return -EBADMSG;
	head = message_attrs(nlh, &attrs_len);
	nla_for_each_attr(nest, head, attrs_len, left) {
		if (nla_type(nest) != NET_DM_ATTR_STATS &&
		    nla_type(nest) != NET_DM_ATTR_HW_STATS)
			continue;
		nla_for_each_nested(nla, nest, nest_left) {
			if (nla_type(nla) != NET_DM_ATTR_STATS_DROPPED)
				continue;
			if (nla_len(nla) < (int)sizeof(dropped))
				return -EBADMSG;
			memcpy(&dropped, nla_data(nla), sizeof(dropped));
			sum += dropped;
		}
		if (is_whole(nest_left) < 0)
			return -EBADMSG;
	}
	if (is_whole(left) < 0)
		return -EBADMSG;
	*ret = sum;
	return 0;
}
