/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sample.h"
#include "util.h"

/* The others are the rule's. */
#define HAS_OF_PACKET ((uint32_t)(DROP_HAS_UID | DROP_HAS_MARK))

struct sample *sample_new(void)
{
	return calloc(1, sizeof(struct sample));
}

void sample_free(struct sample *s)
{
	if (!s)
		return;
	free(s->unit);
	free(s);
}

/* Mostly it is the one that is there. */
static void set_unit(struct sample *s, const char *unit)
{
	if (s->unit && unit && strcmp(s->unit, unit) == 0)
		return;
	free(s->unit);
	s->unit = unit ? strdup(unit) : NULL;
}

void sample_set(struct sample *s, const struct drop_event *ev)
{
	s->timestamp_ns = ev->timestamp_ns;
	s->has = ev->has & HAS_OF_PACKET;
	s->length = ev->length;
	s->errnum = ev->netfilter.errnum;
	s->generation = ev->netfilter.generation;
	s->mark = ev->netfilter.mark;
	s->ct_id = ev->netfilter.ct_id;
	s->uid = ev->process.uid;
	s->in = ev->in;
	s->out = ev->out;
	s->packet = ev->packet;
	strcpy(s->ct_state, ev->netfilter.ct_state);
	strcpy(s->set, ev->netfilter.set);
	strcpy(s->element, ev->netfilter.element);
	if (s->unit || ev->process.unit)
		set_unit(s, ev->process.unit);
}

void sample_recall(const struct sample *s, struct drop_event *ret)
{
	ret->timestamp_ns = s->timestamp_ns;
	ret->has = (ret->has & ~HAS_OF_PACKET) | s->has;
	ret->length = s->length;
	ret->netfilter.errnum = s->errnum;
	ret->netfilter.generation = s->generation;
	ret->netfilter.mark = s->mark;
	ret->netfilter.ct_id = s->ct_id;
	ret->process.uid = s->uid;
	ret->process.unit = s->unit;
	ret->in = s->in;
	ret->out = s->out;
	ret->packet = s->packet;
	strcpy(ret->netfilter.ct_state, s->ct_state);
	strcpy(ret->netfilter.set, s->set);
	strcpy(ret->netfilter.element, s->element);
}
