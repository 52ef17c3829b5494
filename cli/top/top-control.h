/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do to what is shown. No terminal: keys are numbers and bytes. */
#pragma once

#include "top-detail.h"
#include "top-keys.h"
#include "top-model.h"
#include "top-view.h"

enum top_prompt { TOP_PROMPT_NONE, TOP_PROMPT_SEARCH, TOP_PROMPT_FILTER };

struct top_control {
	struct top_model *model;
	struct top_detail *detail;
	struct top_view *view;
	uint64_t seed;
	enum top_mode before_help;
	enum top_prompt prompt;
	char input[TOP_INPUT_MAX];
	char before[TOP_INPUT_MAX]; /* what it was before it was edited */
	char message[128];
	bool reopen; /* the detail, of the row that is selected when it comes */
	/* What is to be done now; the caller does it, and resets them. */
	bool quit;
	bool refresh;
	bool redraw;
	bool detail_changed;
};

void top_control_init(struct top_control *c, struct top_model *model,
		      struct top_detail *detail, struct top_view *view,
		      uint64_t seed);

/* Something has come; what a key began can be ended. -ENOMEM. */
int top_control_answered(struct top_control *c);

/* A key as of top_screen_key(). -ENOMEM. */
int top_control_key(struct top_control *c, int key, const char *bytes);
