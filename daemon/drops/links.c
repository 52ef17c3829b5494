/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "links.h"
#include "util.h"

void links_init(struct links *links)
{
	*links = (struct links){ 0 };
}

void links_done(struct links *links)
{
	free(links->items);
	*links = (struct links){ 0 };
}

void links_clear(struct links *links)
{
	links->n_items = 0;
}

/* Where @ifindex is, or would be. */
static size_t links_position(const struct links *links, uint32_t ifindex)
{
	size_t low = 0, high = links->n_items;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (links->items[mid].ifindex < ifindex)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct link *links_get(const struct links *links, uint32_t ifindex)
{
	size_t i = links_position(links, ifindex);

	if (i < links->n_items && links->items[i].ifindex == ifindex)
		return &links->items[i];
	return NULL;
}

static int links_reserve(struct links *links)
{
	struct link *items;
	size_t n;

	if (links->n_items < links->n_allocated)
		return 0;
	if (links->n_items >= LINKS_MAX)
		return -ENOSPC;
	n = MAX(links->n_allocated * 2, 16);
	items = reallocarray(links->items, n, sizeof(*items));
	if (!items)
		return -ENOMEM;
	links->items = items;
	links->n_allocated = n;
	return 0;
}

int links_set(struct links *links, uint32_t ifindex, const char *name)
{
	struct link *link = links_get(links, ifindex);
	size_t i;
	int r;

	if (!link) {
		r = links_reserve(links);
		if (r < 0)
			return r;
		i = links_position(links, ifindex);
		link = &links->items[i];
		memmove(link + 1, link, (links->n_items - i) * sizeof(*link));
		links->n_items++;
		*link = (struct link){ .ifindex = ifindex };
	}
	copy_string(link->name, sizeof(link->name), name, SIZE_MAX);
	return 0;
}

void links_set_info(struct links *links, uint32_t ifindex,
		    const struct link_info *info)
{
	struct link *link = links_get(links, ifindex);

	if (link)
		link->info = *info;
}

void links_remove(struct links *links, uint32_t ifindex)
{
	struct link *link = links_get(links, ifindex);
	size_t i;

	if (!link)
		return;
	i = (size_t)(link - links->items);
	memmove(link, link + 1, (links->n_items - i - 1) * sizeof(*link));
	links->n_items--;
}

const char *links_find(const struct links *links, uint32_t ifindex)
{
	const struct link *link = links_get(links, ifindex);

	return link ? link->name : NULL;
}

bool links_find_type(const struct links *links, uint32_t ifindex, uint16_t *ret)
{
	const struct link *link = links_get(links, ifindex);

	if (!link || !link->info.has_type)
		return false;
	*ret = link->info.type;
	return true;
}

bool links_is_port(const struct links *links, uint32_t ifindex)
{
	const struct link *link = links_get(links, ifindex);

	return link && link->info.master != 0;
}

static bool has_mac(const struct link *link, const uint8_t mac[6])
{
	return link->info.has_mac && memcmp(link->info.mac, mac, 6) == 0;
}

enum link_lead links_find_lead(const struct links *links, uint32_t ifindex,
			       const uint8_t mac[6])
{
	const struct link *port = links_get(links, ifindex), *bridge;
	bool is_its = false;

	bridge = port ? links_get(links, port->info.master) : NULL;
	/* To many: to both. */
	if (!bridge || !bridge->info.is_bridge || !bridge->info.has_mac ||
	    (mac[0] & 1))
		return LINK_LEAD_UNKNOWN;
	for (size_t i = 0; i < links->n_items && !is_its; i++)
		is_its = (&links->items[i] == bridge ||
			  links->items[i].info.master == bridge->ifindex) &&
			 has_mac(&links->items[i], mac);
	/* Its addresses may not be those of each VLAN. */
	if (is_its)
		return bridge->info.filters_vlans ? LINK_LEAD_UNKNOWN
						  : LINK_LEAD_UP;
	return bridge->info.is_promiscuous ? LINK_LEAD_UNKNOWN
					   : LINK_LEAD_ACROSS;
}
