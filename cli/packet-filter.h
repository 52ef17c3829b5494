/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person writes as a pcap-filter(7) expression, as a program that
 * nfdropd runs; see program.h.
 */
#pragma once

#include <stddef.h>

#include "filter.h"

/*
 * Compiles the expression whose words are @words, up to a NULL, and gives it to
 * @filter; no words leave @filter as it is. -EINVAL: libpcap or the check of
 * program_new() refuses it; -EOPNOTSUPP: built without libpcap; @error (size
 * @size, with what was given escaped) is the sentence for both. -ENOMEM.
 *
 * libpcap asks the resolver for names of hosts and services.
 */
int packet_filter_compile(const char *const *words, struct filter *filter,
			  char *error, size_t size);
