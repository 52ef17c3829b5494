/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "trace-places.h"
#include "util.h"

static const struct {
	uint8_t nfproto;
	/* The chains' names, by the kernel's number of the hook. */
	const char *hooks[TRACE_HOOKS_MAX];
} families[_TRACE_FAMILY_MAX] = {
	[TRACE_INET] = { NFPROTO_INET,
			 { "prerouting", "input", "forward", "output",
			   "postrouting" } },
	[TRACE_BRIDGE] = { NFPROTO_BRIDGE,
			   { "prerouting", "input", "forward", "output",
			     "postrouting" } },
	[TRACE_ARP] = { NFPROTO_ARP, { "input", "output" } },
	[TRACE_NETDEV] = { NFPROTO_NETDEV, { "ingress", "egress" } },
};

uint8_t trace_family_to_nfproto(enum trace_family family)
{
	return families[family].nfproto;
}

const char *trace_family_to_chain(enum trace_family family, uint32_t hook)
{
	return families[family].hooks[hook];
}

const char *trace_places_chain(const struct trace_places *places,
			       enum trace_family family, uint32_t hook)
{
	return places->hooks[family] & 1U << hook
		       ? trace_family_to_chain(family, hook)
		       : NULL;
}

bool trace_places_has(const struct trace_places *places,
		      enum trace_family family)
{
	for (uint32_t h = 0; h < TRACE_HOOKS_MAX; h++)
		if (trace_places_chain(places, family, h))
			return true;
	return false;
}

bool trace_places_are_any(const struct trace_places *places)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		if (places->hooks[f] != 0)
			return true;
	return false;
}

static void add_device(struct trace_devices *devices, const char *name,
		       size_t len)
{
	if (len == 0 || len >= IFNAMSIZ || devices->n == TRACE_DEVICES_MAX)
		return;
	for (size_t i = 0; i < devices->n; i++)
		if (strlen(devices->names[i]) == len &&
		    memcmp(devices->names[i], name, len) == 0)
			return;
	memcpy(devices->names[devices->n++], name, len);
}

/* "eth0, eth1" */
static void add_devices(struct trace_devices *devices, const char *names)
{
	while (names && *names != '\0') {
		size_t len = strcspn(names, ",");

		add_device(devices, names, len);
		names += len;
		names += strspn(names, ", ");
	}
}

static void add_chain(struct trace_places *places, uint8_t family,
		      const struct chain *chain)
{
	enum trace_family at;
	uint32_t hook = chain->hook;

	switch (family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
		at = TRACE_INET;
		break;
	case NFPROTO_INET:
		at = hook == NF_INET_INGRESS ? TRACE_NETDEV : TRACE_INET;
		hook = hook == NF_INET_INGRESS ? NF_NETDEV_INGRESS : hook;
		break;
	case NFPROTO_BRIDGE:
		at = TRACE_BRIDGE;
		break;
	case NFPROTO_ARP:
		at = TRACE_ARP;
		break;
	case NFPROTO_NETDEV:
		at = TRACE_NETDEV;
		break;
	default:
		return;
	}
	if (at == TRACE_NETDEV) {
		if (hook >= ARRAY_SIZE(places->devices))
			return;
		add_devices(&places->devices[hook], chain->devices);
		if (places->devices[hook].n == 0)
			return;
	}
	if (hook < 32)
		places->hooks[at] |= 1U << hook;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

void trace_places_find(const struct ruleset *rs, struct trace_places *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t t = 0; rs && t < rs->n_tables; t++) {
		const struct table *table = rs->tables[t];

		for (size_t c = 0; c < table->n_chains; c++)
			if (table->chains[c]->type)
				add_chain(ret, table->family, table->chains[c]);
	}
	/* Chains come in any order. */
	for (size_t i = 0; i < ARRAY_SIZE(ret->devices); i++)
		qsort(ret->devices[i].names, ret->devices[i].n, IFNAMSIZ,
		      compare_names);
}

bool trace_places_are_same(const struct trace_places *a,
			   const struct trace_places *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
