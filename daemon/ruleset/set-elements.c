/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft-attr.h"
#include "set-elements-parts.h"

/* NFT_SET_ELEM_CATCHALL and these are newer than some headers. */
#define ELEM_END NFT_SET_ELEM_INTERVAL_END
#define ELEM_ALL 0x2

/* NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_EXPRESSIONS */
#define ATTR_KEY_END 10
#define ATTR_EXPRS   11

/* NFTA_SET_DESC_CONCAT */
#define ATTR_CONCAT 2

/* Removals look at all: bytes of elements, before it is better read again. */
#define WORK_MAX (64U << 20)

static size_t data_size(const struct set_elements *s)
{
	return s->has_verdicts ? sizeof(struct verdict) : s->data_len;
}

static size_t align4(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* The fields' lengths; false when they are not the key's. */
static bool parse_fields(struct set_elements *s, const struct nlattr *desc)
{
	const struct nlattr *concat = nft_attrs_in(desc).of[ATTR_CONCAT];
	const struct nlattr *attr;
	size_t len = 0;

	s->n_fields = 0;
	if (concat)
		mnl_attr_for_each_nested(attr, concat)
		{
			uint32_t field = nft_attr_u32(
				nft_attrs_in(attr).of[NFTA_SET_FIELD_LEN], 0);

			if (field == 0 || field > SET_KEY_MAX ||
			    s->n_fields == SET_FIELDS_MAX)
				return false;
			s->field_len[s->n_fields++] = (uint8_t)align4(field);
			len += align4(field);
		}
	if (s->n_fields > 0)
		return len == align4(s->key_len);
	s->n_fields = 1;
	s->field_len[0] = s->key_len;
	return true;
}

int set_elements_new(const struct nlmsghdr *nlh, struct set_elements **ret)
{
	const struct nft_attrs a = nft_attrs_of(nlh, sizeof(struct nfgenmsg));
	_cleanup_(cleanup_set_elements_unref) struct set_elements *s = NULL;
	uint32_t key_len = nft_attr_u32(a.of[NFTA_SET_KEY_LEN], 0);
	uint32_t data_len = nft_attr_u32(a.of[NFTA_SET_DATA_LEN], 0);
	uint32_t type = nft_attr_u32(a.of[NFTA_SET_DATA_TYPE], 0);

	*ret = NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->n_refs = 1;
	s->flags = nft_attr_u32(a.of[NFTA_SET_FLAGS], 0);
	s->object_type = nft_attr_u32(a.of[NFTA_SET_OBJ_TYPE], 0);
	if (key_len == 0 || key_len > SET_KEY_MAX || data_len > SET_KEY_MAX)
		return 0;
	s->key_len = (uint8_t)key_len;
	if (s->flags & NFT_SET_MAP) {
		s->has_verdicts = type == NFT_DATA_VERDICT;
		s->data_len = s->has_verdicts ? 0 : (uint8_t)data_len;
		if (!s->has_verdicts && data_len == 0)
			return 0;
	}
	if (!parse_fields(s, a.of[NFTA_SET_DESC]))
		return 0;
	s->has_ends = (s->flags & NFT_SET_INTERVAL) && s->n_fields > 1;
	s->stride = key_len * (s->has_ends ? 2 : 1) + data_size(s) + 1;
	s->is_sorted = true;
	*ret = TAKE_PTR(s);
	return 0;
}

struct set_elements *set_elements_copy(const struct set_elements *s)
{
	struct set_elements *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *s;
	copy->n_refs = 1;
	copy->n_allocated = s->n;
	copy->names_allocated = s->names_len;
	copy->records = malloc(s->n * s->stride + 1);
	copy->names = malloc(s->names_len + 1);
	copy->catchall = s->catchall ? malloc(s->stride) : NULL;
	if (!copy->records || !copy->names ||
	    (s->catchall && !copy->catchall)) {
		set_elements_unref(copy);
		return NULL;
	}
	if (s->n > 0)
		memcpy(copy->records, s->records, s->n * s->stride);
	if (s->names_len > 0)
		memcpy(copy->names, s->names, s->names_len);
	if (s->catchall)
		memcpy(copy->catchall, s->catchall, s->stride);
	return copy;
}

struct set_elements *set_elements_new_like(const struct set_elements *s)
{
	struct set_elements *new = malloc(sizeof(*new));

	if (!new)
		return NULL;
	*new = *s;
	new->n_refs = 1;
	new->is_partial = new->is_unread = new->has_catchall = false;
	new->is_sorted = true;
	new->work = 0;
	new->n = new->n_allocated = new->names_len = new->names_allocated = 0;
	new->records = new->catchall = NULL;
	new->names = NULL;
	return new;
}

struct set_elements *set_elements_ref(struct set_elements *s)
{
	if (s)
		s->n_refs++;
	return s;
}

void set_elements_unref(struct set_elements *s)
{
	if (!s || --s->n_refs > 0)
		return;
	free(s->records);
	free(s->catchall);
	free(s->names);
	free(s);
}

void set_elements_forget(struct set_elements *s)
{
	s->n = 0;
	s->names_len = 0;
	s->has_catchall = false;
	s->is_partial = s->is_unread = true;
	s->is_sorted = true;
}

size_t set_elements_count_bytes(const struct set_elements *s)
{
	return s ? sizeof(*s) + s->n_allocated * s->stride +
			       s->names_allocated + 64
		 : 0;
}

static int make_room(void *buf, size_t used, size_t more, size_t *allocated)
{
	size_t size = MAX(*allocated, 64UL);
	void **p = buf;
	void *new;

	while (size < used + more)
		size *= 2;
	if (size == *allocated)
		return 0;
	new = realloc(*p, size);
	if (!new)
		return -ENOMEM;
	*p = new;
	*allocated = size;
	return 0;
}

static int add_name(struct set_elements *s, const char *name, uint32_t *ret)
{
	size_t len = strlen(name) + 1;
	int r;

	/* Most are those of the one before, or few. */
	for (size_t at = 0, n = 0; at < s->names_len && n < 64; n++) {
		if (strcmp(s->names + at, name) == 0) {
			*ret = (uint32_t)at + 1;
			return 0;
		}
		at += strlen(s->names + at) + 1;
	}
	if (s->names_len + len > SET_ELEMENTS_BYTES_MAX) {
		s->is_partial = true;
		*ret = 0;
		return 0;
	}
	r = make_room(&s->names, s->names_len, len, &s->names_allocated);
	if (r < 0)
		return r;
	memcpy(s->names + s->names_len, name, len);
	*ret = (uint32_t)s->names_len + 1;
	s->names_len += len;
	return 0;
}

/* The value of struct nft_data in @attr, or NULL when it is of another length.
 */
static const void *get_value(const struct nlattr *attr, size_t len)
{
	const struct nlattr *value = nft_attrs_in(attr).of[NFTA_DATA_VALUE];

	return value && mnl_attr_get_payload_len(value) == len
		       ? mnl_attr_get_payload(value)
		       : NULL;
}

/* Fills a record's data from @attr. */
static int parse_data(struct set_elements *s, const struct nlattr *attr,
		      uint8_t *data, uint8_t *flags)
{
	const struct nft_attrs in = nft_attrs_in(attr);
	const struct nft_attrs a = nft_attrs_in(in.of[NFTA_DATA_VERDICT]);
	const char *chain = nft_attr_string(a.of[NFTA_VERDICT_CHAIN]);
	struct verdict verdict = { 0 };
	const void *value;
	int r = 0;

	if (s->has_verdicts) {
		if (!a.of[NFTA_VERDICT_CODE])
			*flags |= RECORD_IS_UNSOUND;
		verdict.code =
			(int32_t)nft_attr_u32(a.of[NFTA_VERDICT_CODE], NF_DROP);
		if (chain)
			r = add_name(s, chain, &verdict.name);
		memcpy(data, &verdict, sizeof(verdict));
	} else if (s->data_len > 0) {
		value = get_value(attr, s->data_len);
		if (value)
			memcpy(data, value, s->data_len);
		else
			*flags |= RECORD_IS_UNSOUND;
	}
	return r;
}

/* Expressions that only count. */
static bool is_counter(const struct nlattr *attr)
{
	const char *name =
		nft_attr_string(nft_attrs_in(attr).of[NFTA_EXPR_NAME]);

	return name &&
	       (strcmp(name, "counter") == 0 || strcmp(name, "last") == 0);
}

/* May an element that is there not be found, or not any more? */
static bool is_perhaps(const struct nft_attrs *a)
{
	const struct nlattr *attr;

	if (a->of[NFTA_SET_ELEM_EXPIRATION] ||
	    nft_attr_u64(a->of[NFTA_SET_ELEM_TIMEOUT]) != 0)
		return true;
	if (a->of[NFTA_SET_ELEM_EXPR] && !is_counter(a->of[NFTA_SET_ELEM_EXPR]))
		return true;
	if (a->of[ATTR_EXPRS])
		mnl_attr_for_each_nested(
			attr,
			a->of[ATTR_EXPRS]) if (!is_counter(attr)) return true;
	return false;
}

/* Makes a record at @to; 0: it is no element that can be kept here. */
static int parse_element(struct set_elements *s, const struct nft_attrs *a,
			 uint8_t *to, bool *catchall)
{
	uint32_t flags = nft_attr_u32(a->of[NFTA_SET_ELEM_FLAGS], 0);
	const void *key = get_value(a->of[NFTA_SET_ELEM_KEY], s->key_len);
	const void *end = get_value(a->of[ATTR_KEY_END], s->key_len);
	uint8_t *data = to + s->key_len * (s->has_ends ? 2 : 1);
	uint8_t *record_flags = to + s->stride - 1;
	int r = 0;

	memset(to, 0, s->stride);
	*catchall = flags & ELEM_ALL;
	if (!*catchall) {
		if (!key || (end && !s->has_ends))
			return 0;
		memcpy(to, key, s->key_len);
		if (s->has_ends)
			memcpy(to + s->key_len, end ? end : key, s->key_len);
	}
	if (flags & ELEM_END)
		*record_flags |= RECORD_IS_END;
	else
		r = parse_data(s, a->of[NFTA_SET_ELEM_DATA], data,
			       record_flags);
	if (is_perhaps(a))
		*record_flags |= RECORD_IS_PERHAPS;
	return r < 0 ? r : 1;
}

static int insert(struct set_elements *s, const uint8_t *new, bool catchall)
{
	size_t bytes = s->n_allocated * s->stride;
	int r;

	if (catchall) {
		if (!s->catchall)
			s->catchall = malloc(s->stride);
		if (!s->catchall)
			return -ENOMEM;
		memcpy(s->catchall, new, s->stride);
		s->has_catchall = true;
		return 0;
	}
	if ((s->n + 1) * s->stride > SET_ELEMENTS_BYTES_MAX) {
		s->is_partial = true;
		return 0;
	}
	if (s->n == s->n_allocated) {
		r = make_room(&s->records, s->n * s->stride, s->stride, &bytes);
		if (r < 0)
			return r;
		s->n_allocated = bytes / s->stride;
	}
	memcpy(s->records + s->n * s->stride, new, s->stride);
	s->n++;
	s->is_sorted = s->n == 1;
	return 0;
}

/* Keys and ends are the same, and both end an interval or both do not. */
static bool is_same(const struct set_elements *s, const uint8_t *a,
		    const uint8_t *b)
{
	size_t len = s->key_len * (s->has_ends ? 2U : 1U);

	return memcmp(a, b, len) == 0 &&
	       ((a[s->stride - 1] ^ b[s->stride - 1]) & RECORD_IS_END) == 0;
}

static void take_out(struct set_elements *s, const uint8_t *old, bool catchall)
{
	if (catchall) {
		s->has_catchall = false;
		return;
	}
	s->work += (uint32_t)(s->n * s->stride);
	if (s->work > WORK_MAX) {
		set_elements_forget(s);
		return;
	}
	for (size_t i = s->n; i-- > 0;) {
		if (!is_same(s, record(s, i), old))
			continue;
		s->n--;
		memmove(record(s, i), record(s, i + 1), (s->n - i) * s->stride);
	}
}

int set_elements_apply(struct set_elements *s, const struct nlmsghdr *nlh,
		       bool removed)
{
	const struct nft_attrs a = nft_attrs_of(nlh, sizeof(struct nfgenmsg));
	const struct nlattr *list = a.of[NFTA_SET_ELEM_LIST_ELEMENTS];
	uint8_t buf[2 * SET_KEY_MAX + SET_KEY_MAX + 1];
	const struct nlattr *attr;
	bool catchall;
	int r;

	if (!list)
		return 0;
	mnl_attr_for_each_nested(attr, list)
	{
		const struct nft_attrs in = nft_attrs_in(attr);

		r = parse_element(s, &in, buf, &catchall);
		if (r == 0)
			s->is_partial = true;
		else if (r > 0 && removed)
			take_out(s, buf, catchall);
		else if (r > 0)
			r = insert(s, buf, catchall);
		if (r < 0)
			return r;
	}
	return 0;
}
