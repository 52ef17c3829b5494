/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel would route a packet that came in: to this machine, or on to
 * another one, and by which device. It is asked for each, since nobody else
 * knows all of it: local routes, rules, VRFs (RTM_GETROUTE of rtnetlink(7)).
 */
#pragma once

#include "inferrer.h"

struct routes {
	struct ways ways; /* for the inferrer */
	int fd;		  /* -1: there is none, and no way is known */
	uint32_t seq;
	/* Rules beyond the kernel's own may look at more than we know. */
	bool has_rules;
	bool has_ipv4, has_ipv6; /* some device has a global address */
	/* CLOCK_MONOTONIC, when that was looked at; 0: never */
	uint64_t rules_ns, addresses_ns;
	const struct links *links;
};

/* Borrows @links. Without a socket no way is known. */
void routes_init(struct routes *routes, const struct links *links);
void routes_done(struct routes *routes);
