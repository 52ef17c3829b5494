/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Top on a terminal: until a person has seen enough. */
#pragma once

#include "options.h"

/* As the run() of a verb. */
int top_interactive(const struct options *options);
