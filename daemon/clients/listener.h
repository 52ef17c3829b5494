/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket at which nfdropd listens, where systemd has it: that of
 * nfdropd.socket; or, without that unit, the one that an nfdropd before this
 * one bound and gave to systemd to keep (FileDescriptorStoreMax=), so that no
 * connection is refused while it is started again.
 */
#pragma once

#include "server.h"

/*
 * *@ret is the socket that systemd has for @path, or -1. -EINVAL for what is
 * none, which was logged.
 */
int listener_take(const char *path, int *ret);

/* What @server bound, systemd keeps, if it does so at all ($FDSTORE). */
void listener_keep(struct server *server);

/* Logs why server_new() could not listen at @path; returns an exit status. */
int listener_explain(const char *path, int error);
