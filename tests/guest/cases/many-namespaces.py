# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces by the hundred, and what must be told of them.

many-namespaces.py STATE make COUNT
many-namespaces.py STATE send PACKETS PAUSE [FIRST COUNT]
many-namespaces.py STATE delete FIRST COUNT
many-namespaces.py STATE churn SECONDS           (may run beside others)
many-namespaces.py STATE rewrite SECONDS         (the same)
many-namespaces.py STATE events FILE
many-namespaces.py STATE rules FILE [FIRST COUNT]
many-namespaces.py STATE counters FILE FIRST COUNT
many-namespaces.py STATE clean FILE...
many-namespaces.py STATE shown|inums [FIRST COUNT], sent, next

All have the same table, chain and rule handles; a rule's comment begins with
whose it is, "n17.". STATE is a file that remembers what was made: by the
namespace's cookie, which is never given again. What nft has no way to write goes
straight to the kernel. In every fourth of them names are hostile.
"""
import codecs
import ctypes
import glob
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
SO_NETNS_COOKIE = 71
MNT_DETACH = 2
MS_BIND = 4096
NETNS = b"/run/netns/"

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


# --- names -------------------------------------------------------------------

HOSTILE = [
    b"\x1b[2J\x1b[31mred",
    b"A" * 255,
    "é".encode() * 127,
    b"\xff\xfe\xc3\x28\xed\xa0\x80",
    b'","netns":{"inum":1,"name":"init"},"x":"',
    b'{"a":[1,',
    b'\\u0000\\"\\n',
    b"%s%s%n%n%1000000d",
    b"line\nbreak\r\n\ttab",
    b'x"\n\t\taccept comment "n0.x" # handle 3\n',
    b'x\n\t}\n\tchain c { # handle 1\n\t\taccept comment "n0.y" # handle 3\n',
    b"..",
    b"../../../etc/passwd",
    b"-rf",
    b"--help",
    b"inum:7",
    b"inum:4026531840",
    b"4026531840",
    b"init",
    b" ",
    b"*",
    b"$(reboot)`reboot`;reboot|reboot&",
    "\u202eevil\u2066".encode(),
    b"\xc2\x9b31m\x7f",
    b"\xe2\x82",
    b"drop",
    b"'; drop table t; --",
    b"a\tb\x0b\x0c\x08\x07",
]


def hostile(index):
    """The hostile name of that namespace, or None."""
    return HOSTILE[index // 4 % len(HOSTILE)] if index % 4 == 1 else None


def file_name(index):
    name = hostile(index)
    if name is None:
        return b"ns%d" % index
    name = name.replace(b"/", b"%")[:255]
    if name in (b".", b".."):
        name = b"..."
    # One has the bare name, the next ones a number before it.
    if index // 4 >= len(HOSTILE):
        name = (b"%d" % index + name)[:255]
    return name


def comment(index):
    return (b"n%d." % index + (hostile(index) or b""))[:250]


def nft_name(index, plain):
    """Of table, chain or set: the same in all whose names are not hostile."""
    return hostile(index) or plain


def device_name(index):
    name = hostile(index)
    if name is None:
        return b"lo"
    name = re.sub(rb"[/:%\s\xa0]", b"_", name)[:15]
    return b"lo" if name in (b".", b"..") else name


# As nfdrop does: a character for each byte that is part of none.
codecs.register_error("each", lambda e: ("\ufffd", e.start + 1))


def text(name):
    return name.decode("utf-8", "each")


def shown_name(index):
    """What it may be called: these are names that nfdrop gives itself."""
    name = file_name(index)
    return None if name == b"init" or name.startswith(b"inum:") else text(name)


# --- netlink -----------------------------------------------------------------


def attr(kind, data, nested=False):
    if isinstance(data, int):
        data = struct.pack(">I", data)
    n = len(data) + 4
    return (struct.pack("=HH", n, kind | (0x8000 if nested else 0)) + data +
            bytes(-n % 4))


def nest(kind, *parts):
    return attr(kind, b"".join(parts), True)


def string(kind, s):
    return attr(kind, s + b"\0")


def message(kind, flags, body, sequence):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence,
                       0) + body


def talk(protocol, messages, n_acks):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as sock:
        sock.settimeout(20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        sock.sendto(messages, (0, 0))
        while n_acks > 0:
            data = sock.recv(65536)
            while data:
                size, kind = struct.unpack_from("=IH", data)
                if kind == 2:
                    error = struct.unpack_from("=i", data, 16)[0]
                    if error:
                        raise OSError(-error, os.strerror(-error))
                    n_acks -= 1
                data = data[(size + 3) & ~3:]


def link(*attrs, up=False):
    body = struct.pack("=BxHiII", 0, 0, 1, 1 if up else 0, 1 if up else 0)
    talk(0, message(16, 5, body + b"".join(attrs), 1), 1)


class Batch:
    """A transaction of nf_tables, of family ip."""

    def __init__(self):
        self.data = b""
        self.n = 0
        self.control(0x10)

    def control(self, kind):
        self.data += message(kind, 1, struct.pack(">BBH", 0, 0, 10), 0)

    def add(self, kind, *attrs, flags=0xc00):
        self.n += 1
        self.data += message(10 << 8 | kind, 5 | flags,
                             struct.pack(">BBH", 2, 0, 0) + b"".join(attrs),
                             self.n)

    def send(self):
        self.control(0x11)
        talk(12, self.data, self.n)


def expr(name, *attrs):
    return nest(1, string(1, name), nest(2, *attrs))


def value(kind, data):
    return nest(kind, attr(1, data))


def udp_port():
    """"udp dport" into register 1."""
    return [
        expr(b"meta", attr(2, 16), attr(1, 1)),
        expr(b"cmp", attr(1, 1), attr(2, 0), value(3, b"\x11")),
        expr(b"payload", attr(1, 1), attr(2, 2), attr(3, 2), attr(4, 2)),
    ]


DROP = expr(b"immediate", attr(1, 0), nest(2, nest(2, attr(1, 0))))


def add_rule(batch, table, chain, comment_bytes, *exprs):
    batch.add(6, string(1, table), string(2, chain), nest(4, *exprs),
              attr(7, bytes([0, len(comment_bytes) + 1]) + comment_bytes +
                   b"\0"))


def load_ruleset(index, word=b""):
    """Rules 3 and 4 drop ports 7001 and 7002, with a set for the latter."""
    table, chain = nft_name(index, b"t"), nft_name(index, b"c")
    # The kernel makes names of what has a "%".
    name = nft_name(index, b"bad").replace(b"%", b"&")
    note = comment(index) if not word else b"n%d.%s" % (index, word)
    batch = Batch()
    batch.add(0, string(1, table))
    batch.add(3, string(1, table), string(3, chain),
              nest(4, attr(1, 1), attr(2, 0)), string(7, b"filter"))
    batch.add(9, string(1, table), string(2, name), attr(3, 0), attr(4, 13),
              attr(5, 2), attr(10, 1), flags=0x400)
    batch.add(12, string(1, table), string(2, name), attr(4, 1),
              nest(3, nest(1, value(1, struct.pack(">H", 7002)))), flags=0x400)
    add_rule(batch, table, chain, note, *udp_port(),
             expr(b"cmp", attr(1, 1), attr(2, 0),
                  value(3, struct.pack(">H", 7001))),
             expr(b"counter"), DROP)
    add_rule(batch, table, chain, note, *udp_port(),
             expr(b"lookup", string(1, name), attr(2, 1), attr(4, 1)),
             expr(b"counter"), DROP)
    batch.send()


# --- the namespaces ----------------------------------------------------------


class State:
    """STATE, with what was added beside it by those that run meanwhile."""

    def __init__(self, path, aside=None):
        self.path = path
        self.data = {"next": 0, "spaces": {}, "sent": 0}
        if aside:
            self.path = f"{path}.{aside}"
            self.data["next"] = 1000000
        elif os.path.exists(path):
            with open(path) as f:
                self.data = json.load(f)
        for other in [] if aside else glob.glob(path + ".*"):
            with open(other) as f:
                added = json.load(f)
            self.data["spaces"].update(added["spaces"])
            self.data["sent"] += added["sent"]
            os.unlink(other)

    def save(self):
        new = os.path.join(os.path.dirname(self.path), f"new{os.getpid()}")
        with open(new, "w") as f:
            json.dump(self.data, f)
        os.rename(new, self.path)

    def living(self, first=0, count=1 << 30):
        return sorted((s for s in self.data["spaces"].values()
                       if s["lives"] and first <= s["index"] < first + count),
                      key=lambda s: s["index"])


def make_one(index, named=True):
    check(libc.unshare(CLONE_NEWNET))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        cookie = struct.unpack(
            "=Q", sock.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))[0]
    if device_name(index) != b"lo":
        link(string(3, device_name(index)))
    link(up=True)
    if named:
        path = NETNS + file_name(index)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o444))
        check(libc.mount(b"/proc/self/ns/net", path, None, MS_BIND, None))
    return cookie, os.stat("/proc/self/ns/net").st_ino


def send_here(packets, payload=b"x"):
    """Packets to each of both ports, from the namespace that we are in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _ in range(packets):
            for port in 7001, 7002:
                sock.sendto(payload, ("127.0.0.1", port))
    return 2 * packets


