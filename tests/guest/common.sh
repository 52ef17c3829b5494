# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# common.sh - what the guest scripts share; sourced, never run.
#
# Everything that is downloaded or built lives below $cache, and a finished
# thing appears there by one rename: a folder $cache/NAME-HASH is complete or
# absent.  Work in progress is below $cache/build, logs below $cache/log.

guest=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# Used by the scripts that source this one.
# shellcheck disable=SC2034
checkout=${guest%/*/*}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nfdrop

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# usage FILE: the comment at the head of FILE is its help text.
usage() {
	awk 'NR > 3 { if (!sub(/^# ?/, "")) exit; print }' "$1"
}

# need_packages PACKAGE...: see to it that these Debian packages are installed.
need_packages() {
	local package missing=()

	for package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" \
			2>/dev/null | grep -qx installed || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || die "needs: apt-get install ${missing[*]}"

	say "installing ${missing[*]}"
	mkdir -p "$cache/log"
	local log=$cache/log/apt.log
	if ! { apt-cache show "${missing[@]}" || apt-get update; } \
		>"$log" 2>&1 || ! DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends "${missing[@]}" \
		>>"$log" 2>&1 </dev/null; then
		tail -n 15 "$log" >&2
		die "cannot install ${missing[*]}; the log is $log"
	fi
}

# take_lock NAME: one process at a time makes the thing NAME.  The lock goes
# with the process; the descriptor must not reach a daemon (see 9>&-).
take_lock() {
	mkdir -p "$cache/build"
	exec 9>"$cache/build/$1.lock"
	flock -n 9 && return
	say "waiting for another run that makes $1"
	flock 9
}

# with_parent COMMAND...: become COMMAND, and end when the parent is killed.
with_parent() {
	exec setpriv --pdeathsig TERM -- "$@"
}

# finish FOLDER NAME: FOLDER is complete: it becomes $cache/NAME.  Of the other
# versions (another hash) the newest two stay, and what a guest uses.
finish() {
	local folder=$1 name=$2 old

	sync -f "$folder"
	touch "$folder"
	mv -T "$folder" "$cache/$name"
	find "$cache" -maxdepth 1 -name "${name%-*}-????????????" \
		-printf '%T@ %p\n' | sort -rn | sed '1,3d; s/^[^ ]* //' |
		while read -r old; do
			# Guests hold a shared lock on the folders they use.
			flock -n "$old" rm -rf "$old" || :
		done
}

# run_logged LOG WHAT COMMAND...: run COMMAND, output to LOG; when it fails,
# show the end of LOG and stop.
run_logged() {
	local log=$1 what=$2

	shift 2
	"$@" >>"$log" 2>&1 </dev/null && return
	tail -n 25 "$log" >&2
	die "$what failed; the log is $log"
}

# hash: 12 hexadecimal digits that name standard input.
hash() {
	sha256sum | cut -c 1-12
}
