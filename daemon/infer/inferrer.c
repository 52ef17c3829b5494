/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "candidate.h"
#include "infer-order.h"
#include "inferrer.h"
#include "netns.h"
#include "nft-drop.h"
#include "ruleset.h"

/*
 * A drop is told some milliseconds later than a change of the ruleset: so long
 * after one it may be of the rules before.
 */
#define CHANGE_NS UINT64_C(100000000)
#define SECOND_NS UINT64_C(1000000000)
/* What it costs to ask for a way, in the same steps. */
#define WAY_WORK 200

bool inferrer_wants(const struct drop_event *ev)
{
	return ev->attribution == DROP_ATTRIBUTION_NONE &&
	       ev->netfilter.kind == DROP_KIND_NONE && nft_drop_is_one(ev);
}

static bool take_credit(struct inferrer *i, uint64_t now_ns)
{
	uint64_t passed = now_ns - i->credit_ns;

	/* Also where the clock was set back. */
	if (i->credit_ns == 0 || passed > SECOND_NS)
		passed = SECOND_NS;
	i->credit += (int64_t)(passed * i->work_max / SECOND_NS);
	i->credit = MIN(i->credit, (int64_t)i->work_max);
	i->credit_ns = now_ns;
	return i->credit > 0;
}

static void give_netns(const struct inferrer *i, struct drop_event *ev)
{
	if (ev->netns.cookie != 0)
		return;
	ev->netns.cookie = i->netns.cookie ? i->netns.cookie
					   : INITIAL_NETNS_COOKIE;
	if (ev->netns.inum == 0)
		ev->netns.inum = i->netns.inum;
}

static void give_rule(const struct inferrer *i, struct drop_event *ev,
		      const struct infer_candidate *c, uint32_t generation)
{
	const struct nft_drop_rule found = {
		.family = c->table->family,
		.hook = infer_stage_to_string(c->stage),
		.table = c->table->name,
		.table_handle = c->table->handle,
		.chain = c->chain->name,
		.handle = c->rule ? c->rule->handle : 0,
		.generation = generation,
	};

	nft_drop_set_rule(ev, &found, DROP_ATTRIBUTION_INFERRED);
	give_netns(i, ev);
}

static char *unknown_words(uint64_t unknown)
{
	char text[512] = "";
	size_t len = 0;

	for (int u = 0; u < _UNKNOWN_MAX && len < sizeof(text); u++)
		if (unknown & UNKNOWN_BIT(u))
			len += (size_t)snprintf(
				text + len, sizeof(text) - len, "%s%s",
				len > 0 ? ", " : "",
				unknown_to_string((enum unknown)u));
	return strdup(text);
}

static bool fill_candidate(struct drop_candidate *to,
			   const struct infer_candidate *c)
{
	const char *family = nft_family_to_string(c->table->family);

	to->kind = c->rule ? DROP_KIND_NFT_RULE : DROP_KIND_NFT_POLICY;
	to->rule_handle = c->rule ? c->rule->handle : 0;
	copy_string(to->hook, sizeof(to->hook), infer_stage_to_string(c->stage),
		    SIZE_MAX);
	copy_string(to->family, sizeof(to->family), family ? family : "",
		    SIZE_MAX);
	to->table = strdup(c->table->name);
	to->chain = strdup(c->chain->name);
	if (!to->table || !to->chain)
		return false;
	if (c->rule && c->rule->text) {
		to->rule = strdup(c->rule->text);
		if (!to->rule)
			return false;
	}
	if (c->unknown) {
		to->unknown = unknown_words(c->unknown);
		if (!to->unknown)
			return false;
	}
	return true;
}

static void give_candidates(struct drop_event *ev,
			    const struct infer_result *result)
{
	struct drop_candidates *c = calloc(1, sizeof(*c));
	bool fine = c;

	_Static_assert(INFER_CANDIDATES_MAX <= DROP_CANDIDATES_MAX, "");
	for (size_t i = 0; fine && i < result->n; i++) {
		c->n++;
		fine = fill_candidate(&c->list[i], &result->candidates[i]);
	}
	if (!fine) {
		candidates_free(c);
		return;
	}
	c->is_partial = result->is_partial;
	ev->candidates = c;
	ev->attribution = DROP_ATTRIBUTION_INFERRED;
}

