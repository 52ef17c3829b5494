#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that each meet a rule of their own, and what is known of their drops.

trace.py ruleset              prints the ruleset; each rule's comment is its name
trace.py send ROUNDS SECONDS  each packet once a round, so far apart
trace.py check EVENTS COUNTERS RULES
                              what nfdrop monitor printed, nft -j list ruleset
                              and nfdrop rules: says what is wrong, and fails
trace.py traced EVENTS        how many are traced, of those flows that are known

Ports say which rule a packet is dropped by: the first of its span names it.
"""
import collections
import json
import select
import socket
import struct
import sys
import time

RULESET = """
table inet filter {
	set blocked {
		type inet_service
		flags interval
		elements = { 4100-4119 }
	}
	chain input {
		type filter hook input priority 0; policy drop;
		iif lo accept
		ct state established,related accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		udp dport 4000-4019 counter drop comment "4000"
		udp dport @blocked counter drop comment "4100"
		tcp dport 4200-4219 counter reject comment "4200"
		ip6 daddr fd09::1 udp dport 4300-4319 counter drop comment "4300"
		udp dport 4400-4419 jump next
		udp dport 4500-4699 accept
		counter comment "policy"
	}
	chain later {
		type filter hook input priority 1; policy accept;
		udp dport 4500-4504 limit rate over 1/second burst 1 packets counter drop comment "4500 fast"
		udp dport 4500-4504 counter drop comment "4500"
		udp sport 4600 udp dport 4600-4604 counter drop comment "4600 sport"
		udp dport 4600-4604 counter drop comment "4600"
	}
	chain next {
		udp dport 4400-4409 goto last
		counter drop comment "4410"
	}
	chain last {
		counter drop comment "4400"
	}
	chain forward {
		type filter hook forward priority 0; policy accept;
		limit rate 1/second log prefix "nothing "
		udp dport 4700-4719 counter drop comment "4700"
		udp dport 80 counter drop comment "80"
	}
}
table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		udp dport 4800-4804 dnat to 10.9.2.2:80
	}
}
table ip raw {
	chain prerouting {
		type filter hook prerouting priority raw;
		udp dport 4900-4919 counter drop comment "4900"
	}
}
table ip post {
	chain postrouting {
		type filter hook postrouting priority 0;
		udp dport 5300-5319 counter drop comment "5300"
	}
}
table netdev dev {
	chain ingress {
		type filter hook ingress device demo0 priority 0;
		udp dport 5000-5019 counter drop comment "5000"
	}
	chain egress {
		type filter hook egress device br0 priority 0;
		udp dport 5400-5419 counter drop comment "5400"
	}
}
table bridge br {
	chain forward {
		type filter hook forward priority 0;
		udp dport 5100-5119 counter drop comment "5100"
		ether saddr 02:00:0a:09:02:02 udp dport 5120-5124 counter drop comment "5120"
		arp operation request arp daddr ip 10.9.2.99 counter drop comment "arp bridge"
	}
}
table arp in {
	chain input {
		type filter hook input priority 0;
		arp saddr ip 10.9.0.77 counter drop comment "arp"
	}
}
"""

# From which namespace, to where, which ports.
SPANS = (("demo-peer", "10.9.0.1", 4000, 4019), ("demo-peer", "fd09::1", 4000, 4019),
         ("demo-peer", "10.9.0.1", 4100, 4119), ("demo-peer", "fd09::1", 4300, 4319),
         ("demo-peer", "10.9.0.1", 4400, 4419), ("demo-peer", "10.9.0.1", 4500, 4504),
         ("demo-peer", "10.9.0.1", 4600, 4604), ("demo-peer", "10.9.2.2", 4700, 4719),
         ("demo-peer", "10.9.0.1", 4800, 4804), ("demo-peer", "10.9.0.1", 4900, 4919),
         ("demo-peer", "10.9.2.2", 5300, 5319), ("demo-peer", "10.9.0.1", 5000, 5019),
         ("demo-peer", "10.9.2.2", 5400, 5419), ("left", "10.9.2.3", 5100, 5124),
         ("demo-peer", "10.9.0.1", 5200, 5219))
TCP = ("demo-peer", "10.9.0.1", 4200, 4219)
# A port has one name, but for these.
FIRST = (80, 4000, 4100, 4200, 4300, 4400, 4410, 4500, 4600, 4700, 4900, 5000,
         5100, 5120, 5200, 5300, 5400)
# Behind or by rules that look at more than the flow.
SINGLE = ("4500", "4500 fast", "4600", "4600 sport", "5120", "arp bridge")


def enter(namespace):
    """Sockets from now on are of that network namespace."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}") as f:
        if libc.setns(f.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), namespace)


def udp(namespace, address, first, last):
    """Functions that send one datagram each."""
    enter(namespace)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in range(first, last + 1):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        # Two source ports by turns, of which a rule knows one.
        other = socket.socket(family, socket.SOCK_DGRAM)
        if first == 4600:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            other.bind(("", 4600))

        def send(n, socks=(sock, other), port=port):
            socks[n % 2 if first == 4600 else 0].sendto(
                struct.pack("!II", n, port), (address, port))
        yield send


def syn(namespace, address, first, last):
    for port in range(first, last + 1):
        def send(n, port=port):
            enter(namespace)
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.connect_ex((address, port))
            select.select([], [sock], [], 0.05)
            sock.close()
        yield send


