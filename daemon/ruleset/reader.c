/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "clock.h"
#include "netns-find.h"
#include "reader.h"
#include "ruleset-dump.h"
#include "ruleset-list.h"
#include "xt-list.h"

/* Of a child: what a listing of some 300,000 rules takes. */
#define CHILD_MEMORY  (1UL << 30)
#define CHILD_SECONDS 60
/* It ends after twice that, whatever it does. */
#define PATIENCE_USEC ((2 * CHILD_SECONDS + 30) * SEC)
/* While the ruleset changes. */
#define LIST_TRIES   5
#define ANSWER_BYTES 131072

struct reader {
	int socket;
	pid_t pid;
	struct sockaddr_un addr; /* of one that listens; else no family */
	unsigned int n_connections;
};

enum reader_step {
	STEP_ENTER = 1 << 0, /* on the way to any namespace */
	STEP_READ = 1 << 1,  /* where it reads */
	STEP_XT = 1 << 2,    /* the same, of iptables and the like */
};

/* What each step needs, and no more may keep. */
static const struct needed {
	unsigned int capability;
	unsigned int steps;
} needed[] = {
	{ CAP_NET_ADMIN, STEP_ENTER | STEP_READ | STEP_XT },
	{ CAP_NET_RAW, STEP_ENTER | STEP_READ | STEP_XT },
	{ CAP_SYS_ADMIN, STEP_ENTER },
	{ CAP_SYS_PTRACE, STEP_ENTER },
	/* Of the kernel's lists of tables, which are root's. */
	{ CAP_DAC_READ_SEARCH, STEP_ENTER | STEP_XT },
};

/* Whoever made a namespace chose what is read there. */
static int keep_capabilities(enum reader_step step)
{
	bool keeps[ARRAY_SIZE(needed)];

	if (capng_get_caps_process() < 0)
		return -EPERM;
	if (!capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN))
		return 0;
	/* Each may be kept from a service, which then tells less. */
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		keeps[i] = (needed[i].steps & step) &&
			   capng_have_capability(CAPNG_PERMITTED,
						 needed[i].capability) &&
			   (needed[i].capability != CAP_DAC_READ_SEARCH ||
			    geteuid() != 0);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (keeps[i])
			capng_update(CAPNG_ADD,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				     needed[i].capability);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return 0;
}

static void limit(int what, rlim_t value)
{
	struct rlimit limit = { value, value };

	(void)setrlimit((__rlimit_resource_t)what, &limit);
}

/*
 * nft does not tell what generation it has listed, nor a table's handle with
 * one chain: so the ruleset must not change from before both until nft has read
 * it.
 */
static int list_once(const struct reader_request *request, int out,
		     struct reader_end *end)
{
	int r;

	r = ruleset_dump_generation(&end->generation);
	if (r >= 0 && request->chain[0] != '\0')
		r = ruleset_dump_table_handle(request->family, request->table,
					      &end->table_handle);
	if (r < 0)
		return r;
	return ruleset_list(out, request->family, request->table,
			    request->chain, end->generation);
}

static int list(const struct reader_request *request, int out,
		struct reader_end *end)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < LIST_TRIES; i++)
		r = list_once(request, out, end);
	return r;
}

/* So that each text is of the rule that has its place in that generation. */
static int save_nft(const struct reader_request *request, int out,
		    struct reader_end *end)
{
	uint32_t after = 0;
	int r;

	r = ruleset_dump_generation(&end->generation);
	if (r >= 0)
		r = xt_list_nft(out, request->family, request->table);
	if (r >= 0)
		r = ruleset_dump_generation(&after);
	end->interrupted = after != end->generation;
	return r;
}

static enum reader_step step_of(enum reader_what what)
{
	return what == READER_XT || what == READER_XT_NAMES ? STEP_XT
							    : STEP_READ;
}

static int answer(const struct reader_request *request, int out,
		  struct reader_end *end)
{
	int r;

