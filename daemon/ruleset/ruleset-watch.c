/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "ruleset-text.h"
#include "ruleset-watch-parts.h"

#define CHANGES_BUFFER (4 << 20)
/* A reader that was connected to is there, if it stays so long. */
#define READER_STAYS_USEC    (2 * SEC)
/* And another one is looked for no later than that. */
#define READER_WAIT_MAX_USEC (60 * SEC)

DEFINE_CLEANUP(struct ruleset_watch *, ruleset_watch_free)

int watch_ask(struct ruleset_watch *w, struct answer *a,
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

uint64_t watch_cost(struct ruleset_watch *w, const struct reader_end *end,
		    uint64_t since)
{
	uint64_t cost = now_usec() - since;

	if (memcmp(end->magic, READER_END_MAGIC, sizeof(end->magic)) == 0)
		cost = MAX(end->cpu_msec, 1U) * MSEC;
	w->status.cpu_usec += cost;
	return cost;
}

/* --- the notifications --------------------------------------------------- */

void watch_read_changes(struct ruleset_watch *w)
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
				watch_retry(w);
			if (n < 0 && errno != ENOBUFS)
				break;
			continue;
		}
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			ruleset_changes_add(&w->changes, nlh, nlh->nlmsg_len);
		taken += (size_t)n;
	}
	watch_apply_changes(w);
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

/* --- all of it ------------------------------------------------------------ */

/* Starts what is due, and sets the timer for what is not. */
static void plan(struct ruleset_watch *w)
{
	struct ruleset *rs = w->config.rulesets->current;
	uint64_t now = now_usec(), next = 0;

	if (w->must_read && w->reading.fd < 0) {
		if (now >= w->read_at)
			watch_start_reading(w);
		if (w->must_read)
			next = w->read_at;
	}
	if (rs && rs->n_rules > 0 && w->listing.fd < 0 && w->saving.fd < 0 &&
	    (!w->has_tried || w->tried != rs->generation || w->save_again)) {
		if (now >= w->list_at)
			watch_start_listing(w);
		/* It may have found that it is too early. */
		if (w->list_at > now)
			next = next ? MIN(next, w->list_at) : w->list_at;
	}
	waiter_set_timer(&w->waiter, next);
}

static void lose_reader(struct ruleset_watch *w)
{
	w->status.reader_gone = true;
	w->reader_at = 0;
	w->reader_wait = MAX(w->reader_wait, AGAIN_USEC);
	w->find_reader_at = now_usec() + w->reader_wait;
	waiter_remove(&w->waiter, reader_get_fd(w->config.reader));
}

/* It hangs up then, and is lost as one that ended. */
static void leave_hung_reader(struct ruleset_watch *w)
{
	const struct answer *const answers[] = { &w->reading, &w->listing,
						 &w->saving };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if (answer_is_late(answers[i]))
			reader_leave(w->config.reader, answers[i]);
}

/* What the one before owed, another one is asked for, and need not wait. */
static void ask_again(struct ruleset_watch *w, uint64_t now)
{
	uint64_t paid_at = w->listing_paid_at;

	if (w->reading.fd >= 0)
		watch_fail_reading(w, -ETIMEDOUT);
	if (w->must_read)
		w->read_at = now;
	if (w->listing.fd >= 0) {
		watch_end_listing(w, -ETIMEDOUT);
		/* It took nobody's time. */
		w->listing_paid_at = w->list_at = paid_at;
	}
	watch_stop_saving(w);
	w->may_save = w->save_again = true;
}

static void connect_reader(struct ruleset_watch *w, uint64_t now)
{
	w->find_reader_at = now + w->reader_wait;
	w->reader_wait = MIN(2 * w->reader_wait, READER_WAIT_MAX_USEC);
	if (reader_connect_again(w->config.reader) < 0)
		return;
	w->reader_at = now;
	(void)waiter_add(&w->waiter, reader_get_fd(w->config.reader),
			 EPOLLRDHUP);
	ask_again(w, now);
	plan(w);
}

bool ruleset_watch_find_reader(struct ruleset_watch *w)
{
	uint64_t now = now_usec();

	if (!w->status.reader_gone) {
		leave_hung_reader(w);
		return false;
	}
	/* One that cannot start is gone again at once. */
	if (w->reader_at != 0 && now >= w->reader_at + READER_STAYS_USEC) {
		w->reader_at = w->reader_wait = 0;
		w->status.reader_gone = false;
		return true;
	}
	if (w->reader_at == 0 && now >= w->find_reader_at)
		connect_reader(w, now);
	return false;
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
			watch_read_changes(w);
		else if (fd == w->reading.fd)
			watch_read_ruleset(w);
		else if (fd == w->listing.fd)
			watch_read_listing(w);
		else if (fd == w->saving.fd)
			watch_read_saving(w);
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
		watch_must_read(w, RULESET_READING, 0);
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
	watch_stop_reading(w);
	watch_stop_saving(w);
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
