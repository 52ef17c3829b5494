/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rulesets with what rules do, from messages as the kernel would build them, an
 * expression a call. All are in the table "t" of family inet, unless @family of
 * make_infer_ruleset() is another. What goes wrong ends the program.
 */
#pragma once

#include "infer.h"

struct maker {
	struct ruleset *rs;
	uint8_t family;
	uint64_t handle; /* of the last chain, rule or set */
	_Alignas(8) char buf[262144];
	struct nlmsghdr *nlh;
	struct nlattr *list;
};

/* With the empty table; the ruleset is the caller's. */
void maker_init(struct maker *m, uint8_t family);

/* @hook -1: no base chain. */
void make_base(struct maker *m, const char *name, int hook, int priority,
	       bool drops);
void make_side(struct maker *m, const char *name);

/* rule_begin(), expressions, rule_end(); to the end of the chain. */
void rule_begin(struct maker *m, const char *chain);
uint64_t rule_end(struct maker *m); /* its handle */
/* All to and from NFT_REG_1. */
void expr_payload(struct maker *m, uint32_t base, uint32_t offset,
		  uint32_t len);
void expr_payload_set(struct maker *m, uint32_t base, uint32_t offset,
		      uint32_t len);
void expr_meta(struct maker *m, uint32_t key);
void expr_cmp(struct maker *m, uint32_t op, const void *data, size_t len);
void expr_cmp16(struct maker *m, uint32_t op, uint16_t value); /* big endian */
void expr_cmp8(struct maker *m, uint32_t op, uint8_t value);
void expr_mask(struct maker *m, const void *mask, size_t len);
void expr_shift(struct maker *m, bool left, uint32_t by, uint32_t len);
void expr_byteorder(struct maker *m, uint32_t size, uint32_t len);
/* @dreg 0: no map; NFT_REG_VERDICT is -1. */
void expr_lookup(struct maker *m, const char *set, bool inverted, int dreg);
void expr_verdict(struct maker *m, int32_t code, const char *chain);
/* One of that name, with no attribute but the first one, a u32. */
void expr_named(struct maker *m, const char *name, uint32_t first);

/* @data_len -1: of verdicts; 0: no map. @fields: of 4 bytes each, 0 or 1: none.
 */
void make_set(struct maker *m, const char *name, uint32_t flags, size_t key_len,
	      int data_len, unsigned int fields);
/* elements_begin(), elements, elements_end(). */
void elements_begin(struct maker *m, const char *set);
void elements_end(struct maker *m, bool removed);
struct element {
	const void *key, *end, *data;
	size_t key_len, data_len;
	uint32_t flags;
	int32_t code; /* where data_len is 0, and with @chain */
	const char *chain;
	bool is_map, expires;
};
void element_add(struct maker *m, const struct element *e);

/* An IPv4 packet of UDP, 10.0.0.1 to 10.0.0.2, in an Ethernet frame. */
#define MADE_UDP_LEN 50
void make_udp(uint8_t buf[MADE_UDP_LEN], uint16_t sport, uint16_t dport);
struct infer_input make_input(const void *frame, size_t len);

/*
 * "in/7 side/9?ct,limit in/policy", "+" at the end when it is partial; valid
 * until the next one.
 */
const char *infer_string(const struct ruleset *rs,
			 const struct infer_input *input);
