# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# journal.sh - what the journal has, beside what the kernel and nfdrop count;
# sourced after lib.sh. Packets come from the demo's peer. The unit is $unit.

drops=MESSAGE_ID=2366b2e4de6a4bcfa3cc75f884415587

# send COUNT PORT [PORTS]: that many packets, to PORTS ports from PORT on.
send() {
	ip netns exec demo-peer python3 - "$@" <<-'PY'
		import socket, sys
		count, port, ports = [int(a) for a in (sys.argv[1:] + ["1"])[:3]]
		socks = []
		for i in range(50):
		    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    sock.bind(("10.9.0.2", 0))
		    socks.append(sock)
		for i in range(count):
		    socks[i % 50].sendto(b"x" * (i % 97), ("10.9.0.1", port + i % ports))
	PY
}

# Of a table's rules: handle, packets and bytes, of those that dropped.
counters() {
	nft -j list table inet "$1" | jq -r '.nftables[].rule // empty |
		.handle as $h | .expr[].counter // empty |
		select(.packets > 0) | "\($h) \(.packets) \(.bytes)"' | sort
}

# The same, in one line without the handles.
total() {
	counters "$1" | awk '{ p += $2; b += $3 } END { print p + 0, b + 0 }'
}

# in_journal MATCH...: the same, as journalctl has it.
in_journal() {
	journalctl --sync
	journalctl -o json "$drops" _SYSTEMD_UNIT=$unit "$@" | jq -rs '
		group_by(.NFDROP_RULE_HANDLE)[] |
		"\(.[0].NFDROP_RULE_HANDLE) \(map(.NFDROP_PACKETS | tonumber) | add) \(map(.NFDROP_BYTES | tonumber) | add)"' |
		sort
}

# in_rules OPTION...: and as nfdrop rules adds it up.
in_rules() {
	nfdrop rules --json=short --since=-1h "$@" |
		jq -r '.[] | "\(.rule_handle) \(.packets) \(.bytes)"' | sort
}
