/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "clock.h"
#include "ruleset-changes.h"
#include "ruleset-decode.h"
#include "ruleset-edit.h"
#include "ruleset-text.h"
#include "ruleset-watch.h"
#include "waiter.h"
#include "xt-compat.h"

/* Changes come in crowds. */
#define SETTLE_USEC (50 * MSEC)
/* Listings take this part of the time at most. */
#define LISTING_SHARE 10
/* What one may take, and half a millisecond for each rule. */
#define LISTING_MSEC   2000
#define RETRY_MIN_USEC (20 * MSEC)
#define RETRY_MAX_USEC (2 * SEC)
/* Of a namespace that is read once; whoever owns it may change it at will. */
#define RETRIES_MAX 8
/* What failed is not tried again before, and then when something changed. */
#define AGAIN_USEC	 (5 * SEC)
#define UNAVAILABLE_USEC (30 * SEC)
#define RECEIVE_SIZE	 65536
/* Bytes taken from one source before the others have their turn. */
#define TURN	       (1 << 20)
#define CHANGES_BUFFER (4 << 20)

struct ruleset_watch {
	struct ruleset_watch_config config;
	struct mnl_socket *nl; /* NULL: changes are not followed */
	struct ruleset_changes changes;
	struct waiter waiter;
	struct answer reading;
	struct ruleset *new; /* being read */
	struct answer listing;
	struct ruleset *listed; /* the snapshot when the listing began */
	bool listing_chain;	/* and not everything */
	size_t listing_rules;
	uint64_t rule_nsec; /* what the last listing took for each rule */
	/* CLOCK_MONOTONIC, microseconds. */
	uint64_t reading_started, listing_started, listing_ended;
	uint64_t listing_paid_at; /* those before have had their share then */
	bool list_all;		  /* a chain's listing failed */
	/* Tables of iptables-nft, before the listing. */
	struct answer saving;
	struct ruleset *saved; /* the snapshot when that began */
	size_t save_next;      /* in its tables, the next one to look at */
	bool may_save;	       /* a listing has had its turn, or none is due */
	bool save_again;       /* some may have nft's texts for now */
	bool must_read;
	uint64_t read_at, list_at; /* CLOCK_MONOTONIC, not before that */
	uint64_t failed_at;
	uint64_t find_reader_at; /* the same, when it is gone */
	uint64_t retry_usec;
	unsigned int n_retries; /* where changes are not followed */
	uint32_t tried;		/* generation whose texts were asked for last */
	bool has_tried;
	struct ruleset_status status;
};

DEFINE_CLEANUP(struct ruleset_watch *, ruleset_watch_free)

/* Asks the reader; the answer is read as it comes. */
static int ask(struct ruleset_watch *w, struct answer *a,
	       struct reader_request *request)
{
	int r;

	request->netns = w->config.netns;
	request->cookie = w->config.cookie;
	if (w->config.cpu_msec > 0 &&
	    (request->cpu_msec == 0 || request->cpu_msec > w->config.cpu_msec))
		request->cpu_msec = w->config.cpu_msec;
	if (w->config.netns_name)
		copy_string(request->name, sizeof(request->name),
			    w->config.netns_name, SIZE_MAX);
	r = reader_ask(w->config.reader, request, a);
	if (r < 0)
		return r;
	r = waiter_add(&w->waiter, a->fd, EPOLLIN);
	if (r < 0)
		answer_done(a);
	return r;
}

/* What an answer took: whoever was ended does not say, so all the time since.
 */
static uint64_t cost_of(struct ruleset_watch *w, const struct reader_end *end,
			uint64_t since)
{
	uint64_t cost = now_usec() - since;

	if (memcmp(end->magic, READER_END_MAGIC, sizeof(end->magic)) == 0)
		cost = MAX(end->cpu_msec, 1U) * MSEC;
	w->status.cpu_usec += cost;
	return cost;
}

/* --- publishing ---------------------------------------------------------- */

/* Takes @rs. */
static void publish(struct ruleset_watch *w, struct ruleset *rs)
{
	const struct ruleset *old = w->config.rulesets->current;

	if (old && !ruleset_is_same(old, rs))
		w->config.rulesets->changed_ns = clock_ns(CLOCK_REALTIME);
	rulesets_set(w->config.rulesets, rs);
	w->status.generation = rs->generation;
	w->status.rules = rs->n_rules;
	w->status.tables = rs->n_tables;
	w->status.chains = 0;
	for (size_t i = 0; i < rs->n_tables; i++)
		w->status.chains += rs->tables[i]->n_chains;
}

