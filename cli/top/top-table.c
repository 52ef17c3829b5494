/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top-table.h"
#include "util.h"

#define BUCKETS_FIRST 64
/* With some room for when it is read. */
#define REPORT_NS 1500000000ULL
#define REPORT_S  1.5

void top_table_init(struct top_table *t, size_t capacity, uint64_t seed)
{
	*t = (struct top_table){ .capacity = capacity, .seed = seed };
}

static void row_free(struct top_row *row)
{
	for (size_t i = 0; i < _TOP_TEXT_MAX; i++)
		free(row->text[i]);
	free(row->key);
	free(row);
}

void top_table_done(struct top_table *t)
{
	for (size_t i = 0; i < t->n_rows; i++)
		row_free(t->rows[i]);
	free(t->rows);
	free(t->buckets);
	*t = (struct top_table){ 0 };
}

static uint64_t hash_key(uint64_t seed, const char *key, size_t len)
{
	uint64_t h = seed ^ len;

	while (len > 0) {
		size_t n = MIN(len, sizeof(uint64_t));
		uint64_t word = 0;

		memcpy(&word, key, n);
		h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
		key += n;
		len -= n;
	}
	return h ^ h >> 32;
}

static struct top_row **find_bucket(const struct top_table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->n_buckets - 1)];
}

static struct top_row *find_hashed(const struct top_table *t, uint64_t hash,
				   const char *key, size_t len)
{
	struct top_row *row = t->n_buckets ? *find_bucket(t, hash) : NULL;

	while (row && (row->hash != hash || row->key_len != len ||
		       memcmp(row->key, key, len) != 0))
		row = row->next;
	return row;
}

struct top_row *top_table_find(const struct top_table *t, const char *key,
			       size_t len)
{
	return find_hashed(t, hash_key(t->seed, key, len), key, len);
}

static void link_row(struct top_table *t, struct top_row *row)
{
	struct top_row **bucket = find_bucket(t, row->hash);

	row->next = *bucket;
	*bucket = row;
}

static bool grow_buckets(struct top_table *t)
{
	size_t n = MAX(t->n_buckets * 2, BUCKETS_FIRST);
	struct top_row **buckets;

	if (t->n_rows < t->n_buckets)
		return true;
	buckets = calloc(n, sizeof(struct top_row *));
	if (!buckets)
		return false;
	free(t->buckets);
	t->buckets = buckets;
	t->n_buckets = n;
	for (size_t i = 0; i < t->n_rows; i++)
		link_row(t, t->rows[i]);
	return true;
}

static bool grow_rows(struct top_table *t)
{
	size_t n = MIN(MAX(t->n_allocated * 2, BUCKETS_FIRST), t->capacity);
	struct top_row **rows;

	if (t->n_rows < t->n_allocated)
		return true;
	rows = reallocarray(t->rows, n, sizeof(struct top_row *));
	if (!rows)
		return false;
	t->rows = rows;
	t->n_allocated = n;
	return true;
}

struct top_row *top_table_get(struct top_table *t, const char *key, size_t len)
{
	uint64_t hash = hash_key(t->seed, key, len);
	struct top_row *row = find_hashed(t, hash, key, len);

	if (row)
		return row;
	if (t->n_rows == t->capacity || !grow_rows(t) || !grow_buckets(t))
		return NULL;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->key = malloc(len + 1);
	if (!row->key) {
		free(row);
		return NULL;
	}
	memcpy(row->key, key, len);
	row->key[len] = '\0';
	row->key_len = len;
	row->hash = hash;
	row->round = t->round - 1;
	for (size_t i = 0; i < TOP_TREND; i++)
		row->trend[i] = -1;
	for (size_t i = 0; i < ARRAY_SIZE(row->latest.told); i++)
		row->latest.told[i] = -1;
	row->latest.told_bytes = -1;
	link_row(t, row);
	t->rows[t->n_rows++] = row;
	return row;
}

void top_row_set_text(struct top_row *row, enum top_text which,
		      const char *text)
{
	char *copy;

	if (text && row->text[which] && strcmp(row->text[which], text) == 0)
		return;
	copy = text ? strdup(text) : NULL;
	if (text && !copy)
		return;
	free(row->text[which]);
	row->text[which] = copy;
}

