/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "trace-child.h"
#include "util.h"

/* AddressSanitizer reserves terabytes. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY RLIM_INFINITY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY RLIM_INFINITY
#endif
#endif
#ifndef MEMORY
#define MEMORY (1UL << 30)
#endif
#define LOOK_MSEC 1000
/* In which the tables are made, or looked at. */
#define PATIENCE_S 15

/* --- in the process ------------------------------------------------------- */

static void tell(int fd, const struct trace_child_message *message)
{
	if (send(fd, message, sizeof(*message), MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* False: what was told was the last. */
static bool make(struct trace_nft *t, int fd, enum trace_child_what what)
{
	struct trace_child_message message = { .what = what };
	int r = trace_nft_make(t, &message.status, &message.error);

	if (r < 0)
		message.what = r == -EINVAL ? TRACE_CHILD_REFUSED
					    : TRACE_CHILD_FAILED;
	tell(fd, &message);
	return r >= 0;
}

static void look(struct trace_nft *t, int fd)
{
	const struct trace_child_message limited = {
		.what = TRACE_CHILD_LIMITED,
	};
	int r = trace_nft_look(t);

	if (r == -ENOENT && !make(t, fd, TRACE_CHILD_AGAIN))
		return;
	if (r > 0)
		tell(fd, &limited);
}

/* Until nobody is at the other end any more, or says no more. */
static void serve(struct trace_nft *t, int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	(void)alarm(PATIENCE_S);
	if (!make(t, fd, TRACE_CHILD_READY))
		return;
	for (;;) {
		int r;

		(void)alarm(0);
		r = poll(&pollfd, 1, LOOK_MSEC);
		(void)alarm(PATIENCE_S);
		if (r > 0)
			return;
		if (r == 0)
			look(t, fd);
	}
}

_Noreturn static void child_main(const struct trace_nft_config *config, int fd,
				 pid_t parent)
{
	const struct rlimit memory = { MEMORY, MEMORY }, core = { 0, 0 };
	struct trace_child_message message = { .what = TRACE_CHILD_FAILED };
	struct trace_nft *t = NULL;
	int r;

	(void)prctl(PR_SET_NAME, "nfdropd-trace");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where a service may. */
	(void)setrlimit(RLIMIT_AS, &memory);
	(void)setrlimit(RLIMIT_CORE, &core);
	if (getppid() != parent || dup2(fd, STDERR_FILENO + 1) < 0)
		_exit(1);
	/* Nothing of nfdropd's. */
	(void)close_range(STDERR_FILENO + 2, ~0U, 0);
	fd = STDERR_FILENO + 1;
	r = trace_nft_new(&t, config);
	if (r < 0) {
		copy_string(message.error.message,
			    sizeof(message.error.message), strerror(-r),
			    SIZE_MAX);
		tell(fd, &message);
		_exit(1);
	}
	serve(t, fd);
	/* What the kernel does not remove by itself. */
	trace_nft_free(t);
	_exit(0);
}

/* --- in nfdropd ----------------------------------------------------------- */

int trace_child_start(struct trace_child *child,
		      const struct trace_nft_config *config)
{
	pid_t self = getpid();
	int fds[2];

	*child = (struct trace_child){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	child->pid = fork();
	if (child->pid < 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		child->pid = 0;
		return r;
	}
	if (child->pid == 0)
		child_main(config, fds[1], self);
	close(fds[1]);
	child->fd = fds[0];
	return 0;
}

int trace_child_read(struct trace_child *child, struct trace_child_message *ret)
{
	ssize_t n;

	if (child->fd < 0)
		return -ENOTCONN;
	n = recv(child->fd, ret, sizeof(*ret), MSG_DONTWAIT);
	if (n == sizeof(*ret))
		return 1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	trace_child_kill(child);
	return -ENOTCONN;
}

void trace_child_stop(struct trace_child *child)
{
	if (child->fd >= 0)
		(void)shutdown(child->fd, SHUT_WR);
}

/* Its sockets are closed when it has ended, and with them its tables gone. */
void trace_child_kill(struct trace_child *child)
{
	if (child->fd >= 0)
		close(child->fd);
	if (child->pid > 0) {
		(void)kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*child = (struct trace_child){ .fd = -1 };
}
