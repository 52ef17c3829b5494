/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tools of x_tables and ebtables print of a table of this process's
 * network namespace. Blocks; for a process that reads and does nothing else.
 */
#pragma once

#include <stdint.h>

/*
 * The name of the tool for tables of a family (NFPROTO_*), NULL: there is none.
 */
const char *xt_list_tool(uint8_t family);

/*
 * Writes to @out what the tool prints of the table, for xt_save_parse().
 * Returns 0; -ENOPKG: the tool is not installed; -ENOENT: there is no such
 * table; -EIO: the tool failed; or another negative errno.
 *
 * Asking for a table makes it, and loads its module, where there is none: so
 * the kernel's list of tables is looked at before. It has none of ebtables,
 * which are only asked for after a packet was dropped in them.
 */
int xt_list(int out, uint8_t family, const char *table);

/* The same for a table of nf_tables that iptables-nft made. */
int xt_list_nft(int out, uint8_t family, const char *table);

/*
 * Writes "FAMILY TABLE" and a line's end for each table that there is, but for
 * those of ebtables; the family is its NFPROTO_* in decimal. 0 or a negative
 * errno.
 */
int xt_list_tables(int out);
