/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where packets are to be marked so that each rule is met by marked ones: the
 * hooks and devices where a ruleset has base chains. Pure.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset.h"

/* What is past it is not marked. */
#define TRACE_DEVICES_MAX 32

/* Families of tables that mark. */
enum trace_family {
	TRACE_INET, /* the rules of ip and ip6 as well */
	TRACE_BRIDGE,
	TRACE_ARP,
	TRACE_NETDEV, /* the ingress of inet as well */
	_TRACE_FAMILY_MAX,
};

/* Of a family, by the kernel's numbers. */
#define TRACE_HOOKS_MAX 5

struct trace_devices {
	char names[TRACE_DEVICES_MAX][IFNAMSIZ];
	size_t n;
};

/* Compared by bytes. */
struct trace_places {
	uint32_t hooks[_TRACE_FAMILY_MAX]; /* bits, by the kernel's numbers */
	struct trace_devices devices[2];   /* of netdev, by hook */
};

/* Nowhere where @rs is NULL. */
void trace_places_find(const struct ruleset *rs, struct trace_places *ret);
bool trace_places_are_same(const struct trace_places *a,
			   const struct trace_places *b);

/* NFPROTO_* of the tables. */
uint8_t trace_family_to_nfproto(enum trace_family family);
/* What a chain in that hook is called, "input"; NULL: there is no such hook. */
const char *trace_family_to_chain(enum trace_family family, uint32_t hook);
/* The same; NULL where none is to be. */
const char *trace_places_chain(const struct trace_places *places,
			       enum trace_family family, uint32_t hook);
/* Is one to be anywhere? */
bool trace_places_are_any(const struct trace_places *places);
/* Is one to be in any hook? */
bool trace_places_has(const struct trace_places *places,
		      enum trace_family family);
