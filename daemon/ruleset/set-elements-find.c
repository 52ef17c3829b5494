/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "set-elements-parts.h"

static bool is_tree(const struct set_elements *s)
{
	return (s->flags & NFT_SET_INTERVAL) && !s->has_ends;
}

/* By key; the end of an interval before the beginning of the next. */
static int compare(const void *a, const void *b, void *data)
{
	const struct set_elements *s = data;
	int d = memcmp(a, b, s->key_len);
	uint8_t flags_a = ((const uint8_t *)a)[s->stride - 1];
	uint8_t flags_b = ((const uint8_t *)b)[s->stride - 1];

	return d ? d : (flags_b & RECORD_IS_END) - (flags_a & RECORD_IS_END);
}

static void sort(struct set_elements *s)
{
	if (!s->is_sorted && s->n > 0)
		qsort_r(s->records, s->n, s->stride, compare, s);
	s->is_sorted = true;
}

/* How many have a key up to @key. */
static size_t count_up_to(const struct set_elements *s, const uint8_t *key)
{
	size_t from = 0, to = s->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (memcmp(record(s, middle), key, s->key_len) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_all_known(const struct set_elements *s,
			 const struct set_key *key)
{
	for (size_t i = 0; i < s->key_len; i++)
		if (key->unknown[i])
			return false;
	return true;
}

/* How @key is to [@from, @to] in one field of it; @to NULL: there is no end. */
static enum set_found in_range(const struct set_key *key, size_t at, size_t len,
			       const uint8_t *from, const uint8_t *to,
			       bool without_end)
{
	uint8_t least[SET_KEY_MAX], most[SET_KEY_MAX];
	int limit = without_end ? 0 : 1;

	for (size_t i = 0; i < len; i++) {
		least[i] = key->value[at + i] & (uint8_t)~key->unknown[at + i];
		most[i] = key->value[at + i] | key->unknown[at + i];
	}
	if (memcmp(most, from, len) < 0 ||
	    (to && memcmp(least, to, len) >= limit))
		return SET_MISS;
	if (memcmp(least, from, len) >= 0 &&
	    (!to || memcmp(most, to, len) < limit))
		return SET_HIT;
	return SET_PERHAPS;
}

static enum set_found match_fields(const struct set_elements *s,
				   const struct set_key *key,
				   const uint8_t *from, const uint8_t *to)
{
	enum set_found found = SET_HIT, one;
	size_t at = 0;

	for (size_t i = 0; i < s->n_fields && at < s->key_len; i++) {
		size_t len = MIN(s->field_len[i], s->key_len - at);

		one = in_range(key, at, len, from + at, to + at, false);
		if (one == SET_MISS)
			return SET_MISS;
		if (one == SET_PERHAPS)
			found = SET_PERHAPS;
		at += len;
	}
	return found;
}

static enum set_found match_exact(const struct set_elements *s,
				  const struct set_key *key,
				  const uint8_t *value)
{
	enum set_found found = SET_HIT;

	for (size_t i = 0; i < s->key_len; i++) {
		if ((value[i] ^ key->value[i]) & (uint8_t)~key->unknown[i])
			return SET_MISS;
		if (key->unknown[i])
			found = SET_PERHAPS;
	}
	return found;
}

/* Does @key find the element @i, of a sorted set? */
static enum set_found match(const struct set_elements *s,
			    const struct set_key *key, size_t i)
{
	const uint8_t *at = record(s, i);
	enum set_found found;

	if (record_flags(s, i) & RECORD_IS_END)
		return SET_MISS;
	if (s->has_ends)
		found = match_fields(s, key, at, at + s->key_len);
	else if (is_tree(s))
		found = in_range(key, 0, s->key_len, at,
				 i + 1 < s->n ? record(s, i + 1) : NULL, true);
	else
		found = match_exact(s, key, at);
	if (found == SET_HIT && (record_flags(s, i) & RECORD_IS_PERHAPS))
		found = SET_PERHAPS;
	return found;
}

/* Elements come and go, or some are not known. */
static bool is_certain(const struct set_elements *s)
{
	return !s->is_partial && !(s->flags & NFT_SET_EVAL);
}

bool set_elements_may_miss(const struct set_elements *s)
{
	return !s->has_catchall || !is_certain(s) ||
	       (record_flags(s, CATCHALL) & RECORD_IS_PERHAPS);
}

/* Where nothing else is found. */
static enum set_found find_catchall(const struct set_elements *s, size_t *ret)
{
	*ret = CATCHALL;
	if (!is_certain(s))
		return SET_PERHAPS;
	if (!s->has_catchall)
		return SET_MISS;
	return record_flags(s, CATCHALL) & RECORD_IS_PERHAPS ? SET_PERHAPS
							     : SET_HIT;
}

/* Of a key that is known, in a set where one place tells. */
static enum set_found find_sorted(const struct set_elements *s,
				  const struct set_key *key, size_t *ret)
{
	size_t n = count_up_to(s, key->value);
	enum set_found found;

	if (n == 0)
		return find_catchall(s, ret);
	*ret = n - 1;
	found = match(s, key, n - 1);
	/* Where one interval ends at another's beginning: nft_rbtree.c. */
	if (found == SET_HIT && is_tree(s) && n > 1 &&
	    (s->flags & NFT_SET_ANONYMOUS) &&
	    (record_flags(s, n - 2) & RECORD_IS_END) &&
	    memcmp(record(s, n - 2), key->value, s->key_len) == 0)
		return SET_PERHAPS;
	return found == SET_MISS ? find_catchall(s, ret) : found;
}

enum set_found set_elements_find(struct set_elements *s,
				 const struct set_key *key, uint32_t *work,
				 size_t *ret)
{
	enum set_found found = SET_MISS, one;

	if (*work == 0)
		return SET_PERHAPS;
	sort(s);
	if (!is_certain(s))
		return SET_PERHAPS;
	if (!s->has_ends && is_all_known(s, key))
		return find_sorted(s, key, ret);
	if (*work <= s->n) {
		*work = 0;
		return SET_PERHAPS;
	}
	*work -= (uint32_t)s->n;
	for (size_t i = 0; i < s->n && found != SET_PERHAPS; i++) {
		one = match(s, key, i);
		if (one == SET_MISS)
			continue;
		*ret = i;
		found = found == SET_MISS ? one : SET_PERHAPS;
	}
	return found == SET_MISS ? find_catchall(s, ret) : found;
}

size_t set_elements_next(struct set_elements *s, const struct set_key *key,
			 size_t *i)
{
	sort(s);
	while (*i < s->n)
		if (match(s, key, (*i)++) != SET_MISS)
			return *i - 1;
	if (*i == s->n && s->has_catchall) {
		++*i;
		return CATCHALL;
	}
	return SET_END;
}

const uint8_t *set_elements_data(const struct set_elements *s, size_t i)
{
	if (record_flags(s, i) & (RECORD_IS_END | RECORD_IS_UNSOUND))
		return NULL;
	return record(s, i) + s->key_len * (s->has_ends ? 2U : 1U);
}

int32_t set_elements_verdict(const struct set_elements *s, size_t i,
			     const char **ret_chain)
{
	const uint8_t *data = set_elements_data(s, i);
	struct verdict verdict = { .code = NF_DROP };

	if (data)
		memcpy(&verdict, data, sizeof(verdict));
	*ret_chain = verdict.name ? s->names + verdict.name - 1 : NULL;
	return verdict.code;
}
