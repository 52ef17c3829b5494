/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables ruleset of one network namespace at one generation. Pure.
 *
 * A snapshot is immutable once it is published; whoever keeps one, or a part
 * of it, holds a reference. ruleset_copy() shares everything with its
 * original, and what ruleset-edit.h then changes is copied first: a change of
 * one rule costs its chain's list of pointers.
 *
 * The kernel gives no handle of a table twice in a namespace, nor one of a rule
 * in a table, but to the rule that replaces it (NLM_F_REPLACE, "nft replace";
 * net/netfilter/nf_tables_api.c, nf_tables_newrule()): so a rule that is found by
 * both in the ruleset of some generation is the rule that had them then. Names
 * are given again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counter-uses.h"
#include "rule-counter.h"
#include "rule-program.h"
#include "set-elements.h"
#include "util.h"

/* NFTNL_UDATA_COMMENT_MAXLEN of libnftnl; what others make is cut there. */
#define RULE_COMMENT_MAX 128

/*
 * Immutable, but for the text, which comes later, where nft's is replaced by that
 * of iptables-nft once; and for what is counted.
 */
struct rule {
	size_t n_refs;
	uint64_t handle;
	/*
	 * A hash of what it does and of its comment: a rule that was replaced
	 * has the handle of the one before.
	 */
	uint64_t content;
	bool may_drop; /* has a verdict that drops, or a map of verdicts */
	bool is_goto;
	bool is_compat; /* has a match or target of x_tables */
	bool is_saved;	/* its table was, by iptables-nft, or cannot be */
	uint8_t looks;	/* see rule-looks.h */
	char *jump;    /* the chain it jumps or goes to; NULL: none */
	char *comment; /* NULL: none; at most RULE_COMMENT_MAX bytes */
	/* As nft prints it, or iptables-nft; NULL: not known, or not yet. */
	char *text;
	/* What it does; NULL: not kept, see ruleset.infers. */
	struct rule_program *program;
	/*
	 * What it counts itself, which changes: one for all that are the same
	 * rule. NULL: it has no counter of what it drops.
	 */
	struct rule_counter *counter;
};

struct chain {
	size_t n_refs;
	uint64_t handle;
	char *name;
	/* Of base chains: type NULL means that it is none. */
	char *type; /* "filter", "nat", "route" */
	uint32_t hook;
	int32_t priority;
	bool policy_drop;
	/*
	 * Of a policy that drops: as a rule, of handle 0 and without text, where
	 * the chain counts what comes to the policy ("iptables-nft -v"). NULL:
	 * it does not.
	 */
	struct rule *policy;
	char *devices; /* of family netdev, and ingress: "eth0, eth1" */
	struct rule **rules; /* in their order */
	size_t n_rules;
	size_t n_counters; /* of them and the policy, with one */
	size_t n_allocated;
	/* Places in rules, plus one, by hash of the handle; made when needed. */
	uint32_t *index;
	size_t index_size;
};

struct set {
	size_t n_refs;
	uint64_t handle;
	char *name;
	uint32_t flags; /* NFT_SET_* of linux/netfilter/nf_tables.h */
	/* NULL, or is_unread: not known. */
	struct set_elements *elements;
};

struct table {
	size_t n_refs;
	uint64_t handle;
	uint8_t family; /* NFPROTO_* */
	char *name;
	struct chain **chains; /* in the kernel's order */
	size_t n_chains;
	size_t n_chains_allocated;
	uint32_t *index; /* of chains, by hash of the name */
	size_t index_size;
	struct set **sets;
	size_t n_sets;
	size_t n_sets_allocated;
	uint32_t *set_index; /* of sets, by hash of the name */
	size_t set_index_size;
	/* Of counters with names, who came since it was read first. */
	struct counter_uses uses;
};

