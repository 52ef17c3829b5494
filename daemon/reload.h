/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ExecReload= of nfdropd.service where systemd has no Type=notify-reload: with
 * a mere kill(1), "systemctl reload" would return before anything was read.
 */
#pragma once

/*
 * Sends SIGHUP to the nfdropd whose process @pid is, as text, and returns when
 * it has read its configuration: whoever asks at @socket after the signal is
 * answered after that. Returns an exit status, having logged what went wrong.
 */
int reload_run(const char *pid, const char *socket);
