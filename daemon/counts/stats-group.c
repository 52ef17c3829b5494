/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hash.h"
#include "stats-group.h"
#include "util.h"

#define GROUPS_FIRST 64
#define VALUES_FIRST 4096

void stats_groups_init(struct stats_groups *s, uint64_t seed)
{
	*s = (struct stats_groups){ .seed = seed };
}

void stats_groups_done(struct stats_groups *s)
{
	free(s->groups);
	free(s->index);
	free(s->values);
	*s = (struct stats_groups){ 0 };
}

/* Where a group with that hash is, or would be, from @i on. */
static uint32_t *slot_at(const struct stats_groups *s, size_t i)
{
	return &s->index[i & (s->n_index - 1)];
}

static struct stats_group *find(const struct stats_groups *s,
				const struct stats_value *value, uint64_t hash)
{
	for (size_t i = hash; s->n_index > 0 && *slot_at(s, i) != 0; i++) {
		struct stats_group *group = &s->groups[*slot_at(s, i) - 1];

		if (group->hash == hash && group->len == value->len &&
		    memcmp(s->values + group->value, value->data, value->len) ==
			    0)
			return group;
	}
	return NULL;
}

static void put_index(struct stats_groups *s, size_t number)
{
	size_t i = s->groups[number].hash;

	while (*slot_at(s, i) != 0)
		i++;
	*slot_at(s, i) = (uint32_t)number + 1;
}

static int reserve_group(struct stats_groups *s)
{
	size_t n = MAX(s->n_allocated * 2, GROUPS_FIRST);
	struct stats_group *groups;
	uint32_t *index;

	if (s->n_groups < s->n_allocated)
		return 0;
	groups = reallocarray(s->groups, n, sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	s->groups = groups;
	index = calloc(2 * n, sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(s->index);
	s->index = index;
	s->n_index = 2 * n;
	s->n_allocated = n;
	for (size_t i = 0; i < s->n_groups; i++)
		put_index(s, i);
	return 0;
}

static int reserve_value(struct stats_groups *s, size_t len)
{
	size_t size = MAX(s->values_size * 2, VALUES_FIRST);
	uint8_t *values;

	if (s->values_size - s->values_len >= len)
		return 0;
	values = realloc(s->values, MAX(size, s->values_len + len));
	if (!values)
		return -ENOMEM;
	s->values_size = MAX(size, s->values_len + len);
	s->values = values;
	return 0;
}

struct stats_group *stats_groups_get(struct stats_groups *s,
				     const struct stats_value *value,
				     size_t member)
{
	uint64_t hash = hash_bytes(s->seed, value->data, value->len);
	struct stats_group *group = find(s, value, hash);

	if (group)
		return group;
	if (reserve_group(s) < 0 || reserve_value(s, value->len) < 0)
		return NULL;
	group = &s->groups[s->n_groups];
	*group = (struct stats_group){
		.hash = hash,
		.value = s->values_len,
		.len = value->len,
		.member = member,
		.first_ns = UINT64_MAX,
	};
	if (value->len > 0)
		memcpy(s->values + s->values_len, value->data, value->len);
	s->values_len += value->len;
	put_index(s, s->n_groups++);
	return group;
}

static int compare(const void *a, const void *b)
{
	const struct stats_group *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	return (x->member > y->member) - (x->member < y->member);
}

void stats_groups_sort(struct stats_groups *s)
{
	/* The index no longer holds. */
	free(s->index);
	s->index = NULL;
	s->n_index = 0;
	s->n_allocated = s->n_groups;
	if (s->n_groups > 0)
		qsort(s->groups, s->n_groups, sizeof(*s->groups), compare);
}
