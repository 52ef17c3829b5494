/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "codec.h"
#include "server.h"
#include "util.h"

#define ACCEPT_AT_ONCE 64
#define EVENTS_AT_ONCE 64

struct server {
	struct sink sink;
	struct server_config config;
	const struct access_policy *policy;
	struct session_handler *handler;
	struct event_encoder *encoder;
	int listen_fd;
	int epoll_fd;
	bool bound;  /* the path is ours to remove */
	bool paused; /* out of descriptors: not accepting */
	struct session *sessions;
	struct server_counts counts;
};

DEFINE_CLEANUP(struct server *, server_free)

/* 0 when nobody answers at @addr, and what is left there is removed. */
static int remove_stale(const struct sockaddr_un *addr)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ||
	    errno != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(addr->sun_path) < 0 ? -errno : 0;
}

/*
 * Anyone may connect, and gets told by whom reading is allowed: a socket that
 * refuses says nothing.
 */
static int server_bind(struct server *server)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = server->config.path;
	size_t len = strlen(path);
	int r;

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len + 1);
	server->listen_fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listen_fd < 0)
		return -errno;
	r = remove_stale(&addr);
	if (r < 0)
		return r;
	if (bind(server->listen_fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	server->bound = true;
	if (chmod(path, 0666) < 0 || listen(server->listen_fd, SOMAXCONN) < 0)
		return -errno;
	return 0;
}

static int server_watch(struct server *server, int op, int fd, uint32_t events,
			void *data)
{
	struct epoll_event event = { .events = events, .data.ptr = data };

	return epoll_ctl(server->epoll_fd, op, fd, &event) < 0 ? -errno : 0;
}

static void sink_emit(struct sink *sink, const struct drop_event *ev,
		      const struct packet_bytes *bytes)
{
	struct server *server = (struct server *)sink;
	_cleanup_(cleanup_buffer_unref) struct buffer *message = NULL;
	const char *text;
	size_t len;

	for (struct session *s = server->sessions; s; s = s->next) {
		if (!session_wants(s, ev, bytes))
			continue;
		if (!message) {
			if (event_encoder_encode(server->encoder, ev, &text,
						 &len) < 0)
				return;
			message = reply_new_text("event", text, len);
			if (!message)
				return;
		}
		if (!session_give(s, message))
			server->counts.missed++;
	}
}

static void sink_lost(struct sink *sink, const struct losses *delta)
{
	struct server *server = (struct server *)sink;

	for (struct session *s = server->sessions; s; s = s->next)
		session_lost(s, delta);
}

static const struct sink_ops server_sink_ops = {
	.emit = sink_emit,
	.lost = sink_lost,
};

int server_new(struct server **ret, const struct server_config *config,
	       const struct access_policy *policy,
	       struct session_handler *handler)
{
	_cleanup_(cleanup_server_free) struct server *server = NULL;
	int r;

	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->sink.ops = &server_sink_ops;
	server->config = *config;
	server->policy = policy;
	server->handler = handler;
	server->listen_fd = config->listen_fd;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll_fd < 0)
		return -errno;
	r = event_encoder_new(&server->encoder);
	if (r < 0)
		return r;
	if (server->listen_fd < 0)
		r = server_bind(server);
	else
		/* systemd's blocks, and a client may go before it is met. */
		r = fcntl(server->listen_fd, F_SETFL, O_NONBLOCK) < 0 ? -errno
								      : 0;
	if (r < 0)
		return r;
	r = server_watch(server, EPOLL_CTL_ADD, server->listen_fd, EPOLLIN,
			 NULL);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(server);
	return 0;
}

static void server_resume(struct server *server)
{
	if (!server->paused)
		return;
	server->paused = false;
	(void)server_watch(server, EPOLL_CTL_MOD, server->listen_fd, EPOLLIN,
			   NULL);
}

static void server_remove(struct server *server, struct session *session)
{
	if (session->prev)
		session->prev->next = session->next;
	else
		server->sessions = session->next;
	if (session->next)
		session->next->prev = session->prev;
	server->counts.current--;
	session_free(session);
	server_resume(server);
}

int server_get_bound(const struct server *server)
{
	return server->bound ? server->listen_fd : -1;
}

void server_leave(struct server *server)
{
	server->bound = false;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	while (server->sessions)
		server_remove(server, server->sessions);
	if (server->bound)
		(void)unlink(server->config.path);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	event_encoder_free(server->encoder);
	free(server);
}

