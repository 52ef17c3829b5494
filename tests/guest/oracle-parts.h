/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What infer-oracle is made of, for its own files: infer-oracle.c, rulesets,
 * and what the kernel tells; oracle-send.c, packets; oracle-check.c, infer()
 * against what was told.
 */
#pragma once

#include <nftables/libnftables.h>

#include "inferrer.h"
#include "oracle-counters.h"
#include "oracle-figures.h"
#include "routes.h"

/* Cuts of each packet that are tried. */
#define ORACLE_CUTS 4

struct oracle {
	struct nft_ctx *nft;
	struct nl_sock *events;
	int link, ip, ip6;
	struct ruleset *rs;
	const char *name; /* of the present case */
	bool is_visible;
	unsigned long n_rulesets, n_rules, n_refused, n_packets, n_alerts;
	unsigned long n_cuts, n_cut_missing, n_other, n_stale;
	uint64_t work;
	/* All drops, those of rulesets that look at nothing but the packet, and
	 * those whose true rule does. */
	struct oracle_figures all, visible, shown;
	struct oracle_classes classes;
	struct oracle_counters counters;
	struct inferrer inferrer; /* as nfdropd has it */
	struct routes routes;
	/* The ruleset's messages, as fuzz-infer has them. */
	const char *seeds;
	uint8_t messages[65536];
	size_t messages_len;
};

/* Ends the program: it could not do that, for this negative errno. */
void oracle_die(const char *what, int r);

/* Is the rule that the kernel names in @ev among those that infer() does? */
void oracle_check(struct oracle *o, const struct drop_event *ev,
		  const struct packet_bytes *bytes);

/*
 * Sends a packet: "ip" and its bytes, or a device, whose other end it comes in
 * by, and its bytes.
 */
void oracle_send(struct oracle *o, const char *line);
