/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of network devices by number, in the initial network namespace.
 * Pure: link-watch.c keeps it current.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Devices past this number stay nameless. */
#define LINKS_MAX 65536

struct links {
	struct link {
		uint32_t ifindex;
		bool is_port; /* of a bridge, a bond, a VRF */
		bool has_type;
		uint16_t type; /* ARPHRD_* */
		char name[IFNAMSIZ];
	} * items; /* by ifindex */
	size_t n_items;
	size_t n_allocated;
};

void links_init(struct links *links);
void links_done(struct links *links);
/* Adds or renames. -ENOMEM; -ENOSPC past LINKS_MAX. */
int links_set(struct links *links, uint32_t ifindex, const char *name);
/* Of one that is there. */
void links_set_port(struct links *links, uint32_t ifindex, bool is_port);
void links_set_type(struct links *links, uint32_t ifindex, uint16_t type);
void links_remove(struct links *links, uint32_t ifindex);
void links_clear(struct links *links);
/* NULL when there is none. Valid until the next change. */
const char *links_find(const struct links *links, uint32_t ifindex);
bool links_is_port(const struct links *links, uint32_t ifindex);
/* False where it is not known. */
bool links_find_type(const struct links *links, uint32_t ifindex,
		     uint16_t *ret);
