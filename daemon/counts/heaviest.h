/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose packets a rule drops most: the heaviest sources, destinations and
 * destination ports, each in a sketch of fixed size. Pure.
 */
#pragma once

#include "event.h"
#include "sketch.h"

/* Whoever has more than a 32nd of the packets is there. */
#define HEAVIEST_CAPACITY 32

struct heaviest_addr {
	uint8_t network; /* enum packet_network: IPv4 also of ARP, or IPv6 */
	uint8_t zero[7];
	union packet_addr addr; /* of IPv4 the rest is zero */
};

struct heaviest_port {
	uint8_t protocol;
	uint8_t zero;
	uint16_t port; /* host order */
	uint32_t zero2;
};

struct heaviest {
	/* Keys are struct heaviest_addr, and struct heaviest_port. */
	struct sketch sources;
	struct sketch destinations;
	struct sketch ports;
	uint64_t samples; /* packets, also those without an address */
};

/* NULL when memory is out. @seed as of sketch_init(). */
struct heaviest *heaviest_new(uint64_t seed);
void heaviest_free(struct heaviest *h); /* NULL allowed */

/* Adds the packet, ev->count times. */
void heaviest_add(struct heaviest *h, const struct drop_event *ev);

/* The address that a packet has, without what is no part of it. */
void heaviest_addr_init(struct heaviest_addr *ret, uint8_t network,
			const union packet_addr *addr);