	if (request->what == READER_NAME)
		return netns_print_name(out, request->netns, request->cookie);
	if (request->netns != 0) {
		r = netns_enter(request->netns, request->cookie, request->name);
		if (r < 0)
			return r;
		r = keep_capabilities(step_of(request->what));
		if (r < 0)
			return r;
	}
	switch (request->what) {
	case READER_RULESET:
		return ruleset_dump(out, request->elements, &end->generation,
				    &end->interrupted);
	case READER_COUNTERS:
		return ruleset_dump_counters(out, &end->generation,
					     &end->interrupted);
	case READER_TEXT:
		return list(request, out, end);
	case READER_XT:
		return xt_list(out, request->family, request->table);
	case READER_XT_NFT:
		return save_nft(request, out, end);
	case READER_XT_NAMES:
		return xt_list_tables(out);
	default:
		return -EINVAL;
	}
}

/* Of this process and of those that it started. */
static uint32_t cpu_msec(void)
{
	struct rusage usage = { 0 };
	uint64_t usec = (uint64_t)clock() * 1000000 / CLOCKS_PER_SEC;

	(void)getrusage(RUSAGE_CHILDREN, &usage);
	usec += (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
			1000000 +
		(uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	return (uint32_t)(usec / 1000);
}

_Noreturn static void child_main(const struct reader_request *request, int out)
{
	struct reader_end end = { .magic = READER_END_MAGIC };
	const struct itimerval timer = {
		.it_value = { request->cpu_msec / 1000,
			      request->cpu_msec % 1000 * 1000 },
	};

	(void)signal(SIGPIPE, SIG_DFL);
	limit(RLIMIT_AS, CHILD_MEMORY);
	limit(RLIMIT_CPU, CHILD_SECONDS);
	limit(RLIMIT_CORE, 0);
	(void)alarm(2 * CHILD_SECONDS);
	/* Ends it, by SIGPROF. */
	(void)setitimer(ITIMER_PROF, &timer, NULL);
	end.error = answer(request, out, &end);
	end.cpu_msec = cpu_msec();
	_exit(write(out, &end, sizeof(end)) != sizeof(end));
}

/* Receives a request and the pipe for its answer; 0 when nobody asks more. */
static ssize_t receive(int socket, struct reader_request *ret, int *ret_fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { ret, sizeof(*ret) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	*ret_fd = -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (n > 0 && cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(cmsg), sizeof(int));
	return n;
}

_Noreturn void reader_serve(int socket)
{
	struct reader_request request;
	ssize_t n;
	pid_t pid;
	int out;

	(void)prctl(PR_SET_NAME, "nfdropd-reader");
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	/* Nobody asks how children ended: their answers have an end or not. */
	(void)signal(SIGCHLD, SIG_IGN);
	/* Those that read what others made give up theirs, or do not read. */
	(void)keep_capabilities(STEP_ENTER);
	for (;;) {
		n = receive(socket, &request, &out);
		if (n <= 0)
			_exit(0);
		pid = n == sizeof(request) && out >= 0 ? fork() : -1;
		if (pid == 0) {
			close(socket);
			child_main(&request, out);
		}
		/* Without a child the pipe ends without an end. */
		if (out >= 0)
			close(out);
	}
}

int reader_new(struct reader **ret)
{
	_cleanup_(cleanup_reader_free) struct reader *reader = NULL;
	int sockets[2];

	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->socket = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	reader->socket = sockets[0];
	reader->pid = fork();
	if (reader->pid < 0) {
		close(sockets[1]);
		return -errno;
	}
	if (reader->pid == 0) {
		/* Not the sockets that systemd gave nfdropd, nor others. */
		if (dup2(sockets[1], STDERR_FILENO + 1) < 0)
			_exit(1);
		(void)close_range(STDERR_FILENO + 2, ~0U, 0);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		reader_serve(STDERR_FILENO + 1);
	}
	close(sockets[1]);
	*ret = TAKE_PTR(reader);
	return 0;
}

bool reader_can_connect(const struct reader *reader)
{
	return reader->addr.sun_family == AF_UNIX;
}

int reader_connect_again(struct reader *reader)
{
	_cleanup_close_ int fd = -1;

	if (!reader_can_connect(reader))
		return -ENOTSUP;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&reader->addr,
			      sizeof(reader->addr)) < 0)
		return -errno;
	cleanup_close(&reader->socket);
	reader->socket = TAKE_FD(fd);
	reader->n_connections++;
	return 0;
}

int reader_connect(struct reader **ret, const char *path)
{
	_cleanup_(cleanup_reader_free) struct reader *reader = NULL;
	int r;

	if (strlen(path) >= sizeof(reader->addr.sun_path))
		return -ENAMETOOLONG;
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->socket = -1;
	reader->addr.sun_family = AF_UNIX;
	copy_string(reader->addr.sun_path, sizeof(reader->addr.sun_path), path,
		    SIZE_MAX);
	r = reader_connect_again(reader);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(reader);
	return 0;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->socket >= 0)
		close(reader->socket);
	if (reader->pid > 0) {
		(void)kill(reader->pid, SIGKILL);
		(void)waitpid(reader->pid, NULL, 0);
	}
	free(reader);
}

