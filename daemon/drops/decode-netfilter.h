/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of an alert that only a kernel with nfdrop's patches sends: who
 * dropped the packet inside netfilter, the nested attribute NET_DM_ATTR_NF.
 */
#pragma once

#include <netlink/attr.h>

#include "event.h"

/*
 * Reads @nest into ev->netfilter and ev->process, and says that the rule is
 * known exactly. Unknown attributes, kinds, families and hooks are skipped.
 * The set's element is left for decode_element(). -EBADMSG: an attribute is
 * too short, or the bytes do not parse.
 */
int decode_netfilter(const struct nlattr *nest, struct drop_event *ev);

/*
 * The hook's name as nft prints it, NULL for one that is none. @family is a
 * table's or a packet's, NFPROTO_*.
 */
const char *netfilter_hook_name(uint32_t family, uint32_t hook);

/*
 * Writes the key of a set's lookup, if there was one, as ev->netfilter.element.
 * The key's type is not told, so a part that is one of the packet's addresses
 * or ports is written as such, and any other as hexadecimal bytes; parts of a
 * concatenation have " . " between them, as nft prints it. After the packet
 * was parsed.
 */
void decode_element(const struct nlattr *nest, struct drop_event *ev);
