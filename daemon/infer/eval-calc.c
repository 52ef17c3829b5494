/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <linux/netfilter/nf_tables.h>

#include "eval-run.h"

uint64_t eval_regs_why(const struct eval_regs *r, size_t at, size_t len)
{
	uint64_t why = 0;

	for (size_t i = at / 4; i < (at + len + 3) / 4 && i < EVAL_WORDS; i++)
		why |= r->why[i];
	return why;
}

void eval_regs_set_why(struct eval_regs *r, size_t at, size_t len, uint64_t why)
{
	for (size_t i = at / 4; i < (at + len + 3) / 4 && i < EVAL_WORDS; i++)
		r->why[i] = why;
}

/* Up to the end of the last register, whose other bytes are zero. */
static size_t whole(size_t at, size_t len)
{
	return MIN((len + 3) & ~(size_t)3, RULE_REGS_SIZE - at);
}

void eval_regs_put(struct eval_regs *r, size_t at, const void *value,
		   size_t len)
{
	memset(r->value + at, 0, whole(at, len));
	memset(r->unknown + at, 0, whole(at, len));
	memcpy(r->value + at, value, len);
	eval_regs_set_why(r, at, len, 0);
}

void eval_regs_forget(struct eval_regs *r, size_t at, size_t len, uint64_t why)
{
	len = whole(at, MIN(len, RULE_REGS_SIZE - at));
	memset(r->value + at, 0, len);
	memset(r->unknown + at, 0xff, len);
	eval_regs_set_why(r, at, len, why);
}

/* The least and the most that registers may hold, as they are compared. */
static void bounds(const struct eval_regs *r, size_t at, size_t len,
		   uint8_t *least, uint8_t *most)
{
	for (size_t i = 0; i < len; i++) {
		least[i] = r->value[at + i] & (uint8_t)~r->unknown[at + i];
		most[i] = r->value[at + i] | r->unknown[at + i];
	}
}

enum eval_answer eval_negate(enum eval_answer a)
{
	return a == EVAL_PERHAPS ? EVAL_PERHAPS
	       : a == EVAL_YES	 ? EVAL_NO
				 : EVAL_YES;
}

static enum eval_answer is_equal(const struct eval_regs *r, size_t at,
				 size_t len, const uint8_t *value)
{
	enum eval_answer a = EVAL_YES;

	for (size_t i = 0; i < len; i++) {
		if ((r->value[at + i] ^ value[i]) &
		    (uint8_t)~r->unknown[at + i])
			return EVAL_NO;
		if (r->unknown[at + i])
			a = EVAL_PERHAPS;
	}
	return a;
}

/* Is what registers hold less than @value, or (@or_equal) not more? */
static enum eval_answer is_less(const struct eval_regs *r, size_t at,
				size_t len, const uint8_t *value, bool or_equal)
{
	uint8_t least[RULE_REGS_SIZE], most[RULE_REGS_SIZE];
	int limit = or_equal ? 1 : 0;

	bounds(r, at, len, least, most);
	if (memcmp(most, value, len) < limit)
		return EVAL_YES;
	return memcmp(least, value, len) < limit ? EVAL_PERHAPS : EVAL_NO;
}

static enum eval_answer compare(const struct eval_regs *r,
				const struct rule_op *op, const uint8_t *value)
{
	switch (op->op) {
	case NFT_CMP_EQ:
		return is_equal(r, op->sreg, op->len, value);
	case NFT_CMP_NEQ:
		return eval_negate(is_equal(r, op->sreg, op->len, value));
	case NFT_CMP_LT:
		return is_less(r, op->sreg, op->len, value, false);
	case NFT_CMP_LTE:
		return is_less(r, op->sreg, op->len, value, true);
	case NFT_CMP_GT:
		return eval_negate(is_less(r, op->sreg, op->len, value, true));
	default:
		return eval_negate(is_less(r, op->sreg, op->len, value, false));
	}
}

static enum eval_answer note(struct eval_run *run, const struct rule_op *op,
			     enum eval_answer a)
{
	if (a == EVAL_PERHAPS)
		run->why |= eval_regs_why(&run->regs, op->sreg, op->len);
	return a;
}

enum eval_answer eval_cmp(struct eval_run *run, const struct rule_op *op,
			  const uint8_t *data)
{
	return note(run, op, compare(&run->regs, op, data));
}

enum eval_answer eval_range(struct eval_run *run, const struct rule_op *op,
			    const uint8_t *data)
{
	const struct eval_regs *r = &run->regs;
	enum eval_answer from =
		eval_negate(is_less(r, op->sreg, op->len, data, false));
	enum eval_answer to =
		is_less(r, op->sreg, op->len, data + op->len, true);
	enum eval_answer a = from == EVAL_NO || to == EVAL_NO ? EVAL_NO
			     : from == EVAL_YES && to == EVAL_YES
				     ? EVAL_YES
				     : EVAL_PERHAPS;

	return note(run, op, op->op == NFT_RANGE_NEQ ? eval_negate(a) : a);
}

