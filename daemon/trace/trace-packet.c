/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "codec.h"
#include "netns.h"
#include "nft-drop.h"
#include "own-table.h"
#include "trace-expression.h"
#include "trace-packet.h"
#include "util.h"

#define LAST_SUFFIX "-last"

static const char *const ends[_TRACE_END_MAX] = {
	[TRACE_END_UNKNOWN] = "unknown", [TRACE_END_ELSEWHERE] = "elsewhere",
	[TRACE_END_DROP] = "drop",	 [TRACE_END_DELIVERED] = "delivered",
	[TRACE_END_SENT] = "sent",
};

const char *trace_end_to_string(enum trace_end end)
{
	return (size_t)end < ARRAY_SIZE(ends) ? ends[end] : NULL;
}

enum trace_role trace_role_of(const char *chain, char ret_hook[16])
{
	static const char *const hooks[] = { "ingress", "prerouting",
					     "input",	"forward",
					     "output",	"postrouting",
					     "egress" };

	ret_hook[0] = '\0';
	if (strcmp(chain, TRACE_MARKING_CHAIN) == 0)
		return TRACE_MARKING;
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		size_t len = strlen(hooks[i]);

		if (strncmp(chain, hooks[i], len) != 0)
			continue;
		copy_string(ret_hook, 16, hooks[i], len);
		if (chain[len] == '\0')
			return TRACE_FIRST;
		if (strcmp(chain + len, LAST_SUFFIX) == 0)
			return TRACE_LAST;
	}
	return TRACE_IGNORED;
}

/* --- packets -------------------------------------------------------------- */

static void clear_step(struct trace_step *step)
{
	free(step->table);
	free(step->chain);
	free(step->jump);
	rule_unref(step->rule);
}

static void clear(struct trace_packet *p)
{
	for (size_t i = 0; i < p->n_steps; i++)
		clear_step(&p->steps[i]);
	free(p->steps);
	json_object_put(p->drop);
	*p = (struct trace_packet){ .is_used = false };
}

void trace_packets_forget(struct trace_packets *packets)
{
	for (size_t i = 0; i < TRACE_PACKETS_MAX; i++)
		clear(&packets->packets[i]);
}

void trace_packets_done(struct trace_packets *packets)
{
	trace_packets_forget(packets);
}

void trace_packets_forget_request(struct trace_packets *packets,
				  unsigned int request)
{
	for (size_t i = 0; i < TRACE_PACKETS_MAX; i++) {
		struct trace_packet *p = &packets->packets[i];

		p->wanted &= ~(1U << request);
		for (size_t h = 0; h < p->n_hooks; h++)
			p->hooks[h].seen &= ~(1U << request);
	}
}

bool trace_packets_has(const struct trace_packets *packets,
		       unsigned int request)
{
	for (size_t i = 0; i < TRACE_PACKETS_MAX; i++)
		if (packets->packets[i].wanted & 1U << request)
			return true;
	return false;
}

static struct trace_packet *find(struct trace_packets *packets, uint32_t id)
{
	for (size_t i = 0; i < TRACE_PACKETS_MAX; i++)
		if (packets->packets[i].is_used && packets->packets[i].id == id)
			return &packets->packets[i];
	return NULL;
}

/* Would @a rather give way than @b? */
static bool is_dearer(const struct trace_packet *a,
		      const struct trace_packet *b)
{
	if (a->is_used != b->is_used)
		return a->is_used;
	if ((a->wanted != 0) != (b->wanted != 0))
		return a->wanted != 0;
	return a->last_usec > b->last_usec;
}

struct taker {
	void (*ended)(void *data, const struct trace_packet *packet);
	void *data;
};

static void end(struct trace_packet *p, enum trace_end how,
		const struct taker *taker)
{
	if (!p->is_held)
		p->end = how;
	if (p->wanted != 0)
		taker->ended(taker->data, p);
	clear(p);
}

static struct trace_packet *begin(struct trace_packets *packets, uint32_t id,
				  const struct trace_told *told,
				  const struct taker *taker)
{
	struct trace_packet *p = &packets->packets[0];

	for (size_t i = 1; i < TRACE_PACKETS_MAX; i++)
		if (is_dearer(p, &packets->packets[i]))
			p = &packets->packets[i];
	if (p->is_used)
		end(p, TRACE_END_UNKNOWN, taker);
	p->is_used = true;
	p->id = id;
	p->first_ns = told->ns;
	return p;
}

