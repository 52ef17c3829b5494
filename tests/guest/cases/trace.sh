# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# trace.sh - the network and the ruleset of trace.py, for cases in which rules
# are known by traces; sourced.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

traffic=$cases/trace.py

# "peer" (10.9.0.2) is routed to; "left" (10.9.2.2) and "right" (10.9.2.3) are
# behind ports of the bridge br0 (10.9.2.1).
make_network() {
	local port

	"$demo" setup
	for device in demo0 br0; do
		[ $device = demo0 ] || ip link add br0 \
			address 02:00:0a:09:02:01 type bridge
		echo 0 >/proc/sys/net/ipv6/conf/$device/disable_ipv6
	done
	ip netns exec demo-peer sh -c 'echo 0 >/proc/sys/net/ipv6/conf/demo1/disable_ipv6'
	ip address add fd09::1/64 dev demo0 nodad
	ip -n demo-peer address add fd09::2/64 dev demo1 nodad
	ip neigh replace fd09::2 lladdr 02:00:0a:09:00:02 dev demo0
	ip -n demo-peer neigh replace fd09::1 lladdr 02:00:0a:09:00:01 dev demo1
	ip address add 10.9.2.1/24 dev br0
	ip link set br0 up
	for port in left right; do
		ip netns add $port
		ip -n $port link set lo up
		ip link add ${port}1 type veth peer name ${port}0 netns $port
		ip link set ${port}1 master br0 up
	done
	ip -n left link set left0 address 02:00:0a:09:02:02 up
	ip -n left address add 10.9.2.2/24 dev left0
	ip -n right link set right0 address 02:00:0a:09:02:03 up
	ip -n right address add 10.9.2.3/24 dev right0
	ip -n left neigh replace 10.9.2.3 lladdr 02:00:0a:09:02:03 dev left0
	ip -n right neigh replace 10.9.2.2 lladdr 02:00:0a:09:02:02 dev right0
	ip neigh replace 10.9.2.2 lladdr 02:00:0a:09:02:02 dev br0
}

load_ruleset() {
	(
		echo flush ruleset
		"$traffic" ruleset
	) | nft -f -
}

# ours: nfdropd's own tables.
ours() {
	nft list tables | grep nfdropd- || :
}

texts_known() {
	[ "$(field '.ruleset | .state == "current" and .texts == .rules')" = true ]
}

# one_flow PORT [SECONDS]: a datagram every 20 ms, from the peer.
one_flow() {
	ip netns exec demo-peer python3 -c '
import socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(float(sys.argv[2]) * 50)):
    sock.sendto(b"x", ("10.9.0.1", int(sys.argv[1])))
    time.sleep(0.02)' "$1" "${2-1}"
}
