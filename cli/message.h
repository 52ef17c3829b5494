/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one sentence on standard error. */
#pragma once

#include "util.h"

/* "nfdrop: ..." and a line end. What it names must be escaped already. */
void message_print(const char *format, ...) _printf_(1, 2);

/*
 * Says why standard output could not be written, unless its reader has just
 * gone (-EPIPE), and returns the exit status.
 */
int message_output_failed(int error);
