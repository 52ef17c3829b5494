/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of a filter, for filter.c: how values of each are read, and which
 * drops agree with one. What they mean is in filter.h.
 */
#pragma once

#include "filter.h"

/* A value, read once. Which members hold it is its key's business. */
struct term {
	const struct filter_key *key;
	bool negated;
	bool literal;	    /* text has no character that fnmatch() knows */
	bool number_only;   /* netns: "inum:N" */
	uint8_t prefix;	    /* addresses: length in bits */
	uint8_t network;    /* addresses and protocol: enum packet_network */
	uint64_t low, high; /* a number, or a range; 0 when text is none */
	union packet_addr addr;
	char *text; /* as given, without the "!"; owned */
};

struct filter_key {
	const char *name;
	enum filter_scope scope;
	const char *help;
	const char *form;
	/* Reads term->text; -EINVAL when it has not the form of @form. */
	int (*parse)(struct term *term);
	/* False also when the event does not know. */
	bool (*match)(const struct term *term, const struct drop_event *ev);
	/* Where in struct drop_event @match looks; 0 for none. */
	size_t place, place2;
};

/* NULL: there is none of that name. They are in an array, in their order. */
const struct filter_key *filter_key_find(const char *name);
