/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "netns.h"
#include "place.h"
#include "util.h"

/* A buffer that is filled; sorting by name makes thousands of them. */
struct text {
	char *begin;
	char *end;  /* where the next byte goes */
	char *last; /* of the buffer, for the NUL */
};

static void put(struct text *t, const char *s, size_t len)
{
	len = MIN(len, (size_t)(t->last - t->end));
	memcpy(t->end, s, len);
	t->end += len;
}

static void put_string(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

static void put_number(struct text *t, uint64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	put(t, digits + i, sizeof(digits) - i);
}

/* With a space before it, unless it is the first. */
static void put_word(struct text *t, const char *s, size_t len)
{
	if (len == 0)
		return;
	if (t->end > t->begin)
		put(t, " ", 1);
	put(t, s, len);
}

static void put_handle(struct text *t, const struct place *p)
{
	if (p->handle > 0) {
		put_string(t, strncmp(p->kind, "nft-", 4) == 0 ? " handle "
							       : " rule ");
		put_number(t, p->handle);
	} else if (strstr(p->kind, "-policy")) {
		put_string(t, " policy");
	} else {
		put_word(t, p->kind, strlen(p->kind));
	}
}

static void put_netns(struct text *t, const struct place *p)
{
	if (place_is_initial(p))
		return;
	if (p->netns[0]) {
		put_string(t, "  netns=");
		put_string(t, p->netns);
	} else if (p->inum > 0) {
		put_string(t, "  netns=inum:");
		put_number(t, p->inum);
	}
}

bool place_is_initial(const struct place *p)
{
	if (p->cookie != 0)
		return netns_is_initial(p->cookie, (uint32_t)p->inum);
	return strcmp(p->netns, "init") == 0 ||
	       (p->netns[0] == '\0' && p->inum == 0);
}

const char *place_to_name(const struct place *p, bool whole, char *buf,
			  size_t size)
{
	struct text t = { buf, buf, buf + size - 1 };

	put_word(&t, p->family, strlen(p->family));
	put_word(&t, p->table, strlen(p->table));
	put_word(&t, p->chain, strlen(p->chain));
	put_handle(&t, p);
	put_word(&t, p->by, strlen(p->by));
	if (p->has_queue) {
		put(&t, " ", 1);
		put_number(&t, p->queue);
	}
	put_word(&t, p->location,
		 whole ? strlen(p->location) : strcspn(p->location, "+ "));
	put_word(&t, p->trap, strlen(p->trap));
	if (t.end == t.begin)
		put(&t, "-", 1);
	/* What is inferred is never shown as exact, nor as seen what is not. */
	if (strcmp(p->attribution, "inferred") == 0 ||
	    strcmp(p->attribution, "traced") == 0 ||
	    strcmp(p->attribution, "counter") == 0) {
		put_string(&t, "  attribution=");
		put_string(&t, p->attribution);
	}
	if (strcmp(p->origin, "sample") == 0)
		put_string(&t, "  origin=sample");
	put_netns(&t, p);
	*t.end = '\0';
	return buf;
}
