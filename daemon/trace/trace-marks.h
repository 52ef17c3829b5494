/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tables that mark packets are made of, as messages of a transaction;
 * see trace-table.h.
 */
#pragma once

#include "nft-batch.h"
#include "packet.h"
#include "trace-places.h"

/* Bits, of tables in which there are such packets. */
#define TRACE_IP_FAMILIES \
	(1U << TRACE_INET | 1U << TRACE_BRIDGE | 1U << TRACE_NETDEV)
#define TRACE_ARP_FAMILIES \
	(1U << TRACE_ARP | 1U << TRACE_BRIDGE | 1U << TRACE_NETDEV)

struct trace_marks {
	const char *table;
	bool owner;	  /* the tables are the socket's that makes them */
	uint32_t flows;	  /* that a set has room for */
	uint32_t seconds; /* so long each is in there */
	uint32_t rate;	  /* packets a second, of all together */
	uint32_t
		samples; /* packets a second of any flow, see trace-samples.h */
};

/* A flow, as the sets have it. */
struct trace_mark {
	const struct trace_kind *kind;
	uint8_t data[40];
	uint32_t len;
};

/* False: packets like that one cannot be marked. */
bool trace_mark_init(struct trace_mark *mark, const struct packet *packet);

/* Tables and chains. */
void trace_marks_add(const struct trace_marks *marks,
		     const struct trace_places *places, struct nft_batch *b);
/*
 * Sets, and rules that look there, for flows of these kinds: bits of
 * trace_mark_kind(). Each costs every packet.
 */
void trace_marks_add_kinds(const struct trace_marks *marks,
			   const struct trace_places *places, uint32_t kinds,
			   struct nft_batch *b);
uint32_t trace_mark_kind(const struct trace_mark *mark);
/* The tables that trace_marks_add() made for @places. */
void trace_marks_remove(const struct trace_marks *marks,
			const struct trace_places *places, struct nft_batch *b);
/* @type: NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM. */
void trace_marks_change(const struct trace_marks *marks,
			const struct trace_places *places, uint16_t type,
			const struct trace_mark *mark, struct nft_batch *b);