/* --- hooks ---------------------------------------------------------------- */

static struct trace_hook *current(struct trace_packet *p)
{
	return p->n_hooks > 0 ? &p->hooks[p->n_hooks - 1] : NULL;
}

static bool is_entry(const char *hook)
{
	return strcmp(hook, "prerouting") == 0 || strcmp(hook, "output") == 0 ||
	       strcmp(hook, "ingress") == 0;
}

static struct trace_hook *find_open(struct trace_packet *p, uint8_t family,
				    const char *name)
{
	for (size_t i = p->n_hooks; i > 0; i--)
		if (!p->hooks[i - 1].is_passed &&
		    p->hooks[i - 1].family == family &&
		    strcmp(p->hooks[i - 1].name, name) == 0)
			return &p->hooks[i - 1];
	return NULL;
}

/*
 * Out of IP's last hook, and into those of the device that it went to; or out
 * of a bridge's last one, behind which br_netfilter calls that of IP.
 */
static bool is_further(const struct trace_hook *from,
		       const struct trace_message *m,
		       const struct trace_told *told)
{
	if (strcmp(told->hook, "egress") == 0)
		return true;
	if (m->family == NFPROTO_BRIDGE)
		return strcmp(told->hook, "output") == 0;
	return from->family == NFPROTO_BRIDGE &&
	       strcmp(told->hook, "postrouting") == 0;
}

/*
 * The first hook of another packet: numbers are hashes of an address in memory,
 * which the next packet of the flow often has, too. Bridges call the hooks of
 * IP from theirs (br_netfilter).
 */
static bool is_another(struct trace_packet *p, const struct trace_message *m,
		       const struct trace_told *told)
{
	const struct trace_hook *hook = current(p);

	if (!hook || !m->network.data)
		return false;
	/* It was not traced until now. */
	if (told->role == TRACE_MARKING)
		return true;
	if (p->is_held)
		return !is_further(hook, m, told);
	if (hook->seen & 1U << told->request &&
	    strcmp(hook->name, told->hook) == 0 && hook->family == m->family)
		return true;
	if (!is_entry(told->hook) || strcmp(hook->name, told->hook) == 0)
		return false;
	if (strcmp(hook->name, "ingress") == 0)
		return strcmp(told->hook, "prerouting") != 0;
	return hook->family != NFPROTO_BRIDGE || hook->is_passed;
}

static struct trace_hook *add_hook(struct trace_packet *p,
				   const struct trace_message *m,
				   const struct trace_told *told)
{
	struct trace_hook *hook;

	if (p->n_hooks == TRACE_PACKET_HOOKS_MAX) {
		p->is_cut = true;
		return current(p);
	}
	hook = &p->hooks[p->n_hooks++];
	*hook = (struct trace_hook){
		.family = m->family,
		.first_step = p->n_steps,
	};
	copy_string(hook->name, sizeof(hook->name), told->hook, SIZE_MAX);
	return hook;
}

static void set_packet(struct trace_hook *hook, const struct trace_message *m)
{
	if (!m->network.data || hook->has_packet)
		return;
	(void)trace_message_get_packet(m, hook->bytes, &hook->len,
				       &hook->packet);
	hook->has_packet = true;
	hook->iif = m->iif;
	hook->oif = m->oif;
	hook->mark = m->mark;
}

/* Its headers are in the first message of each hook. */
static struct trace_hook *enter(struct trace_packet *p,
				const struct trace_message *m,
				const struct trace_told *told)
{
	struct trace_hook *hook = current(p);

	if (told->role == TRACE_MARKING)
		return hook ? hook : add_hook(p, m, told);
	if (hook && hook->name[0] == '\0' && hook->family == m->family) {
		copy_string(hook->name, sizeof(hook->name), told->hook,
			    SIZE_MAX);
		return hook;
	}
	if (hook && !hook->is_passed && hook->family == m->family &&
	    strcmp(hook->name, told->hook) == 0)
		return hook;
	return add_hook(p, m, told);
}