static bool fits(const struct ruleset_watch *w, const struct ruleset *rs)
{
	return ruleset_count_bytes(rs) <= w->config.memory &&
	       (w->config.netns == 0 || rs->n_tables <= RULESET_TABLES_MAX);
}

/* What is known is not the ruleset any more: read it all, not at once. */
static void must_read(struct ruleset_watch *w, enum ruleset_state state,
		      uint64_t delay)
{
	w->must_read = true;
	w->failed_at = now_usec();
	w->read_at = w->failed_at + delay;
	if (w->status.state != RULESET_READING || state != RULESET_BEHIND)
		w->status.state = state;
	w->config.rulesets->is_behind = true;
}

static void too_large(struct ruleset_watch *w)
{
	/* Nothing rather than what is old, and takes the memory as well. */
	struct ruleset *none = ruleset_new();

	if (none)
		publish(w, none);
	/* Rules by their names and texts are better than nothing. */
	if (w->config.infers) {
		w->config.infers = false;
		w->status.infers_not = true;
		must_read(w, RULESET_BEHIND, 0);
		return;
	}
	must_read(w, RULESET_TOO_LARGE, UNAVAILABLE_USEC);
}

/* Whether there is any use in it: others wait for their turn. */
static bool may_retry(struct ruleset_watch *w)
{
	return w->config.netns == 0 || ++w->n_retries <= RETRIES_MAX;
}

static void retry(struct ruleset_watch *w)
{
	if (!may_retry(w)) {
		w->must_read = false;
		w->status.state = RULESET_UNAVAILABLE;
		w->status.error = -EAGAIN;
		return;
	}
	w->retry_usec =
		MIN(MAX(w->retry_usec * 2, RETRY_MIN_USEC), RETRY_MAX_USEC);
	must_read(w, RULESET_BEHIND, w->retry_usec);
}

static void apply_changes(struct ruleset_watch *w)
{
	struct ruleset *rs;
	int r;

	/* It may fit now. */
	if (w->must_read && w->status.state >= RULESET_TOO_LARGE &&
	    w->status.newest != w->changes.newest)
		w->read_at = MIN(w->read_at, w->failed_at + AGAIN_USEC);
	w->status.newest = w->changes.newest;
	/* Kept until what is being read is there; they may belong to it. */
	if (w->reading.fd >= 0 || w->must_read || !w->config.rulesets->current)
		return;
	for (;;) {
		r = ruleset_changes_next(&w->changes,
					 w->config.rulesets->current, &rs);
		if (r <= 0)
			break;
		w->status.n_changes++;
		if (!fits(w, rs)) {
			ruleset_unref(rs);
			too_large(w);
			return;
		}
		publish(w, rs);
		w->list_at = MAX(w->list_at, now_usec() + SETTLE_USEC);
	}
	if (r < 0)
		retry(w);
}

/* --- the notifications --------------------------------------------------- */

static void read_changes(struct ruleset_watch *w)
{
	static _Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];
	size_t taken = 0;

	while (taken < TURN) {
		ssize_t n = recv(mnl_socket_get_fd(w->nl), buf, sizeof(buf),
				 MSG_DONTWAIT | MSG_TRUNC);
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 || (size_t)n > sizeof(buf)) {
			/* ENOBUFS: some did not fit into the socket's buffer.
			 */
			ruleset_changes_lose(&w->changes);
			/* What is being read may be from before that. */
			if (!w->must_read)
				retry(w);
			if (n < 0 && errno != ENOBUFS)
				break;
			continue;
		}
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			ruleset_changes_add(&w->changes, nlh, nlh->nlmsg_len);
		taken += (size_t)n;
	}
	apply_changes(w);
}

