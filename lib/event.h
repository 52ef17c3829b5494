/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One drop, as every part of nfdrop sees it.
 *
 * A value type: drop_event_init() makes an empty event, drop_event_done()
 * releases what it owns, drop_event_copy() makes an independent one. Nothing
 * points into a receive buffer. Unknown is the zero value (0, "", NULL, the
 * enum's first member) or a bit missing from @has where zero has a meaning.
 *
 * Strings come from the kernel, perhaps from another network namespace's
 * owner, and are hostile: they are bounded here, and escaped where they are
 * printed.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

enum drop_origin {
	DROP_ORIGIN_SOFTWARE, /* NET_DM_ORIGIN_SW: kfree_skb */
	DROP_ORIGIN_HARDWARE, /* NET_DM_ORIGIN_HW: a devlink trap */
	/*
	 * None of NET_DM's: of packets that were traced at random, which stand
	 * for others that were not.
	 */
	DROP_ORIGIN_SAMPLE,
	_DROP_ORIGIN_MAX,
};

/*
 * How the rule is known. An inferred rule is never printed as exact; where
 * several can have been it, there is none, but candidates.
 */
enum drop_attribution {
	DROP_ATTRIBUTION_NONE,
	DROP_ATTRIBUTION_INFERRED, /* evaluated against the ruleset */
	DROP_ATTRIBUTION_TRACED,   /* nfnetlink trace */
	DROP_ATTRIBUTION_EXACT,	   /* kernel context */
	/* The rule's own counter: of no packet that was seen. */
	DROP_ATTRIBUTION_COUNTER,
	_DROP_ATTRIBUTION_MAX,
};

enum drop_kind {
	DROP_KIND_NONE, /* no netfilter context */
	DROP_KIND_NFT_RULE,
	DROP_KIND_NFT_POLICY,
	DROP_KIND_XT_RULE,
	DROP_KIND_XT_POLICY,
	DROP_KIND_EBT_RULE,
	DROP_KIND_EBT_POLICY,
	DROP_KIND_CONNTRACK,
	DROP_KIND_NAT,
	DROP_KIND_QUEUE,
	DROP_KIND_HOOK, /* a hook function without a kind of its own */
	DROP_KIND_BPF,
	DROP_KIND_NFT_CHAIN, /* nf_tables, but none of its rules */
	DROP_KIND_XT_TABLE,  /* x_tables, but none of its rules */
	DROP_KIND_DEFRAG,
	DROP_KIND_SYNPROXY,
	DROP_KIND_FLOWTABLE,
	DROP_KIND_IPVS,
	DROP_KIND_BRIDGE,
	DROP_KIND_LSM,
	_DROP_KIND_MAX,
};

enum drop_has {
	DROP_HAS_REASON_CODE = 1 << 0,
	DROP_HAS_POLICY = 1 << 1,
	DROP_HAS_UID = 1 << 2,
	DROP_HAS_MARK = 1 << 3,
	DROP_HAS_QUEUE = 1 << 4,
};

/* NFT_NAME_MAXLEN of linux/netfilter/nf_tables.h. */
#define DROP_NAME_MAX 256
/* NET_DM_MAX_REASON_LEN is 50, NET_DM_MAX_SYMBOL_LEN and a trap's name 40. */
#define DROP_REASON_MAX	  64
#define DROP_LOCATION_MAX 128
#define DROP_TRAP_MAX	  64
#define DROP_BY_MAX	  64
#define DROP_CANDIDATES_MAX 16
/* NFTNL_UDATA_COMMENT_MAXLEN of libnftnl. */
#define DROP_COMMENT_MAX  129

struct drop_port {
	uint32_t ifindex; /* in netns, or in an unknown namespace */
	char name[IFNAMSIZ];
};

struct drop_netns {
	uint32_t inum;	 /* inode number of /proc/PID/ns/net */
	uint64_t cookie; /* SO_NETNS_COOKIE */
	char name[DROP_NAME_MAX];
};

struct drop_netfilter {
	enum drop_kind kind;
	char hook[16];	 /* "input", ... as nft prints it */
	char family[16]; /* of the table: "inet", "ip", "bridge", ... */
	char table[DROP_NAME_MAX];
	uint64_t table_handle; /* never given twice in a namespace */
	char chain[DROP_NAME_MAX];
	uint64_t rule_handle; /* nft handle, or xt and ebt rule number */
	char *rule;	      /* as nft prints it; owned */
	char comment[DROP_COMMENT_MAX]; /* of the rule */
	/* The expression, match, target, helper or function that did it. */
	char by[DROP_BY_MAX];
	char set[DROP_NAME_MAX];
	char element[DROP_NAME_MAX];
	bool policy;
	uint32_t errnum; /* positive, as errno(3) */
	uint32_t generation;
	uint32_t mark;
	uint32_t queue;
	uint32_t ct_id;	   /* as "conntrack -o id" prints it */
	char ct_state[16]; /* "new", "established", ... as nft prints it */
};

struct drop_candidates;

struct drop_process {
	uint32_t uid;
	uint64_t cgroup_id; /* of cgroup v2, not printed: see unit */
	char *unit; /* systemd unit from the cgroup's path; owned */
};

struct drop_event {
	uint32_t has; /* enum drop_has */
	enum drop_origin origin;
	enum drop_attribution attribution;
	uint64_t timestamp_ns; /* CLOCK_REALTIME */
	/*
	 * Packets that this stands for: 1, or more where another program
	 * holds drop_monitor in summary mode.
	 */
	uint64_t count;
	uint64_t pc; /* address of the drop, not printed */
	uint32_t reason_code;
	uint32_t length; /* bytes from the MAC header, before truncation */
	struct drop_candidates *candidates; /* owned; see candidate.h; or NULL */
	char reason[DROP_REASON_MAX];
	char subsystem[DROP_REASON_MAX];
	char location[DROP_LOCATION_MAX]; /* symbol+offset/size */
	char trap[DROP_TRAP_MAX];	  /* devlink trap, hardware only */
	char trap_group[DROP_TRAP_MAX];
	struct drop_port in;
	struct drop_port out;
	struct packet packet;
	struct drop_netns netns;
	struct drop_netfilter netfilter;
	struct drop_process process;
};

void drop_event_init(struct drop_event *ev);
void drop_event_done(struct drop_event *ev);
/* Makes @ret an independent copy; -ENOMEM leaves it initialised and empty. */
int drop_event_copy(struct drop_event *ret, const struct drop_event *ev);

/* The word for a value, as in JSON; never NULL for a valid one. */
const char *drop_origin_to_string(int origin);
const char *drop_attribution_to_string(int attribution);
const char *drop_kind_to_string(int kind);
/* The reverse; -EINVAL for a word that is none. */
int drop_origin_from_string(const char *s);
int drop_attribution_from_string(const char *s);
int drop_kind_from_string(const char *s);
