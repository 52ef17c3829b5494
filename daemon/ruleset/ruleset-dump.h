/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ruleset of this process's network namespace as the kernel dumps it, for
 * whoever decodes it. Blocks; for a process that reads and does nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Writes the messages of nf_tables for tables, chains, sets and rules, and with
 * @elements those of each set's elements, to @out, one after the other, as they
 * came. *@interrupted is set when the ruleset changed meanwhile, and what was
 * written is of no use; else *@generation is the one of all of it. Returns 0 or
 * a negative errno: -EPIPE when nobody reads.
 */
int ruleset_dump(int out, bool elements, uint32_t *generation,
		 uint32_t *interrupted);

/*
 * The same of the rules' counters alone, as rule-counter.h has them. What
 * changed meanwhile may be missing; the others are of use nevertheless.
 */
int ruleset_dump_counters(int out, uint32_t *generation, uint32_t *interrupted);

/* The generation of this process's ruleset. */
int ruleset_dump_generation(uint32_t *ret);

/* The handle of the table of that name; -ENOENT: there is none. */
int ruleset_dump_table_handle(uint8_t family, const char *name, uint64_t *ret);
