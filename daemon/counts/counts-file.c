/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>

#include "counts-file.h"
#include "hash.h"
#include "util.h"

#define MAGIC	      "nfdcount"
#define MAGIC_SIZE    8
#define CHECKSUM_SIZE 8
#define TEXT_MAX      255
#define N_LOSSES      6
#define N_TEXTS	      8
/* A rule without its texts. */
#define RULE_SIZE (4 + 4 + 8 + 4 + 4 + 8 + 8 + 4 + 4 * 8 + 3 * 8)
#define HEAD_SIZE                                                           \
	(MAGIC_SIZE + 4 + COUNTS_BOOT_SIZE + 8 + 8 * 8 + 2 * N_LOSSES * 8 + \
	 4 + 4)

_Static_assert(HEAD_SIZE + CHECKSUM_SIZE +
			       AGGREGATE_MAX * (RULE_SIZE + 16 * 2 + 64 * 3 +
						128 + 256 * 2) <
		       COUNTS_FILE_MAX,
	       "COUNTS_FILE_MAX is too small");

/* Where a rule's texts are; any order, but always the same. */
#define TEXT(member)                             \
	offsetof(struct aggregate_rule, member), \
		sizeof(((struct aggregate_rule *)NULL)->member)
static const struct {
	size_t offset, size;
} texts[N_TEXTS] = {
	{ TEXT(hook) }, { TEXT(family) },   { TEXT(reason) }, { TEXT(by) },
	{ TEXT(trap) }, { TEXT(location) }, { TEXT(table) },  { TEXT(chain) },
};

uint64_t counts_checksum(const void *data, size_t len)
{
	return hash_bytes(len, data, len);
}

static void put(char **p, const void *data, size_t len)
{
	memcpy(*p, data, len);
	*p += len;
}

static void put_u32(char **p, uint32_t v)
{
	v = htole32(v);
	put(p, &v, sizeof(v));
}

static void put_u64(char **p, uint64_t v)
{
	v = htole64(v);
	put(p, &v, sizeof(v));
}

static void put_counts(char **p, const struct aggregate_counts *counts)
{
	put_u64(p, counts->packets);
	put_u64(p, counts->bytes);
}

static void put_losses(char **p, const struct losses *losses)
{
	put_u64(p, losses->kernel_queue);
	put_u64(p, losses->socket);
	put_u64(p, losses->aggregate_other);
	put_u64(p, losses->sessions);
	put_u64(p, losses->rule_packets);
	put_u64(p, losses->rule_messages);
}

static void put_rule(char **p, const struct aggregate_rule *rule)
{
	const uint8_t words[4] = { (uint8_t)rule->counted,
				   (uint8_t)rule->origin,
				   (uint8_t)rule->attribution,
				   (uint8_t)rule->kind };

	put(p, words, sizeof(words));
	put_u32(p, rule->has);
	put_u64(p, rule->netns_cookie);
	put_u32(p, rule->netns_inum);
	put_u32(p, rule->reason_code);
	put_u64(p, rule->table_handle);
	put_u64(p, rule->rule_handle);
	put_u32(p, rule->queue);
	put_counts(p, &rule->counts);
	put_u64(p, rule->first_ns);
	put_u64(p, rule->last_ns);
	put_counts(p, &rule->told.counts);
	put_u64(p, rule->told.fresh_ns);
	for (size_t i = 0; i < N_TEXTS; i++) {
		const char *text = (const char *)rule + texts[i].offset;
		uint8_t len = (uint8_t)strlen(text);

		put(p, &len, 1);
		put(p, text, len);
	}
}

/* Those that have only been sampled have nothing to keep. */
static bool is_kept(const struct aggregate_rule *rule)
{
	/* The kernel keeps what it counts itself. */
	return rule->counts.packets > 0 &&
	       rule->counted != AGGREGATE_BY_COUNTER;
}

static size_t rule_size(const struct aggregate_rule *rule)
{
	size_t size = RULE_SIZE + N_TEXTS;

	for (size_t i = 0; i < N_TEXTS; i++)
		size += strlen((const char *)rule + texts[i].offset);
	return size;
}

