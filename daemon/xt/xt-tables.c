/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "xt-tables.h"

void xt_tables_init(struct xt_tables *t)
{
	*t = (struct xt_tables){ 0 };
}

static void forget(struct xt_table *table)
{
	xt_save_done(&table->save);
	free(table->marks);
	table->marks = NULL;
}

void xt_tables_done(struct xt_tables *t)
{
	xt_tables_forget(t);
	free(t->tables);
	xt_tables_init(t);
}

void xt_tables_forget(struct xt_tables *t)
{
	for (size_t i = 0; i < t->n_tables; i++)
		forget(&t->tables[i]);
}

bool xt_tables_have(const struct drop_netfilter *nf)
{
	return (nf->kind == DROP_KIND_XT_RULE ||
		nf->kind == DROP_KIND_EBT_RULE) &&
	       nf->rule_handle != 0;
}

bool xt_tables_is_uncounted(const char *reason)
{
	return strcmp(reason, "XT_HOTDROP") == 0 ||
	       strcmp(reason, "EBT_HOTDROP") == 0;
}

struct xt_table *xt_tables_find(const struct xt_tables *t, uint8_t family,
				const char *name)
{
	for (size_t i = 0; i < t->n_tables; i++)
		if (t->tables[i].family == family &&
		    strcmp(t->tables[i].name, name) == 0)
			return &t->tables[i];
	return NULL;
}

struct xt_table *xt_tables_use(struct xt_tables *t, uint8_t family,
			       const char *name)
{
	struct xt_table *table = xt_tables_find(t, family, name);

	if (table || t->n_tables == XT_TABLES_MAX || family == 0 ||
	    name[0] == '\0' || strlen(name) >= XT_NAME_SIZE)
		return table;
	if (!t->tables)
		t->tables = calloc(XT_TABLES_MAX, sizeof(*t->tables));
	if (!t->tables)
		return NULL;
	table = &t->tables[t->n_tables++];
	table->family = family;
	copy_string(table->name, sizeof(table->name), name, SIZE_MAX);
	return table;
}

size_t xt_tables_bytes(const struct xt_tables *t)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->n_tables; i++)
		sum += t->tables[i].save.bytes +
		       t->tables[i].save.n_rules * sizeof(struct xt_mark);
	return sum;
}

/* A counter that went down was made anew, and so perhaps was the table. */
static bool is_same(const struct xt_save *a, const struct xt_save *b)
{
	if (!xt_save_equal(a, b))
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (b->packets[i] < a->packets[i])
			return false;
	return true;
}

/* The rule of the same number and text in the reading before, and its mark. */
static const struct xt_mark *find_before(const struct xt_table *table,
					 const struct xt_save *save,
					 const struct chain *chain, size_t i,
					 struct rule **ret)
{
	int64_t at = table->save.table ? xt_save_find(&table->save, chain->name,
						      i + 1, ret)
				       : -ENOENT;

	if (at < 0 || strcmp((*ret)->text, chain->rules[i]->text) != 0 ||
	    save->packets[save->first[chain->handle - 1] + i] <
		    table->save.packets[at])
		return NULL;
	return &table->marks[at];
}

/* Rules that stayed in their places are the same objects. */
static void mark_chain(const struct xt_table *table, struct xt_save *save,
		       struct chain *chain, struct xt_mark *marks,
		       uint64_t ended_ns)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		size_t at = save->first[chain->handle - 1] + i;
		struct rule *rule;
		const struct xt_mark *before =
			find_before(table, save, chain, i, &rule);

		marks[at].base = save->packets[at];
		marks[at].gap_ns = table->read_ns;
		marks[at].seen_ns = ended_ns;
		if (!before)
			continue;
		marks[at].gap_ns = before->gap_ns;
		marks[at].seen_ns = before->seen_ns;
		rule_unref(chain->rules[i]);
		chain->rules[i] = rule_ref(rule);
	}
}

void xt_table_begin(struct xt_table *table, uint64_t now_ns)
{
	table->wants = false;
	table->pending_ns = now_ns;
	table->ended_ns = 0;
	for (size_t i = 0; i < table->save.n_rules; i++) {
		table->marks[i].told += table->marks[i].told_after;
		table->marks[i].told_after = 0;
	}
}

bool xt_table_update(struct xt_table *table, struct xt_save *save,
		     uint64_t now_ns)
{
	bool touched = table->touched;
	struct xt_mark *marks;

	table->touched = false;
	if (table->save.table && !touched && is_same(&table->save, save)) {
		memcpy(table->save.packets, save->packets,
		       save->n_rules * sizeof(*save->packets));
		table->read_ns = table->pending_ns;
		table->ended_ns = now_ns;
		xt_save_done(save);
		return true;
	}
	marks = calloc(MAX(save->n_rules, 1UL), sizeof(*marks));
	if (!marks) {
		xt_save_done(save);
		xt_table_lose(table);
		return false;
	}
	for (size_t i = 0; i < save->table->n_chains; i++)
		mark_chain(table, save, save->table->chains[i], marks, now_ns);
	forget(table);
	table->save = *save;
	table->marks = marks;
	table->from_ns = now_ns;
	table->read_ns = table->until_ns = table->pending_ns;
	table->pending_ns = 0;
	*save = (struct xt_save){ 0 };
	return false;
}

