/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <stdio.h>

#include "program.h"

struct program {
	size_t n;
	struct instruction code[];
};

/* What is asked of k. */
enum operand {
	OPERAND_NONE, /* no such instruction */
	OPERAND_ANY,
	OPERAND_MEMORY,	 /* a word of scratch memory */
	OPERAND_DIVISOR, /* not zero */
	OPERAND_SHIFT,	 /* less than the bits of a word */
	OPERAND_JUMP,	 /* where to, from the next instruction on */
	OPERAND_BRANCH,	 /* any, and jt and jf are where to */
};

/* linux/filter.h's own, of every code: the class and what is above it. */
static const uint8_t operands[256] = {
	[BPF_LD | BPF_W | BPF_ABS] = OPERAND_ANY,
	[BPF_LD | BPF_H | BPF_ABS] = OPERAND_ANY,
	[BPF_LD | BPF_B | BPF_ABS] = OPERAND_ANY,
	[BPF_LD | BPF_W | BPF_IND] = OPERAND_ANY,
	[BPF_LD | BPF_H | BPF_IND] = OPERAND_ANY,
	[BPF_LD | BPF_B | BPF_IND] = OPERAND_ANY,
	[BPF_LD | BPF_W | BPF_LEN] = OPERAND_ANY,
	[BPF_LD | BPF_IMM] = OPERAND_ANY,
	[BPF_LD | BPF_MEM] = OPERAND_MEMORY,
	[BPF_LDX | BPF_B | BPF_MSH] = OPERAND_ANY,
	[BPF_LDX | BPF_W | BPF_LEN] = OPERAND_ANY,
	[BPF_LDX | BPF_IMM] = OPERAND_ANY,
	[BPF_LDX | BPF_MEM] = OPERAND_MEMORY,
	[BPF_ST] = OPERAND_MEMORY,
	[BPF_STX] = OPERAND_MEMORY,
	[BPF_ALU | BPF_ADD | BPF_K] = OPERAND_ANY,
	[BPF_ALU | BPF_SUB | BPF_K] = OPERAND_ANY,
	[BPF_ALU | BPF_MUL | BPF_K] = OPERAND_ANY,
	[BPF_ALU | BPF_DIV | BPF_K] = OPERAND_DIVISOR,
	[BPF_ALU | BPF_MOD | BPF_K] = OPERAND_DIVISOR,
	[BPF_ALU | BPF_AND | BPF_K] = OPERAND_ANY,
	[BPF_ALU | BPF_OR | BPF_K] = OPERAND_ANY,
	[BPF_ALU | BPF_XOR | BPF_K] = OPERAND_ANY,
	[BPF_ALU | BPF_LSH | BPF_K] = OPERAND_SHIFT,
	[BPF_ALU | BPF_RSH | BPF_K] = OPERAND_SHIFT,
	[BPF_ALU | BPF_ADD | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_SUB | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_MUL | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_DIV | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_MOD | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_AND | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_OR | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_XOR | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_LSH | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_RSH | BPF_X] = OPERAND_ANY,
	[BPF_ALU | BPF_NEG] = OPERAND_ANY,
	[BPF_JMP | BPF_JA] = OPERAND_JUMP,
	[BPF_JMP | BPF_JEQ | BPF_K] = OPERAND_BRANCH,
	[BPF_JMP | BPF_JGT | BPF_K] = OPERAND_BRANCH,
	[BPF_JMP | BPF_JGE | BPF_K] = OPERAND_BRANCH,
	[BPF_JMP | BPF_JSET | BPF_K] = OPERAND_BRANCH,
	[BPF_JMP | BPF_JEQ | BPF_X] = OPERAND_BRANCH,
	[BPF_JMP | BPF_JGT | BPF_X] = OPERAND_BRANCH,
	[BPF_JMP | BPF_JGE | BPF_X] = OPERAND_BRANCH,
	[BPF_JMP | BPF_JSET | BPF_X] = OPERAND_BRANCH,
	[BPF_RET | BPF_K] = OPERAND_ANY,
	[BPF_RET | BPF_A] = OPERAND_ANY,
	[BPF_MISC | BPF_TAX] = OPERAND_ANY,
	[BPF_MISC | BPF_TXA] = OPERAND_ANY,
};

