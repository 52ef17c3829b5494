#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that meet each drop of a ruleset with a chain for every family and hook.

exact-trace.py ruleset NETNS  prints the ruleset of that namespace ("" is this one)
exact-trace.py send SECONDS   each packet, in a mixed order
exact-trace.py check EVENTS (INODE TRACE RULESET)...
                              what nfdrop monitor, and in a namespace with that
                              inode nft monitor trace and nft -j list ruleset
                              printed: says what is wrong, and fails

Each packet is known by its source port, which no other has; ARP by the source
address of the frame, but for replies, of which nothing can be chosen that nft
prints: they are known by their order.

Many rules are such that nothing in a packet tells which of them it meets (by
turns, at random, past a limit): what is held is that both told the same of it.
"""
import collections
import ctypes
import itertools
import json
import random
import re
import socket
import struct
import sys
import time

PEER, LEFT, HERE = "demo-peer", "left", ""
IN4, IN6, ON4, ON6 = "10.9.0.1", "fd09::1", "10.9.2.2", "fd09:2::2"
OUT4, OUT6, BRIDGED4, BRIDGED6 = "10.9.0.2", "fd09::2", "10.9.2.3", "fd09:2::3"

# Of which namespace, family, hook, device, who sends to where. A chain is named
# by its hook.
PLACES = (
    ("", "ip", "prerouting", "", (PEER, IN4)), ("", "ip", "input", "", (PEER, IN4)),
    ("", "ip", "forward", "", (PEER, ON4)), ("", "ip", "output", "", (HERE, OUT4)),
    ("", "ip", "postrouting", "", (PEER, ON4)),
    ("", "ip6", "prerouting", "", (PEER, IN6)), ("", "ip6", "input", "", (PEER, IN6)),
    ("", "ip6", "forward", "", (PEER, ON6)), ("", "ip6", "output", "", (HERE, OUT6)),
    ("", "ip6", "postrouting", "", (HERE, OUT6)),
    ("", "inet", "ingress", "demo0", (PEER, IN4), (PEER, IN6)),
    ("", "inet", "prerouting", "", (PEER, IN4), (PEER, IN6)),
    ("", "inet", "input", "", (PEER, IN4), (PEER, IN6)),
    ("", "inet", "forward", "", (PEER, ON4), (PEER, ON6)),
    ("", "inet", "output", "", (HERE, OUT4), (HERE, OUT6)),
    ("", "inet", "postrouting", "", (HERE, OUT4), (PEER, ON6)),
    ("", "bridge", "prerouting", "", (LEFT, BRIDGED4), (LEFT, BRIDGED6)),
    ("", "bridge", "input", "", (LEFT, "10.9.2.1")),
    ("", "bridge", "forward", "", (LEFT, BRIDGED4), (LEFT, BRIDGED6)),
    ("", "bridge", "output", "", (HERE, ON4)),
    ("", "bridge", "postrouting", "", (LEFT, BRIDGED4)),
    ("", "netdev", "ingress", "demo0", (PEER, IN4), (PEER, IN6)),
    ("", "netdev", "egress", "demo0", (HERE, OUT4), (HERE, OUT6)),
    ("", "arp", "input", ""), ("", "arp", "output", ""),
    ("left", "inet", "input", "", (HERE, ON4)),
)

# What is told apart by MATCH, which is a port or an address of the chain's own;
# how many packets it takes to meet all of it. CHAIN is the base chain.
RULES = (
    (2, "MATCH counter drop"),
    (4, "MATCH jump CHAIN-next"),
    (8, "MATCH numgen inc mod 4 vmap { 0 : drop, 1 : jump CHAIN-turn, 2 : goto "
        "CHAIN-end, 3 : continue }\nMATCH counter drop"),
    (12, "MATCH limit rate over 1/minute burst 5 packets counter drop\n"
         "MATCH counter drop"),
    (24, "MATCH numgen random mod 2 0 counter drop\nMATCH counter drop"),
    (8, "MATCH quota over 200 bytes counter drop\nMATCH counter drop"),
    (3, "MATCH counter REJECT"),
    (3, "meta mark set 7 MATCH meta mark vmap { 7 : drop }"),
    (3, "MATCH goto CHAIN-end"),
)
CHAINS = """
chain CHAIN-next {
	numgen inc mod 2 0 counter drop
	counter drop
}
chain CHAIN-turn {
	counter drop
}
chain CHAIN-end {
	counter
}
"""
MARKS = """
table inet marks {
	chain prerouting {
		type filter hook prerouting priority -500;
		meta nftrace set 1
	}
	chain output {
		type filter hook output priority -500;
		meta nftrace set 1
	}
}
table arp marks {
	chain output {
		type filter hook output priority -500;
		meta nftrace set 1
	}
}
"""
EARLY = """
table netdev marks {
	chain demo0 {
		type filter hook ingress device demo0 priority -500;
		meta nftrace set 1
	}
	chain left1 {
		type filter hook ingress device left1 priority -500;
		meta nftrace set 1
	}
}
"""
FIRST_SPORT, FIRST_DPORT = 10000, 20000


def match(place, number):
    """Of rule @number of the chain of @place."""
    _, family, hook, *_ = PLACES[place]
    if family == "arp":
        return f"arp operation request arp saddr ip 10.9.8.{number}" \
            if hook == "input" else f"arp operation reply arp daddr ip 10.9.0.{100 + number}"
    return f"udp dport {FIRST_DPORT + 10 * place + number}"


def chain(place):
    _, family, hook, device, *_ = PLACES[place]
    reject = "reject" if family in ("ip", "ip6", "inet", "bridge") and \
        hook in ("prerouting", "input") or hook == "forward" and family != "bridge" \
        else "drop"
    text = CHAINS + "chain CHAIN {\n\ttype filter hook CHAIN " \
        f"{f'device {device} ' if device else ''}priority 0; policy drop;\n"
    for number, (_, rules) in enumerate(RULES):
        text += f"{rules}\n".replace("MATCH", match(place, number)).replace("REJECT", reject)
    return (text + "\taccept\n}\n").replace("CHAIN", hook)


def ruleset(netns):
    families = {PLACES[i][1]: [] for i in range(len(PLACES)) if PLACES[i][0] == netns}
    for i, place in enumerate(PLACES):
        if place[0] == netns:
            families[place[1]].append(chain(i))
    # The same name in all of them, and the same handles.
    return MARKS + ("" if netns else EARLY) + "".join(
        f"table {family} exact {{\n{''.join(chains)}}}\n"
        for family, chains in families.items())


def inside(netns):
    """From now on, sockets are of that namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{netns}" if netns else "/proc/1/ns/net") as f:
        if libc.setns(f.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), netns)


