/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libnfdrop: ask nfdropd which packets were dropped, where and why.
 *
 * One client is one connection to nfdropd's socket. Nothing here blocks,
 * starts a thread or calls back: wait for the descriptor with poll(2),
 * epoll(7) or any event loop, call nfdrop_client_dispatch(), then take events
 * with nfdrop_client_pop_event() until there is none.
 *
 *	struct nfdrop_client *client;
 *	struct nfdrop_event *event;
 *
 *	r = nfdrop_client_new(&client, NULL);
 *	r = nfdrop_client_subscribe(client, NULL);
 *	for (;;) {
 *		struct pollfd pfd = {
 *			.fd = nfdrop_client_get_fd(client),
 *			.events = nfdrop_client_get_events(client),
 *		};
 *
 *		poll(&pfd, 1, -1);
 *		r = nfdrop_client_dispatch(client);
 *		while (nfdrop_client_pop_event(client, &event) > 0) {
 *			puts(nfdrop_event_get_json(event));
 *			nfdrop_event_free(event);
 *		}
 *	}
 *
 * Every int function returns 0 or more on success and a negative errno(3)
 * otherwise. A client and its events are for one thread at a time. See
 * libnfdrop(3), and nfdrop-protocol(7) for what travels on the socket.
 */
#ifndef NFDROP_H
#define NFDROP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nfdrop_client;
struct nfdrop_event;

/* Where nfdropd listens, unless it was told otherwise. */
#define NFDROP_SOCKET_PATH "/run/nfdropd/socket"

enum nfdrop_event_type {
	/*
	 * The reply to one nfdrop_client_call(), in the order of the calls.
	 * nfdrop_event_get_json() has its parameters.
	 */
	NFDROP_EVENT_REPLY = 1,
	/* The subscription stands: drops from now on will be seen. */
	NFDROP_EVENT_SUBSCRIBED,
	/* A dropped packet. */
	NFDROP_EVENT_DROP,
	/*
	 * Drops that happened and cannot be shown. Fields "kernel_queue",
	 * "socket" and "session" count them since the last such event, by
	 * where they were lost.
	 */
	NFDROP_EVENT_LOST,
	/*
	 * A call failed. nfdrop_event_get_error() is the Varlink error's
	 * name, nfdrop_event_get_json() has its parameters.
	 */
	NFDROP_EVENT_ERROR,
	/* nfdropd closed the connection. The last event of a client. */
	NFDROP_EVENT_CLOSED,
};

/*
 * Connects to the socket at @path, or at NFDROP_SOCKET_PATH when @path is
 * NULL. On success *@ret is the caller's, to give back with
 * nfdrop_client_unref().
 *
 * -ENOENT, -ECONNREFUSED: nfdropd is not running there. -EACCES: the socket's
 * permissions. -ENAMETOOLONG: @path does not fit into a socket address.
 * -ENOMEM, and what socket(2) and connect(2) return.
 */
int nfdrop_client_new(struct nfdrop_client **ret, const char *path);

struct nfdrop_client *nfdrop_client_ref(struct nfdrop_client *client);
/* NULL is allowed. Always returns NULL. */
struct nfdrop_client *nfdrop_client_unref(struct nfdrop_client *client);

/* The descriptor to wait for. Owned by the client. */
int nfdrop_client_get_fd(const struct nfdrop_client *client);
/* What to wait for, as in poll(2): POLLIN, and POLLOUT when output waits. */
int nfdrop_client_get_events(const struct nfdrop_client *client);

/*
 * Calls a Varlink method, such as "io.nfdrop.Monitor.GetStatus", with
 * @parameters, a JSON object as text, or NULL for none. The reply comes as
 * NFDROP_EVENT_REPLY or NFDROP_EVENT_ERROR.
 *
 * -EINVAL: @parameters is not a JSON object. -EBUSY: a subscription holds
 * this connection. -ENOBUFS: too many calls wait. -ENOTCONN: closed.
 */
int nfdrop_client_call(struct nfdrop_client *client, const char *method,
		       const char *parameters);

/*
 * The same for a method that replies more than once, such as
 * "io.nfdrop.Monitor.Trace". Each reply is an NFDROP_EVENT_REPLY;
 * nfdrop_event_get_continues() tells whether another one follows. Until then
 * the connection answers no other call.
 */
int nfdrop_client_call_more(struct nfdrop_client *client, const char *method,
			    const char *parameters);

/*
 * Asks for drops as they happen. @filter is the JSON object of
 * nfdrop-protocol(7) as text, such as {"port":["53"]}, or NULL for every drop.
 * NFDROP_EVENT_SUBSCRIBED follows, or NFDROP_EVENT_ERROR when nfdropd refuses.
 * Errors as nfdrop_client_call().
 */
int nfdrop_client_subscribe(struct nfdrop_client *client, const char *filter);

/*
 * Reads and writes what can be read and written without blocking. Returns 1
 * when an event waits, 0 when none does. After the connection has ended it
 * goes on returning 1 until NFDROP_EVENT_CLOSED was taken, then -ENOTCONN.
 *
 * -EBADMSG: what came is not Varlink; the connection is closed. -ENOMEM.
 */
int nfdrop_client_dispatch(struct nfdrop_client *client);

/*
 * Takes the oldest event. Returns 1 and sets *@ret, which is the caller's to
 * give back with nfdrop_event_free(), or 0 and NULL when there is none. Errors
 * as nfdrop_client_dispatch().
 */
int nfdrop_client_pop_event(struct nfdrop_client *client,
			    struct nfdrop_event **ret);

/* NULL is allowed. Always returns NULL. */
struct nfdrop_event *nfdrop_event_free(struct nfdrop_event *event);

enum nfdrop_event_type nfdrop_event_get_type(const struct nfdrop_event *event);

/*
 * The event as one line of JSON: the drop as nfdrop-protocol(7) describes it,
 * the reply's or the error's parameters, or the counts of a lost event. Owned
 * by the event. NULL when memory is out.
 */
const char *nfdrop_event_get_json(struct nfdrop_event *event);

/* The Varlink error's name, NULL for an event of another type. */
const char *nfdrop_event_get_error(const struct nfdrop_event *event);

/* 1 where more replies to the same call follow, otherwise 0. */
int nfdrop_event_get_continues(const struct nfdrop_event *event);

/*
 * A field by its path, such as "reason", "in.name" or "netfilter.table". The
 * text is as the kernel gave it: escape it before it reaches a terminal. It
 * belongs to the event.
 *
 * -ENODATA: the event does not know it. -EINVAL: the value is of another type.
 */
int nfdrop_event_get_string(const struct nfdrop_event *event, const char *path,
			    const char **ret);
/* The same for numbers, and for truth values as 0 and 1. */
int nfdrop_event_get_uint64(const struct nfdrop_event *event, const char *path,
			    uint64_t *ret);

#ifdef __cplusplus
}
#endif

#endif /* NFDROP_H */
