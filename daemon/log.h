/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sentence that an operator can act on, on standard error: with the
 * priority in front for the journal (sd-daemon(3)) when that is what standard
 * error is, plain otherwise. Only main, manager and sinks log.
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "util.h"

/*
 * Is standard error the journal? $JOURNAL_STREAM names it (systemd.exec(5)),
 * and outlives that it is redirected.
 */
bool log_is_journal(void);

/* Names inside @format's arguments must have been escaped. */
void log_message(int priority, const char *format, ...) _printf_(2, 3);

#define log_error(...)	 log_message(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_INFO, __VA_ARGS__)