def arp(namespace, device, smac, saddr, daddr):
    enter(namespace)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((device, 0))
    mac = bytes.fromhex(smac)
    frame = b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) \
        + mac + socket.inet_aton(saddr) + bytes(6) + socket.inet_aton(daddr)
    yield lambda n: sock.send(frame)


def send(rounds, seconds):
    senders = [f for span in SPANS for f in udp(*span)] + list(syn(*TCP)) + \
        list(arp("demo-peer", "demo1", "02000a090002", "10.9.0.77", "10.9.0.1")) + \
        list(arp("left", "left0", "02000a090202", "10.9.2.2", "10.9.2.99"))
    for n in range(rounds):
        begin = time.monotonic()
        for i, f in enumerate(senders):
            f(n)
            wait = begin + seconds * (i + 1) / len(senders) - time.monotonic()
            if wait > 0:
                time.sleep(wait)


def names(event):
    """Of the rules that can have dropped it."""
    packet = event["packet"]
    if packet.get("network") == "arp":
        return {"arp bridge"} if packet["daddr"] == "10.9.2.99" else {"arp"}
    port = packet.get("dport")
    if port is None:
        return set()
    name = str(max(f for f in FIRST if f <= port))
    if name == "5200" or (name == "4300" and packet["network"] == "ipv4"):
        return {"policy"}
    if name == "4500":
        return {"4500", "4500 fast"}
    if name == "4600":
        return {"4600 sport" if packet["sport"] == 4600 else "4600"}
    return {name}


def is_ours(event):
    """Also by their rule's name alone: NAT is undone by nobody."""
    packet = event.get("packet", {})
    return (event["origin"] == "sample" or
            event.get("location", "").startswith(("nft_do_chain", "nf_hook_slow"))) \
        and (packet.get("network") == "arp" or 80 <= packet.get("dport", 0) < 6000)


def read(path):
    with open(path, encoding="utf-8") as f:
        return [e for e in map(json.loads, f) if is_ours(e)]


def flow_of(event):
    p = event["packet"]
    return tuple(p.get(k) for k in ("network", "protocol", "transport", "saddr",
                                    "daddr", "dport"))


def name_of(event):
    netfilter = event["netfilter"]
    if netfilter["kind"] == "nft-policy":
        return "policy" if (netfilter["table"], netfilter["chain"]) == \
            ("filter", "input") else "another policy"
    return netfilter.get("comment", "a rule without a name")


def check(events_path, counters_path, rules_path):
    events = read(events_path)
    wrong, unlike, traced, flows = 0, 0, collections.Counter(), collections.defaultdict(list)
    for event in events:
        is_traced = event["attribution"] == "traced"
        flows[flow_of(event)].append(is_traced)
        if event["attribution"] not in ("traced", "none", "inferred"):
            print(f"attribution {event['attribution']}: {event}")
            wrong += 1
        if is_traced:
            traced[name_of(event)] += 1
        if "netfilter" in event:
            if name_of(event) not in names(event):
                print(f"not {name_of(event)}: {event}")
                wrong += 1
                unlike += 1
    with open(counters_path, encoding="utf-8") as f:
        counters = {r["comment"]: e["counter"]["packets"]
                    for r in (i.get("rule", {}) for i in json.load(f)["nftables"])
                    if "comment" in r for e in r["expr"] if "counter" in e}
    with open(rules_path, encoding="utf-8") as f:
        rules = json.load(f)
    counted = collections.Counter()
    for rule in rules:
        if rule["attribution"] == "traced":
            comment = rule.get("rule", "").split('comment "')[1:]
            counted[comment[0].rstrip('"') if comment else "policy"] += \
                rule["packets"]
    for name, packets in counters.items():
        print(f"{name:12} {packets:6} dropped {traced[name]:6} told "
              f"{counted[name]:6} counted")
        if traced[name] > packets or counted[name] > packets:
            print(f"more than {name} dropped")
            wrong += 1
        # Each of them is known, or was, by the next one.
        if packets == 0 or (name not in SINGLE and counted[name] < packets * 0.97):
            print(f"few of {name}")
            wrong += 1
    total = sum(r["packets"] for r in rules if r["attribution"] != "exact" and
                (r["attribution"] in ("traced", "inferred") or
                 r.get("location", "").startswith(("nft_do_chain", "nf_hook_slow"))))
    if total != sum(counters.values()):
        print(f"{total} counted, {sum(counters.values())} dropped")
        wrong += 1
    long = [f for f in flows.values() if len(f) >= 3]
    known = sum(f[-1] for f in long)
    print(f"{len(events)} drops, {len(long)} flows of three or more, {known} end "
          f"traced, {wrong} wrong")
    guesses = [e for e in events if e["attribution"] == "inferred"]
    print("figures", json.dumps({
        "of": "traced", "drops": len(events), "rules": sum(1 for n in counters.values() if n),
        "families": sorted({e["netfilter"]["family"] for e in events if "netfilter" in e}),
        "wrong": unlike, "flows": len(long), "known": known,
        "traced": sum(e["attribution"] == "traced" for e in events),
        "inferred": len(guesses), "single": sum("netfilter" in e for e in guesses)}))
    return wrong == 0 and len(long) > 200 and known >= 0.99 * len(long)


def main(argv):
    if argv[1:] == ["ruleset"]:
        print(RULESET)
    elif argv[1:2] == ["send"]:
        send(int(argv[2]), float(argv[3]))
    elif argv[1:2] == ["check"]:
        return 0 if check(*argv[2:]) else 1
    elif argv[1:2] == ["traced"]:
        events = read(argv[2])
        print(sum(e["attribution"] == "traced" for e in events), len(events))
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
