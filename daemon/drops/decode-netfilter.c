/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "decode-netfilter.h"
#include "net-dm-abi.h"
#include "util.h"

/* A part of a concatenation fills registers of this size. */
#define REGISTER 4

enum attr_type { ATTR_NONE, ATTR_U32, ATTR_U64, ATTR_STRING };

static const struct attr {
	enum attr_type type;
	size_t offset;
	size_t size;
	uint32_t has; /* of ev->has */
} attrs[] = {
#define AT(member)                           \
	offsetof(struct drop_event, member), \
		sizeof(((struct drop_event *)NULL)->member)
	[NET_DM_ATTR_NF_TABLE] = { ATTR_STRING, AT(netfilter.table), 0 },
	[NET_DM_ATTR_NF_TABLE_HANDLE] = { ATTR_U64, AT(netfilter.table_handle),
					  0 },
	[NET_DM_ATTR_NF_CHAIN] = { ATTR_STRING, AT(netfilter.chain), 0 },
	[NET_DM_ATTR_NF_RULE_HANDLE] = { ATTR_U64, AT(netfilter.rule_handle),
					 0 },
	[NET_DM_ATTR_NF_BY] = { ATTR_STRING, AT(netfilter.by), 0 },
	[NET_DM_ATTR_NF_SET] = { ATTR_STRING, AT(netfilter.set), 0 },
	[NET_DM_ATTR_NF_ERRNO] = { ATTR_U32, AT(netfilter.errnum), 0 },
	[NET_DM_ATTR_NF_QUEUE_NUM] = { ATTR_U32, AT(netfilter.queue),
				       DROP_HAS_QUEUE },
	[NET_DM_ATTR_NF_MARK] = { ATTR_U32, AT(netfilter.mark), DROP_HAS_MARK },
	[NET_DM_ATTR_NF_CT_ID] = { ATTR_U32, AT(netfilter.ct_id), 0 },
	[NET_DM_ATTR_NF_GENERATION] = { ATTR_U32, AT(netfilter.generation), 0 },
	[NET_DM_ATTR_NF_UID] = { ATTR_U32, AT(process.uid), DROP_HAS_UID },
	[NET_DM_ATTR_NF_CGROUP_ID] = { ATTR_U64, AT(process.cgroup_id), 0 },
#undef AT
};

static const struct kind {
	enum drop_kind kind;
	bool has_policy;
	bool policy;
} kinds[] = {
	[NF_DROP_KIND_HOOK] = { DROP_KIND_HOOK, false, false },
	[NF_DROP_KIND_NFT_RULE] = { DROP_KIND_NFT_RULE, true, false },
	[NF_DROP_KIND_NFT_POLICY] = { DROP_KIND_NFT_POLICY, true, true },
	[NF_DROP_KIND_NFT_CHAIN] = { DROP_KIND_NFT_CHAIN, true, false },
	[NF_DROP_KIND_XT_RULE] = { DROP_KIND_XT_RULE, true, false },
	[NF_DROP_KIND_XT_POLICY] = { DROP_KIND_XT_POLICY, true, true },
	[NF_DROP_KIND_EBT_RULE] = { DROP_KIND_EBT_RULE, true, false },
	[NF_DROP_KIND_EBT_POLICY] = { DROP_KIND_EBT_POLICY, true, true },
	[NF_DROP_KIND_QUEUE] = { DROP_KIND_QUEUE, false, false },
	[NF_DROP_KIND_CONNTRACK] = { DROP_KIND_CONNTRACK, false, false },
	[NF_DROP_KIND_NAT] = { DROP_KIND_NAT, false, false },
	[NF_DROP_KIND_DEFRAG] = { DROP_KIND_DEFRAG, false, false },
	[NF_DROP_KIND_SYNPROXY] = { DROP_KIND_SYNPROXY, false, false },
	[NF_DROP_KIND_FLOWTABLE] = { DROP_KIND_FLOWTABLE, false, false },
	[NF_DROP_KIND_IPVS] = { DROP_KIND_IPVS, false, false },
	[NF_DROP_KIND_BRIDGE] = { DROP_KIND_BRIDGE, false, false },
	[NF_DROP_KIND_BPF] = { DROP_KIND_BPF, false, false },
	[NF_DROP_KIND_LSM] = { DROP_KIND_LSM, false, false },
	[NF_DROP_KIND_XT_TABLE] = { DROP_KIND_XT_TABLE, true, false },
};

