/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of what nf_tables has, by family, table and name. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct nft_place {
	uint64_t value; /* the list's own: a handle, a number */
	uint8_t family; /* NFPROTO_* */
	char *table;
	char *name;
};

struct nft_places {
	struct nft_place *list;
	size_t n;
	size_t n_allocated;
};

/* Copies both; -ENOMEM. */
int nft_places_add(struct nft_places *places, uint8_t family, const char *table,
		   const char *name, uint64_t value);
void nft_places_sort(struct nft_places *places);
/* In a sorted list; NULL: there is none. */
const struct nft_place *nft_places_find(const struct nft_places *places,
					uint8_t family, const char *table,
					const char *name);
void nft_places_done(struct nft_places *places);
