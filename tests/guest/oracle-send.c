/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "oracle-parts.h"

static size_t from_hex(const char *s, uint8_t *to, size_t size)
{
	size_t n = 0;
	unsigned int byte;

	while (n < size && sscanf(s + 2 * n, "%2x", &byte) == 1)
		to[n++] = (uint8_t)byte;
	return n;
}

/* From here, by its destination address. */
static void send_made(struct oracle *o, const uint8_t *data, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };

	if (data[0] >> 4 == 6 && len >= 40) {
		memcpy(&to6.sin6_addr, data + 24, 16);
		(void)!sendto(o->ip6, data, len, 0, (void *)&to6, sizeof(to6));
		return;
	}
	memcpy(&to.sin_addr, data + 16, 4);
	(void)!sendto(o->ip, data, len, 0, (void *)&to, sizeof(to));
}

void oracle_send(struct oracle *o, const char *line)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET };
	uint8_t data[2048];
	char name[IF_NAMESIZE] = "";
	const char *hex = strchr(line, ' ');
	size_t len = hex ? from_hex(hex + 1, data, sizeof(data)) : 0;

	if (len < 20 || sscanf(line, "%15s", name) != 1)
		oracle_die(line, -EINVAL);
	o->n_packets++;
	/* What is refused here was not sent, or dropped at once. */
	if (strcmp(name, "ip") == 0) {
		send_made(o, data, len);
		return;
	}
	sll.sll_ifindex =
		(int)if_nametoindex(strcmp(name, "eth") == 0 ? "in1" : name);
	(void)!sendto(o->link, data, len, 0, (void *)&sll, sizeof(sll));
}