int reader_get_fd(const struct reader *reader)
{
	return reader->socket;
}

void answer_init(struct answer *a)
{
	*a = (struct answer){ .fd = -1 };
}

void answer_done(struct answer *a)
{
	cleanup_close(&a->fd);
	free(a->data);
	answer_init(a);
}

/* Sends the request, and with it the end of a pipe. */
static int send_request(int socket, const struct reader_request *request,
			int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)request, sizeof(*request) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	if (sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 0;
	return errno == EPIPE || errno == ECONNRESET ? -ENOTCONN : -errno;
}

int reader_ask(struct reader *reader, const struct reader_request *request,
	       struct answer *ret)
{
	_cleanup_close_ int in = -1, out = -1;
	int pipes[2];
	int r;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	in = pipes[0];
	out = pipes[1];
	(void)fcntl(in, F_SETFL, O_NONBLOCK);
	/* Fewer turns for much; the default will do where it is not allowed. */
	(void)fcntl(in, F_SETPIPE_SZ, 1 << 20);
	r = send_request(reader->socket, request, out);
	if (r < 0)
		return r;
	answer_init(ret);
	ret->fd = TAKE_FD(in);
	ret->asked = now_usec();
	ret->connection = reader->n_connections;
	return 0;
}

bool answer_is_late(const struct answer *a)
{
	return a->fd >= 0 && now_usec() > a->asked + PATIENCE_USEC;
}

void reader_leave(struct reader *reader, const struct answer *a)
{
	if (reader_can_connect(reader) &&
	    a->connection == reader->n_connections)
		(void)shutdown(reader->socket, SHUT_RDWR);
}

int answer_read(struct answer *a, size_t max)
{
	size_t more;
	ssize_t n;
	char *data;

	if (a->len == a->allocated) {
		more = MIN(MAX(a->allocated * 2, (size_t)ANSWER_BYTES), max);
		if (more <= a->allocated)
			return -EFBIG;
		data = realloc(a->data, more);
		if (!data)
			return -ENOMEM;
		a->data = data;
		a->allocated = more;
	}
	n = read(a->fd, a->data + a->len, a->allocated - a->len);
	if (n < 0)
		return errno == EAGAIN ? 0 : errno == EINTR ? -EAGAIN : -errno;
	a->len += (size_t)n;
	return n == 0 ? 1 : -EAGAIN;
}

int answer_take_end(struct answer *a, struct reader_end *ret)
{
	if (a->len < sizeof(*ret))
		return -EPIPE;
	memcpy(ret, a->data + a->len - sizeof(*ret), sizeof(*ret));
	if (memcmp(ret->magic, READER_END_MAGIC, sizeof(ret->magic)) != 0 ||
	    ret->error > 0)
		return -EPIPE;
	a->len -= sizeof(*ret);
	return ret->error;
}