def udp(sport, netns, address, dport):
    inside(netns)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind(("", sport))
        try:
            sock.sendto(b"x" * 50, (address, dport))
        except PermissionError:
            # It was dropped on its way out.
            pass


def arp(number, saddr, daddr):
    inside(PEER)
    mac = struct.pack("!HI", 0x0201, number)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("demo1", 0))
        sock.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) +
                  mac + socket.inet_aton(saddr) + bytes(6) + socket.inet_aton(daddr))


def packets():
    """All of them, as (function, argument...) without the first argument."""
    for i, (_, family, hook, _, *ways) in enumerate(PLACES):
        for number, (count, _) in enumerate(RULES):
            for n in range(count if family == "arp" else count * len(ways)):
                if family != "arp":
                    yield udp, *ways[n % len(ways)], FIRST_DPORT + 10 * i + number
                elif hook == "input":
                    yield arp, f"10.9.8.{number}", "10.9.0.1"
                else:
                    yield arp, f"10.9.0.{100 + number}", "10.9.0.1"


def send(seconds):
    everything = list(packets())
    random.Random(1).shuffle(everything)
    begin = time.monotonic()
    for n, (function, *arguments) in enumerate(everything):
        function(FIRST_SPORT + n, *arguments)
        wait = begin + seconds * (n + 1) / len(everything) - time.monotonic()
        if wait > 0:
            time.sleep(wait)


# What a packet is known by; None: it is none of ours.


def by_port(sport):
    return sport if FIRST_SPORT <= sport < FIRST_DPORT else None


def by_frame(smac):
    return smac if smac.startswith("02:01:") else None


def replies():
    return (f"reply {n}" for n in itertools.count(1))


PACKET = re.compile(r"^trace id (\w+) (\S+) (\S+) (\S+) packet: (.*)$")
DROP = re.compile(r"^trace id (\w+) (\S+) (\S+) (\S+) "
                  r"(?:rule .*# handle (\d+) \(verdict drop\)|(policy) drop.*)\s*$")