int counts_encode(const struct aggregate *a, const struct losses *losses,
		  const uint8_t boot[COUNTS_BOOT_SIZE], void **ret, size_t *len)
{
	size_t size = HEAD_SIZE + CHECKSUM_SIZE;
	uint32_t n_rules = 0;
	char *data, *p;

	for (size_t i = 0; i < a->n_rules; i++) {
		if (!is_kept(a->rules[i]))
			continue;
		size += rule_size(a->rules[i]);
		n_rules++;
	}
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	p = data;
	put(&p, MAGIC, MAGIC_SIZE);
	put_u32(&p, COUNTS_FILE_VERSION);
	put(&p, boot, COUNTS_BOOT_SIZE);
	put_u64(&p, a->since_ns);
	put_counts(&p, &a->total[AGGREGATE_BY_KERNEL]);
	put_counts(&p, &a->total[AGGREGATE_BY_EVENTS]);
	put_counts(&p, &a->other);
	put_losses(&p, losses);
	put_u32(&p, a->is_told);
	put_counts(&p, &a->told_other);
	put_losses(&p, &a->told_losses);
	put_u32(&p, n_rules);
	for (size_t i = 0; i < a->n_rules; i++)
		if (is_kept(a->rules[i]))
			put_rule(&p, a->rules[i]);
	put_u64(&p, counts_checksum(data, size - CHECKSUM_SIZE));
	*ret = data;
	*len = size;
	return 0;
}

/* What is left to read. Past its end everything is zero, and it is broken. */
struct reader {
	const char *next;
	size_t left;
	bool broken;
};

static void get(struct reader *r, void *to, size_t len)
{
	if (len > r->left) {
		r->broken = true;
		memset(to, 0, len);
		return;
	}
	memcpy(to, r->next, len);
	r->next += len;
	r->left -= len;
}

static uint32_t get_u32(struct reader *r)
{
	uint32_t v;

	get(r, &v, sizeof(v));
	return le32toh(v);
}

static uint64_t get_u64(struct reader *r)
{
	uint64_t v;

	get(r, &v, sizeof(v));
	return le64toh(v);
}

static void get_counts(struct reader *r, struct aggregate_counts *ret)
{
	ret->packets = get_u64(r);
	ret->bytes = get_u64(r);
}

static void get_losses(struct reader *r, struct losses *ret)
{
	ret->kernel_queue = get_u64(r);
	ret->socket = get_u64(r);
	ret->aggregate_other = get_u64(r);
	ret->sessions = get_u64(r);
	ret->rule_packets = get_u64(r);
	ret->rule_messages = get_u64(r);
}

static void get_text(struct reader *r, char *to, size_t size)
{
	uint8_t len;

	get(r, &len, 1);
	if (len >= size) {
		r->broken = true;
		return;
	}
	get(r, to, len);
	/* It was zeros before. */
	if (strlen(to) != len)
		r->broken = true;
}

static bool rule_is_valid(const struct aggregate_rule *rule,
			  const uint8_t words[4])
{
	return words[0] < AGGREGATE_BY_COUNTER && words[1] < _DROP_ORIGIN_MAX &&
	       words[2] < DROP_ATTRIBUTION_COUNTER &&
	       words[3] < _DROP_KIND_MAX &&
	       (rule->has &
		~(uint32_t)(DROP_HAS_REASON_CODE | DROP_HAS_QUEUE)) == 0 &&
	       rule->counts.packets > 0 && rule->first_ns <= rule->last_ns &&
	       rule->told.counts.packets <= rule->counts.packets &&
	       rule->told.counts.bytes <= rule->counts.bytes;
}

static void get_rule(struct reader *r, struct aggregate_rule *ret)
{
	uint8_t words[4];

	*ret = (struct aggregate_rule){ 0 };
	get(r, words, sizeof(words));
	ret->has = get_u32(r);
	ret->netns_cookie = get_u64(r);
	ret->netns_inum = get_u32(r);
	ret->reason_code = get_u32(r);
	ret->table_handle = get_u64(r);
	ret->rule_handle = get_u64(r);
	ret->queue = get_u32(r);
	get_counts(r, &ret->counts);
	ret->first_ns = get_u64(r);
	ret->last_ns = get_u64(r);
	get_counts(r, &ret->told.counts);
	ret->told.fresh_ns = get_u64(r);
	for (size_t i = 0; i < N_TEXTS; i++)
		get_text(r, (char *)ret + texts[i].offset, texts[i].size);
	if (!rule_is_valid(ret, words)) {
		r->broken = true;
		return;
	}
	ret->counted = words[0];
	ret->origin = words[1];
	ret->attribution = words[2];
	ret->kind = words[3];
}