/* As nft prints them, by NFPROTO_*. */
static const char *const families[] = {
	[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",
	[NFPROTO_ARP] = "arp",	     [NFPROTO_NETDEV] = "netdev",
	[NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
};

/*
 * enum nf_inet_hooks, which the bridge's have in the same order (broute, its
 * sixth, is not asked for a drop); NF_ARP_* and enum nf_dev_hooks.
 */
static const char *const inet_hooks[] = { "prerouting",	 "input",
					  "forward",	 "output",
					  "postrouting", "ingress" };
static const char *const arp_hooks[] = { "input", "output", "forward" };
static const char *const netdev_hooks[] = { "ingress", "egress" };

/* enum ip_conntrack_info, in nft's words; 7 is untracked. */
static const char *const ct_states[] = {
	"established", "related", "new", "established",
	"related",     NULL,	  NULL,	 "untracked",
};

static const char *name_of(const char *const *names, size_t n, uint32_t i)
{
	return i < n ? names[i] : NULL;
}

#define NAME_OF(names, i) name_of(names, ARRAY_SIZE(names), i)

const char *netfilter_hook_name(uint32_t family, uint32_t hook)
{
	switch (family) {
	case NFPROTO_ARP:
		return NAME_OF(arp_hooks, hook);
	case NFPROTO_NETDEV:
		return NAME_OF(netdev_hooks, hook);
	default:
		return NAME_OF(inet_hooks, hook);
	}
}

static void set_text(char *buf, size_t size, const char *text)
{
	if (text)
		copy_string(buf, size, text, SIZE_MAX);
}

static void set_kind(struct drop_event *ev, uint32_t kind)
{
	if (kind >= ARRAY_SIZE(kinds))
		return;
	ev->netfilter.kind = kinds[kind].kind;
	ev->netfilter.policy = kinds[kind].policy;
	if (kinds[kind].has_policy)
		ev->has |= DROP_HAS_POLICY;
}

/* What one attribute says only together with another. */
struct rest {
	uint32_t family;
	uint32_t hook;
	bool has_hook;
	const struct nlattr *hook_function;
};

/* Those that are not copied as they are. */
static int decode_word(const struct nlattr *nla, struct drop_event *ev,
		       struct rest *rest)
{
	struct drop_netfilter *nf = &ev->netfilter;
	uint32_t v;

	if (nla_len(nla) < (int)sizeof(v))
		return -EBADMSG;
	memcpy(&v, nla_data(nla), sizeof(v));
	switch (nla_type(nla)) {
	case NET_DM_ATTR_NF_KIND:
		set_kind(ev, v);
		break;
	case NET_DM_ATTR_NF_FAMILY:
		rest->family = v;
		break;
	case NET_DM_ATTR_NF_HOOK:
		rest->hook = v;
		rest->has_hook = true;
		break;
	case NET_DM_ATTR_NF_TABLE_FAMILY:
		set_text(nf->family, sizeof(nf->family), NAME_OF(families, v));
		break;
	case NET_DM_ATTR_NF_RULE_NUMBER:
		nf->rule_handle = v;
		break;
	case NET_DM_ATTR_NF_CT_INFO:
		set_text(nf->ct_state, sizeof(nf->ct_state),
			 NAME_OF(ct_states, v));
		break;
	}
	return 0;
}

static int decode_copied(const struct nlattr *nla, struct drop_event *ev)
{
	const struct attr *attr = &attrs[nla_type(nla)];
	size_t len = (size_t)nla_len(nla);
	void *p = (char *)ev + attr->offset;

	if (attr->type == ATTR_STRING) {
		copy_string(p, attr->size, nla_data(nla), len);
		return 0;
	}
	if (len < attr->size)
		return -EBADMSG;
	memcpy(p, nla_data(nla), attr->size);
	ev->has |= attr->has;
	return 0;
}

static int decode_attr(const struct nlattr *nla, struct drop_event *ev,
		       struct rest *rest)
{
	size_t type = (size_t)nla_type(nla);

	switch (type) {
	case NET_DM_ATTR_NF_KIND:
	case NET_DM_ATTR_NF_FAMILY:
	case NET_DM_ATTR_NF_HOOK:
	case NET_DM_ATTR_NF_TABLE_FAMILY:
	case NET_DM_ATTR_NF_RULE_NUMBER:
	case NET_DM_ATTR_NF_CT_INFO:
		return decode_word(nla, ev, rest);
	case NET_DM_ATTR_NF_HOOK_FN:
		rest->hook_function = nla;
		return 0;
	}
	if (type >= ARRAY_SIZE(attrs) || attrs[type].type == ATTR_NONE)
		return 0;
	return decode_copied(nla, ev);
}

int decode_netfilter(const struct nlattr *nest, struct drop_event *ev)
{
	struct drop_netfilter *nf = &ev->netfilter;
	struct rest rest = { 0 };
	struct nlattr *nla;
	int left, r;

	nla_for_each_nested(nla, nest, left) {
		r = decode_attr(nla, ev, &rest);
		if (r < 0)
			return r;
	}
	if (left > 0)
		return -EBADMSG;
	if (rest.has_hook)
		set_text(nf->hook, sizeof(nf->hook),
			 netfilter_hook_name(rest.family, rest.hook));
	if (rest.hook_function && nf->by[0] == '\0')
		copy_string(nf->by, sizeof(nf->by),
			    nla_data(rest.hook_function),
			    (size_t)nla_len(rest.hook_function));
	ev->attribution = DROP_ATTRIBUTION_EXACT;
	return 0;
}

/* One address or port of @packet that begins at @p; its length, or 0. */
static size_t known_part(const struct packet *packet, const uint8_t *p,
			 size_t len, char buf[PACKET_STRING_MAX])
{
	const union packet_addr *addrs[] = { &packet->saddr, &packet->daddr };
	const uint16_t ports[] = { packet->sport, packet->dport };
	size_t size = packet->network == PACKET_NETWORK_IPV6 ? 16 : 4;

	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++)
		if ((packet->has & PACKET_HAS_ADDRS) && len >= size &&
		    memcmp(p, addrs[i], size) == 0 &&
		    packet_addr_to_string(packet->network, addrs[i], buf))
			return size;
	/* Of a port, the register's other half is zero, or not there. */
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		const uint8_t port[REGISTER] = { (uint8_t)(ports[i] >> 8),
						 (uint8_t)ports[i] };

		size = MIN(len, sizeof(port));
		if ((packet->has & PACKET_HAS_PORTS) && size >= 2 &&
		    memcmp(p, port, size) == 0) {
			snprintf(buf, PACKET_STRING_MAX, "%u", ports[i]);
			return size;
		}
	}
	return 0;
}

static size_t hex_part(const uint8_t *p, size_t len,
		       char buf[PACKET_STRING_MAX])
{
	size_t n = MIN(len, REGISTER), at = 2;

	strcpy(buf, "0x");
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(buf + at, PACKET_STRING_MAX - at, "%02x",
				       p[i]);
	return n;
}

void decode_element(const struct nlattr *nest, struct drop_event *ev)
{
	const struct nlattr *key =
		nla_find(nla_data(nest), nla_len(nest), NET_DM_ATTR_NF_SET_KEY);
	char *buf = ev->netfilter.element;
	const uint8_t *p;
	size_t len, at = 0;

	if (!key)
		return;
	p = nla_data(key);
	len = (size_t)nla_len(key);
	while (len > 0 && at < DROP_NAME_MAX) {
		char part[PACKET_STRING_MAX];
		size_t n = known_part(&ev->packet, p, len, part);

		if (n == 0)
			n = hex_part(p, len, part);
		at += (size_t)snprintf(buf + at, DROP_NAME_MAX - at, "%s%s",
				       at > 0 ? " . " : "", part);
		p += n;
		len -= n;
	}
}