def name_of_trace(text):
    port = re.search(r"\budp sport (\d+)", text)
    # At egress, nft knows no headers.
    raw = re.search(r"@th,0,(\d+) 0x([0-9a-f]+)", text)
    frame = re.search(r"\bether saddr (\S+) .*\barp ", text)
    if port:
        return by_port(int(port[1]))
    if raw:
        return by_port(int(raw[2].zfill(int(raw[1]) // 4)[:4], 16))
    return by_frame(frame[1]) if frame else None


def read_trace(inode, path):
    """The drops: (name, namespace's inode, family, table, base chain, chain, handle)."""
    of, reply = {}, replies()
    with open(path, encoding="utf-8") as f:
        for line in f:
            packet, drop = PACKET.match(line), DROP.match(line)
            if packet:
                number, family, table, base, text = packet.groups()
                of[number] = (name_of_trace(text), base)
            elif drop:
                number, family, table, where, handle, _ = drop.groups()
                name, base = of[number]
                if (family, table, base) == ("arp", "exact", "output"):
                    name = next(reply)
                yield (name, int(inode), family, table, base, where, int(handle or 0))


def read_events(path):
    """The same of what nfdrop monitor printed."""
    reply = replies()
    with open(path, encoding="utf-8") as f:
        for event in map(json.loads, f):
            packet, of = event.get("packet", {}), event.get("netfilter")
            if not of:
                continue
            if packet.get("network") != "arp":
                name = by_port(packet.get("sport", 0))
            elif packet["arp_operation"] == 2:
                name = next(reply)
            else:
                name = by_frame(packet["smac"])
            if event["attribution"] != "exact" or of["kind"] not in ("nft-rule", "nft-policy") \
                    or (of["kind"] == "nft-policy") != ("rule_handle" not in of) or \
                    (of["kind"] == "nft-policy") != of["policy"]:
                sys.exit(f"neither a rule nor a policy, or not exact: {event}")
            yield (name, event["netns"]["inum"], of["family"], of["table"], of["hook"],
                   of["chain"], of.get("rule_handle", 0))


def by_name(drops, what):
    found = {}
    for name, *drop in drops:
        if name is None:
            sys.exit(f"{what}: a drop of no packet of ours: {drop}")
        if name in found:
            sys.exit(f"{what}: {name} is dropped twice: {found[name]} and {drop}")
        found[name] = tuple(drop)
    return found


def can_drop(inode, path):
    """Rules and policies that drop, with the packets that their counters tell, or None."""
    with open(path, encoding="utf-8") as f:
        items = json.load(f)["nftables"]
    for item in items:
        c, r = item.get("chain", {}), item.get("rule", {})
        if c.get("policy") == "drop":
            yield (int(inode), c["family"], c["table"], c["name"], 0), None
        if any("drop" in e or "reject" in e or '{"drop": null}' in json.dumps(e)
               for e in r.get("expr", ())):
            yield (int(inode), r["family"], r["table"], r["chain"], r["handle"]), \
                next((e["counter"]["packets"] for e in r["expr"] if "counter" in e), None)


def check(events_path, *oracles):
    traced, rules = [], {}
    for inode, trace, listed in zip(*[iter(oracles)] * 3):
        traced += read_trace(inode, trace)
        rules.update(can_drop(inode, listed))
    traced = by_name(traced, "trace")
    told = by_name(read_events(events_path), "event")
    wrong = [n for n in traced.keys() & told.keys() if traced[n] != told[n]]
    missing, more = traced.keys() - told.keys(), told.keys() - traced.keys()
    for name in wrong:
        print(f"{name}: the trace has {traced[name]}, the event {told[name]}")
    for name in missing:
        print(f"{name}: no event of {traced[name]}")
    for name in more:
        print(f"{name}: no trace of {told[name]}")
    # Without the base chain.
    met = collections.Counter((*d[:3], *d[4:]) for d in traced.values())
    unlike = 0
    for rule, counter in rules.items():
        if met[rule] == 0 or counter not in (None, met[rule]):
            print(f"{rule}: {met[rule]} traced, counted {counter}")
            unlike += 1
    sent = len(list(packets()))
    policies = sum(1 for *_, handle in met if handle == 0)
    print(f"{sent} packets, {len(traced)} traced to their drop by {len(met) - policies} rules "
          f"and {policies} policies, {len(told)} events, {len(wrong)} wrong, "
          f"{len(missing) + len(more)} missing, {unlike} rules not met or counted otherwise")
    print("figures", json.dumps({
        "of": "exact-trace", "packets": len(traced), "rules": len(met), "wrong": len(wrong),
        "missing": len(missing) + len(more),
        "families": " ".join(sorted({d[1] for d in traced.values()}))}))
    return not (wrong or missing or more or unlike) and len(traced) == sent and \
        met.keys() == rules.keys()


def main(argv):
    if argv[1:2] == ["ruleset"] and len(argv) == 3:
        print(ruleset(argv[2]))
    elif argv[1:2] == ["send"] and len(argv) == 3:
        send(float(argv[2]))
    elif argv[1:2] == ["check"] and len(argv) > 5 and len(argv) % 3 == 0:
        return 0 if check(*argv[2:]) else 1
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
