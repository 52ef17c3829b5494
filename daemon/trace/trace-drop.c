/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <net/ethernet.h>

#include "decode-netfilter.h"
#include "nft-drop.h"
#include "trace-drop.h"

static uint32_t load_u16(const uint8_t *data)
{
	return (uint32_t)data[0] << 8 | data[1];
}

/* As the header says; trace_ways_add() has looked at its length. */
static uint32_t length_of(const struct trace_way *way)
{
	switch (way->flow.network) {
	case PACKET_NETWORK_IPV4:
		return load_u16(way->bytes + 2);
	case PACKET_NETWORK_IPV6:
		return 40 + load_u16(way->bytes + 4);
	default:
		return (uint32_t)way->len;
	}
}

void trace_drop_init(const struct trace_way *way, const struct trace_message *m,
		     uint32_t generation, uint64_t now_ns,
		     struct drop_event *ret, struct packet_bytes *ret_bytes)
{
	const struct nft_drop_rule rule = {
		.family = m->family,
		.hook = way->has_hook
				? netfilter_hook_name(m->family, way->hook)
				: NULL,
		.table = m->table,
		.table_handle = way->table ? way->table->handle : 0,
		.chain = m->chain,
		.handle = m->type == TRACE_RULE ? m->rule_handle : 0,
		.generation = generation,
	};

	drop_event_init(ret);
	*ret_bytes = (struct packet_bytes){
		.data = way->bytes,
		.len = way->len,
		.start = PACKET_START_NETWORK,
		.ethertype = way->flow.network == PACKET_NETWORK_ARP
				     ? ETHERTYPE_ARP
				     : 0,
		.orig_len = length_of(way),
	};
	ret->origin = DROP_ORIGIN_SAMPLE;
	ret->timestamp_ns = now_ns;
	ret->count = 1;
	ret->length = ret_bytes->orig_len;
	ret->in.ifindex = way->flow.iif;
	ret->out.ifindex = way->oif;
	packet_parse(ret_bytes->data, ret_bytes->len, ret_bytes->start,
		     ret_bytes->ethertype, ret_bytes->orig_len, &ret->packet);
	nft_drop_set_rule(ret, &rule, DROP_ATTRIBUTION_TRACED);
}
