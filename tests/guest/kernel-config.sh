# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# kernel-config.sh - how a kernel is configured from fragments.  Sourced.

# check_config CONFIG WANTED: does CONFIG have all that WANTED asks for?
check_config() {
	local line bad=0

	while read -r line; do
		case $line in
		CONFIG_*=n)
			! grep -q "^${line%n}" "$1" || {
				echo "not off: $line"
				bad=1
			}
			;;
		CONFIG_*)
			grep -qxF "$line" "$1" || {
				echo "not there: $line"
				bad=1
			}
			;;
		esac
	done <"$2"
	return $bad
}

# wanted_config FRAGMENT...: all of them; of an option named twice, the last.
wanted_config() {
	cat "$@" | tac | grep '^CONFIG_' | awk -F= '!seen[$1]++'
}

# merge_config ARCH FRAGMENT...: in the kernel's sources, make .config of what
# the fragments name and nothing else, as far as that can be had.
merge_config() {
	local arch=$1

	shift
	wanted_config "$@" >../wanted.config
	make ARCH="$arch" allnoconfig &&
		ARCH=$arch scripts/kconfig/merge_config.sh -m .config \
			../wanted.config &&
		make ARCH="$arch" olddefconfig
}

# configure_kernel ARCH FRAGMENT...: the same, but it must be had, all of it.
configure_kernel() {
	merge_config "$@" && check_config .config ../wanted.config
}
