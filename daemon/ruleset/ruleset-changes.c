/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ruleset-changes.h"
#include "ruleset-decode.h"

void ruleset_changes_init(struct ruleset_changes *c)
{
	*c = (struct ruleset_changes){ 0 };
}

void ruleset_changes_done(struct ruleset_changes *c)
{
	free(c->data);
}

/* @broken: in the middle of a transaction. */
static void forget_all(struct ruleset_changes *c, bool broken)
{
	c->len = 0;
	c->complete = 0;
	c->broken = broken;
}

void ruleset_changes_lose(struct ruleset_changes *c)
{
	forget_all(c, true);
	c->lost = true;
}

void ruleset_changes_mend(struct ruleset_changes *c)
{
	c->broken = false;
	c->lost = false;
}

static size_t aligned(size_t len)
{
	return NLMSG_ALIGN(len);
}

static bool make_room(struct ruleset_changes *c, size_t len)
{
	size_t more = MAX(c->allocated, 4096UL);
	char *data;

	if (c->len + len > RULESET_CHANGES_MAX)
		return false;
	while (more < c->len + len)
		more *= 2;
	if (more == c->allocated)
		return true;
	data = realloc(c->data, more);
	if (!data)
		return false;
	c->data = data;
	c->allocated = more;
	return true;
}

void ruleset_changes_add(struct ruleset_changes *c, const struct nlmsghdr *nlh,
			 size_t len)
{
	uint32_t generation;
	bool ends;

	if (len < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
	    nlh->nlmsg_len > len)
		return;
	ends = ruleset_decode_is_generation(nlh, len, &generation);
	len = nlh->nlmsg_len;
	if (!make_room(c, aligned(len))) {
		/* At the end of what is lost, the next one is whole. */
		forget_all(c, !ends);
	} else {
		memset(c->data + c->len, 0, aligned(len));
		memcpy(c->data + c->len, nlh, len);
		c->len += aligned(len);
		if (ends)
			c->complete = c->len;
	}
	if (ends)
		c->newest = generation;
}

/* The first transaction's length, without its end, and its generation. */
static size_t first_transaction(const struct ruleset_changes *c,
				uint32_t *generation, size_t *with_end)
{
	size_t at = 0;

	while (at < c->complete) {
		const struct nlmsghdr *nlh = (const void *)(c->data + at);

		*with_end = at + aligned(nlh->nlmsg_len);
		if (ruleset_decode_is_generation(nlh, nlh->nlmsg_len,
						 generation))
			break;
		at = *with_end;
	}
	return at;
}

static void forget(struct ruleset_changes *c, size_t len)
{
	memmove(c->data, c->data + len, c->len - len);
	c->len -= len;
	c->complete -= len;
	c->broken = false;
}

/* What a transaction has changed. */
struct change {
	bool kept; /* something that is kept */
	bool own;  /* nfdropd's own tables, and nothing else */
};

static int apply(const struct ruleset_changes *c, size_t len,
		 struct ruleset *rs, struct change *ret)
{
	size_t at = 0;
	int r;

	/* One of nothing has changed what nobody told. */
	*ret = (struct change){ .own = len > 0 };
	while (at < len) {
		const struct nlmsghdr *nlh = (const void *)(c->data + at);

		r = ruleset_decode(rs, nlh, nlh->nlmsg_len, false);
		if (r < 0)
			return r == -ENOMEM ? r : -ENOENT;
		ret->kept |= r == RULESET_CHANGED;
		ret->own &= ruleset_decode_is_own(nlh, nlh->nlmsg_len);
		at += aligned(nlh->nlmsg_len);
	}
	return 0;
}

int ruleset_changes_next(struct ruleset_changes *c, const struct ruleset *rs,
			 struct ruleset **ret)
{
	_cleanup_(cleanup_ruleset_unref) struct ruleset *new = NULL;
	struct change change = { 0 };
	uint32_t generation = 0;
	size_t len, with_end = 0;
	int r;

	while (c->complete > 0) {
		len = first_transaction(c, &generation, &with_end);
		/* Numbers go round; an old one is in @rs already. */
		if ((int32_t)(generation - rs->generation) <= 0) {
			forget(c, with_end);
			continue;
		}
		if (c->lost || c->broken || generation != rs->generation + 1) {
			r = -ENOENT;
		} else {
			new = ruleset_copy(rs);
			r = new ? apply(c, len, new, &change) : -ENOMEM;
		}
		if (r < 0) {
			forget_all(c, c->len > c->complete);
			return r;
		}
		new->generation = generation;
		new->n_same = change.kept ? 0 : rs->n_same + 1;
		new->n_own = change.own ? rs->n_own + 1 : 0;
		forget(c, with_end);
		*ret = TAKE_PTR(new);
		return 1;
	}
	return 0;
}
