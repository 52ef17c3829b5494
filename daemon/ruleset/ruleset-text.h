/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts of rules from a listing of nft(8) with handles ("nft -a -s list
 * ruleset" or "list chain"), which belong to the rules of those handles in the
 * tables of those handles, whatever happened since. Pure.
 */
#pragma once

#include <stddef.h>

#include "ruleset.h"

/* Longer texts, of maps with hundreds of elements in the rule, end in "...". */
#define RULE_TEXT_MAX 4096

/*
 * In a listing, a line break that is part of a name, comment or the like: nft
 * itself does not tell it from the end of a line, and so lets whoever makes a
 * rule write another one's text.
 */
#define RULESET_TEXT_BREAK '\0'

/*
 * Gives the rules of @rs that have no text one, where @text has it, as long as
 * all texts given together have at most @room bytes. Returns the bytes given.
 * @text is of any content; of its lines the last needs no end. A listing of one
 * chain has no table's handle in it: it is @table_handle then, else 0.
 */
size_t ruleset_text_apply(struct ruleset *rs, const char *text, size_t len,
			  uint64_t table_handle, size_t room);

/* What is known and what is not, of the rules of @rs. */
struct ruleset_texts {
	size_t known;
	size_t missing;
	size_t bytes; /* of the known ones */
	/* The one chain of all that are missing, or NULL. */
	const struct table *table;
	const struct chain *chain;
};

void ruleset_text_count(const struct ruleset *rs, struct ruleset_texts *ret);
