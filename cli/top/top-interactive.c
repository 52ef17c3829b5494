/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "message.h"
#include "top-control.h"
#include "top-interactive.h"
#include "top-loop.h"
#include "top-screen.h"
#include "top-view.h"
#include "util.h"
#include "verb.h"

struct top {
	struct top_loop loop;
	struct top_screen screen;
	struct top_view view;
	struct top_control control;
};

static volatile sig_atomic_t resized;

static void on_resize(int signal)
{
	(void)signal;
	resized = 1;
}

/*
 * After stop_catch(), which is what stop_poll() goes back to: these two arrive
 * while it waits, and never while something is drawn. What SIGTSTP does is
 * ncurses's.
 */
static int catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_resize };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTSTP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    sigaction(SIGWINCH, &action, NULL) < 0)
		return -errno;
	return 0;
}

/* Whether it has changed. */
static bool look_at_size(struct top *top)
{
	if (!resized)
		return false;
	resized = 0;
	top_screen_resize(&top->screen);
	return true;
}

static int draw(struct top *top)
{
	top->view.delay_ns = top->loop.delay_ns;
	return top_view_draw(&top->view);
}

static void obey(struct top *top)
{
	struct top_control *c = &top->control;

	top->loop.delay_ns = top->view.delay_ns;
	if (c->detail_changed)
		top_feed_detail_changed(&top->loop.feed);
	if (c->refresh)
		top_loop_refresh(&top->loop);
	if (c->redraw)
		top_screen_forget(&top->screen);
	c->detail_changed = c->refresh = c->redraw = false;
}

static int draw_news(struct top *top)
{
	int r = top_control_answered(&top->control);

	obey(top);
	return r < 0 ? r : draw(top);
}

/* All that wait, and do not depend on what has not come yet. */
static int take_keys(struct top *top)
{
	char bytes[32];
	int key, r;

	while (!top_model_awaits(&top->loop.model) &&
	       (key = top_screen_key(&top->screen, bytes, sizeof(bytes)))) {
		r = top_control_key(&top->control, key, bytes);
		if (r < 0)
			return r;
		obey(top);
		if (top->control.quit)
			return 0;
		/* What the next one does depends on what is seen. */
		r = draw(top);
		if (r < 0)
			return r;
	}
	return 0;
}

static int loop(struct top *top)
{
	int r;

	r = draw(top);
	while (r >= 0 && !top->control.quit) {
		struct pollfd keyboard = { .fd = STDIN_FILENO,
					   .events = POLLIN };

		r = top_loop_wait(&top->loop, top_model_awaits(&top->loop.model)
						      ? NULL
						      : &keyboard);
		if (r < 0 || r == TOP_NEWS_STOP)
			break;
		/* The terminal has gone. */
		if (keyboard.revents & (POLLHUP | POLLERR | POLLNVAL))
			break;
		if (look_at_size(top) || r != TOP_NEWS_NONE)
			r = draw_news(top);
		if (r >= 0)
			r = take_keys(top);
	}
	return MIN(r, 0);
}

static int start(struct top *top, const struct options *options)
{
	char error[256];
	int r;

	if (top_screen_start(&top->screen, options->color, error,
			     sizeof(error)) < 0) {
		message_print("%s", error);
		return STATUS_FAILURE;
	}
	top->view = (struct top_view){
		.screen = &top->screen,
		.model = &top->loop.model,
		.detail = &top->loop.detail,
		.utc = options->utc,
		.delay_ns = top->loop.delay_ns,
	};
	top_control_init(&top->control, &top->loop.model, &top->loop.detail,
			 &top->view, top->loop.seed);
	top->loop.model.window.on = true;
	r = catch_signals();
	if (r >= 0)
		r = loop(top);
	top_screen_stop(&top->screen);
	return r;
}

int top_interactive(const struct options *options)
{
	_cleanup_free_ struct top *top = calloc(1, sizeof(*top));
	int r;

	if (!top)
		return -ENOMEM;
	r = top_loop_start(&top->loop, options);
	if (r == STATUS_FINE)
		r = start(top, options);
	top_loop_done(&top->loop);
	return r;
}