void top_row_set_counts(struct top_row *row, uint64_t round,
			const struct top_counts *counts)
{
	bool again = row->round == round && row->latest.packets > 0;

	if (!again)
		row->latest.packets = row->latest.bytes = 0;
	row->latest.packets += counts->packets;
	row->latest.bytes += counts->bytes;
	row->round = round;
}

static void unlink_row(struct top_table *t, struct top_row *row)
{
	struct top_row **p = find_bucket(t, row->hash);

	while (*p != row)
		p = &(*p)->next;
	*p = row->next;
}

static void remove_at(struct top_table *t, size_t i)
{
	struct top_row *row = t->rows[i];

	unlink_row(t, row);
	row_free(row);
	t->rows[i] = t->rows[--t->n_rows];
}

void top_table_begin(struct top_table *t)
{
	t->round++;
}

void top_table_end(struct top_table *t)
{
	for (size_t i = t->n_rows; i-- > 0;)
		if (t->rows[i]->round != t->round)
			remove_at(t, i);
}

static double grown(uint64_t before, uint64_t now)
{
	return (double)(now >= before ? now - before : now);
}

/* What the growth is to be divided by. */
static double span_of(const struct top_table *t, const struct top_row *row,
		      double seconds)
{
	double span;

	if (!t->reported || row->shown.last_ns == 0 ||
	    row->latest.last_ns <= row->shown.last_ns)
		return seconds;
	span = (double)(row->latest.last_ns - row->shown.last_ns) / 1e9;
	return span < seconds - REPORT_S || span > seconds + REPORT_S ? seconds
								      : span;
}

static void set_rates(const struct top_table *t, struct top_row *row,
		      double seconds, uint64_t real_ns)
{
	double span = span_of(t, row, seconds);

	/* No report is no news, as long as the next is not due. */
	if (t->reported && row->has_rate &&
	    row->latest.last_ns == row->shown.last_ns &&
	    row->latest.last_ns + REPORT_NS > real_ns)
		return;
	row->rate = grown(row->shown.packets, row->latest.packets) / span;
	row->byte_rate = grown(row->shown.bytes, row->latest.bytes) / span;
	row->has_rate = true;
}

/* Of a row that was not seen growing. */
static void set_told_rate(struct top_row *row)
{
	row->has_rate = row->latest.told[0] >= 0;
	row->rate = (double)MAX(row->latest.told[0], 0);
	row->byte_rate = (double)MAX(row->latest.told_bytes, 0);
	if (row->latest.told_bytes < 0 && row->has_rate &&
	    row->latest.packets > 0)
		row->byte_rate = row->rate * (double)row->latest.bytes /
				 (double)row->latest.packets;
}

static void push_trend(struct top_row *row)
{
	memmove(row->trend + 1, row->trend,
		(TOP_TREND - 1) * sizeof(row->trend[0]));
	row->trend[0] = (float)row->rate;
}

void top_table_show_new(struct top_table *t)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		struct top_row *row = t->rows[i];

		if (row->ticked)
			continue;
		set_told_rate(row);
		row->shown = row->latest;
		row->ticked = row->early = true;
	}
}

void top_table_tick(struct top_table *t, uint64_t now_ns, uint64_t real_ns)
{
	double seconds = (double)(now_ns - t->ticked_ns) / 1e9;
	bool known = t->ticked_ns != 0 && now_ns > t->ticked_ns;
	/* The kernel's reports are of the second before. */
	uint64_t before_ns =
		t->ticked_real_ns - MIN(t->ticked_real_ns, 2 * REPORT_NS);

	for (size_t i = 0; i < t->n_rows; i++) {
		struct top_row *row = t->rows[i];

		if (known && !row->early &&
		    (row->ticked || row->latest.first_ns == 0 ||
		     row->latest.first_ns >= before_ns))
			set_rates(t, row, seconds, real_ns);
		else
			set_told_rate(row);
		if (row->has_rate)
			push_trend(row);
		row->shown = row->latest;
		row->ticked = true;
		row->early = false;
	}
	t->ticked_ns = now_ns;
	t->ticked_real_ns = real_ns;
}