/* What is wrong with @in, which has @after instructions behind it, or NULL. */
static const char *find_fault(const struct instruction *in, size_t after)
{
	switch (in->code < ARRAY_SIZE(operands) ? operands[in->code]
						: OPERAND_NONE) {
	case OPERAND_NONE:
		return "is none of classic BPF";
	case OPERAND_MEMORY:
		return in->k < BPF_MEMWORDS ? NULL : "is past scratch memory";
	case OPERAND_DIVISOR:
		return in->k != 0 ? NULL : "divides by zero";
	case OPERAND_SHIFT:
		return in->k < 32 ? NULL : "shifts by more than 31 bits";
	case OPERAND_JUMP:
		return in->k < after ? NULL : "jumps backward or past the end";
	case OPERAND_BRANCH:
		return in->jt < after && in->jf < after ? NULL
							: "jumps past the end";
	default:
		return NULL;
	}
}

static int program_check(const struct instruction *code, size_t n, char *error,
			 size_t size)
{
	const char *fault = NULL;
	size_t i;

	for (i = 0; i < n && !fault; i++)
		fault = find_fault(&code[i], n - i - 1);
	if (!fault && BPF_CLASS(code[n - 1].code) != BPF_RET)
		fault = "is the last and does not return";
	if (!fault)
		return 0;
	snprintf(error, size, "instruction %zu of the program %s", i, fault);
	return -EINVAL;
}

static int check_length(unsigned long long n, char *error, size_t size)
{
	if (n == 0) {
		snprintf(error, size, "the program has no instructions");
		return -EINVAL;
	}
	if (n > PROGRAM_MAX) {
		snprintf(error, size,
			 "the program has %llu instructions, more than %d", n,
			 PROGRAM_MAX);
		return -E2BIG;
	}
	return 0;
}

static struct program *program_alloc(size_t n, char *error, size_t size)
{
	struct program *program;

	program = malloc(sizeof(*program) + n * sizeof(program->code[0]));
	if (program)
		program->n = n;
	else
		snprintf(error, size, "out of memory");
	return program;
}

int program_new(struct program **ret, const struct instruction *code, size_t n,
		char *error, size_t size)
{
	struct program *program;
	int r;

	r = check_length(n, error, size);
	if (r >= 0)
		r = program_check(code, n, error, size);
	if (r < 0)
		return r;
	program = program_alloc(n, error, size);
	if (!program)
		return -ENOMEM;
	memcpy(program->code, code, n * sizeof(*code));
	*ret = program;
	return 0;
}

void program_free(struct program *program)
{
	free(program);
}

/* A decimal number of at most @max, and @end behind it. */
static bool take_number(const char **text, char end, unsigned long long max,
			unsigned long long *ret)
{
	char *stop;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*ret = strtoull(*text, &stop, 10);
	if (errno != 0 || *ret > max || *stop != end)
		return false;
	*text = stop + (end != '\0');
	return true;
}

static bool take_instruction(const char **text, char end,
			     struct instruction *ret)
{
	unsigned long long code, jt, jf, k;

	if (!take_number(text, ' ', UINT16_MAX, &code) ||
	    !take_number(text, ' ', UINT8_MAX, &jt) ||
	    !take_number(text, ' ', UINT8_MAX, &jf) ||
	    !take_number(text, end, UINT32_MAX, &k))
		return false;
	*ret = (struct instruction){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf,
				     (uint32_t)k };
	return true;
}

int program_parse(struct program **ret, const char *text, char *error,
		  size_t size)
{
	_cleanup_(cleanup_program_free) struct program *program = NULL;
	unsigned long long n;
	int r;

	if (!take_number(&text, strchr(text, ',') ? ',' : '\0', ULLONG_MAX,
			 &n)) {
		snprintf(error, size,
			 "a program is text such as \"2,40 0 0 12,6 0 0 1\"");
		return -EINVAL;
	}
	r = check_length(n, error, size);
	if (r < 0)
		return r;
	program = program_alloc(n, error, size);
	if (!program)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!take_instruction(&text, i + 1 < n ? ',' : '\0',
				      &program->code[i])) {
			snprintf(error, size,
				 "instruction %zu of the program is not \"CODE "
				 "JT JF K\", or more or less of them follow "
				 "than %llu",
				 i + 1, n);
			return -EINVAL;
		}
	r = program_check(program->code, n, error, size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(program);
	return 0;
}

char *program_format(const struct program *program)
{
	/* ",65535 255 255 4294967295" is the longest. */
	size_t size = program->n * 25 + sizeof("2048"), len;
	char *text = malloc(size);

	if (!text)
		return NULL;
	len = (size_t)snprintf(text, size, "%zu", program->n);
	for (size_t i = 0; i < program->n; i++) {
		const struct instruction *in = &program->code[i];

		len += (size_t)snprintf(text + len, size - len, ",%u %u %u %u",
					in->code, in->jt, in->jf, in->k);
	}
	return text;
}

