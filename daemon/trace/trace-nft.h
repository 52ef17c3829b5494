/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that mark what somebody wants to be traced, of an expression that
 * libnftables reads:
 *
 *	table inet nfdropd-PID {
 *		flags owner
 *		counter limited { }
 *		chain marking {
 *			limit rate 150/second meta nftrace set 1 return
 *			counter name limited
 *		}
 *		chain wanted {
 *			EXPRESSION jump marking
 *		}
 *		chain input {
 *			type filter hook input priority -2147483647
 *			jump wanted
 *		}
 *		chain input-last {
 *			type filter hook input priority 2147483646
 *		}
 *	}
 *
 * in each hook, also those of bridge, arp and netdev where the ruleset has base
 * chains there and the expression is one of that family. No packet is led to
 * "wanted" before it is known to be made of matches alone. What the last chains
 * are for is in trace-packet.h.
 *
 * libnftables may end the process, and takes time: for a process that does
 * nothing else. PID is that one's; see own-table.h.
 */
#pragma once

#include "trace-expression.h"
#include "trace-places.h"

struct trace_nft;

struct trace_nft_config {
	const char *expression; /* that trace_expression_check() has taken */
	struct trace_places places;
	uint32_t rate; /* packets a second that are marked, of a family */
	bool no_owner; /* as if the kernel was an old one, for tests */
};

struct trace_nft_status {
	char table[48];
	uint32_t families;	 /* bits, enum trace_family */
	bool is_after_conntrack; /* what comes before it is not traced */
	bool is_owned;		 /* the kernel removes it with the process */
};

/* 0, or a negative errno. Borrows @config. */
int trace_nft_new(struct trace_nft **ret,
		  const struct trace_nft_config *config);
/* Its tables are gone then. NULL allowed. */
void trace_nft_free(struct trace_nft *t);

/*
 * Makes the tables, anew where some are there. 0; -EINVAL: the expression is
 * wrong, see @error; another negative errno, with the sentence in
 * error->message.
 */
int trace_nft_make(struct trace_nft *t, struct trace_nft_status *ret,
		   struct trace_expression_error *error);
/*
 * Are they there? 1: and packets were not marked since the last time, as there
 * were too many; 0; -ENOENT: one is gone; or another negative errno.
 */
int trace_nft_look(struct trace_nft *t);