/* The registers that an operation has computed from others. */
static void put_computed(struct eval_regs *r, const struct rule_op *op,
			 const uint8_t *value, const uint8_t *unknown,
			 uint64_t why)
{
	size_t len = whole(op->dreg, op->len);

	memcpy(r->value + op->dreg, value, len);
	memcpy(r->unknown + op->dreg, unknown, len);
	eval_regs_set_why(r, op->dreg, op->len, why);
}

void eval_mask(struct eval_regs *r, const struct rule_op *op,
	       const uint8_t *data)
{
	uint8_t value[RULE_REGS_SIZE + 4] = { 0 };
	uint8_t unknown[RULE_REGS_SIZE + 4] = { 0 };

	for (size_t i = 0; i < op->len; i++) {
		value[i] = (r->value[op->sreg + i] & data[i]) ^
			   data[op->len + i];
		unknown[i] = r->unknown[op->sreg + i] & data[i];
	}
	put_computed(r, op, value, unknown,
		     eval_regs_why(r, op->sreg, op->len));
}

static void shift_words(uint8_t *bytes, size_t n, uint32_t by, bool left)
{
	uint32_t words[EVAL_WORDS], carry = 0;

	memcpy(words, bytes, n * sizeof(words[0]));
	for (size_t i = 0; i < n; i++) {
		uint32_t *word = &words[left ? n - 1 - i : i];
		uint32_t old = *word;

		*word = (left ? old << by : old >> by) | carry;
		carry = left ? old >> (32 - by) : old << (32 - by);
	}
	memcpy(bytes, words, n * sizeof(words[0]));
}

void eval_shift(struct eval_regs *r, const struct rule_op *op)
{
	uint8_t value[RULE_REGS_SIZE], unknown[RULE_REGS_SIZE];
	bool left = op->op == NFT_BITWISE_LSHIFT;
	size_t len = MIN(whole(op->sreg, op->len), whole(op->dreg, op->len));

	memset(value, 0, sizeof(value));
	memset(unknown, 0, sizeof(unknown));
	memcpy(value, r->value + op->sreg, len);
	memcpy(unknown, r->unknown + op->sreg, len);
	shift_words(value, len / 4, op->arg, left);
	shift_words(unknown, len / 4, op->arg, left);
	put_computed(r, op, value, unknown,
		     eval_regs_why(r, op->sreg, op->len));
}

void eval_bool(struct eval_regs *r, const struct rule_op *op,
	       const uint8_t *data)
{
	uint8_t value[RULE_REGS_SIZE + 4] = { 0 };
	uint8_t unknown[RULE_REGS_SIZE + 4] = { 0 };
	uint64_t why = eval_regs_why(r, op->sreg, op->len);

	if (op->base != RULE_NO_REG)
		why |= eval_regs_why(r, op->base, op->len);
	for (size_t i = 0; i < op->len; i++) {
		uint8_t a = r->value[op->sreg + i];
		uint8_t ua = r->unknown[op->sreg + i], b = data[0], ub = 0;

		if (op->base == RULE_NO_REG) {
			b = data[i];
		} else {
			b = r->value[op->base + i];
			ub = r->unknown[op->base + i];
		}
		switch (op->op - NFT_BITWISE_RSHIFT) {
		case 1:
			value[i] = a & b;
			unknown[i] = (ua | ub) & (a | ua) & (b | ub);
			break;
		case 2:
			value[i] = a | b;
			unknown[i] =
				(uint8_t)((ua | ub) & (~a | ua) & (~b | ub));
			break;
		default:
			value[i] = a ^ b;
			unknown[i] = ua | ub;
			break;
		}
	}
	put_computed(r, op, value, unknown, why);
}

/* Of each @size bytes, the other way round: on hosts that are no big endians.
 */
static void turn(uint8_t *bytes, size_t len, size_t size)
{
	if (htobe16(1) == 1)
		return;
	for (size_t at = 0; at + size <= len; at += size)
		for (size_t i = 0; i < size / 2; i++) {
			uint8_t byte = bytes[at + i];

			bytes[at + i] = bytes[at + size - 1 - i];
			bytes[at + size - 1 - i] = byte;
		}
}

void eval_byteorder(struct eval_regs *r, const struct rule_op *op)
{
	uint8_t value[RULE_REGS_SIZE + 4] = { 0 };
	uint8_t unknown[RULE_REGS_SIZE + 4] = { 0 };

	memcpy(value, r->value + op->sreg, op->len);
	memcpy(unknown, r->unknown + op->sreg, op->len);
	turn(value, op->len, op->arg);
	turn(unknown, op->len, op->arg);
	put_computed(r, op, value, unknown,
		     eval_regs_why(r, op->sreg, op->len));
}