static void take_frame(struct trace_packets *packets, struct trace_packet *p,
		       const struct trace_message *m,
		       const struct trace_told *told, const struct taker *taker)
{
	struct trace_hook *hook;

	if (p && is_another(p, m, told)) {
		end(p, TRACE_END_UNKNOWN, taker);
		p = NULL;
	}
	/* In the middle of one whose begin was lost. */
	if (!p && !m->network.data)
		return;
	if (!p)
		p = begin(packets, m->id, told, taker);
	p->last_usec = told->usec;
	if (m->network.data)
		p->is_held = false;
	hook = enter(p, m, told);
	set_packet(hook, m);
	hook->seen |= 1U << told->request;
	if (told->role == TRACE_MARKING)
		p->wanted |= 1U << told->request;
}

static void take_last(struct trace_packet *p, const struct trace_message *m,
		      const struct trace_told *told, const struct taker *taker)
{
	struct trace_hook *hook = find_open(p, m->family, told->hook);

	if (!hook)
		return;
	p->last_usec = told->usec;
	hook->is_passed = true;
	/* Inside a bridge's: that goes on. */
	for (size_t i = 0; i < p->n_hooks; i++)
		if (p->hooks[i].family == NFPROTO_BRIDGE &&
		    !p->hooks[i].is_passed)
			return;
	if (strcmp(told->hook, "input") == 0)
		p->end = TRACE_END_DELIVERED;
	else if (strcmp(told->hook, "postrouting") == 0 ||
		 strcmp(told->hook, "egress") == 0 ||
		 (strcmp(told->hook, "output") == 0 &&
		  m->family == NFPROTO_ARP))
		p->end = TRACE_END_SENT;
	else
		return;
	p->is_held = true;
	if (!told->may_go_on)
		end(p, p->end, taker);
}

/* --- steps ---------------------------------------------------------------- */

/* What the ruleset knows of it. */
static void find_rule(struct trace_step *step, const struct trace_message *m,
		      const struct ruleset *rs)
{
	struct table *table =
		rs ? ruleset_find_table(rs, m->family, m->table, 0) : NULL;
	struct chain *chain = table ? table_find_chain(table, m->chain) : NULL;
	size_t place;

	if (!chain)
		return;
	step->is_base = chain->type != NULL;
	step->priority = chain->priority;
	if (step->handle == 0)
		return;
	place = chain_find_place(chain, step->handle);
	if (place == chain->n_rules)
		return;
	step->rule = rule_ref(chain->rules[place]);
	step->number = (uint32_t)place + 1;
}

/* A chain's end is told as that of a rule without a handle, or as a return. */
static enum trace_type type_of(const struct trace_message *m)
{
	if (m->type == TRACE_POLICY)
		return TRACE_POLICY;
	return m->rule_handle != 0 ? TRACE_RULE : TRACE_RETURN;
}

static struct trace_step *new_step(struct trace_packet *p)
{
	size_t more = p->n_allocated ? 2 * p->n_allocated : 8;
	struct trace_step *steps;

	if (p->n_steps < p->n_allocated)
		return &p->steps[p->n_steps];
	steps = p->n_steps < TRACE_STEPS_MAX
			? reallocarray(p->steps, more, sizeof(*steps))
			: NULL;
	if (!steps) {
		p->is_cut = true;
		return NULL;
	}
	p->steps = steps;
	p->n_allocated = more;
	return &p->steps[p->n_steps];
}

/* The end of a base chain, of which its policy is told next. */
static void drop_end(struct trace_packet *p, const struct trace_message *m)
{
	struct trace_step *step;

	if (m->type != TRACE_POLICY || p->n_steps == 0)
		return;
	step = &p->steps[p->n_steps - 1];
	if (step->type != TRACE_RETURN || step->family != m->family ||
	    strcmp(step->table, m->table) != 0 ||
	    strcmp(step->chain, m->chain) != 0)
		return;
	clear_step(step);
	p->n_steps--;
}

