/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counts by rule as bytes, so that they outlive nfdropd. Pure; the file
 * itself is state.h's.
 *
 * All numbers are little-endian. A head: magic, version, the boot; when
 * counting began, totals, losses; what the journal was told of the last two,
 * and whether there is one; the number of rules. Then each rule: numbers, and
 * texts with their length before them in a byte. At the end a checksum of all
 * before. What the journal was told is what must not be told again. Flows,
 * heaviest senders and rates are not in it.
 *
 * Cookies of namespaces and handles of tables begin anew with each boot, so
 * counts of another boot are of other rules, whatever their names.
 */
#pragma once

#include "aggregate.h"
#include "losses.h"

/* Any change of what is in it, of a member's size, or of enum drop_kind. */
#define COUNTS_FILE_VERSION 2
/* With as many rules as there can be, and the longest names. */
#define COUNTS_FILE_MAX	 (96 << 20)

#define COUNTS_BOOT_SIZE 16

/*
 * Makes *@ret of *@len bytes, the caller's. @losses are those since counting
 * began. -ENOMEM.
 */
int counts_encode(const struct aggregate *a, const struct losses *losses,
		  const uint8_t boot[COUNTS_BOOT_SIZE], void **ret,
		  size_t *len);

/*
 * Puts the @len bytes at @data, of any content, into @a, which is empty, and
 * sets @losses. Errors leave @a empty: -EBADMSG: it is damaged;
 * -EPROTONOSUPPORT: of another version; -ESTALE: of another boot; -ENOMEM.
 */
int counts_decode(const void *data, size_t len,
		  const uint8_t boot[COUNTS_BOOT_SIZE], struct aggregate *a,
		  struct losses *losses);

/* The checksum of @len bytes, as it stands behind them. */
uint64_t counts_checksum(const void *data, size_t len);
