/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of counts of any content, as it is, and again with magic, version,
 * boot and checksum set right, which mutation seldom does: no read past it, and
 * what is believed adds up and is written as it was read.
 */
#include <errno.h>

#include "counts-file.h"
#include "fuzz.h"
#include "support.h"
#include "util.h"

static const uint8_t boot[COUNTS_BOOT_SIZE] = { 0 };

static void check_text(const char *text, size_t size)
{
	check(memchr(text, '\0', size));
}

static void check_sound(const struct aggregate *a)
{
	struct aggregate_counts sum = a->other, total = aggregate_total(a);

	check(a->n_rules <= AGGREGATE_MAX);
	check(a->n_foreign <= AGGREGATE_MAX / 2);
	for (size_t i = 0; i < a->n_rules; i++) {
		const struct aggregate_rule *rule = a->rules[i];

		check_text(rule->table, sizeof(rule->table));
		check_text(rule->chain, sizeof(rule->chain));
		check_text(rule->reason, sizeof(rule->reason));
		check(drop_kind_to_string((int)rule->kind));
		check(drop_origin_to_string((int)rule->origin));
		check(drop_attribution_to_string((int)rule->attribution));
		sum.packets += rule->counts.packets;
		sum.bytes += rule->counts.bytes;
	}
	check(sum.packets == total.packets && sum.bytes == total.bytes);
}

static void decode(const uint8_t *data, size_t size)
{
	struct losses losses;
	struct aggregate a;
	size_t len;
	void *again;
	int r;

	aggregate_init(&a, 1);
	r = counts_decode(data, size, boot, &a, &losses);
	check(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT || r == -ESTALE);
	check_sound(&a);
	if (r < 0) {
		check(a.n_rules == 0 && a.since_ns == 0);
	} else {
		check(counts_encode(&a, &losses, boot, &again, &len) == 0);
		check(len == size && memcmp(again, data, len) == 0);
		free(again);
	}
	aggregate_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint32_t version = COUNTS_FILE_VERSION;
	uint8_t *copy = copy_bytes(data, size);
	uint64_t checksum;

	decode(copy, size);
	if (size >= 8 + 4 + COUNTS_BOOT_SIZE + 8) {
		memcpy(copy, "nfdcount", 8);
		memcpy(copy + 8, &version, sizeof(version));
		memcpy(copy + 12, boot, sizeof(boot));
		checksum = counts_checksum(copy, size - 8);
		memcpy(copy + size - 8, &checksum, sizeof(checksum));
		decode(copy, size);
	}
	free(copy);
	return 0;
}
