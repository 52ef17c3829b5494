/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <netinet/in.h>
#include <string.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "codec.h"
#include "json-add.h"
#include "trace-packet-json.h"
#include "util.h"

/* Of all rules' texts of a packet: the rest of it is bounded, too. */
#define TEXT_ROOM (192UL << 10)

static const char *verdict_name(int32_t verdict)
{
	switch (verdict) {
	case NFT_CONTINUE:
	case NFT_BREAK:
		return "continue";
	case NFT_JUMP:
		return "jump";
	case NFT_GOTO:
		return "goto";
	case NFT_RETURN:
		return "return";
	default:
		break;
	}
	switch (verdict & NF_VERDICT_MASK) {
	case NF_DROP:
		return "drop";
	case NF_ACCEPT:
		return "accept";
	case NF_STOLEN:
		return "stolen";
	case NF_QUEUE:
		return "queue";
	case NF_REPEAT:
		return "repeat";
	default:
		return "unknown";
	}
}

static const char *type_name(enum trace_type type)
{
	return type == TRACE_RULE     ? "rule"
	       : type == TRACE_POLICY ? "policy"
				      : "return";
}

/* --- packets and devices -------------------------------------------------- */

static void set_port(struct drop_port *port, uint32_t ifindex,
		     const struct links *links)
{
	const char *name = ifindex ? links_find(links, ifindex) : NULL;

	port->ifindex = ifindex;
	if (name)
		copy_string(port->name, sizeof(port->name), name, SIZE_MAX);
}

/* Moves a member, if it is there. */
static bool move(struct json_object *to, struct json_object *from,
		 const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value))
		return true;
	return json_add(to, key, json_object_get(value));
}

/* As events have them. */
static bool add_packet(struct json_object *object, const struct packet *packet,
		       uint32_t iif, uint32_t oif, const struct links *links)
{
	struct json_object *json;
	struct drop_event ev;
	bool ok;

	drop_event_init(&ev);
	if (packet)
		ev.packet = *packet;
	set_port(&ev.in, iif, links);
	set_port(&ev.out, oif, links);
	json = event_to_json(&ev);
	ok = json && move(object, json, "packet") && move(object, json, "in") &&
	     move(object, json, "out");
	json_object_put(json);
	drop_event_done(&ev);
	return ok;
}

/* --- steps ---------------------------------------------------------------- */

static bool add_rule(struct json_object *object, const struct trace_step *step,
		     size_t *room)
{
	const char *text = step->rule ? step->rule->text : NULL;
	size_t len = text ? strlen(text) : 0;

	if (step->number > 0 &&
	    !json_add_number(object, "number", step->number))
		return false;
	if (!step->rule || len >= *room)
		return true;
	*room -= len;
	return json_add_text(object, "rule", text) &&
	       json_add_text(object, "comment", step->rule->comment);
}

static bool fill_step(struct json_object *object, const struct trace_step *step,
		      size_t *room)
{
	/* At the end of a chain that is none of base. */
	const char *verdict = step->type == TRACE_RETURN
				      ? "return"
				      : verdict_name(step->verdict);

	if (!json_add_text(object, "type", type_name(step->type)) ||
	    !json_add_text(object, "family",
			   nft_family_to_string(step->family)) ||
	    !json_add_text(object, "table", step->table) ||
	    !json_add_text(object, "chain", step->chain) ||
	    !json_add_text(object, "verdict", verdict) ||
	    !json_add_text(object, "to", step->jump))
		return false;
	if (step->is_base && !json_add(object, "priority",
				       json_object_new_int64(step->priority)))
		return false;
	if (strcmp(verdict, "queue") == 0 &&
	    !json_add_number(object, "queue",
			     (uint32_t)step->verdict >> NF_VERDICT_QBITS))
		return false;
	return step->handle == 0 ||
	       (json_add_number(object, "rule_handle", step->handle) &&
		add_rule(object, step, room));
}

/* As json_add(): it is @array's, or gone. */
static bool append(struct json_object *array, struct json_object *object,
		   bool ok)
{
	if (ok && array && object && json_object_array_add(array, object) == 0)
		return true;
	json_object_put(object);
	return false;
}

static bool add_steps(struct json_object *object,
		      const struct trace_packet *packet, size_t from, size_t to,
		      size_t *room)
{
	struct json_object *steps = json_object_new_array();

	if (!json_add(object, "steps", steps))
		return false;
	for (size_t i = from; i < to; i++) {
		struct json_object *step = json_object_new_object();

		if (!append(steps, step,
			    step && fill_step(step, &packet->steps[i], room)))
			return false;
	}
	return true;
}

/* --- hooks ---------------------------------------------------------------- */

static bool fill_hook(struct json_object *object,
		      const struct trace_packet *packet, size_t h,
		      const struct links *links, size_t *room)
{
	const struct trace_hook *hook = &packet->hooks[h];
	size_t to = h + 1 < packet->n_hooks ? hook[1].first_step
					    : packet->n_steps;

	return json_add_text(object, "family",
			     nft_family_to_string(hook->family)) &&
	       json_add_text(object, "hook", hook->name) &&
	       add_packet(object, hook->has_packet ? &hook->packet : NULL,
			  hook->iif, hook->oif, links) &&
	       (hook->mark == 0 ||
		json_add_number(object, "mark", hook->mark)) &&
	       json_add_flag(object, "passed", hook->is_passed) &&
	       add_steps(object, packet, hook->first_step, to, room);
}

static bool add_hooks(struct json_object *object,
		      const struct trace_packet *packet,
		      const struct links *links)
{
	struct json_object *hooks = json_object_new_array();
	size_t room = TEXT_ROOM;

	if (!json_add(object, "hooks", hooks))
		return false;
	for (size_t h = 0; h < packet->n_hooks; h++) {
		struct json_object *hook = json_object_new_object();

		if (!append(hooks, hook,
			    hook && fill_hook(hook, packet, h, links, &room)))
			return false;
	}
	return true;
}

static bool fill(struct json_object *root, const struct trace_packet *packet,
		 const struct links *links)
{
	const struct trace_hook *first = &packet->hooks[0];
	uint32_t iif = 0, oif = 0;

	for (size_t h = 0; h < packet->n_hooks; h++) {
		iif = iif ? iif : packet->hooks[h].iif;
		oif = packet->hooks[h].oif ? packet->hooks[h].oif : oif;
	}
	return json_add_number(root, "timestamp_ns", packet->first_ns) &&
	       json_add_text(root, "end", trace_end_to_string(packet->end)) &&
	       add_packet(root,
			  packet->n_hooks > 0 && first->has_packet
				  ? &first->packet
				  : NULL,
			  iif, oif, links) &&
	       (!packet->drop ||
		json_add(root, "drop", json_object_get(packet->drop))) &&
	       (!packet->is_cut || json_add_flag(root, "cut", true)) &&
	       add_hooks(root, packet, links);
}

struct json_object *trace_packet_to_json(const struct trace_packet *packet,
					 const struct links *links)
{
	struct json_object *root = json_object_new_object();

	if (root && fill(root, packet, links))
		return root;
	json_object_put(root);
	return NULL;
}
