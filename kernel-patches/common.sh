# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# common.sh - what the scripts of this folder share; sourced, never run.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# say, die, usage, $guest, $cache
. "$here/../tests/guest/common.sh"
author_name=nfdrop
author_mail=nfdrop@localhost.invalid

# find_series VERSION: set $series, $source, $tree and $patches.
find_series() {
	case $1 in
	v6.12 | v7.3) ;;
	*) die "there is no series '$1': v6.12 or v7.3" ;;
	esac
	series=$1
	source=linux-source-${1#v}
	tree=$cache/tree/$1
	mapfile -t patches < <(find "$here/$1" -name '[0-9]*-*.patch' \
		! -name '0000-*' | sort)
}

# source_version: of the installed source package.
source_version() {
	dpkg-query -W -f '${Version}' "$source"
}

# need_source: see to it that the source package is there.
need_source() {
	"$here/source" "$source" >/dev/null
}
