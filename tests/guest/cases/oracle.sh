# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# oracle.sh - the network that infer-oracle sends its packets in; sourced after
# lib.sh. in0 receives what is sent by in1, and out0, whose other end is out1, is
# the way on; p0 and q0 are
# ports of the bridge br0, p1 is the other end of p0.

# Of lib.sh.
# shellcheck disable=SC2154
make_oracle_network() {
	local i

	ip link set lo up
	ip link add in0 address 02:00:00:00:00:01 type veth peer name in1
	ip link add out0 address 02:00:00:00:00:30 type veth peer name out1
	sysctl -qw net.ipv6.conf.out1.disable_ipv6=1
	for i in all default in0 out0; do
		sysctl -qw "net.ipv4.conf.$i.rp_filter=0" \
			"net.ipv4.conf.$i.accept_local=1" \
			"net.ipv6.conf.$i.accept_dad=0" \
			"net.ipv6.conf.$i.router_solicitations=0"
	done
	sysctl -qw net.ipv6.conf.in1.disable_ipv6=1 net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	ip link set in0 up
	ip link set in1 up
	ip link set out0 up
	ip link set out1 up
	ip addr add 10.0.0.1/24 dev in0
	ip addr add 10.1.0.1/24 dev out0
	ip -6 addr add fd00::1/64 dev in0 nodad
	ip -6 addr add fd01::1/64 dev out0 nodad
	ip route add default via 10.1.0.2 dev out0
	ip -6 route add default via fd01::2 dev out0
	ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:09 dev out0 nud permanent
	ip neigh add fd01::2 lladdr 02:00:00:00:00:09 dev out0 nud permanent

	ip link add br0 address 02:00:00:00:00:20 type bridge
	ip link add p0 type veth peer name p1
	ip link add q0 type dummy
	sysctl -qw net.ipv6.conf.p1.disable_ipv6=1
	ip link set p0 master br0 up
	ip link set q0 master br0 up
	ip link set p1 up
	ip link set br0 up
	ip addr add 10.2.0.1/24 dev br0
}

# run_oracle RULESETS LAST: prints what it finds.
run_oracle() {
	"$BUILD/tests/guest/infer-oracle" "$1" 0 "$2" >$run/result || {
		grep -v "^MANY" $run/result | tail -n 100
		fail 'the true rule is not among the candidates, or a count is wrong'
	}
	cat $run/result
}
