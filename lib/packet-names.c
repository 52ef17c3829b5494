/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <strings.h>

#include "packet.h"
#include "util.h"

static const char *const network_names[_PACKET_NETWORK_MAX] = {
	[PACKET_NETWORK_IPV4] = "ipv4",
	[PACKET_NETWORK_IPV6] = "ipv6",
	[PACKET_NETWORK_ARP] = "arp",
};

/* IANA, Assigned Internet Protocol Numbers; those that are met. */
static const char *const protocol_names[256] = {
	[0] = "hopopt",
	[1] = "icmp",
	[2] = "igmp",
	[4] = "ipencap",
	[6] = "tcp",
	[8] = "egp",
	[17] = "udp",
	[33] = "dccp",
	[41] = "ipv6",
	[43] = "ipv6-route",
	[44] = "ipv6-frag",
	[46] = "rsvp",
	[47] = "gre",
	[50] = "esp",
	[51] = "ah",
	[58] = "icmpv6",
	[59] = "ipv6-nonxt",
	[60] = "ipv6-opts",
	[88] = "eigrp",
	[89] = "ospf",
	[94] = "ipip",
	[97] = "etherip",
	[98] = "encap",
	[103] = "pim",
	[108] = "ipcomp",
	[112] = "vrrp",
	[115] = "l2tp",
	[124] = "isis",
	[132] = "sctp",
	[133] = "fc",
	[135] = "mobility-header",
	[136] = "udplite",
	[137] = "mpls-in-ip",
	[139] = "hip",
	[140] = "shim6",
	[143] = "ethernet",
};

/* As nft names them in "icmp type" and "icmpv6 type". */
static const struct icmp_name {
	enum packet_network network;
	uint8_t type;
	const char *name;
} icmp_names[] = {
	{ PACKET_NETWORK_IPV4, ICMP_ECHOREPLY, "echo-reply" },
	{ PACKET_NETWORK_IPV4, ICMP_DEST_UNREACH, "destination-unreachable" },
	{ PACKET_NETWORK_IPV4, ICMP_SOURCE_QUENCH, "source-quench" },
	{ PACKET_NETWORK_IPV4, ICMP_REDIRECT, "redirect" },
	{ PACKET_NETWORK_IPV4, ICMP_ECHO, "echo-request" },
	{ PACKET_NETWORK_IPV4, 9, "router-advertisement" },
	{ PACKET_NETWORK_IPV4, 10, "router-solicitation" },
	{ PACKET_NETWORK_IPV4, ICMP_TIME_EXCEEDED, "time-exceeded" },
	{ PACKET_NETWORK_IPV4, ICMP_PARAMETERPROB, "parameter-problem" },
	{ PACKET_NETWORK_IPV4, ICMP_TIMESTAMP, "timestamp-request" },
	{ PACKET_NETWORK_IPV4, ICMP_TIMESTAMPREPLY, "timestamp-reply" },
	{ PACKET_NETWORK_IPV4, ICMP_INFO_REQUEST, "info-request" },
	{ PACKET_NETWORK_IPV4, ICMP_INFO_REPLY, "info-reply" },
	{ PACKET_NETWORK_IPV4, ICMP_ADDRESS, "address-mask-request" },
	{ PACKET_NETWORK_IPV4, ICMP_ADDRESSREPLY, "address-mask-reply" },
	{ PACKET_NETWORK_IPV6, ICMP6_DST_UNREACH, "destination-unreachable" },
	{ PACKET_NETWORK_IPV6, ICMP6_PACKET_TOO_BIG, "packet-too-big" },
	{ PACKET_NETWORK_IPV6, ICMP6_TIME_EXCEEDED, "time-exceeded" },
	{ PACKET_NETWORK_IPV6, ICMP6_PARAM_PROB, "parameter-problem" },
	{ PACKET_NETWORK_IPV6, ICMP6_ECHO_REQUEST, "echo-request" },
	{ PACKET_NETWORK_IPV6, ICMP6_ECHO_REPLY, "echo-reply" },
	{ PACKET_NETWORK_IPV6, MLD_LISTENER_QUERY, "mld-listener-query" },
	{ PACKET_NETWORK_IPV6, MLD_LISTENER_REPORT, "mld-listener-report" },
	{ PACKET_NETWORK_IPV6, MLD_LISTENER_REDUCTION, "mld-listener-done" },
	{ PACKET_NETWORK_IPV6, ND_ROUTER_SOLICIT, "nd-router-solicit" },
	{ PACKET_NETWORK_IPV6, ND_ROUTER_ADVERT, "nd-router-advert" },
	{ PACKET_NETWORK_IPV6, ND_NEIGHBOR_SOLICIT, "nd-neighbor-solicit" },
	{ PACKET_NETWORK_IPV6, ND_NEIGHBOR_ADVERT, "nd-neighbor-advert" },
	{ PACKET_NETWORK_IPV6, ND_REDIRECT, "nd-redirect" },
	{ PACKET_NETWORK_IPV6, 138, "router-renumbering" },
	{ PACKET_NETWORK_IPV6, 141, "ind-neighbor-solicit" },
	{ PACKET_NETWORK_IPV6, 142, "ind-neighbor-advert" },
	{ PACKET_NETWORK_IPV6, 143, "mld2-listener-report" },
};

