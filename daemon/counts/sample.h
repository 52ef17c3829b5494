/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last packet that a rule was seen to drop, without what is the rule's. */
#pragma once

#include "event.h"

struct sample {
	uint64_t timestamp_ns; /* CLOCK_REALTIME; 0: there was none yet */
	uint32_t has;	       /* enum drop_has, of what is here */
	uint32_t length;
	uint32_t errnum;
	uint32_t generation;
	uint32_t mark;
	uint32_t ct_id;
	uint32_t uid;
	struct drop_port in;
	struct drop_port out;
	struct packet packet;
	char *unit; /* owned; NULL: none */
	char ct_state[16];
	char set[DROP_NAME_MAX];
	char element[DROP_NAME_MAX];
};

struct sample *sample_new(void);    /* NULL without memory */
void sample_free(struct sample *s); /* NULL allowed */

/* Copies; without memory the unit stays unknown. */
void sample_set(struct sample *s, const struct drop_event *ev);

/* Fills it in over what the rule's drops have in common; owns as recall.h. */
void sample_recall(const struct sample *s, struct drop_event *ret);