/* Drops while it was read may be counted or not: in favour of the rule. */
static void settle(struct xt_mark *mark, uint64_t packets, uint64_t now_ns)
{
	if (mark->told > packets - mark->base)
		mark->from_ns = now_ns;
	mark->base = packets - MIN(packets, mark->told_meanwhile);
	mark->told = mark->told_meanwhile = 0;
}

void xt_table_settle(struct xt_table *table)
{
	for (size_t i = 0; i < table->save.n_rules; i++)
		settle(&table->marks[i], table->save.packets[i],
		       table->pending_ns);
	/* Perhaps before the reading; and if not, the next one tells. */
	if (table->touched)
		table->from_ns = table->pending_ns;
	table->until_ns = table->pending_ns;
	table->pending_ns = 0;
}

void xt_table_touch(struct xt_table *table)
{
	table->touched = true;
}

void xt_table_lose(struct xt_table *table)
{
	forget(table);
	table->pending_ns = 0;
}

static struct xt_table *table_of(struct xt_tables *t,
				 const struct drop_netfilter *nf)
{
	return xt_tables_use(t, nft_family_from_string(nf->family), nf->table);
}

static void want(struct xt_tables *t, struct xt_table *table)
{
	table->wants = true;
	t->wants = true;
}

static void tell(const struct xt_table *table, struct xt_mark *mark,
		 const struct drop_event *ev)
{
	uint64_t ns = ev->timestamp_ns;

	if (xt_tables_is_uncounted(ev->reason))
		return;
	if (ns < MAX(table->pending_ns, table->until_ns))
		mark->told += ev->count;
	else
		mark->told_after += ev->count;
	if (table->pending_ns != 0 && ns >= table->pending_ns &&
	    (table->ended_ns == 0 || ns <= table->ended_ns))
		mark->told_meanwhile += ev->count;
}

struct rule *xt_tables_find_rule(struct xt_tables *t,
				 const struct drop_event *ev, bool again,
				 bool *ret_later)
{
	struct xt_table *table = table_of(t, &ev->netfilter);
	struct xt_mark *mark;
	struct rule *rule;
	int64_t at;

	*ret_later = false;
	if (!table)
		return NULL;
	if (ev->timestamp_ns >= MAX(table->pending_ns, table->until_ns))
		want(t, table);
	if (!table->save.table || ev->timestamp_ns <= table->from_ns)
		return NULL;
	at = xt_save_find(&table->save, ev->netfilter.chain,
			  ev->netfilter.rule_handle, &rule);
	if (at < 0)
		return NULL;
	mark = &table->marks[at];
	if (!again)
		tell(table, mark, ev);
	if (ev->timestamp_ns >= table->until_ns) {
		*ret_later = true;
		return NULL;
	}
	return ev->timestamp_ns > mark->from_ns ? rule : NULL;
}

/* Were all these drops by the rule at that place? As below. */
static int judge(const struct xt_table *table, int64_t at,
		 const struct xt_count *count)
{
	const struct xt_mark *mark = &table->marks[at];
	uint64_t packets = table->save.packets[at];

	if (count->first_ns > mark->seen_ns)
		return 1;
	if (!count->counted)
		return count->first_ns > mark->gap_ns;
	if (packets < count->packets)
		return 0;
	if (count->first_ns > mark->gap_ns)
		return 1;
	/* It is equal only when all that it counted is told. */
	if (table->read_ns <= count->last_ns + XT_REPORT_NS)
		return -EAGAIN;
	return packets == count->packets;
}

int xt_tables_find_count(struct xt_tables *t, const struct xt_count *count,
			 struct rule **ret, uint64_t *ret_ns)
{
	struct xt_table *table = table_of(t, count->nf);
	struct rule *rule;
	int64_t at;
	int r;

	if (!table)
		return 0;
	if (count->last_ns >= table->read_ns)
		want(t, table);
	if (count->last_ns >= table->read_ns || !table->save.table)
		return -EAGAIN;
	at = xt_save_find(&table->save, count->nf->chain,
			  count->nf->rule_handle, &rule);
	if (at < 0)
		return 0;
	r = judge(table, at, count);
	if (r == -EAGAIN)
		want(t, table);
	if (r <= 0)
		return r;
	*ret = rule;
	*ret_ns = table->read_ns;
	return 1;
}