def enter(path):
    fd = os.open(path, os.O_RDONLY)
    check(libc.setns(fd, CLONE_NEWNET))
    os.close(fd)


def make(state, count):
    os.makedirs(NETNS, exist_ok=True)
    for _ in range(count):
        index = state.data["next"]
        state.data["next"] += 1
        cookie, inum = make_one(index)
        load_ruleset(index)
        state.data["spaces"][str(cookie)] = {
            "index": index, "inum": inum, "lives": True}


def send(state, packets, pause, first=0, count=1 << 30):
    for space in state.living(first, count):
        enter(NETNS + file_name(space["index"]))
        state.data["sent"] += send_here(packets)
        time.sleep(pause)


def delete(state, first, count):
    for space in state.living(first, count):
        path = NETNS + file_name(space["index"])
        check(libc.umount2(path, MNT_DETACH))
        os.unlink(path)
        space["lives"] = False


def churn(state, seconds):
    """Each lives for a moment, with a name or not; its number is the next's."""
    end = time.monotonic() + seconds
    numbers = []
    while time.monotonic() < end:
        index = state.data["next"]
        state.data["next"] += 1
        named = bool(index % 2)
        cookie, inum = make_one(index, named)
        numbers.append(inum)
        load_ruleset(index)
        state.data["sent"] += send_here(1)
        state.data["spaces"][str(cookie)] = {
            "index": index, "inum": inum, "lives": named}
        delete(state, index, 1)
        time.sleep(0.01)
    print(f"# {len(numbers)} namespaces with {len(set(numbers))} numbers")


