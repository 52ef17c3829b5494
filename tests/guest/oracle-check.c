/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>

#include "oracle-parts.h"

static bool is_true(const struct infer_candidate *c,
		    const struct drop_netfilter *nf)
{
	return c->table->handle == nf->table_handle &&
	       strcmp(c->chain->name, nf->chain) == 0 &&
	       (nf->kind == DROP_KIND_NFT_POLICY
			? !c->rule
			: c->rule && c->rule->handle == nf->rule_handle);
}

static const struct infer_candidate *
find_true(const struct infer_result *result, const struct drop_netfilter *nf)
{
	for (size_t i = 0; i < result->n; i++)
		if (is_true(&result->candidates[i], nf))
			return &result->candidates[i];
	return NULL;
}

static void print_case(const struct oracle *o, const char *what,
		       const struct drop_event *ev,
		       const struct packet_bytes *bytes,
		       const struct infer_result *result)
{
	const struct drop_netfilter *nf = &ev->netfilter;

	printf("%s: %s: %s %s %s/%" PRIu64 " in %u type %04x length %u:", what,
	       o->name, nf->family, nf->hook, nf->chain, nf->rule_handle,
	       ev->in.ifindex, bytes->ethertype, bytes->orig_len);
	for (size_t i = 0; i < result->n; i++) {
		const struct infer_candidate *c = &result->candidates[i];

		printf(" %s/%" PRIu64 "(", c->chain->name,
		       c->rule ? c->rule->handle : 0);
		for (unsigned int u = 0; u < _UNKNOWN_MAX; u++)
			if (c->unknown & UNKNOWN_BIT(u))
				printf(" %s", unknown_to_string(u));
		printf(" )");
	}
	printf(" bytes ");
	for (size_t i = 0; i < bytes->len; i++)
		printf("%02x", ((const uint8_t *)bytes->data)[i]);
	puts("");
}

static void infer_or_die(struct oracle *o, const struct infer_input *input,
			 struct infer_result *result)
{
	int r = infer(o->rs, input, result);

	if (r < 0)
		oracle_die("infer()", r);
	o->work += result->work;
}

/* Only the first bytes of it are known. */
static void check_cuts(struct oracle *o, const struct drop_event *ev,
		       const struct infer_input *input)
{
	struct infer_result result;

	for (size_t i = 0; i < ORACLE_CUTS && input->bytes.len > 0; i++) {
		struct infer_input cut = *input;

		cut.bytes.len = (size_t)rand() % input->bytes.len;
		infer_or_die(o, &cut, &result);
		o->n_cuts++;
		if (find_true(&result, &ev->netfilter) || result.is_partial)
			continue;
		o->n_cut_missing++;
		print_case(o, "MISSING when cut", ev, &cut.bytes, &result);
	}
}

/* What a kernel as it is tells of @ev, which keeps what it owns. */
static struct drop_event plain_event(const struct drop_event *ev)
{
	struct drop_event plain = *ev;

	memset(&plain.out, 0, sizeof(plain.out));
	plain.has &= ~DROP_HAS_MARK;
	if (ev->in.ifindex)
		if_indextoname(ev->in.ifindex, plain.in.name);
	return plain;
}

/* Of the hook that it was, and with the device that it was to leave by. */
static void infer_with_more(struct oracle *o, const struct drop_event *ev,
			    const struct infer_input *input,
			    struct oracle_answer *a)
{
	struct infer_input more = *input;
	char out[IF_NAMESIZE] = "";

	more.stages = INFER_STAGE_BIT(a->found->stage);
	infer_or_die(o, &more, &a->with_hook);
	if (!find_true(&a->with_hook, &ev->netfilter))
		print_case(o, "MISSING with the hook", ev, &input->bytes,
			   &a->with_hook);
	more.out = (struct eval_port){ .is_known = true,
				       .ifindex = ev->out.ifindex,
				       .name = out };
	if (ev->out.ifindex)
		if_indextoname(ev->out.ifindex, out);
	infer_or_die(o, &more, &a->with_all);
	if (!find_true(&a->with_all, &ev->netfilter))
		print_case(o, "MISSING with all", ev, &input->bytes,
			   &a->with_all);
}

static void count(struct oracle *o, const struct oracle_answer *a)
{
	bool is_shown = a->found && a->found->unknown == 0;

	oracle_figures_add(&o->all, a);
	if (o->is_visible)
		oracle_figures_add(&o->visible, a);
	if (is_shown)
		oracle_figures_add(&o->shown, a);
	if (a->found && a->result.n > 1 && (o->is_visible || is_shown))
		oracle_classes_add(&o->classes, a);
}

void oracle_check(struct oracle *o, const struct drop_event *ev,
		  const struct packet_bytes *bytes)
{
	struct drop_event as_told = plain_event(ev);
	struct oracle_answer a = { 0 };
	struct infer_input input;

	infer_input_from_event(&as_told, bytes, &input);
	infer_or_die(o, &input, &a.plain);
	if (!find_true(&a.plain, &ev->netfilter) && !a.plain.is_partial)
		print_case(o, "MISSING by the packet", ev, bytes, &a.plain);
	if (inferrer_find(&o->inferrer, &as_told, bytes, o->rs, &a.result) < 0)
		oracle_die("inferrer_find()", -ENOMEM);
	a.found = find_true(&a.result, &ev->netfilter);
	if (!a.found && !a.result.is_partial)
		print_case(o, "MISSING", ev, bytes, &a.result);
	if (a.found)
		infer_with_more(o, ev, &input, &a);
	if (a.found && a.result.n > 1 && getenv("SHOW_MANY"))
		print_case(o, "MANY", ev, bytes, &a.result);
	count(o, &a);
	check_cuts(o, ev, &input);
}
