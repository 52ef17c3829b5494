/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heaviest.h"
#include "util.h"

struct heaviest *heaviest_new(uint64_t seed)
{
	struct heaviest *h = calloc(1, sizeof(*h));

	if (h &&
	    sketch_init(&h->sources, HEAVIEST_CAPACITY,
			sizeof(struct heaviest_addr), seed) == 0 &&
	    sketch_init(&h->destinations, HEAVIEST_CAPACITY,
			sizeof(struct heaviest_addr), seed) == 0 &&
	    sketch_init(&h->ports, HEAVIEST_CAPACITY,
			sizeof(struct heaviest_port), seed) == 0)
		return h;
	heaviest_free(h);
	return NULL;
}

void heaviest_free(struct heaviest *h)
{
	if (!h)
		return;
	sketch_done(&h->sources);
	sketch_done(&h->destinations);
	sketch_done(&h->ports);
	free(h);
}

void heaviest_addr_init(struct heaviest_addr *ret, uint8_t network,
			const union packet_addr *addr)
{
	*ret = (struct heaviest_addr){ .network = network };
	if (network == PACKET_NETWORK_IPV6) {
		ret->addr.v6 = addr->v6;
		return;
	}
	ret->network = PACKET_NETWORK_IPV4;
	ret->addr.v4 = addr->v4;
}

void heaviest_add(struct heaviest *h, const struct drop_event *ev)
{
	const struct packet *p = &ev->packet;
	struct heaviest_addr addr;

	h->samples += ev->count;
	if (p->has & PACKET_HAS_ADDRS) {
		heaviest_addr_init(&addr, p->network, &p->saddr);
		sketch_add(&h->sources, &addr, ev->count, NULL);
		heaviest_addr_init(&addr, p->network, &p->daddr);
		sketch_add(&h->destinations, &addr, ev->count, NULL);
	}
	if (p->has & PACKET_HAS_PORTS) {
		struct heaviest_port port = { p->protocol, 0, p->dport, 0 };

		sketch_add(&h->ports, &port, ev->count, NULL);
	}
}
