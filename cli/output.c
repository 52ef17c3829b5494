/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "output.h"
#include "pager.h"
#include "util.h"

int output_init(struct output *out)
{
	*out = (struct output){ 0 };
	out->f = open_memstream(&out->text, &out->len);
	return out->f ? 0 : -ENOMEM;
}

void output_done(struct output *out)
{
	if (out->f)
		fclose(out->f);
	free(out->text);
	*out = (struct output){ 0 };
}

static int write_all(int fd, const char *text, size_t len,
		     const volatile sig_atomic_t *stop)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (stop && *stop)
			return -EINTR;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A memory stream that was emptied once forgets an earlier end: see len. */
static int output_gather(struct output *out)
{
	return fflush(out->f) != 0 || ferror(out->f) ? -ENOMEM : 0;
}

static void output_empty(struct output *out)
{
	rewind(out->f);
}

int output_write(struct output *out, int fd, const volatile sig_atomic_t *stop)
{
	int r = output_gather(out);

	if (r == 0)
		r = write_all(fd, out->text, out->len, stop);
	output_empty(out);
	return r;
}

int output_page(struct output *out, const struct term *term, bool no_pager)
{
	int fd, r;

	r = output_gather(out);
	if (r < 0)
		return r;
	if (no_pager || !pager_is_wanted(out->text, out->len, term))
		return output_write(out, STDOUT_FILENO, NULL);
	fd = pager_start(term);
	if (fd < 0)
		return output_write(out, STDOUT_FILENO, NULL);
	r = write_all(fd, out->text, out->len, NULL);
	output_empty(out);
	close(fd);
	pager_wait();
	return r;
}
