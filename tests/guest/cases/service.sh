# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# service.sh - nfdropd as a service, for the cases that have it installed, by
# whatever means; sourced after lib.sh.

# Used by lib.sh.
# shellcheck disable=SC2034
socket=/run/nfdropd/socket
unit=nfdropd.service

shows() {
	systemctl show --property "$1" --value $unit
}

logged() {
	journalctl --unit $unit --output cat | grep -qF -- "$1"
}

show_journal() {
	journalctl --unit $unit --unit 'nfdropd-reader@*' --output short-monotonic |
		tail -n 40 >&2
}
trap '[ $? = 0 ] || show_journal' EXIT

# as UID GROUP COMMAND...: as a user that is nobody else.
as() {
	local uid=$1 gid=$2
	shift 2
	setpriv --reuid "$uid" --regid 64000 --groups "$gid" "$@"
}

# --- what systemd says of it ------------------------------------------------

exposure() {
	systemd-analyze security "$1" --no-pager |
		sed -n 's/.*: \([0-9.]*\) .*/\1/p' | tail -n 1
}

# units_are_good: those that are installed, while it runs.
units_are_good() {
	local units level

	units=$(dirname "$(shows FragmentPath)")
	is 'systemd-analyze verify says nothing' '' "$(systemd-analyze verify \
		"$units"/nfdropd{.service,.socket,-reader.socket,-reader@.service} 2>&1)"
	level=$(exposure $unit)
	echo "# exposure: nfdropd $level, its reader $(exposure nfdropd-reader@x.service)"
	is 'exposure: at most 2.0' yes \
		"$(awk "BEGIN { print $level <= 2.0 ? \"yes\" : \"no\" }")"
	is 'it runs' active "$(shows ActiveState)"
	is 'and will at the next boot' enabled "$(systemctl is-enabled $unit)"
	contains 'STATUS= says what it does' "$(shows StatusText)" 'Every dropped packet'
}

# --- who may read -----------------------------------------------------------

# group_reads PROGRAM: members of the group may, and others are told its name.
group_reads() {
	local program=$1 gid status=0

	gid=$(getent group nfdrop | cut -d: -f3)
	is 'a member of the group may read' array \
		"$(as 65534 "$gid" "$program" --json=short rules 2>$run/err | jq -r type)"
	as 65534 64000 "$program" rules >$run/out 2>$run/err || status=$?
	is 'another user may not: status' 1 "$status"
	is 'and sees nothing' '' "$(cat $run/out)"
	contains 'and is told the group' "$(cat $run/err)" 'usermod -aG nfdrop'
}

# --- what it goes through ---------------------------------------------------

all_packets() {
	nfdrop --json=short rules | jq '[.[].packets] | add // 0'
}

# start_connects: a client that connects all the time; connects_end says what
# became of it.
start_connects() {
	python3 -c '
import socket, sys, time
while True:
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(sys.argv[1])
        print("connected", flush=True)
    except OSError as e:
        print("refused", time.time(), e, flush=True)
    sock.close()
    time.sleep(0.02)' $socket >$run/connects &
	connector=$!
}

connects_end() {
	kill "$connector"
	is "none of $(grep -c connected $run/connects) connections was refused" '' \
		"$(grep refused $run/connects || :)"
}

# survives WHAT COMMAND...: whatever COMMAND does to it, a client that comes at
# once is served, with all counts that had been written. "agree" is the case's
# own: whether the counts are the kernel's. [Counts] FlushInterval= is a second.
survives() {
	local what=$1 before
	shift
	wait_for "the counts to be the kernel's" agree
	sleep 2.5
	before=$(all_packets)
	"$@"
	is "$what: a client that comes at once is served" active "$(field .state)"
	is 'with what was counted' yes \
		"$([ "$(all_packets)" -ge "$before" ] && echo yes)"
	wait_for "the counts to be the kernel's, after $what" agree
}

# replaced COMMAND...: which ends nfdropd for another one.
replaced() {
	local pid
	pid=$(shows MainPID)
	"$@"
	# This client waits until there is another one.
	[ "$(field .state)" = active ] || fail 'a client that came at once'
	[ "$(shows MainPID)" != "$pid" ] || fail 'it is the process from before'
}

kill_it() {
	kill -9 "$(shows MainPID)"
}
