/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recall.h"
#include "netns.h"
#include "reason.h"
#include "util.h"

void recall_rule(const struct aggregate_rule *rule, struct drop_event *ret)
{
	const struct reason *reason =
		rule->reason[0] != '\0' ? reason_find(rule->reason) : NULL;

	drop_event_init(ret);
	ret->has = rule->has;
	ret->origin = rule->origin;
	ret->attribution = rule->attribution;
	ret->reason_code = rule->reason_code;
	strcpy(ret->reason, rule->reason);
	if (reason)
		copy_string(ret->subsystem, sizeof(ret->subsystem),
			    reason->subsystem, SIZE_MAX);
	strcpy(ret->location, rule->location);
	strcpy(ret->trap, rule->trap);
	ret->netns.cookie = rule->netns_cookie;
	ret->netns.inum = rule->netns_inum;
	if (netns_is_initial(rule->netns_cookie, rule->netns_inum))
		strcpy(ret->netns.name, "init");
	else if (rule->netns_name)
		copy_string(ret->netns.name, sizeof(ret->netns.name),
			    rule->netns_name, SIZE_MAX);
	if (rule->rule) {
		ret->netfilter.rule = rule->rule->text;
		if (rule->rule->comment)
			copy_string(ret->netfilter.comment,
				    sizeof(ret->netfilter.comment),
				    rule->rule->comment, SIZE_MAX);
	}
	ret->netfilter.kind = rule->kind;
	strcpy(ret->netfilter.hook, rule->hook);
	strcpy(ret->netfilter.family, rule->family);
	strcpy(ret->netfilter.table, rule->table);
	ret->netfilter.table_handle = rule->table_handle;
	strcpy(ret->netfilter.chain, rule->chain);
	ret->netfilter.rule_handle = rule->rule_handle;
	strcpy(ret->netfilter.by, rule->by);
	ret->netfilter.queue = rule->queue;
}

void recall_flow(const struct flow_key *key, const struct flow *flow,
		 struct drop_event *ret)
{
	struct packet *p = &ret->packet;

	*p = (struct packet){
		.has = key->has,
		.network = key->network,
		.protocol = key->protocol,
		.dport = key->dport,
		.saddr = key->source.addr,
		.daddr = key->destination.addr,
	};
	ret->in.ifindex = key->in;
	ret->out.ifindex = key->out;
	memcpy(ret->in.name, key->in_name, sizeof(ret->in.name));
	memcpy(ret->out.name, key->out_name, sizeof(ret->out.name));
	ret->has &= ~(uint32_t)DROP_HAS_UID;
	if (key->has_uid)
		ret->has |= DROP_HAS_UID;
	ret->process.uid = key->uid;
	ret->process.unit = flow->unit;
}
