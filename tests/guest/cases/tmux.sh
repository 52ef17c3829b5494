# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# tmux.sh - a person at a terminal; sourced by cases, after lib.sh.

# Of lib.sh, and arguments that the cases give.
# shellcheck disable=SC2154,SC2120
export LC_ALL=C.UTF-8 HOME=$run
unset NO_COLOR COLUMNS LINES

terminal=0

mux() {
	tmux -L "top$terminal" -f /dev/null "$@"
}

# open WIDTH HEIGHT COMMAND...: a terminal of that size with COMMAND in it.
open() {
	local width=$1 height=$2
	shift 2
	mux kill-server 2>/dev/null || :
	# Another server: the last one may still be on its way out.
	terminal=$((terminal + 1))
	rm -f $run/status
	mux new-session -d -x "$width" -y "$height" \
		"$*; echo ended \$? | tee $run/status; exec sleep 1000"
	mux set-option -g remain-on-exit on >/dev/null
}

screen() {
	mux capture-pane -p "$@"
}

shows() {
	screen | grep -qE -- "$1"
}

# sees WHAT PATTERN: until the screen has it.
sees() {
	local i
	for ((i = 0; i < 150; i++)); do
		if shows "$2"; then
			echo "ok - $1"
			return
		fi
		sleep 0.1
	done
	screen >&2
	fail "$1: no $2 on the screen"
}

# lacks WHAT PATTERN: until the screen has it no more.
lacks() {
	local i
	for ((i = 0; i < 150; i++)); do
		if ! shows "$2"; then
			echo "ok - $1"
			return
		fi
		sleep 0.1
	done
	screen >&2
	fail "$1: $2 is on the screen"
}

keys() {
	local key
	for key; do
		mux send-keys -- "$key"
		sleep 0.2
	done
}

ended() {
	[ -s $run/status ]
}

# ends WHAT STATUS
ends() {
	wait_for "$1" ended
	is "$1" "ended $2" "$(cat $run/status)"
}