static void server_refuse(struct server *server, int fd, const char *limit,
			  size_t max)
{
	struct json_object *parameters = json_object_new_object();
	struct buffer *message;

	server->counts.refused++;
	if (!parameters)
		return;
	json_object_object_add(parameters, "limit",
			       json_object_new_string(limit));
	json_object_object_add(parameters, "max", json_object_new_uint64(max));
	message = error_new(PROTO_LIMIT_REACHED, parameters);
	json_object_put(parameters);
	if (message)
		(void)send(fd, message->data, message->len,
			   MSG_DONTWAIT | MSG_NOSIGNAL);
	buffer_unref(message);
}

/* Writes, and waits for room when some is left. Frees a session that ends. */
static void server_write(struct server *server, struct session *session)
{
	uint32_t events = 0;

	if (session_write(session) < 0) {
		server_remove(server, session);
		return;
	}
	if (session_wants_read(session))
		events |= EPOLLIN;
	if (session_wants_write(session))
		events |= EPOLLOUT;
	if (events == session->polled)
		return;
	session->polled = events;
	if (server_watch(server, EPOLL_CTL_MOD, session->stream.fd, events,
			 session) < 0)
		server_remove(server, session);
}

static void server_serve(struct server *server, struct session *session,
			 uint32_t events)
{
	if ((events & (EPOLLERR | EPOLLHUP)) && !(events & EPOLLIN)) {
		server_remove(server, session);
		return;
	}
	if ((events & EPOLLIN) && session_read(session) < 0) {
		/* What was answered before the end is still sent. */
		(void)session_write(session);
		server_remove(server, session);
		return;
	}
	server_write(server, session);
}

/*
 * Ends sessions whose peers are gone, which epoll has yet to tell: a client
 * need not wait for others that came and went.
 */
static void server_reap(struct server *server)
{
	struct session *next;

	for (struct session *s = server->sessions; s; s = next) {
		struct pollfd hup = { .fd = s->stream.fd };

		next = s->next;
		if (poll(&hup, 1, 0) > 0)
			server_serve(server, s, EPOLLIN | EPOLLHUP);
	}
}

static size_t sessions_of(const struct server *server, uid_t uid)
{
	size_t n = 0;

	for (struct session *s = server->sessions; s; s = s->next)
		n += s->peer.uid == uid;
	return n;
}

static void server_add(struct server *server, int fd)
{
	const struct server_config *config = &server->config;
	struct session *session;

	if (server->counts.current >= config->max_clients)
		server_reap(server);
	if (server->counts.current >= config->max_clients) {
		server_refuse(server, fd, "clients", config->max_clients);
		close(fd);
		return;
	}
	if (session_new(&session, fd, &config->limits, server->policy,
			server->handler) < 0)
		return;
	if (sessions_of(server, session->peer.uid) >=
	    config->max_clients_per_uid)
		server_reap(server);
	if (sessions_of(server, session->peer.uid) >=
	    config->max_clients_per_uid) {
		server_refuse(server, fd, "clients-per-uid",
			      config->max_clients_per_uid);
		session_free(session);
		return;
	}
	session->polled = EPOLLIN;
	if (server_watch(server, EPOLL_CTL_ADD, fd, EPOLLIN, session) < 0) {
		session_free(session);
		return;
	}
	session->next = server->sessions;
	if (session->next)
		session->next->prev = session;
	server->sessions = session;
	server->counts.current++;
}

static void server_accept(struct server *server)
{
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int fd = accept4(server->listen_fd, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			server_add(server, fd);
			continue;
		}
		/* Readable for ever, so wait for a descriptor or a tick. */
		if (errno == EMFILE || errno == ENFILE) {
			server->paused = true;
			(void)server_watch(server, EPOLL_CTL_MOD,
					   server->listen_fd, 0, NULL);
		}
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

void server_set_limits(struct server *server,
		       const struct server_config *config)
{
	server->config.max_clients = config->max_clients;
	server->config.max_clients_per_uid = config->max_clients_per_uid;
	server->config.limits = config->limits;
}

int server_get_fd(const struct server *server)
{
	return server->epoll_fd;
}

int server_dispatch(struct server *server)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	bool accept = false;
	int n;

	n = epoll_wait(server->epoll_fd, events, EVENTS_AT_ONCE, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		/* A session is in @events once, and removes only itself. */
		if (events[i].data.ptr)
			server_serve(server, events[i].data.ptr,
				     events[i].events);
		else
			accept = true;
	}
	if (accept)
		server_accept(server);
	return 0;
}

void server_flush(struct server *server)
{
	struct session *next;

	/* Descriptors may have come free elsewhere. */
	server_resume(server);
	for (struct session *s = server->sessions; s; s = next) {
		next = s->next;
		if (session_wants_write(s) && !(s->polled & EPOLLOUT))
			server_write(server, s);
	}
}

struct sink *server_get_sink(struct server *server)
{
	return &server->sink;
}

void server_get_counts(const struct server *server, struct server_counts *ret)
{
	*ret = server->counts;
}
