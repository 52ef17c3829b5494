# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# kernel-tree.sh - a User-Mode Linux kernel from a tree that somebody works in.
# Sourced by kernel, whose $name is the tree's path.

# It is looked at each time: there is no telling what has changed in a tree.
find_made() {
	return 1
}

make_kernel() {
	local tree folder version

	tree=$(cd "$name" 2>/dev/null && pwd -P) || die "there is no folder $name"
	if [ ! -x "$tree/linux" ] || [ ! -e "$tree/modules.builtin" ]; then
		die "no kernel is built in $tree: make ARCH=um linux"
	fi
	need_packages kmod
	folder=$cache/tree-$(hash <<<"$tree")
	version=$(<"$tree/include/config/kernel.release")
	mkdir -p "$folder/modules/$version" "$folder/root/lib"
	cp -u --remove-destination "$tree/linux" "$folder/"
	cp "$tree/.config" "$folder/config"
	cp "$tree"/modules.builtin* "$folder/modules/$version"
	: >"$folder/modules/$version/modules.order"
	echo "$version" >"$folder/version"
	ln -sfn "$folder/modules" "$folder/root/lib/modules"
	depmod -b "$folder/root" "$version" >&2
	echo "$folder"
}