/* tcpdump's letters, from the lowest bit. */
static const char tcp_letters[] = "FSRPAUEC";

const char *packet_network_to_string(enum packet_network network)
{
	if ((unsigned int)network >= _PACKET_NETWORK_MAX)
		return NULL;
	return network_names[network];
}

enum packet_network packet_network_from_string(const char *name)
{
	for (int i = 0; i < _PACKET_NETWORK_MAX; i++)
		if (network_names[i] && strcmp(network_names[i], name) == 0)
			return (enum packet_network)i;
	return PACKET_NETWORK_NONE;
}

const char *packet_protocol_to_string(uint8_t protocol)
{
	return protocol_names[protocol];
}

int packet_protocol_from_string(const char *name)
{
	unsigned long v;
	char *end;

	for (int i = 0; i < 256; i++)
		if (protocol_names[i] &&
		    strcasecmp(protocol_names[i], name) == 0)
			return i;
	if (strcasecmp(name, "ipv6-icmp") == 0)
		return IPPROTO_ICMPV6;
	if (name[0] < '0' || name[0] > '9')
		return -EINVAL;
	v = strtoul(name, &end, 10);
	return *end == '\0' && v <= 255 ? (int)v : -EINVAL;
}

const char *packet_tcp_flags_to_string(uint8_t flags,
				       char buf[PACKET_STRING_MAX])
{
	size_t n = 0;

	for (int i = 0; i < 8; i++)
		if (flags & 1 << i)
			buf[n++] = tcp_letters[i];
	if (n == 0)
		buf[n++] = '.';
	buf[n] = '\0';
	return buf;
}

int packet_tcp_flags_from_string(const char *s, uint8_t *ret)
{
	uint8_t flags = 0;

	if (strcmp(s, ".") == 0) {
		*ret = 0;
		return 0;
	}
	if (*s == '\0')
		return -EINVAL;
	for (; *s; s++) {
		const char *p = strchr(tcp_letters, *s);

		if (!p)
			return -EINVAL;
		flags |= (uint8_t)(1 << (p - tcp_letters));
	}
	*ret = flags;
	return 0;
}

const char *packet_addr_to_string(enum packet_network network,
				  const union packet_addr *addr,
				  char buf[PACKET_STRING_MAX])
{
	switch (network) {
	case PACKET_NETWORK_IPV4:
	case PACKET_NETWORK_ARP:
		return inet_ntop(AF_INET, &addr->v4, buf, PACKET_STRING_MAX);
	case PACKET_NETWORK_IPV6:
		return inet_ntop(AF_INET6, &addr->v6, buf, PACKET_STRING_MAX);
	default:
		return NULL;
	}
}

const char *packet_icmp_type_to_string(enum packet_network network,
				       uint8_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(icmp_names); i++)
		if (icmp_names[i].network == network &&
		    icmp_names[i].type == type)
			return icmp_names[i].name;
	return NULL;
}