# A packet's length tells which of so many rulesets dropped it.
VERSIONS = 50


def version_length(n):
    return 21 + 20 * (n % VERSIONS)


def rewrite(state, seconds):
    """One whose ruleset is another all the time, and that drops meanwhile."""
    enter(NETNS + file_name(0))
    end = time.monotonic() + seconds
    n = 0
    while time.monotonic() < end:
        batch = Batch()
        batch.add(2, string(1, b"t"), flags=0)
        batch.send()
        load_ruleset(0, b"v%d." % n)
        state.data["sent"] += send_here(1, b"x" * version_length(n))
        n += 1
        # nfdropd counts 8192 rules of others, and each of these are two.
        time.sleep(seconds / 1000)
    print(f"# {n} rulesets one after the other")


# --- what is told ------------------------------------------------------------


def fail(what, thing):
    sys.exit(f"FAILED: {what}: {ascii(thing)}")


def check_told(state, thing, netfilter):
    """One event or rule: everything told of it is of that namespace."""
    netns = thing["netns"]
    space = state.data["spaces"].get(str(netns["cookie"]))
    if not space:
        return None
    index = space["index"]
    if netns["inum"] != space["inum"]:
        fail("a number of another", thing)
    if "name" in netns and netns["name"] != shown_name(index):
        fail(f"the name of another, wanted {shown_name(index)!a}", thing)
    mark = f"n{index}."
    for key in "rule", "comment":
        told = netfilter.get(key)
        if told is not None and mark not in told:
            fail(f"a {key} of another, wanted {mark}", thing)
    version = re.search(r"n0\.v(\d+)\.", netfilter.get("rule", ""))
    if version and "length" in thing:
        # With the header of Ethernet, or without; one byte is of send().
        if not {thing["length"] - 28, thing["length"] - 42} & {
                1, version_length(int(version[1]))}:
            fail("the text of another ruleset", thing)
    if netfilter.get("table", "t") != text(nft_name(index, b"t")):
        fail("the table of another", thing)
    return space


