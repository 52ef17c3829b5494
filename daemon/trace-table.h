/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one thing that nfdropd adds to a ruleset: a table that marks the packets
 * of some flows, so that the kernel tells which rules they meet.
 *
 *	table inet nfdropd-PID {
 *		flags owner
 *		set ipv4-port {
 *			type ipv4_addr . ipv4_addr . inet_proto . inet_service
 *			size 1024; flags timeout; timeout 10s
 *		}
 *		set ipv4 { the same without the port, of protocols without ports
 *} set ipv6-port, ipv6 chain prerouting { type filter hook prerouting priority
 *-2147483647 ip saddr . ip daddr . meta l4proto . th dport @ipv4-port limit
 *rate 100/second meta nftrace set 1
 *			...
 *		}
 *		chain output { the same }
 *	}
 *
 * It belongs to the netlink socket that made it (NFT_TABLE_F_OWNER,
 *Linux 5.12): it vanishes with it, also when the process is killed, and nobody
 *else can change or flush it. The rules are there only as long as there is a
 *flow: as long as there are any, each packet of the machine takes the kernel's
 *slower way.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define TRACE_TABLE_FLOWS_MAX 1024
/* So long a flow is marked, at most. */
#define TRACE_TABLE_SECONDS 10
/* So many packets a second are, by each rule. */
#define TRACE_TABLE_RATE 100

struct trace_table;

/* Nothing is in the kernel yet. 0, or a negative errno. */
int trace_table_new(struct trace_table **ret);
/* Its table is gone then. NULL allowed. */
void trace_table_free(struct trace_table *t);

/* Can packets like that one be marked? By addresses and protocol. */
bool trace_table_takes(const struct packet *packet);
/* In one transaction, so many at most. */
#define TRACE_TABLE_AT_ONCE 32

/*
 * Marks the packets of the flows of @n packets for TRACE_TABLE_SECONDS: their
 * addresses, protocol and destination port. Makes the table, and its rules, when
 * they are not there. 0; -ENOSPC: there are too many flows; -EOPNOTSUPP: the
 * kernel is too old; another negative errno as the kernel gives it. All or none.
 */
int trace_table_add(struct trace_table *t, const struct packet *packets,
		    size_t n);
/* Marks them no more; -ENOENT: one of them was not marked, and all still are. */
int trace_table_remove(struct trace_table *t, const struct packet *packets,
		       size_t n);
/* Removes the rules: no flow is to be marked. 0, or a negative errno. */
int trace_table_rest(struct trace_table *t);

/* "nfdropd-1234": what it is called, so that nobody takes it for a user's. */
const char *trace_table_name(const struct trace_table *t);
