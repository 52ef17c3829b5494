/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The elements of a set or map of nf_tables, and what is found in them for a
 * key of which not all bits may be known. Pure.
 *
 * Snapshots share them: what has another reference is copied before it changes.
 * Elements of sets that packets fill (NFT_SET_EVAL), and those that expire,
 * come and go without a message: nothing is certain of them.
 *
 * Sources: linux/netfilter/nf_tables.h; net/netfilter/nf_tables_api.c,
 * nf_tables_fill_setelem(); nft_set_{rbtree,hash,pipapo}.c, *_lookup().
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

/* NFT_DATA_VALUE_MAXLEN and NFT_REG32_COUNT of the kernel. */
#define SET_KEY_MAX    64
#define SET_FIELDS_MAX 16
/* Of one set; what goes past it makes it partial. */
#define SET_ELEMENTS_BYTES_MAX (8U << 20)

struct set_elements {
	size_t n_refs;
	uint32_t flags; /* NFT_SET_* */
	uint8_t key_len;
	uint8_t data_len;     /* of a map */
	bool has_verdicts;    /* in place of data */
	uint32_t object_type; /* NFT_OBJECT_*, of NFT_SET_OBJECT */
	bool has_ends;	      /* of a concatenation with intervals */
	uint8_t n_fields;     /* of a concatenation, else 1 */
	uint8_t field_len[SET_FIELDS_MAX]; /* in registers: in fours */
	/* Some are missing, or not understood: a miss is not known. */
	bool is_partial;
	/* All are: only what the set is like is known. Partial, too. */
	bool is_unread;
	bool is_sorted;
	bool has_catchall;
	uint32_t work; /* of removals: see set_elements_apply() */
	size_t stride, n, n_allocated;
	uint8_t *records;  /* key, key's end, data, flags */
	uint8_t *catchall; /* one record */
	char *names;	   /* of chains, in verdicts */
	size_t names_len, names_allocated;
};

/*
 * An empty one for the set that an NFT_MSG_NEWSET tells of, which is of any
 * content: *@ret is NULL when it makes no sense. 0 or -ENOMEM.
 */
int set_elements_new(const struct nlmsghdr *nlh, struct set_elements **ret);
/* An empty one for the same set, to read its elements into; NULL: no memory. */
struct set_elements *set_elements_new_like(const struct set_elements *s);
struct set_elements *set_elements_copy(const struct set_elements *s);
struct set_elements *set_elements_ref(struct set_elements *s); /* NULL, too */
void set_elements_unref(struct set_elements *s);

DEFINE_CLEANUP(struct set_elements *, set_elements_unref)

/*
 * Adds or removes what an NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM names. Many
 * removals make it partial. 0 or -ENOMEM.
 */
int set_elements_apply(struct set_elements *s, const struct nlmsghdr *nlh,
		       bool removed);
/* They are not known any more, as if they were never read. */
void set_elements_forget(struct set_elements *s);

enum set_found {
	SET_MISS,
	SET_HIT,     /* this element, and no other */
	SET_PERHAPS, /* see set_elements_next() */
};

/* Where a key, of key_len bytes, has unknown bits, these are set in @unknown.
 */
struct set_key {
	const uint8_t *value;
	const uint8_t *unknown;
};

/*
 * Looks @key up. *@ret is the element's number. *@work counts down what it
 * costs; at 0, all is perhaps.
 */
enum set_found set_elements_find(struct set_elements *s,
				 const struct set_key *key, uint32_t *work,
				 size_t *ret);
/*
 * Of all elements that @key may find, the first from *@i on, which is set
 * behind it: its number, or SET_END.
 */
#define SET_END SIZE_MAX
size_t set_elements_next(struct set_elements *s, const struct set_key *key,
			 size_t *i);
/* May @key find none of them? Where it perhaps finds some. */
bool set_elements_may_miss(const struct set_elements *s);

/* An element's data, of data_len bytes; NULL of the end of an interval. */
const uint8_t *set_elements_data(const struct set_elements *s, size_t i);
/* Of a map of verdicts: the code, and the chain or NULL. */
int32_t set_elements_verdict(const struct set_elements *s, size_t i,
			     const char **ret_chain);

size_t set_elements_count_bytes(const struct set_elements *s); /* NULL: 0 */
