/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain-next.h"
#include "netns.h"
#include "util.h"

/* Three names, and words. */
#define COMMAND_MAX 1024

#define KIND(name)  (1U << DROP_KIND_##name)
#define NFT	    (KIND(NFT_RULE) | KIND(NFT_POLICY) | KIND(NFT_CHAIN))
#define XT	    (KIND(XT_RULE) | KIND(XT_POLICY) | KIND(XT_TABLE))
#define EBT	    (KIND(EBT_RULE) | KIND(EBT_POLICY))
#define NONE	    KIND(NONE)

enum when { ALWAYS, THERE, GONE };

/*
 * %f family, %t table, %c chain, %s set, %x the program of x_tables, %h the
 * handle of the rule that took its place; %r reason, %S and %D source and
 * destination, %p destination port, %l ss's letter for the protocol, %i and %o
 * device. A command whose values are unknown or odd is left out.
 */
static const struct next {
	unsigned int kinds;
	enum when when;
	const char *reasons; /* a pattern of glob(7); NULL: any */
	const char *command;
} nexts[] = {
	{ NFT, ALWAYS, NULL, "nfdrop explain %f %t %c handle %h" },
	{ NFT, THERE, NULL, "nft -a list chain %f %t %c" },
	{ NFT, GONE, NULL, "nft -a list ruleset" },
	{ NFT, THERE, NULL, "nft list set %f %t %s" },
	{ XT, ALWAYS, NULL, "%x-legacy -t %t -nvL %c --line-numbers" },
	{ EBT, ALWAYS, NULL, "ebtables-legacy -t %t -L %c --Ln --Lc" },
	{ NFT | XT | EBT, ALWAYS, NULL,
	  "nfdrop monitor --table=%t --chain=%c" },
	{ KIND(CONNTRACK), ALWAYS, NULL, "conntrack -S" },
	{ KIND(CONNTRACK), ALWAYS, NULL,
	  "sysctl net.netfilter.nf_conntrack_count "
	  "net.netfilter.nf_conntrack_max" },
	{ KIND(NAT), ALWAYS, NULL, "conntrack -L --any-nat" },
	{ KIND(QUEUE), ALWAYS, NULL,
	  "cat /proc/net/netfilter/nfnetlink_queue" },
	{ KIND(SYNPROXY), ALWAYS, NULL, "cat /proc/net/stat/synproxy" },
	{ KIND(IPVS), ALWAYS, NULL, "ipvsadm -Ln" },
	{ KIND(FLOWTABLE), ALWAYS, NULL, "nft list flowtables" },
	{ KIND(BPF), ALWAYS, NULL, "bpftool net" },
	/* Without netfilter's word, by the reason. */
	{ NONE, ALWAYS, "NETFILTER_DROP", "nfdrop rules --all" },
	{ NONE, ALWAYS, "NETFILTER_DROP", "nft list ruleset" },
	{ NONE, ALWAYS, "NO_SOCKET", "ss -%lnap sport = :%p" },
	{ NONE, ALWAYS, "SOCKET_*", "ss -%lnmap sport = :%p" },
	{ NONE, ALWAYS, "PROTO_MEM", "ss -%lnmap sport = :%p" },
	{ NONE, ALWAYS, "TCP_LISTEN_OVERFLOW", "ss -ltn sport = :%p" },
	{ NONE, ALWAYS, "IP_RPFILTER", "ip route get %S" },
	{ NONE, ALWAYS, "IP_RPFILTER",
	  "cat /proc/sys/net/ipv4/conf/%i/rp_filter" },
	{ NONE, ALWAYS, "IP_IN*", "ip route get %D from %S iif %i" },
	{ NONE, ALWAYS, "IP_OUTNOROUTES", "ip route get %D" },
	{ NONE, ALWAYS, "NEIGH_*", "ip neigh show dev %o" },
	{ NONE, ALWAYS, "IPV6DISABLED",
	  "cat /proc/sys/net/ipv6/conf/%i/disable_ipv6" },
	{ NONE, ALWAYS, "*_CSUM", "ethtool -S %i" },
	{ NONE, ALWAYS, "QDISC_*", "tc -s qdisc show dev %o" },
	{ NONE, ALWAYS, "FQ_*", "tc -s qdisc show dev %o" },
	{ NONE, ALWAYS, "TC_INGRESS", "tc filter show dev %i ingress" },
	{ NONE, ALWAYS, "TC_EGRESS", "tc filter show dev %o egress" },
	{ NONE, ALWAYS, "XDP", "bpftool net" },
	{ NONE, ALWAYS, "BPF_CGROUP_EGRESS", "bpftool cgroup tree" },
	{ NONE, ALWAYS, "XFRM_POLICY", "ip xfrm policy" },
	{ NONE, ALWAYS, "CPU_BACKLOG", "sysctl net.core.netdev_max_backlog" },
	{ NONE | KIND(HOOK) | KIND(DEFRAG) | KIND(LSM) | KIND(BRIDGE), ALWAYS,
	  NULL, "nfdrop monitor --reason=%r" },
};