static int open_changes(struct ruleset_watch *w)
{
	int group = NFNLGRP_NFTABLES, size = CHANGES_BUFFER;
	int fd;

	w->nl = mnl_socket_open2(NETLINK_NETFILTER,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!w->nl || mnl_socket_bind(w->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	fd = mnl_socket_get_fd(w->nl);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (mnl_socket_setsockopt(w->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -errno;
	return waiter_add(&w->waiter, fd, EPOLLIN);
}

/* --- reading everything -------------------------------------------------- */

static void stop_reading(struct ruleset_watch *w)
{
	answer_done(&w->reading);
	ruleset_unref(w->new);
	w->new = NULL;
}

static void cannot_read(struct ruleset_watch *w, int error)
{
	stop_reading(w);
	w->status.error = error;
	if (error == -EFBIG)
		too_large(w);
	else
		must_read(w, RULESET_UNAVAILABLE, UNAVAILABLE_USEC);
}

static void start_reading(struct ruleset_watch *w)
{
	struct reader_request request = { .what = READER_RULESET,
					  .elements = w->config.infers };
	int r;

	w->must_read = false;
	ruleset_changes_mend(&w->changes);
	w->new = ruleset_new();
	w->reading_started = now_usec();
	if (w->new)
		w->new->infers = w->config.infers;
	r = w->new ? ask(w, &w->reading, &request) : -ENOMEM;
	if (r < 0)
		cannot_read(w, r);
	w->status.n_readings++;
}

/* Decodes the messages that came whole, and keeps the rest. */
static int decode_answer(struct ruleset_watch *w)
{
	struct answer *a = &w->reading;
	size_t at = 0;
	int r;

	while (a->len - at >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *nlh = (const void *)(a->data + at);

		/* Also the end of the answer: its length is no message's. */
		if (nlh->nlmsg_len < sizeof(*nlh) ||
		    NLMSG_ALIGN((size_t)nlh->nlmsg_len) > a->len - at)
			break;
		r = ruleset_decode(w->new, nlh, nlh->nlmsg_len, true);
		if (r < 0)
			return r;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	memmove(a->data, a->data + at, a->len - at);
	a->len -= at;
	return fits(w, w->new) ? 0 : -EFBIG;
}

static void finish_reading(struct ruleset_watch *w)
{
	struct reader_end end = { 0 };
	struct ruleset *rs;
	int r;

	r = answer_take_end(&w->reading, &end);
	(void)cost_of(w, &end, w->reading_started);
	if (r < 0 || w->reading.len > 0) {
		cannot_read(w, r < 0 ? r : -EBADMSG);
		return;
	}
	w->status.reading_msec = end.cpu_msec;
	if (end.interrupted) {
		stop_reading(w);
		retry(w);
		return;
	}
	rs = TAKE_PTR(w->new);
	stop_reading(w);
	rs->generation = end.generation;
	if (w->config.rulesets->current)
		ruleset_share(rs, w->config.rulesets->current);
	publish(w, rs);
	w->status.state = w->must_read ? RULESET_BEHIND : RULESET_CURRENT;
	w->config.rulesets->is_behind = w->must_read;
	w->status.error = 0;
	if (!w->must_read)
		w->retry_usec = 0;
	apply_changes(w);
}

static void read_ruleset(struct ruleset_watch *w)
{
	int r = -EAGAIN;

	for (size_t n = 0; r == -EAGAIN && n < TURN / RECEIVE_SIZE; n++) {
		int decoded;

		/* Room for the largest message and the end. */
		r = answer_read(&w->reading, 4 * RECEIVE_SIZE);
		decoded = r == -EAGAIN ? decode_answer(w) : 0;
		r = decoded < 0 ? decoded : r;
	}
	if (r == -EAGAIN)
		return;
	if (r < 0)
		(void)cost_of(w, &(struct reader_end){ 0 }, w->reading_started);
	/* A message of what was not dumped before: it changed meanwhile. */
	if (r == -ENOENT) {
		stop_reading(w);
		retry(w);
	} else if (r < 0) {
		cannot_read(w, r);
	} else if (r > 0) {
		finish_reading(w);
	}
}

/* --- whose texts they are ------------------------------------------------ */

/*
 * The snapshot of @generation, which may be @asked, that of when the texts were
 * asked for; or NULL. A rule that was replaced has the handle of the one
 * before, so a text is of one generation's rules.
 */
static struct ruleset *find_asked(struct ruleset_watch *w,
				  struct ruleset *asked, uint32_t generation)
{
	const struct rulesets *s = w->config.rulesets;

	/* It may be of a change that waits in the socket. */
	if (w->nl)
		read_changes(w);
	if (ruleset_is_of(asked, generation))
		return asked;
	if (ruleset_is_of(s->current, generation))
		return s->current;
	for (size_t i = 0; i < s->n_old; i++)
		if (ruleset_is_of(s->old[i], generation))
			return s->old[i];
	return NULL;
}

/* --- the texts, as iptables-nft has them --------------------------------- */

static void stop_saving(struct ruleset_watch *w)
{
	answer_done(&w->saving);
	ruleset_unref(w->saved);
	w->saved = NULL;
}

/* False: nothing is left to be asked for of this snapshot. */
static bool start_saving(struct ruleset_watch *w)
{
	struct ruleset *rs = w->config.rulesets->current;
	struct reader_request request = { .what = READER_XT_NFT };

	if (w->saved != rs) {
		if (!w->may_save)
			return false;
		w->may_save = false;
		stop_saving(w);
		w->saved = ruleset_ref(rs);
		w->save_next = 0;
	}
	for (; w->save_next < rs->n_tables; w->save_next++) {
		const struct table *table = rs->tables[w->save_next];

		if (!xt_compat_wants(table))
			continue;
		/* As a listing, not before others are paid for. */
		w->list_at = w->listing_paid_at;
		if (now_usec() < w->list_at)
			return true;
		request.family = table->family;
		copy_string(request.table, sizeof(request.table), table->name,
			    SIZE_MAX);
		if (ask(w, &w->saving, &request) >= 0) {
			w->save_next++;
			return true;
		}
	}
	w->save_again = false;
	return false;
}

/* Gives the table of @of, in the snapshot of that generation, its texts. */
static int apply_saving(struct ruleset_watch *w, const struct table *of,
			uint32_t generation)
{
	struct ruleset *rs = find_asked(w, w->saved, generation);
	struct table *table =
		rs ? ruleset_find_table(rs, of->family, of->name, of->handle)
		   : NULL;
	struct ruleset_texts texts;
	struct xt_save save;
	size_t taken;
	int r;

	if (!table)
		return -ESTALE;
	r = xt_save_parse(&save, table->family, table->name, w->saving.data,
			  w->saving.len);
	if (r < 0)
		return r;
	ruleset_text_count(rs, &texts);
	taken = ruleset_count_bytes(rs) + texts.bytes;
	xt_compat_apply(table, &save,
			w->config.memory - MIN(taken, w->config.memory));
	xt_save_done(&save);
	return 0;
}

/*
 * What does not come, nft lists. What is of a generation that is not known is
 * asked for again, after nft has listed what has no text yet.
 */
static void finish_saving(struct ruleset_watch *w, int r)
{
	struct table *table = w->saved->tables[w->save_next - 1];
	struct reader_end end = { 0 };

	if (r == 0)
		r = answer_take_end(&w->saving, &end);
	if (r == 0)
		r = end.interrupted ? -ESTALE
				    : apply_saving(w, table, end.generation);
	answer_done(&w->saving);
	w->listing_paid_at = MAX(w->listing_paid_at, now_usec()) +
			     end.cpu_msec * MSEC * LISTING_SHARE;
	w->list_at = now_usec() + SETTLE_USEC;
	if (r == -ESTALE) {
		stop_saving(w);
		/* Where nobody tells of changes, a listing finds them. */
		w->save_again = w->nl;
	} else if (r < 0) {
		xt_compat_apply(table, NULL, 0);
	}
}

static void read_saving(struct ruleset_watch *w)
{
	int r = -EAGAIN;

	for (size_t n = 0; r == -EAGAIN && n < TURN / RECEIVE_SIZE; n++)
		r = answer_read(&w->saving, w->config.memory);
	if (r != 0 && r != -EAGAIN)
		finish_saving(w, r < 0 ? r : 0);
}

/* --- the texts ----------------------------------------------------------- */

static void listing_failed(struct ruleset_watch *w)
{
	w->status.listing_failed = true;
	w->has_tried = false;
	w->list_at = MAX(w->listing_paid_at, now_usec() + AGAIN_USEC);
}

static void start_listing(struct ruleset_watch *w)
{
	struct reader_request request = { .what = READER_TEXT };
	struct ruleset *rs = w->config.rulesets->current;
	struct ruleset_texts texts;
	uint64_t expected;

	ruleset_text_count(rs, &texts);
	/* Then none is due. */
	if (texts.missing == 0)
		w->may_save = true;
	if (start_saving(w))
		return;
	w->listing_rules = texts.missing > 0 ? rs->n_rules : 0;
	/* Of the only chain, a listing takes as long as one of everything. */
	if (texts.chain && !w->list_all && w->status.chains > 1) {
		w->listing_rules = texts.chain->n_rules;
		request.family = texts.table->family;
		copy_string(request.table, sizeof(request.table),
			    texts.table->name, SIZE_MAX);
		copy_string(request.chain, sizeof(request.chain),
			    texts.chain->name, SIZE_MAX);
	}
	/*
	 * Not before those that were are paid for; but one of few rules need
	 * not wait for what all of them took.
	 */
	expected = w->listing_rules * w->rule_nsec / 1000;
	w->list_at = MIN(w->listing_paid_at,
			 w->listing_ended + expected * LISTING_SHARE);
	if (now_usec() < w->list_at)
		return;
	w->tried = rs->generation;
	w->has_tried = true;
	if (texts.missing == 0)
		return;
	w->list_all = false;
	/* While rules change, nft begins anew and anew. */
	request.cpu_msec = LISTING_MSEC + (uint32_t)(rs->n_rules / 2);
	w->listing_chain = request.chain[0] != '\0';
	if (ask(w, &w->listing, &request) < 0) {
		listing_failed(w);
		return;
	}
	w->listed = ruleset_ref(rs);
	w->listing_started = now_usec();
	w->status.n_listings++;
}

/* The ruleset has changed meanwhile. */
static void list_again(struct ruleset_watch *w)
{
	if (may_retry(w))
		w->has_tried = false;
}

static void apply_texts(struct ruleset_watch *w, const struct reader_end *end)
{
	struct ruleset *rs = find_asked(w, w->listed, end->generation);
	struct ruleset_texts texts;
	size_t room, rules;

	if (!rs) {
		list_again(w);
		/* Nobody tells of its changes. */
		if (!w->nl && !w->has_tried)
			retry(w);
		return;
	}
	ruleset_text_count(w->config.rulesets->current, &texts);
	rules = ruleset_count_bytes(w->config.rulesets->current) + texts.bytes;
	room = w->config.memory > rules ? w->config.memory - rules : 0;
	room -= ruleset_text_apply(rs, w->listing.data, w->listing.len,
				   end->table_handle, room);
	ruleset_text_count(w->config.rulesets->current, &texts);
	w->status.texts_too_large = texts.missing > 0 && room < RULE_TEXT_MAX;
}

static void pay_listing(struct ruleset_watch *w, const struct reader_end *end)
{
	uint64_t cost = cost_of(w, end, w->listing_started);
	uint64_t now = now_usec();

	w->status.listing_msec = (uint32_t)(cost / MSEC);
	if (w->listing_rules > 0)
		w->rule_nsec = cost * 1000 / w->listing_rules;
	w->listing_ended = now;
	w->listing_paid_at =
		MAX(w->listing_paid_at, now) + cost * LISTING_SHARE;
	w->list_at = now + SETTLE_USEC;
}

static void finish_listing(struct ruleset_watch *w, int error)
{
	struct reader_end end = { 0 };

	if (error == 0)
		error = answer_take_end(&w->listing, &end);
	pay_listing(w, &end);
	if (error == 0) {
		apply_texts(w, &end);
		w->status.listing_failed = false;
	} else if (error == -EFBIG) {
		w->status.texts_too_large = true;
	} else if (error == -EAGAIN) {
		list_again(w);
	} else if (w->config.cpu_msec > 0 && error == -EPIPE) {
		/* At the bound that it was given, where it would end again. */
		w->status.was_ended = true;
		listing_failed(w);
	} else if (w->listing_chain) {
		/* It is gone, or nft cannot be asked for it. */
		w->list_all = true;
		w->has_tried = false;
	} else if (w->listed->generation !=
		   w->config.rulesets->current->generation) {
		list_again(w);
	} else {
		listing_failed(w);
	}
	answer_done(&w->listing);
	w->may_save = w->save_again = true;
	ruleset_unref(w->listed);
	w->listed = NULL;
}

static void read_listing(struct ruleset_watch *w)
{
	int r = -EAGAIN;

	for (size_t n = 0; r == -EAGAIN && n < TURN / RECEIVE_SIZE; n++)
		r = answer_read(&w->listing, w->config.memory);
	if (r != 0 && r != -EAGAIN)
		finish_listing(w, r < 0 ? r : 0);
}

/* --- all of it ----------------------------------------------------------- */

/* Starts what is due, and sets the timer for what is not. */
static void plan(struct ruleset_watch *w)
{
	struct ruleset *rs = w->config.rulesets->current;
	uint64_t now = now_usec(), next = 0;

	if (w->must_read && w->reading.fd < 0) {
		if (now >= w->read_at)
			start_reading(w);
		if (w->must_read)
			next = w->read_at;
	}
	if (rs && rs->n_rules > 0 && w->listing.fd < 0 && w->saving.fd < 0 &&
	    (!w->has_tried || w->tried != rs->generation || w->save_again)) {
		if (now >= w->list_at)
			start_listing(w);
		/* It may have found that it is too early. */
		if (w->list_at > now)
			next = next ? MIN(next, w->list_at) : w->list_at;
	}
	waiter_set_timer(&w->waiter, next);
}

static void lose_reader(struct ruleset_watch *w)
{
	w->status.reader_gone = true;
	w->find_reader_at = now_usec() + AGAIN_USEC;
	waiter_remove(&w->waiter, reader_get_fd(w->config.reader));
}

bool ruleset_watch_find_reader(struct ruleset_watch *w)
{
	uint64_t now = now_usec();

	if (!w->status.reader_gone || now < w->find_reader_at)
		return false;
	w->find_reader_at = now + AGAIN_USEC;
	if (reader_connect_again(w->config.reader) < 0)
		return false;
	w->status.reader_gone = false;
	(void)waiter_add(&w->waiter, reader_get_fd(w->config.reader),
			 EPOLLRDHUP);
	/* What failed meanwhile need not wait. */
	if (w->must_read)
		w->read_at = now;
	plan(w);
	return true;
}

void ruleset_watch_dispatch(struct ruleset_watch *w)
{
	int fds[WAITER_AT_ONCE];
	size_t n = waiter_take(&w->waiter, fds);

	for (size_t i = 0; i < n; i++) {
		int fd = fds[i];

		if (fd == reader_get_fd(w->config.reader))
			lose_reader(w);
		else if (w->nl && fd == mnl_socket_get_fd(w->nl))
			read_changes(w);
		else if (fd == w->reading.fd)
			read_ruleset(w);
		else if (fd == w->listing.fd)
			read_listing(w);
		else if (fd == w->saving.fd)
			read_saving(w);
	}
	plan(w);
}

int ruleset_watch_new(struct ruleset_watch **ret,
		      const struct ruleset_watch_config *config)
{
	_cleanup_(cleanup_ruleset_watch_free) struct ruleset_watch *w = NULL;
	int r = 0;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->config = *config;
	answer_init(&w->reading);
	answer_init(&w->listing);
	answer_init(&w->saving);
	w->may_save = true;
	waiter_init(&w->waiter);
	ruleset_changes_init(&w->changes);
	r = waiter_open(&w->waiter);
	if (r < 0)
		return r;
	/* Before the reading, so that no change is missed. */
	if (config->netns == 0) {
		(void)waiter_add(&w->waiter, reader_get_fd(config->reader),
				 EPOLLRDHUP);
		r = open_changes(w);
	}
	if (r < 0) {
		w->status.state = RULESET_UNAVAILABLE;
		w->status.error = r;
	} else {
		must_read(w, RULESET_READING, 0);
		plan(w);
	}
	*ret = TAKE_PTR(w);
	return 0;
}

bool ruleset_watch_is_done(const struct ruleset_watch *w)
{
	const struct ruleset *rs = w->config.rulesets->current;

	if (w->status.state >= RULESET_TOO_LARGE)
		return true;
	return w->status.state == RULESET_CURRENT && w->reading.fd < 0 &&
	       w->listing.fd < 0 && w->saving.fd < 0 && !w->must_read &&
	       (rs->n_rules == 0 || w->status.listing_failed ||
		(w->has_tried && w->tried == rs->generation));
}

void ruleset_watch_free(struct ruleset_watch *w)
{
	if (!w)
		return;
	stop_reading(w);
	stop_saving(w);
	answer_done(&w->listing);
	ruleset_unref(w->listed);
	ruleset_changes_done(&w->changes);
	if (w->nl)
		mnl_socket_close(w->nl);
	waiter_close(&w->waiter);
	free(w);
}

void ruleset_watch_set_memory(struct ruleset_watch *w, size_t memory)
{
	bool more = memory > w->config.memory;

	w->config.memory = memory;
	/* What did not fit may fit now. */
	if (more && w->must_read && w->status.state == RULESET_TOO_LARGE)
		w->read_at = now_usec();
	if (more)
		w->has_tried = false;
	plan(w);
}

int ruleset_watch_get_fd(const struct ruleset_watch *w)
{
	return w->waiter.epoll;
}

const struct ruleset_status *
ruleset_watch_peek_status(const struct ruleset_watch *w)
{
	return &w->status;
}

void ruleset_watch_get_status(const struct ruleset_watch *w,
			      struct ruleset_status *ret)
{
	struct ruleset_texts texts;

	*ret = w->status;
	if (!w->config.rulesets->current)
		return;
	ruleset_text_count(w->config.rulesets->current, &texts);
	ret->texts = texts.known;
}