struct ruleset {
	size_t n_refs;
	uint32_t generation;
	/*
	 * So many generations before that one were the same, but for what is
	 * not kept here; and so many in all, as nfdropd's own tables alone
	 * have changed since (own-table.h).
	 */
	uint32_t n_same;
	uint32_t n_own;
	struct table **tables;
	size_t n_tables;
	size_t n_allocated;
	size_t n_rules; /* of all chains */
	/* Of them and of policies, those that count their drops. */
	size_t n_counters;
	/* How many with a counter that has a name came, ever; it goes round. */
	uint32_t n_named;
	/*
	 * For infer.h: what is read from now on is kept with what rules do and
	 * with sets' elements, also of sets of single rules. These have to be
	 * dumped, too.
	 */
	bool infers;
};

/*
 * Of another namespace's, with more it is too large: whoever looks for a table
 * looks at all of them.
 */
#define RULESET_TABLES_MAX 1024

/* An empty one; NULL without memory. */
struct ruleset *ruleset_new(void);
struct ruleset *ruleset_copy(const struct ruleset *rs); /* NULL: no memory */
struct ruleset *ruleset_ref(struct ruleset *rs);
void ruleset_unref(struct ruleset *rs); /* NULL allowed */
/* What its counters showed once is of no use where nobody reads them again. */
void ruleset_forget_counters(struct ruleset *rs);
/* The first generation that it was the ruleset of. */
static inline uint32_t ruleset_first(const struct ruleset *rs)
{
	return rs->generation - rs->n_same;
}
/* Was it the ruleset of that generation, too? */
static inline bool ruleset_is_of(const struct ruleset *rs, uint32_t generation)
{
	return rs->generation - generation <= rs->n_same;
}
/* Do they differ by nfdropd's own tables alone, or not at all? */
static inline bool ruleset_is_same(const struct ruleset *a,
				   const struct ruleset *b)
{
	return a->generation != 0 && b->generation != 0 &&
	       a->generation - a->n_own == b->generation - b->n_own;
}

DEFINE_CLEANUP(struct ruleset *, ruleset_unref)

/*
 * What is found is valid as long as the ruleset. A @handle of 0 is unknown:
 * the table is found by its name then. NULL: there is none.
 */
struct table *ruleset_find_table(const struct ruleset *rs, uint8_t family,
				 const char *name, uint64_t handle);
struct chain *table_find_chain(struct table *table, const char *name);
struct set *table_find_set(struct table *table, const char *name);
struct rule *chain_find_rule(struct chain *chain, uint64_t handle);
/* The place of a rule in chain->rules, or n_rules. */
size_t chain_find_place(const struct chain *chain, uint64_t handle);

/*
 * What it takes without its rules' texts, in bytes and at most, with what
 * malloc(3) and lists add, as if it shared nothing.
 */
size_t ruleset_count_bytes(const struct ruleset *rs);

/* A rule without text, of one reference; NULL without memory. */
struct rule *rule_new(uint64_t handle);
struct rule *rule_ref(struct rule *rule);
void rule_unref(struct rule *rule); /* NULL allowed */

DEFINE_CLEANUP(struct rule *, rule_unref)

/* Takes @chain, also on error: -ENOMEM. */
int table_add_chain(struct table *table, struct chain *chain);
/* After a chain's name changed, or one went away. */
void table_forget_names(struct table *table);
/* The same of sets. */
int table_add_set(struct table *table, struct set *set);
void table_forget_sets(struct table *table);

struct chain *chain_new(const char *name, uint64_t handle);
/*
 * Gives @set its elements, as they are in the ruleset's generation, and takes
 * them; NULL for what is not known. All snapshots that share it have them then.
 */
void set_fill(struct set *set, struct set_elements *elements);

void chain_unref(struct chain *chain); /* NULL allowed */
void set_unref(struct set *set);       /* NULL allowed */
void table_unref(struct table *table); /* NULL allowed */

/* Makes room for one more pointer behind @n at *@array; 0 or -ENOMEM. */
int array_grow(void *array, size_t n, size_t *allocated);

/* As nft prints it, "inet"; and back, 0 for a word that is none. */
const char *nft_family_to_string(uint8_t family);
uint8_t nft_family_from_string(const char *s);