/* Nothing that a shell or a terminal takes for more than a letter. */
static bool is_plain(const char *s)
{
	return s[0] != '\0' && s[0] != '-' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:")] == '\0';
}

static const char *number(uint64_t v, char buf[PACKET_STRING_MAX])
{
	snprintf(buf, PACKET_STRING_MAX, "%" PRIu64, v);
	return v ? buf : "";
}

static const char *address(const struct packet *p, const union packet_addr *a,
			   char buf[PACKET_STRING_MAX])
{
	const char *text = p->has & PACKET_HAS_ADDRS
				   ? packet_addr_to_string(p->network, a, buf)
				   : NULL;

	return text ? text : "";
}

static const char *ss_letter(const struct packet *p)
{
	if (!(p->has & PACKET_HAS_PROTOCOL))
		return "";
	return p->protocol == IPPROTO_TCP    ? "t"
	       : p->protocol == IPPROTO_UDP  ? "u"
	       : p->protocol == IPPROTO_SCTP ? "S"
					     : "";
}

static const char *xt_program(const struct drop_event *ev)
{
	const char *family = ev->netfilter.family;

	return strcmp(family, "ip6") == 0   ? "ip6tables"
	       : strcmp(family, "arp") == 0 ? "arptables"
					    : "iptables";
}

/* What stands for a letter; "" when it is not known. */
static const char *value_of(const struct explain_next_about *about, char letter,
			    char buf[PACKET_STRING_MAX])
{
	const struct drop_event *ev = about->ev;
	const struct drop_netfilter *nf = &ev->netfilter;
	const struct packet *p = &ev->packet;

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
	case 'x':
		return xt_program(ev);
	case 'h':
		return number(about->same_text, buf);
	case 'r':
		return ev->reason;
	case 'S':
		return address(p, &p->saddr, buf);
	case 'D':
		return address(p, &p->daddr, buf);
	case 'p':
		return number(p->has & PACKET_HAS_PORTS ? p->dport : 0, buf);
	case 'l':
		return ss_letter(p);
	case 'i':
		return ev->in.name;
	case 'o':
		return ev->out.name;
	default:
		return "";
	}
}

static bool make_command(const struct explain_next_about *about,
			 const char *format, char buf[COMMAND_MAX])
{
	char *const end = buf + COMMAND_MAX;

	for (const char *p = format; *p; p++) {
		char value_buf[PACKET_STRING_MAX];
		const char *value;
		size_t len;

		if (*p != '%') {
			*buf++ = *p;
			continue;
		}
		value = value_of(about, *++p, value_buf);
		len = strlen(value);
		/* With room for the rest of the format. */
		if (!is_plain(value) || len + strlen(p) >= (size_t)(end - buf))
			return false;
		memcpy(buf, value, len);
		buf += len;
	}
	*buf = '\0';
	return true;
}

static bool is_foreign(const struct drop_netns *netns)
{
	if (netns->cookie != 0)
		return !netns_is_initial(netns->cookie, netns->inum);
	return netns->inum != 0 ||
	       (netns->name[0] && strcmp(netns->name, "init") != 0);
}

/* With what says where; false: that cannot be told. */
static bool put_command(const struct drop_event *ev, const char *command,
			char *buf)
{
	const struct drop_netns *netns = &ev->netns;

	if (!is_foreign(netns)) {
		snprintf(buf, EXPLAIN_NEXT_MAX, "%s", command);
		return true;
	}
	if (!is_plain(netns->name))
		return false;
	if (strncmp(command, "nfdrop explain", 14) == 0)
		snprintf(buf, EXPLAIN_NEXT_MAX, "%s netns=%s", command,
			 netns->name);
	else if (strncmp(command, "nfdrop", 6) == 0)
		snprintf(buf, EXPLAIN_NEXT_MAX, "%s --netns=%s", command,
			 netns->name);
	else if (strchr(netns->name, '.'))
		/* A unit's name is no name of ip-netns(8). */
		return false;
	else
		snprintf(buf, EXPLAIN_NEXT_MAX, "ip netns exec %s %s",
			 netns->name, command);
	return true;
}

static bool is_for(const struct next *next,
		   const struct explain_next_about *about, unsigned int kind)
{
	if (!(next->kinds & kind) || (next->when == THERE && about->gone) ||
	    (next->when == GONE && !about->gone))
		return false;
	return !next->reasons ||
	       fnmatch(next->reasons, about->ev->reason, 0) == 0;
}

bool explain_next(const struct explain_next_about *about, size_t number,
		  char *buf)
{
	const struct drop_netfilter *nf = &about->ev->netfilter;
	/* One asked for by name is of nf_tables. */
	unsigned int kind = nf->kind == DROP_KIND_NONE && nf->table[0] != '\0'
				    ? KIND(NFT_RULE)
				    : 1U << nf->kind;
	char command[COMMAND_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(nexts); i++) {
		if (!is_for(&nexts[i], about, kind) ||
		    !make_command(about, nexts[i].command, command) ||
		    !put_command(about->ev, command, buf) || number-- > 0)
			continue;
		return true;
	}
	return false;
}