/* False past what the numbers can hold. */
static bool add(struct aggregate_counts *sum,
		const struct aggregate_counts *counts)
{
	return !__builtin_add_overflow(sum->packets, counts->packets,
				       &sum->packets) &&
	       !__builtin_add_overflow(sum->bytes, counts->bytes, &sum->bytes);
}

/* The rules and other are the total. */
static bool adds_up(const struct aggregate *a)
{
	struct aggregate_counts parts = a->other, total = { 0 };

	for (size_t i = 0; i < a->n_rules; i++)
		if (!add(&parts, &a->rules[i]->counts))
			return false;
	for (size_t i = 0; i < AGGREGATE_BY_COUNTER; i++)
		if (!add(&total, &a->total[i]))
			return false;
	return parts.packets == total.packets && parts.bytes == total.bytes;
}

static int get_rules(struct reader *r, uint32_t n, struct aggregate *a)
{
	struct aggregate_rule rule;
	int error;

	for (uint32_t i = 0; i < n && !r->broken; i++) {
		get_rule(r, &rule);
		if (r->broken)
			break;
		error = aggregate_restore(a, &rule);
		if (error == -ENOMEM)
			return error;
		if (error < 0)
			return -EBADMSG;
	}
	return r->broken || r->left > 0 || !adds_up(a) ? -EBADMSG : 0;
}

/* Nothing was told that is not there. */
static bool was_told(const struct aggregate *a, const struct losses *losses)
{
	const struct losses *told = &a->told_losses;

	return a->told_other.packets <= a->other.packets &&
	       a->told_other.bytes <= a->other.bytes &&
	       told->kernel_queue <= losses->kernel_queue &&
	       told->socket <= losses->socket &&
	       told->rule_packets <= losses->rule_packets &&
	       told->rule_messages <= losses->rule_messages;
}

static int get_all(struct reader *r, const uint8_t boot[COUNTS_BOOT_SIZE],
		   struct aggregate *a, struct losses *losses)
{
	uint8_t its_boot[COUNTS_BOOT_SIZE];
	uint32_t is_told;

	get(r, its_boot, sizeof(its_boot));
	if (memcmp(its_boot, boot, sizeof(its_boot)) != 0)
		return -ESTALE;
	a->since_ns = get_u64(r);
	get_counts(r, &a->total[AGGREGATE_BY_KERNEL]);
	get_counts(r, &a->total[AGGREGATE_BY_EVENTS]);
	get_counts(r, &a->other);
	get_losses(r, losses);
	is_told = get_u32(r);
	a->is_told = is_told;
	get_counts(r, &a->told_other);
	get_losses(r, &a->told_losses);
	if (is_told > 1 || !was_told(a, losses))
		return -EBADMSG;
	return get_rules(r, get_u32(r), a);
}

/* Is it whole, and of this version? */
static int check(struct reader *r)
{
	const char *data = r->next;
	char magic[MAGIC_SIZE];
	uint64_t checksum;

	if (r->left < HEAD_SIZE + CHECKSUM_SIZE)
		return -EBADMSG;
	get(r, magic, sizeof(magic));
	if (memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
		return -EBADMSG;
	/* Other versions may have another checksum. */
	if (get_u32(r) != COUNTS_FILE_VERSION)
		return -EPROTONOSUPPORT;
	r->left -= CHECKSUM_SIZE;
	memcpy(&checksum, r->next + r->left, sizeof(checksum));
	if (le64toh(checksum) !=
	    counts_checksum(data, (size_t)(r->next + r->left - data)))
		return -EBADMSG;
	return 0;
}

int counts_decode(const void *data, size_t len,
		  const uint8_t boot[COUNTS_BOOT_SIZE], struct aggregate *a,
		  struct losses *losses)
{
	struct reader r = { .next = data, .left = len };
	uint64_t seed = a->seed;
	size_t max = a->max;
	int error;

	*losses = (struct losses){ 0 };
	error = check(&r);
	if (error == 0)
		error = get_all(&r, boot, a, losses);
	if (error == 0)
		return 0;
	*losses = (struct losses){ 0 };
	aggregate_done(a);
	aggregate_init(a, seed);
	aggregate_set_max(a, max);
	return error;
}
