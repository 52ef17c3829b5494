/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "infer-stages.h"

#define BIT(stage) INFER_STAGE_BIT(INFER_##stage)

/* The stages before @stage that the packet has passed, for certain. */
uint32_t infer_stages_before(const struct infer_way *w, enum infer_stage stage)
{
	const struct eval_port *in = &w->input->in;
	bool is_made = in->is_known && in->ifindex == 0;
	bool came = in->is_known && in->ifindex != 0;
	uint32_t ingress = came && in->name && in->name[0] ? BIT(INGRESS) : 0;

	switch (stage) {
	case INFER_PREROUTING:
		return ingress;
	case INFER_INPUT:
	case INFER_FORWARD:
		return BIT(PREROUTING) | ingress;
	case INFER_POSTROUTING:
		return is_made ? BIT(OUTPUT)
		       : came  ? BIT(PREROUTING) | BIT(FORWARD) | ingress
			       : 0;
	default:
		return 0;
	}
}

/* Such packets keep the device by which the clear one came. */
static bool is_of_ipsec(const struct infer_way *w)
{
	return w->packet->transport != EVAL_HERE ||
	       w->packet->l4proto == IPPROTO_ESP ||
	       w->packet->l4proto == IPPROTO_AH;
}

/* Those that may have been before, and rewrote something. */
uint32_t infer_stages_maybe_before(const struct infer_way *w,
				   enum infer_stage stage)
{
	const struct eval_port *in = &w->input->in;
	static const uint32_t received = BIT(INGRESS) | BIT(PREROUTING) |
					 BIT(FORWARD);

	switch (stage) {
	case INFER_POSTROUTING:
		return in->is_known && in->ifindex != 0 && !is_of_ipsec(w)
			       ? received
			       : received | BIT(OUTPUT);
	default:
		return infer_stages_before(w, stage);
	}
}

/* Does some rule of such a chain write in the network header? */
static bool may_write_network(const struct infer_way *w, uint32_t where)
{
	for (size_t i = 0; i < w->n_steps; i++)
		if (w->steps[i].chain &&
		    (w->steps[i].may_rewrite & RULE_REWRITES_NETWORK) &&
		    (INFER_STAGE_BIT(w->steps[i].stage) & where))
			return true;
	return false;
}

/* It was routed by other addresses when rules rewrote them since. */
bool infer_has_way(const struct infer_way *w)
{
	return w->input->way != WAY_UNKNOWN && !is_of_ipsec(w) &&
	       !may_write_network(w,
				  BIT(INPUT) | BIT(FORWARD) | BIT(POSTROUTING));
}

/* The stages that a packet which came in does not meet on that way. */
static uint32_t stages_off_way(const struct infer_way *w)
{
	static const uint32_t off[] = {
		[WAY_HERE] = BIT(FORWARD) | BIT(POSTROUTING) | BIT(EGRESS),
		[WAY_ON] = BIT(INPUT),
	};

	return w->has_way ? off[w->input->way] : 0;
}

/*
 * Those of IP, where Ethernet's padding is still behind the packet: it is cut
 * off before them (ip_rcv_core(), ip6_rcv_core()).
 */
static uint32_t stages_off_padding(const struct infer_way *w)
{
	static const uint32_t ip = BIT(PREROUTING) | BIT(INPUT) | BIT(FORWARD) |
				   BIT(OUTPUT) | BIT(POSTROUTING);

	return eval_packet_is_padded(w->packet) && !may_write_network(w, ip)
		       ? ip
		       : 0;
}

/* Of a bridge, where the device is no port of one. */
static uint32_t stages_off_port(const struct infer_way *w)
{
	const struct eval_port *in = &w->input->in;

	return in->has_type && !in->is_port
		       ? BIT(BRIDGE_PREROUTING) | BIT(BRIDGE_INPUT) |
				 BIT(BRIDGE_FORWARD) | BIT(ARP_FORWARD)
		       : 0;
}

/* Does some rule of a bridge's tables write in the link layer's header? */
static bool may_write_link(const struct infer_way *w)
{
	for (size_t i = 0; i < w->n_steps; i++)
		if (w->steps[i].chain &&
		    w->steps[i].table->family == NFPROTO_BRIDGE &&
		    (w->steps[i].may_rewrite & RULE_REWRITES_LINK))
			return true;
	return false;
}

/*
 * Of a bridge's port, by where the bridge leads it (br_handle_frame_finish()).
 * What it leads to other ports no IP is given: ip_rcv() takes only what is for
 * the device (PACKET_HOST).
 */
static uint32_t stages_off_lead(const struct infer_way *w)
{
	static const uint32_t ip = BIT(PREROUTING) | BIT(INPUT) | BIT(FORWARD) |
				   BIT(POSTROUTING) | BIT(ARP_INPUT) |
				   BIT(ARP_FORWARD);
	uint32_t off = 0;

	if (w->input->lead == LINK_LEAD_UNKNOWN || may_write_link(w))
		return 0;
	if (w->input->lead == LINK_LEAD_UP)
		return BIT(BRIDGE_FORWARD) | BIT(ARP_FORWARD);
	off = BIT(BRIDGE_INPUT);
	return w->input->no_br_netfilter ? off | ip : off;
}

/* Where it can have been dropped. */
uint32_t infer_way_stages(const struct infer_way *w)
{
	static const uint32_t made = BIT(OUTPUT) | BIT(POSTROUTING) |
				     BIT(EGRESS) | BIT(BRIDGE_OUTPUT) |
				     BIT(BRIDGE_POSTROUTING) | BIT(ARP_OUTPUT);
	/* What is routed to a bridge meets that one's output. */
	static const uint32_t never = BIT(OUTPUT) | BIT(ARP_OUTPUT);
	const struct infer_input *input = w->input;
	uint32_t all = INFER_STAGE_BIT(_INFER_STAGE_MAX) - 1;

	if (input->stages != 0)
		return input->stages;
	if (!input->in.is_known)
		return all;
	if (input->in.ifindex == 0)
		return made;
	all &= ~(stages_off_padding(w) | stages_off_port(w) |
		 stages_off_lead(w));
	if (is_of_ipsec(w))
		return all;
	return all & ~never & ~stages_off_way(w);
}
