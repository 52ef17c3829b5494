/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tracing costs a packet that is not traced, in a guest:
 *
 * trace-flood packets N: sends N datagrams over the loopback device, which a
 * socket receives, and prints the nanoseconds for each.
 *
 * trace-flood flows RATE: so many datagrams a second, each from another address
 * to another port, until it is ended.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT	   7777
#define FLOW_PORTS 1000
#define FIRST_PORT 10000

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static struct sockaddr_in address_of(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(address) };
}

/* To itself. */
static int open_socket(void)
{
	struct sockaddr_in self = address_of(INADDR_LOOPBACK, PORT);
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0 ||
	    bind(sock, (struct sockaddr *)&self, sizeof(self)) < 0 ||
	    connect(sock, (struct sockaddr *)&self, sizeof(self)) < 0)
		return -1;
	return sock;
}

static int send_packets(int sock, long n)
{
	char c;

	for (long i = 0; i < n; i++)
		if (send(sock, "x", 1, 0) != 1 || recv(sock, &c, 1, 0) != 1)
			return -1;
	return 0;
}

static int measure(long n)
{
	int sock = open_socket();
	double begin;

	/* Caches are filled, memory is allocated, code is translated. */
	if (sock < 0 || send_packets(sock, 1 + n / 10) < 0)
		return -1;
	begin = now();
	if (send_packets(sock, n) < 0)
		return -1;
	printf("%.1f\n", (now() - begin) / (double)n);
	return 0;
}

/* 127.1.0.0 and on. */
static int make_flows(long rate)
{
	double begin = now();

	for (uint32_t i = 0;; i++) {
		struct sockaddr_in to =
			address_of(INADDR_LOOPBACK,
				   (uint16_t)(FIRST_PORT + i % FLOW_PORTS));
		struct sockaddr_in from =
			address_of((127U << 24 | 1U << 16) + i / FLOW_PORTS, 0);
		int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		double due = begin + (double)i * 1e9 / (double)rate;

		if (sock < 0 ||
		    bind(sock, (struct sockaddr *)&from, sizeof(from)) < 0)
			return -1;
		(void)sendto(sock, "x", 1, 0, (struct sockaddr *)&to,
			     sizeof(to));
		close(sock);
		while (now() < due)
			usleep(500);
	}
}

int main(int argc, char *argv[])
{
	long n = argc == 3 ? atol(argv[2]) : 0;
	int r = -1;

	if (n <= 0) {
		fputs("usage: trace-flood packets N | flows RATE\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "packets") == 0)
		r = measure(n);
	else if (strcmp(argv[1], "flows") == 0)
		r = make_flows(n);
	if (r < 0)
		perror("trace-flood");
	return r < 0;
}