/* A packet as the program sees it: two parts, of which one may be empty. */
struct view {
	const uint8_t *head;
	const uint8_t *data;
	size_t head_len;
	size_t len; /* of both */
	uint32_t orig_len;
};

/* @n bytes from @at on, in network order; false: they are not there. */
static bool load(const struct view *view, uint64_t at, size_t n, uint32_t *ret)
{
	uint32_t value = 0;

	if (at + n > view->len)
		return false;
	for (; n > 0; n--, at++)
		value = value << 8 |
			(at < view->head_len ? view->head[at]
					     : view->data[at - view->head_len]);
	*ret = value;
	return true;
}

static size_t load_size(uint16_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	default:
		return 4;
	}
}

/* False: the value is not to be had, which ends the program. */
static bool load_value(const struct view *view, const struct instruction *in,
		       const uint32_t *memory, uint32_t x, uint32_t *ret)
{
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return load(view, in->k, load_size(in->code), ret);
	case BPF_IND:
		return load(view, (uint64_t)x + in->k, load_size(in->code),
			    ret);
	case BPF_MSH: /* the length of an IPv4 header */
		if (!load(view, in->k, 1, ret))
			return false;
		*ret = (*ret & 15) << 2;
		return true;
	case BPF_LEN:
		*ret = view->orig_len;
		return true;
	case BPF_MEM:
		*ret = memory[in->k];
		return true;
	default: /* BPF_IMM */
		*ret = in->k;
		return true;
	}
}

/* False: a division by zero. */
static bool compute(uint16_t code, uint32_t *a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		*a += operand;
		break;
	case BPF_SUB:
		*a -= operand;
		break;
	case BPF_MUL:
		*a *= operand;
		break;
	case BPF_DIV:
		if (operand == 0)
			return false;
		*a /= operand;
		break;
	case BPF_MOD:
		if (operand == 0)
			return false;
		*a %= operand;
		break;
	case BPF_AND:
		*a &= operand;
		break;
	case BPF_OR:
		*a |= operand;
		break;
	case BPF_XOR:
		*a ^= operand;
		break;
	case BPF_LSH:
		*a = operand < 32 ? *a << operand : 0;
		break;
	case BPF_RSH:
		*a = operand < 32 ? *a >> operand : 0;
		break;
	case BPF_NEG:
		*a = 0U - *a;
		break;
	}
	return true;
}

static bool compare(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default: /* BPF_JSET */
		return a & operand;
	}
}

static uint32_t run(const struct program *program, const struct view *view)
{
	uint32_t memory[BPF_MEMWORDS] = { 0 };
	uint32_t a = 0, x = 0;

	/* The check saw that this ends, with a return. */
	for (const struct instruction *in = program->code;; in++) {
		uint32_t operand = BPF_SRC(in->code) == BPF_X ? x : in->k;

		switch (BPF_CLASS(in->code)) {
		case BPF_LD:
			if (!load_value(view, in, memory, x, &a))
				return 0;
			break;
		case BPF_LDX:
			if (!load_value(view, in, memory, x, &x))
				return 0;
			break;
		case BPF_ST:
			memory[in->k] = a;
			break;
		case BPF_STX:
			memory[in->k] = x;
			break;
		case BPF_ALU:
			if (!compute(in->code, &a, operand))
				return 0;
			break;
		case BPF_JMP:
			if (BPF_OP(in->code) == BPF_JA)
				in += in->k;
			else
				in += compare(in->code, a, operand) ? in->jt
								    : in->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(in->code) == BPF_A ? a : in->k;
		case BPF_MISC:
			if (BPF_MISCOP(in->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
}

uint32_t program_run(const struct program *program, const void *data,
		     size_t len, uint32_t orig_len)
{
	struct view view = {
		.data = data,
		.len = len,
		.orig_len = orig_len,
	};

	return run(program, &view);
}

bool program_match(const struct program *program,
		   const struct packet_bytes *bytes)
{
	uint8_t head[ETH_HLEN] = { 0 };
	struct view view;
	uint16_t type;

	if (!bytes || bytes->len == 0)
		return false;
	view = (struct view){
		.head = head,
		.data = bytes->data,
		.len = bytes->len,
		.orig_len = MAX(bytes->orig_len, (uint32_t)bytes->len),
	};
	type = packet_bytes_type(bytes);
	if (type != 0 || bytes->start == PACKET_START_NETWORK) {
		head[12] = (uint8_t)(type >> 8);
		head[13] = (uint8_t)type;
		view.head_len = sizeof(head);
		view.len += sizeof(head);
		view.orig_len += (uint32_t)sizeof(head);
	}
	return run(program, &view) != 0;
}
