/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a drop does not tell of its packet, and a rule asks for: why an answer
 * of rule-eval.h is "perhaps". Pure.
 */
#pragma once

#include <stdint.h>

enum unknown {
	UNKNOWN_CT_STATE,
	UNKNOWN_CT,
	UNKNOWN_LIMIT,
	UNKNOWN_QUOTA,
	UNKNOWN_CONNLIMIT,
	UNKNOWN_NUMGEN,
	UNKNOWN_HASH,
	UNKNOWN_DYNSET,
	UNKNOWN_FIB,
	UNKNOWN_SOCKET,
	UNKNOWN_OSF,
	UNKNOWN_ROUTE,
	UNKNOWN_TPROXY,
	UNKNOWN_SYNPROXY,
	UNKNOWN_NAT,
	UNKNOWN_QUEUE,
	UNKNOWN_FLOWTABLE,
	UNKNOWN_XT,
	UNKNOWN_EXTHDR,
	UNKNOWN_INNER,
	UNKNOWN_TUNNEL,
	UNKNOWN_PAYLOAD,
	UNKNOWN_FRAGMENT,
	UNKNOWN_LINK,
	UNKNOWN_NETWORK,
	UNKNOWN_REWRITTEN,
	UNKNOWN_LENGTH,
	UNKNOWN_MARK,
	UNKNOWN_IN,
	UNKNOWN_OUT,
	UNKNOWN_OWNER,
	UNKNOWN_TIME,
	UNKNOWN_PKTTYPE,
	UNKNOWN_META,
	UNKNOWN_SET,
	UNKNOWN_TIMEOUT,
	UNKNOWN_REGISTER,
	UNKNOWN_NEW_CONNECTION,
	UNKNOWN_CHAIN,
	UNKNOWN_OTHER,
	_UNKNOWN_MAX,
};

#define UNKNOWN_BIT(u) (UINT64_C(1) << (u))

/* In words for people, in no language of nft's: "ct state"; never NULL. */
const char *unknown_to_string(enum unknown u);
/* How many there are in a set of UNKNOWN_BIT()s. */
unsigned int unknown_count(uint64_t set);