static void add_step(struct trace_packet *p, const struct trace_message *m,
		     const struct ruleset *rs)
{
	struct trace_step *step;

	drop_end(p, m);
	step = new_step(p);
	if (!step)
		return;
	*step = (struct trace_step){
		.type = type_of(m),
		.family = m->family,
		.verdict = m->verdict,
		.handle = m->rule_handle,
		.table = strdup(m->table),
		.chain = strdup(m->chain),
		.jump = m->jump ? strdup(m->jump) : NULL,
	};
	p->n_steps++;
	find_rule(step, m, rs);
	if (step->table && step->chain && (step->jump || !m->jump))
		return;
	clear_step(step);
	p->n_steps--;
	p->is_cut = true;
}

static void take_step(struct trace_packet *p, const struct trace_message *m,
		      const struct trace_told *told, const struct ruleset *rs,
		      const struct taker *taker)
{
	p->last_usec = told->usec;
	add_step(p, m, rs);
	if (trace_message_is_drop(m))
		end(p, TRACE_END_DROP, taker);
}

/* --- drops that others tell ------------------------------------------------
 */

/*
 * Where it was sent to, another namespace can be: what that drops is not told
 * of here.
 */
static bool is_there(const struct trace_packet *p, const struct drop_event *ev)
{
	return !p->is_held || p->end != TRACE_END_SENT ||
	       ev->netns.cookie == INITIAL_NETNS_COOKIE;
}

/* Its headers begin somewhere in @bytes; the kernel numbers and adds them up.
 */
static bool is_same(struct trace_packet *p, const struct packet_bytes *bytes)
{
	const struct trace_hook *hook = current(p);

	return hook && hook->len > 20 &&
	       memmem(bytes->data, bytes->len, hook->bytes, hook->len);
}

/*
 * What nf_tables drops ends with its own trace. When that was told first, such
 * a drop would be taken for the end of an earlier way of the same packet.
 */
static bool is_told_by_trace(const struct drop_event *ev)
{
	return ev->netfilter.kind == DROP_KIND_NFT_RULE ||
	       ev->netfilter.kind == DROP_KIND_NFT_POLICY ||
	       nft_drop_is_one(ev);
}

void trace_packets_drop(struct trace_packets *packets,
			const struct drop_event *ev,
			const struct packet_bytes *bytes,
			void (*ended)(void *data,
				      const struct trace_packet *packet),
			void *data)
{
	const struct taker taker = { ended, data };

	if (!bytes || !bytes->data || is_told_by_trace(ev))
		return;
	for (size_t i = 0; i < TRACE_PACKETS_MAX; i++) {
		struct trace_packet *p = &packets->packets[i];

		if (p->wanted == 0 || !is_same(p, bytes) || !is_there(p, ev))
			continue;
		p->drop = event_to_json(ev);
		p->is_held = false;
		end(p, TRACE_END_ELSEWHERE, &taker);
		return;
	}
}

/* --- all of it ------------------------------------------------------------ */

void trace_packets_add(struct trace_packets *packets,
		       const struct trace_message *m,
		       const struct trace_told *told, const struct ruleset *rs,
		       void (*ended)(void *data,
				     const struct trace_packet *packet),
		       void *data)
{
	struct trace_packet *p = find(packets, m->id);
	const struct taker taker = { ended, data };

	switch (told->role) {
	case TRACE_MARKING:
	case TRACE_FIRST:
		take_frame(packets, p, m, told, &taker);
		return;
	case TRACE_LAST:
		if (p)
			take_last(p, m, told, &taker);
		return;
	case TRACE_IGNORED:
		return;
	case TRACE_OF_OTHERS:
		if (p && !own_table_is_name(m->table))
			take_step(p, m, told, rs, &taker);
	}
}

uint64_t trace_packets_expire(struct trace_packets *packets, uint64_t usec,
			      void (*ended)(void *data,
					    const struct trace_packet *packet),
			      void *data)
{
	const struct taker taker = { ended, data };
	uint64_t next = 0;

	for (size_t i = 0; i < TRACE_PACKETS_MAX; i++) {
		struct trace_packet *p = &packets->packets[i];
		uint64_t at = p->last_usec + (p->is_held ? TRACE_HELD_USEC
							 : TRACE_SILENCE_USEC);

		if (!p->is_used)
			continue;
		if (at <= usec)
			end(p, TRACE_END_UNKNOWN, &taker);
		else
			next = next ? MIN(next, at) : at;
	}
	return next;
}
