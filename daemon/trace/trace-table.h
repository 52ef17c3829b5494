/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one thing that nfdropd adds to a ruleset, for as long as there is a flow
 * to be traced: tables that mark its packets, so that the kernel tells which
 * rules they meet.
 *
 *	table inet nfdropd-PID {
 *		flags owner
 *		limit rate { rate 200/second }
 *		set ipv4-port {
 *			type ipv4_addr . ipv4_addr . inet_proto . inet_service
 *			size 1024; flags timeout; timeout 10s
 *		}
 *		set ipv4 { without the port, for protocols that have none }
 *		set ipv6-port, set ipv6 { the same }
 *		chain input {
 *			type filter hook input priority -2147483647
 *			ip saddr . ip daddr . meta l4proto . th dport
 *				@ipv4-port limit name rate meta nftrace set 1
 *			...
 *		}
 *	}
 *
 * with sets and rules for flows that there are, and such a chain in each hook
 *where the ruleset has base chains, also those of bridge, arp and netdev.
 *
 * They belong to the netlink socket that made them (NFT_TABLE_F_OWNER, Linux
 * 5.12): they vanish with it, also when the process is killed, and nobody else
 * can change or flush them. On older kernels they are removed when they are not
 * needed any more, and those that a killed nfdropd left, before the first.
 *
 * While they are there each packet of the machine takes the kernel's slower
 * way, and each of these transactions makes a new number of the ruleset, which
 * has others who list it begin anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "trace-places.h"

/* Flows in one transaction. */
#define TRACE_TABLE_AT_ONCE 64

struct trace_table;

struct trace_table_config {
	uint32_t flows;	  /* that are marked at the same time */
	uint32_t seconds; /* so long each is, at most */
	uint32_t rate;	  /* packets a second that are marked, of a family */
	/*
	 * As many of any flow, whatever it is: trace-samples.h; 0:
	 * none. What has any is there for as long as it is wanted.
	 */
	uint32_t samples;
	bool no_owner; /* as if the kernel was an old one, for tests */
};

/* Nothing is in the kernel yet. 0, or a negative errno. */
int trace_table_new(struct trace_table **ret,
		    const struct trace_table_config *config);
/* Its tables are gone then. NULL allowed. */
void trace_table_free(struct trace_table *t);
/* Of the next tables. */
void trace_table_configure(struct trace_table *t,
			   const struct trace_table_config *config);

/* Can packets like that one be marked? By addresses and protocol. */
bool trace_table_takes(const struct packet *packet);

struct trace_change {
	const struct packet *add; /* of flows to be marked */
	size_t n_add;
	const struct packet *remove; /* and of those not any more */
	size_t n_remove;
};

/*
 * Marks packets of some flows: of their addresses, protocol and destination
 * port; and of others not any more, which need not be marked. Makes the tables
 * when they are not there, and anew when they were made for other @places: then
 * flows of before are marked no more. 0; -ENOSPC: there are too many flows;
 * -E2BIG: or at once; -EINVAL: one cannot be marked; or what the kernel says.
 * All or none.
 */
int trace_table_change(struct trace_table *t, const struct trace_places *places,
		       const struct trace_change *change);
/* Removes the tables. 0, or a negative errno. */
int trace_table_rest(struct trace_table *t);

bool trace_table_is_there(const struct trace_table *t);
/* Do they vanish with the process? Not known before the first were made. */
bool trace_table_is_owned(const struct trace_table *t);
/* "nfdropd-1234", see own-table.h. */
const char *trace_table_name(const struct trace_table *t);

/* The ruleset's number at this moment. 0, or a negative errno. */
int trace_table_ask_generation(struct trace_table *t, uint32_t *ret);
