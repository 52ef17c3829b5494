/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fuzzer is for libFuzzer and for replay.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Holds also where NDEBUG is defined. */
#define check(expr)                                                        \
	do {                                                               \
		if (!(expr)) {                                             \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#expr);                                    \
			abort();                                           \
		}                                                          \
	} while (0)