def events(state, path):
    n = named = texts = 0
    for line in open(path, encoding="utf-8"):
        event = json.loads(line)
        space = check_told(state, event, event["netfilter"])
        if not space:
            continue
        device = event.get("in", {}).get("name")
        wanted = text(device_name(space["index"]))
        # What is no UTF-8 takes more room, and may be cut at its end.
        if device is not None and device != wanted and not (
                len(device) >= 4 and wanted.startswith(device)):
            fail(f"the device of another, wanted {wanted!a}", event)
        n += 1
        named += "name" in event["netns"]
        texts += "rule" in event["netfilter"]
    print(f"# {n} drops, {named} with a name, {texts} with a text")


def rules(state, path, first=0, count=1 << 30):
    """Prints "PACKETS NAMED TEXTS" of the living, then who lacks what."""
    packets = 0
    named, texts = set(), set()
    for rule in json.load(open(path, encoding="utf-8")):
        space = check_told(state, rule, rule)
        if not space:
            continue
        packets += rule["packets"]
        if space["lives"] and "name" in rule["netns"]:
            named.add(space["index"])
        if space["lives"] and "rule" in rule:
            texts.add(space["index"])
    living = [s["index"] for s in state.living(first, count)]
    print(packets, len(named.intersection(living)),
          len(texts.intersection(living)))
    print("no name:", *[i for i in living if shown_name(i) and i not in named],
          "no text:", *[i for i in living if i not in texts])


def counters(state, path, first, count):
    """What the kernel's own counters say is what is told."""
    told = {}
    for rule in json.load(open(path, encoding="utf-8")):
        key = str(rule["netns"]["cookie"])
        told[key] = told.get(key, 0) + rule["packets"]
    for cookie, space in state.data["spaces"].items():
        if not space["lives"] or not first <= space["index"] < first + count:
            continue
        enter(NETNS + file_name(space["index"]))
        listing = subprocess.run(["nft", "list", "ruleset"], check=True,
                                 stdout=subprocess.PIPE).stdout
        wanted = sum(map(int, re.findall(rb"counter packets (\d+) bytes \d+ drop",
                                         listing)))
        if told.get(cookie) != wanted:
            fail(f"wanted {wanted} packets, got {told.get(cookie)}", space)


UNCLEAN = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e"
                     "\u2066-\u2069\ufeff]")


def clean(paths):
    for path in paths:
        data = open(path, "rb").read()
        if not data:
            fail("nothing is printed", path)
        try:
            found = UNCLEAN.search(data.decode())
        except UnicodeDecodeError as e:
            fail(f"{path} is no UTF-8", e)
        if found:
            at = found.start()
            fail(f"{path} is not clean", data.decode()[max(at - 80, 0):at + 20])
        if path.endswith(".json"):
            for line in data.decode().splitlines():
                json.loads(line)


def main():
    path, verb, *args = sys.argv[1:]
    numbers = [float(a) if "." in a else int(a) for a in args
               if a[:1].isdigit()]
    state = State(path, verb if verb in ("churn", "rewrite") else None)
    if verb == "clean":
        clean(args)
    elif verb in ("events", "rules", "counters"):
        globals()[verb](state, args[0], *numbers)
    elif verb in ("make", "send", "delete", "churn", "rewrite"):
        globals()[verb](state, *numbers)
    elif verb == "shown":
        living = state.living(*numbers)
        print(sum(shown_name(s["index"]) is not None for s in living),
              len(living))
    elif verb == "sent":
        print(state.data["sent"])
    elif verb == "next":
        print(state.data["next"])
    elif verb == "inums":
        print(*[s["inum"] for s in state.living(*numbers)])
    else:
        sys.exit(f"no verb is named {verb}")
    state.save()


if __name__ == "__main__":
    main()
