/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "candidate.h"
#include "event.h"
#include "util.h"

static const char *const origin_names[_DROP_ORIGIN_MAX] = {
	[DROP_ORIGIN_SOFTWARE] = "software",
	[DROP_ORIGIN_HARDWARE] = "hardware",
	[DROP_ORIGIN_SAMPLE] = "sample",
};

static const char *const attribution_names[_DROP_ATTRIBUTION_MAX] = {
	[DROP_ATTRIBUTION_NONE] = "none",
	[DROP_ATTRIBUTION_INFERRED] = "inferred",
	[DROP_ATTRIBUTION_TRACED] = "traced",
	[DROP_ATTRIBUTION_EXACT] = "exact",
	[DROP_ATTRIBUTION_COUNTER] = "counter",
};

static const char *const kind_names[_DROP_KIND_MAX] = {
	[DROP_KIND_NONE] = "none",
	[DROP_KIND_NFT_RULE] = "nft-rule",
	[DROP_KIND_NFT_POLICY] = "nft-policy",
	[DROP_KIND_XT_RULE] = "xt-rule",
	[DROP_KIND_XT_POLICY] = "xt-policy",
	[DROP_KIND_EBT_RULE] = "ebt-rule",
	[DROP_KIND_EBT_POLICY] = "ebt-policy",
	[DROP_KIND_CONNTRACK] = "conntrack",
	[DROP_KIND_NAT] = "nat",
	[DROP_KIND_QUEUE] = "queue",
	[DROP_KIND_HOOK] = "hook",
	[DROP_KIND_BPF] = "bpf",
	[DROP_KIND_NFT_CHAIN] = "nft-chain",
	[DROP_KIND_XT_TABLE] = "xt-table",
	[DROP_KIND_DEFRAG] = "defrag",
	[DROP_KIND_SYNPROXY] = "synproxy",
	[DROP_KIND_FLOWTABLE] = "flowtable",
	[DROP_KIND_IPVS] = "ipvs",
	[DROP_KIND_BRIDGE] = "bridge",
	[DROP_KIND_LSM] = "lsm",
};

static const char *name_of(const char *const *names, size_t n, int value)
{
	return value >= 0 && (size_t)value < n ? names[value] : NULL;
}

static int value_of(const char *const *names, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], s) == 0)
			return (int)i;
	return -EINVAL;
}

const char *drop_origin_to_string(int origin)
{
	return name_of(origin_names, ARRAY_SIZE(origin_names), origin);
}

int drop_origin_from_string(const char *s)
{
	return value_of(origin_names, ARRAY_SIZE(origin_names), s);
}

const char *drop_attribution_to_string(int attribution)
{
	return name_of(attribution_names, ARRAY_SIZE(attribution_names),
		       attribution);
}

int drop_attribution_from_string(const char *s)
{
	return value_of(attribution_names, ARRAY_SIZE(attribution_names), s);
}

const char *drop_kind_to_string(int kind)
{
	return name_of(kind_names, ARRAY_SIZE(kind_names), kind);
}

int drop_kind_from_string(const char *s)
{
	return value_of(kind_names, ARRAY_SIZE(kind_names), s);
}

/*
 * The long arrays are emptied by their first byte only: a million events a
 * second do not want two kilobytes zeroed for each.
 */
void drop_event_init(struct drop_event *ev)
{
	memset(ev, 0, offsetof(struct drop_event, reason));
	ev->count = 1;
	ev->reason[0] = '\0';
	ev->subsystem[0] = '\0';
	ev->location[0] = '\0';
	ev->trap[0] = '\0';
	ev->trap_group[0] = '\0';
	memset(&ev->in, 0, sizeof(ev->in));
	memset(&ev->out, 0, sizeof(ev->out));
	memset(&ev->packet, 0, sizeof(ev->packet));
	ev->netns.inum = 0;
	ev->netns.cookie = 0;
	ev->netns.name[0] = '\0';
	ev->netfilter.kind = DROP_KIND_NONE;
	ev->netfilter.hook[0] = '\0';
	ev->netfilter.family[0] = '\0';
	ev->netfilter.table[0] = '\0';
	ev->netfilter.table_handle = 0;
	ev->netfilter.chain[0] = '\0';
	ev->netfilter.rule_handle = 0;
	ev->netfilter.rule = NULL;
	ev->netfilter.comment[0] = '\0';
	ev->netfilter.by[0] = '\0';
	ev->netfilter.set[0] = '\0';
	ev->netfilter.element[0] = '\0';
	ev->netfilter.policy = false;
	ev->netfilter.errnum = 0;
	ev->netfilter.generation = 0;
	ev->netfilter.mark = 0;
	ev->netfilter.queue = 0;
	ev->netfilter.ct_id = 0;
	ev->netfilter.ct_state[0] = '\0';
	ev->process.uid = 0;
	ev->process.cgroup_id = 0;
	ev->process.unit = NULL;
}

void drop_event_done(struct drop_event *ev)
{
	free(ev->netfilter.rule);
	free(ev->process.unit);
	candidates_free(ev->candidates);
	ev->candidates = NULL;
	ev->netfilter.rule = NULL;
	ev->process.unit = NULL;
}

int drop_event_copy(struct drop_event *ret, const struct drop_event *ev)
{
	_cleanup_free_ char *rule = NULL, *unit = NULL;
	struct drop_candidates *candidates = NULL;

	if (ev->netfilter.rule) {
		rule = strdup(ev->netfilter.rule);
		if (!rule)
			goto nomem;
	}
	if (ev->process.unit) {
		unit = strdup(ev->process.unit);
		if (!unit)
			goto nomem;
	}
	if (ev->candidates) {
		candidates = candidates_copy(ev->candidates);
		if (!candidates)
			goto nomem;
	}
	memcpy(ret, ev, sizeof(*ret));
	ret->candidates = candidates;
	ret->netfilter.rule = TAKE_PTR(rule);
	ret->process.unit = TAKE_PTR(unit);
	return 0;
nomem:
	drop_event_init(ret);
	return -ENOMEM;
}