static void find_way(struct inferrer *i, const struct drop_event *ev,
		     struct infer_input *input)
{
	uint32_t out;

	input->way =
		i->ways->find(i->ways, &ev->packet, input->in.ifindex, &out);
	if (input->way == WAY_ON && out != 0)
		input->way_out = (struct eval_port){
			.is_known = true,
			.ifindex = out,
			.name = i->links ? links_find(i->links, out) : NULL,
		};
}

/* Once more, with what the kernel is asked for. 0 or -ENOMEM. */
static int infer_on_way(struct inferrer *i, const struct drop_event *ev,
			const struct ruleset *rs, struct infer_input *input,
			struct infer_result *result)
{
	if (!i->ways)
		return 0;
	i->credit -= WAY_WORK;
	if (input->in.is_known && input->in.ifindex != 0)
		find_way(i, ev, input);
	input->has_address = i->ways->has_address(i->ways, &ev->packet);
	if (input->way == WAY_UNKNOWN && !input->has_address)
		return 0;
	i->credit -= (int64_t)result->work;
	return infer(rs, input, result);
}

int inferrer_find(struct inferrer *i, const struct drop_event *ev,
		  const struct packet_bytes *bytes, const struct ruleset *rs,
		  struct infer_result *ret)
{
	struct infer_input input;
	int r;

	infer_input_from_event(ev, bytes, &input);
	if (i->links &&
	    links_find_type(i->links, ev->in.ifindex, &input.in.type)) {
		input.in.has_type = true;
		input.in.is_port = links_is_port(i->links, ev->in.ifindex);
	}
	if (input.in.is_port && (ev->packet.has & PACKET_HAS_ETHERNET)) {
		input.lead = links_find_lead(i->links, ev->in.ifindex,
					     ev->packet.dmac);
		input.no_br_netfilter = i->ways &&
					!i->ways->may_filter_bridges(i->ways);
	}
	r = infer(rs, &input, ret);
	if (r == 0 && ret->n > 1)
		r = infer_on_way(i, ev, rs, &input, ret);
	i->credit -= (int64_t)ret->work + 1;
	return r;
}

void inferrer_sift(const struct inferrer *i, const struct drop_event *ev,
		   struct infer_result *result)
{
	enum drop_kind kind = drop_sites_find(&i->sites, ev->location);
	size_t n = 0;

	if (kind == DROP_KIND_NONE)
		return;
	for (size_t c = 0; c < result->n; c++)
		if (!result->candidates[c].rule ==
		    (kind == DROP_KIND_NFT_POLICY))
			result->candidates[n++] = result->candidates[c];
	/* None is left: then something else is not as it was thought. */
	if (n > 0)
		result->n = n;
}

/* It may be of the ruleset before. */
static bool is_of_change(const struct rulesets *s, uint64_t drop_ns)
{
	return s->changed_ns != 0 && drop_ns < s->changed_ns + CHANGE_NS;
}

void inferrer_drop(struct inferrer *i, struct drop_event *ev,
		   const struct packet_bytes *bytes, const struct rulesets *s)
{
	struct infer_result result;

	drop_sites_learn(&i->sites, ev);
	if (i->work_max == 0 || !bytes || !s->current || !s->current->infers ||
	    !inferrer_wants(ev))
		return;
	if (!take_credit(i, ev->timestamp_ns)) {
		i->n_skipped += ev->count;
		return;
	}
	if (inferrer_find(i, ev, bytes, s->current, &result) < 0)
		return;
	inferrer_sift(i, ev, &result);
	result.is_partial |= s->is_behind || is_of_change(s, ev->timestamp_ns);
	if (result.n == 0) {
		i->n_none += ev->count;
	} else if (result.n == 1 && !result.is_partial) {
		give_rule(i, ev, &result.candidates[0], s->current->generation);
		i->n_inferred += ev->count;
	} else {
		infer_order(&result);
		give_candidates(ev, &result);
		i->n_several += ev->count;
	}
}
