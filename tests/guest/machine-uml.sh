# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# machine-uml.sh - run a User-Mode Linux kernel.  Sourced by sandbox.  The root
# is hostfs.

start_machine() {
	local terminal=con1=null

	# Linux, when it panics, kills its process group.
	local group=(setsid -w)

	# The terminal is on other descriptors than the kernel's own output.
	[ "$tty" = no ] || terminal=con1=fd:3,fd:4 group=()
	# $append is a list of words.
	# shellcheck disable=SC2086
	TMPDIR=/dev/shm "${group[@]}" "$kernel/linux" mem="${memory}M" \
		rootfstype=hostfs rootflags=/ rw init="$run/init" \
		uml_dir="$run/" umid=uml con=null con0=null,fd:1 "$terminal" \
		panic=-1 $append 3<&0 4>&1 </dev/null >>"$run/console" 2>&1
}
