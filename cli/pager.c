/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pager.h"
#include "util.h"

static pid_t pager_pid;
static struct sigaction old_interrupt;

/* How many lines of the terminal @text takes; longer lines are folded. */
static size_t count_lines(const char *text, size_t len, unsigned width)
{
	size_t lines = 0, column = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			lines++;
			column = 0;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80 &&
			   ++column > width) {
			lines++;
			column = 1;
		}
	}
	return lines;
}

bool pager_is_wanted(const char *text, size_t len, const struct term *term)
{
	/* One line is for the prompt that follows. */
	return term->tty && count_lines(text, len, term->width) >= term->height;
}

static const char *pager_command(void)
{
	const char *command = getenv("SYSTEMD_PAGER");

	return command ? command : getenv("PAGER");
}

static void pager_exec(const struct term *term, const char *command)
{
	const char *less = getenv("SYSTEMD_LESS");

	setenv("LESS", less ? less : "FRSXMK", 1);
	if (term->utf8)
		setenv("LESSCHARSET", "utf-8", 0);
	/* Root's pager starts no shell unless root says so. */
	if (geteuid() == 0)
		setenv("LESSSECURE", "1", 0);
	if (command)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	else {
		execlp("less", "less", (char *)NULL);
		execlp("more", "more", (char *)NULL);
	}
}

/* The last resort: the child hands on what comes. */
static void pager_copy(void)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(STDOUT_FILENO, buf + done,
				  (size_t)(n - done));
			if (w < 0)
				return;
		}
}

int pager_start(const struct term *term)
{
	const char *command = pager_command();
	int fds[2];

	if (command && (!command[0] || strcmp(command, "cat") == 0))
		return -ENOENT;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pager_pid = fork();
	if (pager_pid < 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	if (pager_pid == 0) {
		dup2(fds[0], STDIN_FILENO);
		close(fds[0]);
		close(fds[1]);
		signal(SIGPIPE, SIG_DFL);
		pager_exec(term, command);
		pager_copy();
		_exit(0);
	}
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = SIG_IGN },
		  &old_interrupt);
	close(fds[0]);
	return fds[1];
}

void pager_wait(void)
{
	while (waitpid(pager_pid, NULL, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &old_interrupt, NULL);
}
