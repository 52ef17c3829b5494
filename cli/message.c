/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "verb.h"

void message_print(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("nfdrop: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
}

int message_output_failed(int error)
{
	if (error == -ENOMEM)
		return error;
	if (error == -EPIPE)
		return STATUS_FINE;
	message_print("cannot write to standard output: %s", strerror(-error));
	return STATUS_FAILURE;
}
