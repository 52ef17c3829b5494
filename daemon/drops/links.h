/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of network devices by number, in the initial network namespace, and
 * what is known of them besides. Pure: link-watch.c keeps it current.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Devices past this number stay nameless. */
#define LINKS_MAX 65536

struct link_info {
	bool has_type;
	uint16_t type;	 /* ARPHRD_* */
	uint32_t master; /* the bridge, bond or VRF that it is a port of; 0:
			    none */
	bool has_mac;
	uint8_t mac[6];
	bool is_bridge;
	bool is_promiscuous;
	bool filters_vlans; /* a bridge that does, or may */
};

/* Where a bridge leads a frame that came in by one of its ports. */
enum link_lead {
	LINK_LEAD_UNKNOWN,
	LINK_LEAD_UP,	  /* to the bridge itself */
	LINK_LEAD_ACROSS, /* to other ports */
};

struct links {
	struct link {
		uint32_t ifindex;
		struct link_info info;
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
void links_set_info(struct links *links, uint32_t ifindex,
		    const struct link_info *info);
void links_remove(struct links *links, uint32_t ifindex);
void links_clear(struct links *links);
/* NULL when there is none. Valid until the next change. */
const char *links_find(const struct links *links, uint32_t ifindex);
bool links_is_port(const struct links *links, uint32_t ifindex);
/*
 * Of a frame to @mac that came in by @ifindex: UNKNOWN also where that is no
 * bridge's port, and where the bridge takes what is not for it. By the
 * addresses of the bridge and its ports; those that somebody gave it besides
 * ("bridge fdb add ... self") are not known here.
 */
enum link_lead links_find_lead(const struct links *links, uint32_t ifindex,
			       const uint8_t mac[6]);
/* False where it is not known. */
bool links_find_type(const struct links *links, uint32_t ifindex,
		     uint16_t *ret);
