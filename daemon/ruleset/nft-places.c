/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "nft-places.h"
#include "util.h"

int nft_places_add(struct nft_places *places, uint8_t family, const char *table,
		   const char *name, uint64_t value)
{
	size_t more = MAX(places->n_allocated * 2, 64UL);
	struct nft_place *list;

	if (places->n == places->n_allocated) {
		list = reallocarray(places->list, more, sizeof(*list));
		if (!list)
			return -ENOMEM;
		places->list = list;
		places->n_allocated = more;
	}
	list = &places->list[places->n];
	*list = (struct nft_place){ .value = value,
				    .family = family,
				    .table = strdup(table),
				    .name = strdup(name) };
	if (!list->table || !list->name) {
		free(list->table);
		free(list->name);
		return -ENOMEM;
	}
	places->n++;
	return 0;
}

static int compare(const void *x, const void *y)
{
	const struct nft_place *a = x, *b = y;
	int r = (int)a->family - (int)b->family;

	if (r == 0)
		r = strcmp(a->table, b->table);
	return r != 0 ? r : strcmp(a->name, b->name);
}

void nft_places_sort(struct nft_places *places)
{
	if (places->n > 0)
		qsort(places->list, places->n, sizeof(*places->list), compare);
}

const struct nft_place *nft_places_find(const struct nft_places *places,
					uint8_t family, const char *table,
					const char *name)
{
	struct nft_place key = { .family = family };

	/* Borrowed, to be looked for. */
	key.table = (char *)table;
	key.name = (char *)name;
	return places->n == 0 ? NULL
			      : bsearch(&key, places->list, places->n,
					sizeof(key), compare);
}

void nft_places_done(struct nft_places *places)
{
	for (size_t i = 0; i < places->n; i++) {
		free(places->list[i].table);
		free(places->list[i].name);
	}
	free(places->list);
	*places = (struct nft_places){ 0 };
}
