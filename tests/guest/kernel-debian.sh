# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# kernel-debian.sh - a kernel as Debian ships it, for QEMU.  Sourced by kernel,
# whose $name and $source it uses.  The package is unpacked into the cache; it
# is not installed.

# find_made: print the newest folder.  Asking apt takes half a second, so a
# boot uses what is there, and make_kernel looks for a newer one.
find_made() {
	find "$cache" -maxdepth 1 -name "$name-????????????" -printf '%T@ %p\n' \
		2>/dev/null | sort -rn | sed 's/^[^ ]* //; q' | grep .
}

# real_package: $source is a meta package; print the name and version of the
# kernel image that it stands for.
real_package() {
	local real

	real=$(apt-cache depends "$source" 2>/dev/null |
		sed -n 's/^  Depends: \(linux-image-[0-9][^ ]*\)/\1/p')
	[ -n "$real" ] || return
	printf '%s=%s\n' "$real" "$(apt-cache policy "$source" |
		sed -n 's/^ *Candidate: //p')"
}

# make_initramfs MADE: what mounts the root, for a kernel that has virtiofs as a
# module: busybox, and the modules in the order in which they need each other.
make_initramfs() {
	local made=$1 root=$1/initramfs.root modules module
	modules=$made/modules/$(<"$made/version")
	mkdir -p "$root"/{bin,dev,proc,root,modules}
	cp /bin/busybox "$root/bin/"
	# Of modules.dep, the last one is to be loaded first.
	for module in virtio_pci virtiofs; do
		sed -n "s|^\(.*/$module\.ko[^:]*\): *\(.*\)|\2 \1|p" \
			"$modules/modules.dep" | awk '{
			for (i = NF - 1; i > 0; i--) print $i
			print $NF }'
	done | awk '!seen[$0]++' >"$root/order"
	while read -r module; do
		cp "$modules/$module" "$root/modules/"
	done <"$root/order"
	cat >"$root/init" <<-'EOT'
		#!/bin/busybox sh
		/bin/busybox mount -t proc proc /proc
		/bin/busybox mount -t devtmpfs dev /dev
		while read -r module; do
			/bin/busybox insmod "/modules/${module##*/}"
		done </order
		/bin/busybox mount -t virtiofs root /root
		for word in $(/bin/busybox cat /proc/cmdline); do
			case $word in init=*) init=${word#init=} ;; esac
		done
		/bin/busybox umount /proc
		/bin/busybox umount /dev
		exec /bin/busybox switch_root /root "$init"
	EOT
	chmod +x "$root/init"
	(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$made/initramfs"
	rm -rf "$root"
}

make_kernel() {
	local package folder log work

	need_packages qemu-system-x86 kmod busybox-static cpio
	take_lock "$name"
	log=$cache/log/$name.log
	mkdir -p "$cache/log"
	: >"$log"
	if ! package=$(real_package); then
		[ "$(id -u)" != 0 ] || run_logged "$log" 'apt-get update' \
			apt-get update
		package=$(real_package) || {
			# Without package lists, what is there must do.
			find_made && return
			die "apt knows no package $source; is the security" \
				"suite in its sources?"
		}
	fi
	folder=$cache/$name-$(hash <<<"$package recipe 1")
	if [ -d "$folder" ]; then
		touch "$folder"
		echo "$folder"
		return
	fi

	say "downloading $package (about 100 MB); the log is $log"
	work=$cache/build/$name
	rm -rf "$work"
	mkdir -p "$work/deb" "$work/made"
	# apt's own download user cannot write here, which is worth no warning.
	(cd "$work/deb" && run_logged "$log" "downloading $package" \
		apt-get -q -o APT::Sandbox::User=root download "$package")
	run_logged "$log" 'unpacking' dpkg-deb -x "$work"/deb/*.deb "$work/root"

	cp "$work"/root/boot/vmlinuz-* "$work/made/linux"
	cp "$work"/root/boot/config-* "$work/made/config"
	# Installed, the postinst script would have called depmod.
	basename "$work"/root/lib/modules/* >"$work/made/version"
	run_logged "$log" depmod \
		depmod -b "$work/root" "$(<"$work/made/version")"
	mv "$work/root/lib/modules" "$work/made/modules"
	! grep -qx CONFIG_VIRTIO_FS=m "$work/made/config" ||
		make_initramfs "$work/made"
	finish "$work/made" "${folder##*/}"
	rm -rf "$work"
	echo "$folder"
}
