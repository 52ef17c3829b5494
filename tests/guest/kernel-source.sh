# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# kernel-source.sh - a kernel from Debian's source package, our patches and our
# configuration: User-Mode Linux, or one for QEMU.  Sourced by kernel, whose
# $name, $kind, $source, $patches and $config it uses.
#
# An interrupted build goes on where it stopped, if its inputs are the same.
# A build with other inputs starts from fresh sources; ccache makes it fast.

. "$guest/kernel-config.sh"

case $kind in
uml) arch=um image=linux ;;
pc) arch=x86_64 image=arch/x86/boot/bzImage ;;
esac

# read_inputs: name the patches and the configuration fragments. A fragment may
# have a patch beside it, for what is wrong with the base kernel as a test bed.
read_inputs() {
	local fragment

	# number 0 is the cover letter
	patch_files=()
	[ "$patches" = - ] || mapfile -t patch_files < <(find \
		"$checkout/kernel-patches/$patches" -name '[0-9]*.patch' \
		! -name '0000-*' | sort)
	config_files=()
	for fragment in ${config//,/ }; do
		config_files+=("$guest/config/$fragment.config")
		[ ! -e "$guest/config/$fragment.patch" ] ||
			patch_files+=("$guest/config/$fragment.patch")
	done
}

# folder_name: NAME-HASH, of everything that makes this kernel what it is.
folder_name() {
	local version

	version=$(package_version) || return
	read_inputs
	echo "$name-$({
		echo "$source $version recipe 1"
		cat -- "${patch_files[@]}" "${config_files[@]}"
	} | hash)"
}

find_made() {
	local folder

	folder=$cache/$(folder_name) || return
	[ -d "$folder" ] && echo "$folder"
}

# prepare_source FOLDER: fresh, patched sources in FOLDER.
prepare_source() {
	local file

	rm -rf "$1"
	mkdir -p "$1"
	tar -C "$1" --strip-components=1 -xf "/usr/src/$source.tar.xz" || return
	for file in "${patch_files[@]}"; do
		echo "patch: $file"
		patch -d "$1" -p1 --no-backup-if-mismatch <"$file" || return
	done
}

configure() {
	configure_kernel "$arch" "${config_files[@]}"
}

compile() {
	(with_parent make ARCH="$arch" CC='ccache gcc' -j"$(nproc)" \
		"${image##*/}")
}

# progress LOG: one line on standard error: how many objects are compiled.
# It is over-written on a terminal; else one line a minute.
progress() {
	local start=$SECONDS step=60 end='\n' last=0

	[ ! -t 2 ] || { step=1 end='\r'; }
	while sleep 1 && kill -0 $$ 2>/dev/null; do
		[ $((SECONDS - last)) -ge $step ] || continue
		last=$SECONDS
		printf "%s: %s: %d objects after %d s$end" kernel "$name" \
			"$(grep -c '^  \(CC\|AS\)  ' "$1")" $((SECONDS - start)) >&2
	done
}

make_kernel() {
	local made folder log work watcher

	if find_made; then
		return
	fi
	need_packages build-essential flex bison bc libelf-dev kmod patch \
		xz-utils ccache
	"$checkout/kernel-patches/source" "$source" >/dev/null
	made=$(folder_name) || die "apt knows no package $source"
	read_inputs
	[[ $cache =~ ^[^[:space:]:]+$ ]] ||
		die "a kernel cannot be built below '$cache': no spaces, please"
	take_lock "$name"
	if find_made; then
		return
	fi

	work=$cache/build/$name
	log=$cache/log/$made.log
	mkdir -p "$work" "$cache/log"
	export CCACHE_DIR=$cache/ccache CCACHE_MAXSIZE=4G CCACHE_NOHASHDIR=1
	export KBUILD_BUILD_TIMESTAMP='1970-01-01 00:00:00 UTC'
	export KBUILD_BUILD_USER=nfdrop KBUILD_BUILD_HOST=guest
	export MAKEFLAGS='' LC_ALL=C

	say "building $name, some minutes; the log is $log"
	if [ "$(cat "$work/inputs" 2>/dev/null)" != "$made" ]; then
		: >"$log"
		rm -rf "$work"
		mkdir -p "$work"
		run_logged "$log" 'preparing the sources' \
			prepare_source "$work/linux"
		echo "$made" >"$work/inputs"
	fi
	cd "$work/linux" || exit
	run_logged "$log" 'configuring' configure
	progress "$log" &
	watcher=$!
	trap 'kill $watcher 2>/dev/null' EXIT
	run_logged "$log" 'compiling' compile
	kill $watcher
	trap - EXIT

	folder=$work/made
	rm -rf "$folder"
	mkdir -p "$folder"
	cp "$image" "$folder/linux"
	cp .config "$folder/config"
	make -s ARCH="$arch" kernelrelease >"$folder/version"
	# There are no modules, but with this modprobe knows what is built in.
	mkdir -p "$folder/modules/$(<"$folder/version")" root/lib
	cp modules.builtin* "$folder/modules/$(<"$folder/version")"
	ln -sfn "$folder/modules" root/lib/modules
	run_logged "$log" depmod depmod -b "$PWD/root" "$(<"$folder/version")"
	finish "$folder" "$made"
	cd /
	rm -rf "$work"
	say "built $name in $SECONDS s"
	echo "$cache/$made"
}
