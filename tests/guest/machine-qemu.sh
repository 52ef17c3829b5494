# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2054,SC2154
#
# machine-qemu.sh - run a kernel in QEMU's software emulation.  Sourced by
# sandbox.  The root is virtiofs, which Debian's kernel has built in, since 6.12:
# no disk image, and an initramfs for older ones only.

start_machine() {
	local server=$run/virtiofs.socket args words

	# "always": the guest keeps files in its page cache.  Without, each
	# start of a program reads it again, and QEMU translates it again.
	/usr/lib/qemu/virtiofsd -f --socket-path="$server" -o source=/ \
		-o cache=always -o sandbox=chroot -o log_level=err \
		>>"$run/console" 2>&1 </dev/null &
	until [ -S "$server" ]; do
		kill -0 $! 2>/dev/null || exit 1
		sleep 0.02
	done

	# single: processors in threads of their own are not right where the kernel
	# changes its own code; so a guest takes one of the host's, however many.
	# la57: five levels of page tables cost time and give nothing here.
	args=(
		-nodefaults -no-user-config -display none -no-reboot
		-machine q35,memory-backend=memory -accel tcg,thread=single -cpu max,-la57
		-smp "$cpus"
		-object "memory-backend-memfd,id=memory,size=${memory}M,share=on"
		-m "$memory"
		-chardev "socket,id=root,path=$server"
		-device vhost-user-fs-pci,chardev=root,tag=root
		-chardev "file,id=console,path=$run/console,append=on"
		-device isa-serial,chardev=console
	)
	if [ "$tty" != no ]; then
		args+=(
			-device virtio-serial-pci
			-chardev stdio,id=tty,signal=off
			-device virtconsole,chardev=tty
		)
	fi
	[ ! -e "$kernel/initramfs" ] || args+=(-initrd "$kernel/initramfs")
	[ "$icount" = no ] || args+=(-icount shift=0,sleep=off)
	# norandmaps: QEMU finds translated code by its address, so programs
	# at fixed addresses start faster.  kvm_amd: "max" would have it loaded.
	words=(
		root=root rootfstype=virtiofs rw "init=$run/init"
		console=ttyS0 panic=-1 oops=panic
		mitigations=off norandmaps module_blacklist=kvm_amd
	)
	qemu-system-x86_64 "${args[@]}" -kernel "$kernel/linux" \
		-append "${words[*]} $append" 2>>"$run/console"
}
