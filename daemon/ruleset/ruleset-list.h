/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listing of the ruleset of this process's network namespace, as nft(8)
 * prints it, by libnftables(3). Blocks and takes memory; libnftables may end
 * the process: for one that does nothing else.
 */
#pragma once

#include <stdint.h>

/*
 * Writes what "nft -a -s -t list ruleset" prints to @out, or where @chain is
 * not "" "list chain"; a line break in a string as RULESET_TEXT_BREAK. Nothing is
 * written when what nft has read may not be of @generation: -EAGAIN. 0 or
 * another negative errno: -ENOENT where nft has an error, such as that there is
 * no such chain any more, -EINVAL for a name that nft cannot be asked for.
 */
int ruleset_list(int out, uint8_t family, const char *table, const char *chain,
		 uint32_t generation);
