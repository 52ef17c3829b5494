/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "unknown.h"

static const char *const words[] = {
	[UNKNOWN_CT_STATE] = "ct state",
	[UNKNOWN_CT] = "ct",
	[UNKNOWN_LIMIT] = "limit",
	[UNKNOWN_QUOTA] = "quota",
	[UNKNOWN_CONNLIMIT] = "number of connections",
	[UNKNOWN_NUMGEN] = "numgen",
	[UNKNOWN_HASH] = "hash",
	[UNKNOWN_DYNSET] = "set that packets fill",
	[UNKNOWN_FIB] = "fib",
	[UNKNOWN_SOCKET] = "socket",
	[UNKNOWN_OSF] = "osf",
	[UNKNOWN_ROUTE] = "route",
	[UNKNOWN_TPROXY] = "tproxy",
	[UNKNOWN_SYNPROXY] = "synproxy",
	[UNKNOWN_NAT] = "nat",
	[UNKNOWN_QUEUE] = "queue",
	[UNKNOWN_FLOWTABLE] = "flowtable",
	[UNKNOWN_XT] = "extension of iptables",
	[UNKNOWN_EXTHDR] = "header options",
	[UNKNOWN_INNER] = "inner headers",
	[UNKNOWN_TUNNEL] = "tunnel",
	[UNKNOWN_PAYLOAD] = "bytes that were cut off",
	[UNKNOWN_FRAGMENT] = "ports of a fragment",
	[UNKNOWN_LINK] = "link layer header",
	[UNKNOWN_NETWORK] = "network layer protocol",
	[UNKNOWN_REWRITTEN] = "headers before they were rewritten",
	[UNKNOWN_LENGTH] = "length",
	[UNKNOWN_MARK] = "mark",
	[UNKNOWN_IN] = "input interface",
	[UNKNOWN_OUT] = "output interface",
	[UNKNOWN_OWNER] = "socket's owner",
	[UNKNOWN_TIME] = "time",
	[UNKNOWN_PKTTYPE] = "packet type",
	[UNKNOWN_META] = "meta",
	[UNKNOWN_SET] = "set's elements",
	[UNKNOWN_TIMEOUT] = "element that expires",
	[UNKNOWN_REGISTER] = "register",
	[UNKNOWN_NEW_CONNECTION] = "whether it is a connection's first packet",
	[UNKNOWN_CHAIN] = "chain",
	[UNKNOWN_OTHER] = "expression",
};

const char *unknown_to_string(enum unknown u)
{
	return u < _UNKNOWN_MAX ? words[u] : words[UNKNOWN_OTHER];
}

unsigned int unknown_count(uint64_t set)
{
	return (unsigned int)__builtin_popcountll(set);
}
