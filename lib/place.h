/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who dropped, in words: as nft names a rule, "inet filter input handle 7",
 * with "policy" instead of the handle for a chain's policy and "rule 7" for
 * iptables and ebtables; without a table the kind, with what is known besides;
 * without that the place in the kernel's code, or a device's trap. A rule that
 * is not known exactly has "attribution=" behind it, and one of which only a
 * sample of the packets is told "origin=". Last comes "netns=", as nfdrop
 * monitor has it, unless that is the initial one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "" and 0 are unknown. Strings are as they came, and belong to others. */
struct place {
	uint64_t inum;
	uint64_t cookie;
	const char *netns;
	const char *kind;
	const char *family;
	const char *table;
	const char *chain;
	const char *by;	      /* where no table is */
	const char *location; /* where nothing of netfilter is */
	const char *trap;
	const char *attribution;
	const char *origin;
	uint64_t handle;
	uint64_t queue;
	bool has_queue;
};

/* Room for every name: a dozen parts, each of at most 255 bytes. */
#define PLACE_NAME_MAX 3072

/*
 * Is it in the initial namespace, or in none that is known? Another one may be
 * called "init", too.
 */
bool place_is_initial(const struct place *p);

/*
 * "-" when nothing is known. @whole: the location with offset, size and module,
 * otherwise its function alone. What does not fit is cut. Hostile. Returns
 * @buf.
 */
const char *place_to_name(const struct place *p, bool whole, char *buf,
			  size_t size);
