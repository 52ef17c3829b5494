# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lib.sh - what the cases share; sourced in the guest. BUILD is the build
# folder. A case ends at the first thing that is not as it should be, and says
# what it expected.

set -euo pipefail

cases=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$cases/../../.." && pwd)
run=/run/nfdrop-test
mkdir -p $run
# Used by the cases.
# shellcheck disable=SC2034
socket=$run/socket
# shellcheck disable=SC2034
demo=$top/tools/demo

fail() {
	echo "FAILED: $*" >&2
	[ ! -s $run/log ] || sed 's/^/    nfdropd: /' $run/log >&2
	exit 1
}

# is WHAT WANTED GOT
is() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		printf 'wanted: %s\ngot:    %s\n' "$2" "$3" >&2
		fail "$1"
	fi
}

# same_lines WHAT WANTED GOT: for long texts, says only where they differ.
same_lines() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		diff --label wanted --label got -U 0 <(echo "$2") \
			<(echo "$3") >&2 || :
		fail "$1"
	fi
}

# exact_figures WANTED GOT: for tests/bench/accuracy, of lines of rule-counts: how
# many rules dropped something, how many packets, in which families, and how many
# of them are told otherwise.
exact_figures() {
	printf 'figures {"of": "exact", "rules": %d, "packets": %d, "families": "%s", "wrong": %d}\n' \
		"$(wc -l <<<"$1")" "$(awk '{ n += $(NF - 1) } END { print n }' <<<"$1")" \
		"$(awk '{ print $3 }' <<<"$1" | sort -u | tr '\n' ' ' | sed 's/ $//')" \
		"$(comm -13 <(sort <<<"$1") <(sort <<<"$2") | wc -l)"
}

# contains WHAT TEXT PART
contains() {
	case $2 in
	*"$3"*) echo "ok - $1" ;;
	*)
		printf 'wanted: ...%s...\ngot:    %s\n' "$3" "$2" >&2
		fail "$1"
		;;
	esac
}

# wait_for WHAT COMMAND...: until COMMAND succeeds, at most 30 seconds.
wait_for() {
	local what=$1 i
	shift
	for ((i = 0; i < 300; i++)); do
		"$@" && return
		sleep 0.1
	done
	fail "waited 30 s for $what"
}

nfdrop() {
	"$BUILD/cli/nfdrop" --socket=$socket "$@"
}

answers() {
	nfdrop status >/dev/null 2>&1
}

# start_daemon [OPTION...]: in the background, its log in $run/log. $daemon is
# its process.
start_daemon() {
	"$BUILD/daemon/nfdropd" --socket=$socket "$@" 2>>$run/log &
	daemon=$!
	wait_for 'nfdropd to answer' answers
}

stop_daemon() {
	kill "$daemon"
	wait "$daemon" || fail "nfdropd ended with status $?"
}

# field PATH: of nfdrop status, by jq.
field() {
	nfdrop --json=short status | jq -r "$1"
}

subscribed() {
	# One connection is the question's own.
	[ "$(field .sessions.current)" -gt "$1" ]
}

# start_monitor FILE [OPTION...]: nfdrop monitor into FILE, once it is on.
# $monitor is its process.
start_monitor() {
	local file=$1 before
	shift
	before=$(field .sessions.current)
	"$BUILD/cli/nfdrop" --socket=$socket monitor "$@" >"$file" \
		2>"$file.err" &
	# Used by the cases.
	# shellcheck disable=SC2034
	monitor=$!
	wait_for 'nfdrop monitor to subscribe' subscribed "$before"
}

# The kernel has reported no mistake of its own: of locks, of memory, of RCU.
kernel_is_content() {
	local words='WARNING|BUG|Oops|suspicious|KASAN|possible circular|memory leaks'
	# Whose it is, the lines after it say.
	! dmesg | grep -qE "$words" ||
		dmesg | grep -E -A 40 -m 1 "$words" | sed 's/^/    kernel: /' >&2
	is 'the kernel is content' '' "$(dmesg | grep -E "$words" || :)"
}

# The same of memory that nobody has any more, where kmemleak is. It looks at
# objects that are old enough.
nothing_leaked() {
	local found=/sys/kernel/debug/kmemleak i
	mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
	[ -e $found ] || return 0
	nft flush ruleset
	for i in 1 2; do
		sleep 6
		echo scan >$found
	done
	is 'kmemleak finds nothing of netfilter' '' \
		"$(grep -A 20 'unreferenced' $found |
			grep -E 'nf_|nft_|net_dm|xt_|ipt_' || :)"
}
