/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets have their turn to be marked: in each second those of an eighth
 * of all sources, and of an eighth of all destination ports, by the lowest bits
 * of both and of the time. A flood from one address, or to one port, is out of
 * the way for most of the time, and what else there is gets its part. Sources
 * and ports have a limit each, so that none of them is in the other's way.
 *
 * It is the kernel that goes on from second to second, by the clock ("meta
 * hour", the seconds of the day): no transaction, and no new generation of the
 * ruleset. The set has pairs of second and slice that go together.
 */
#pragma once

#include "trace-marks.h"

#define TRACE_TURN_SOURCE "sample-source"
#define TRACE_TURN_PORT	  "sample-port"

struct trace_turn {
	const char *limit;
	uint32_t families;  /* bits, of tables in which there are such packets */
	uint16_t ethertype; /* 0: any */
	uint32_t base;	    /* of the byte: NFT_PAYLOAD_*, and the offset */
	uint32_t offset;
};

/* One after the other; NULL: there are no more. */
const struct trace_turn *trace_turn_of(size_t i);
/* The match of a rule, in a table that has the set. */
void trace_turn_add(const struct trace_turn *turn, struct nftnl_rule *rule,
		    struct nft_batch *b);
void trace_turns_add_set(const struct trace_marks *marks, uint8_t nfproto,
			 struct nft_batch *b);
