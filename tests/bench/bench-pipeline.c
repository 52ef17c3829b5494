/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events a second through decode, flow and pipeline, over alerts that a real
 * kernel sent: bench-pipeline MODE N FOLDER
 *
 * MODE is "count" (a sink that counts) or "json" (a sink that serialises as
 * the stream to clients does). The messages in FOLDER are pushed in turn, N in
 * all; every one must decode.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "codec.h"
#include "pipeline.h"
#include "proto.h"
#include "util.h"

#define MESSAGES_MAX 256
#define MESSAGE_MAX  4096

struct message {
	_Alignas(8) char data[MESSAGE_MAX];
	size_t len;
};

struct bench_sink {
	struct sink sink;
	struct event_encoder *encoder;
	uint64_t n_events;
	uint64_t n_flows; /* so that parsing is not for nothing */
	uint64_t n_bytes;
};

static void emit_count(struct sink *sink, const struct drop_event *ev,
		       const struct packet_bytes *bytes)
{
	struct bench_sink *b = (struct bench_sink *)sink;

	b->n_events++;
	(void)bytes;
	b->n_flows += (ev->packet.has & PACKET_HAS_ADDRS) != 0;
	b->n_bytes += ev->length;
}

static void emit_json(struct sink *sink, const struct drop_event *ev,
		      const struct packet_bytes *bytes)
{
	struct bench_sink *b = (struct bench_sink *)sink;
	struct buffer *message;
	const char *text;
	size_t len;

	(void)bytes;
	if (event_encoder_encode(b->encoder, ev, &text, &len) < 0)
		abort();
	message = reply_new_text("event", text, len);
	if (!message)
		abort();
	b->n_events++;
	b->n_bytes += message->len;
	buffer_unref(message);
}

static void ignore_lost(struct sink *sink, const struct losses *delta)
{
	(void)sink;
	(void)delta;
}

static size_t load(const char *folder, struct message *messages)
{
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	dir = opendir(folder);
	if (!dir)
		return 0;
	while (n < MESSAGES_MAX && (entry = readdir(dir))) {
		char path[4096];
		FILE *f;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		messages[n].len = fread(messages[n].data, 1, MESSAGE_MAX, f);
		fclose(f);
		if (messages[n].len > 0)
			n++;
	}
	closedir(dir);
	return n;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
	static const struct sink_ops count_ops = { emit_count, ignore_lost };
	static const struct sink_ops json_ops = { emit_json, ignore_lost };
	struct bench_sink sink = { 0 };
	struct message *messages;
	struct pipeline pipeline;
	struct aggregate rules;
	struct links links;
	uint64_t total;
	double start;
	size_t n;

	if (argc != 4) {
		fprintf(stderr, "usage: bench-pipeline count|json N FOLDER\n");
		return 2;
	}
	total = strtoull(argv[2], NULL, 10);
	messages = calloc(MESSAGES_MAX, sizeof(*messages));
	n = messages ? load(argv[3], messages) : 0;
	if (n == 0) {
		fprintf(stderr, "bench-pipeline: no messages in %s\n", argv[3]);
		return 1;
	}
	sink.sink.ops = strcmp(argv[1], "json") == 0 ? &json_ops : &count_ops;
	if (event_encoder_new(&sink.encoder) < 0)
		return 1;
	links_init(&links);
	for (uint32_t i = 1; i <= 64; i++)
		(void)links_set(&links, i, "veth0123456");
	aggregate_init(&rules, 1);
	pipeline_init(&pipeline, &links, NULL, NULL, &rules);
	pipeline_add_sink(&pipeline, &sink.sink);

	start = seconds();
	for (uint64_t i = 0; i < total; i++) {
		struct message *m = &messages[i % n];

		pipeline_push_message(&pipeline, (const void *)m->data, m->len,
				      1);
	}
	printf("%s: %zu kinds of alerts, %" PRIu64 " events, %" PRIu64
	       " flows, %.0f events a second of CPU time\n",
	       argv[1], n, sink.n_events, sink.n_flows,
	       (double)sink.n_events / (seconds() - start));
	if (pipeline.n_malformed > 0 || sink.n_events < total) {
		fprintf(stderr, "bench-pipeline: %" PRIu64 " malformed\n",
			pipeline.n_malformed);
		return 1;
	}
	event_encoder_free(sink.encoder);
	aggregate_done(&rules);
	links_done(&links);
	free(messages);
	return 0;
}
