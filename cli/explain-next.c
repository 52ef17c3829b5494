/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "explain-next.h"
#include "netns.h"
#include "util.h"

/* Three names. */
#define COMMAND_MAX 1024

#define KIND(name) (1U << DROP_KIND_##name)
#define NFT	   (KIND(NFT_RULE) | KIND(NFT_POLICY) | KIND(NFT_CHAIN))
#define XT	   (KIND(XT_RULE) | KIND(XT_POLICY) | KIND(XT_TABLE))
#define EBT	   (KIND(EBT_RULE) | KIND(EBT_POLICY))

/*
 * %f family, %t table, %c chain, %s set, %x the program of x_tables, %r reason. A command whose names are unknown or odd is left out.
 */
static const struct next {
	unsigned int kinds;
	const char *command;
} nexts[] = {
	{ NFT, "nft -a list chain %f %t %c" },
	{ NFT, "nft list set %f %t %s" },
	{ XT, "%x-legacy -t %t -nvL %c --line-numbers" },
	{ EBT, "ebtables-legacy -t %t -L %c --Ln --Lc" },
	{ NFT | XT | EBT, "nfdrop monitor --table=%t --chain=%c" },
	{ KIND(CONNTRACK), "conntrack -S" },
	{ KIND(CONNTRACK),
	  "sysctl net.netfilter.nf_conntrack_count "
	  "net.netfilter.nf_conntrack_max" },
	{ KIND(NAT), "conntrack -L --any-nat" },
	{ KIND(QUEUE), "cat /proc/net/netfilter/nfnetlink_queue" },
	{ KIND(SYNPROXY), "cat /proc/net/stat/synproxy" },
	{ KIND(IPVS), "ipvsadm -Ln" },
	{ KIND(FLOWTABLE), "nft list flowtables" },
	{ KIND(BPF), "bpftool net" },
	{ KIND(NONE) | KIND(HOOK) | KIND(DEFRAG) | KIND(LSM) | KIND(BRIDGE),
	  "nfdrop monitor --reason=%r" },
};

/* Nothing that a shell or a terminal takes for more than a letter. */
static bool is_plain(const char *s)
{
	return s[0] != '\0' && s[0] != '-' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:")] ==
		       '\0';
}

/* What stands for a letter; "" when it is not known. */
static const char *value_of(const struct drop_event *ev, char letter)
{
	const struct drop_netfilter *nf = &ev->netfilter;

	switch (letter) {
	case 'f':
		return nf->family;
	case 't':
		return nf->table;
	case 'c':
		return nf->chain;
	case 's':
		/* One of the rule alone has no name that can be asked for. */
		return strncmp(nf->set, "__", 2) == 0 ? "" : nf->set;
	case 'r':
		return ev->reason;
	case 'x':
		return strcmp(nf->family, "ip6") == 0	? "ip6tables"
		       : strcmp(nf->family, "arp") == 0 ? "arptables"
							: "iptables";
	default:
		return "";
	}
}

static bool make_command(const struct drop_event *ev, const char *format,
			 char *buf)
{
	const char *const end = buf + COMMAND_MAX;
	for (const char *p = format; *p; p++) {
		const char *value;

		if (*p != '%') {
			*buf++ = *p;
			continue;
		}
		value = value_of(ev, *++p);
		if (!is_plain(value))
			return false;
		buf += snprintf(buf, (size_t)(end - buf), "%s", value);
	}
	*buf = '\0';
	return true;
}

/* Where it has to be typed; false: it cannot be told. */
static bool make_prefix(const struct drop_event *ev, const char *command,
			char *buf, size_t size)
{
	const struct drop_netns *netns = &ev->netns;

	buf[0] = '\0';
	if (netns->cookie == 0 ||
	    netns_is_initial(netns->cookie, netns->inum) ||
	    strncmp(command, "nfdrop", 6) == 0)
		return true;
	/* A unit's name is no name of ip-netns(8). */
	if (!is_plain(netns->name) || strchr(netns->name, '.'))
		return false;
	snprintf(buf, size, "ip netns exec %s ", netns->name);
	return true;
}

bool explain_next(const struct drop_event *ev, size_t number, char *buf)
{
	/* One asked for by name is of nf_tables. */
	unsigned int kind = ev->netfilter.kind == DROP_KIND_NONE &&
					    ev->netfilter.table[0] != '\0'
				    ? KIND(NFT_RULE)
				    : 1U << ev->netfilter.kind;
	char command[COMMAND_MAX], prefix[DROP_NAME_MAX + 32];

	for (size_t i = 0; i < ARRAY_SIZE(nexts); i++) {
		if (!(nexts[i].kinds & kind) ||
		    !make_command(ev, nexts[i].command, command) ||
		    !make_prefix(ev, command, prefix, sizeof(prefix)) ||
		    number-- > 0)
			continue;
		snprintf(buf, EXPLAIN_NEXT_MAX, "%s%s", prefix, command);
		return true;
	}
	return false;
}
