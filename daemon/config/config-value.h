/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as systemd writes them: systemd.time(7) for spans, systemd.syntax(7)
 * for booleans, "a size in bytes" of its other pages for sizes. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * All return 0, -EINVAL for what is not of that form, or -ERANGE for what does
 * not fit, and set *@ret only with 0.
 */

/* Decimal digits and nothing else. */
int config_parse_number(const char *s, uint64_t *ret);
/* Digits, and K, M, G or T, of 1024 each; bytes. */
int config_parse_size(const char *s, uint64_t *ret);
/* "90", "1min 30s", "1.5h": microseconds; without a unit they are seconds. */
int config_parse_span(const char *s, uint64_t *ret);
/* 1, yes, y, true, t, on; 0, no, n, false, f, off; in any case. */
int config_parse_bool(const char *s, bool *ret);
