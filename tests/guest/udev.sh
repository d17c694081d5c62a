#!/bin/bash
# SPDX-License-Identifier: MIT
# Our udev rules against rules that online every CPU, on real Linux and real udevd in
# QEMU, with one offline CPU. Each file in udev/, and each folder's files together, must
# online it without our rules, and must not with them; where there is no ACPI table SCAR
# they must with them, too. /dev/sidecar, of a module that make driver builds, must be its
# group's.
# Run setup.sh first.
# Usage: udev.sh BUILD_DIR
set -euo pipefail

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$build/tests/udev
root=$work/root
passed=0
failed=0

copy_program()
{
	local file

	mkdir -p "$root$(dirname "$1")"
	cp "$1" "$root$1"
	for file in $(ldd "$1" | grep -o '/[^ ]*'); do
		mkdir -p "$root$(dirname "$file")"
		cp -L "$file" "$root$file"
	done
}

pack()
{
	local file

	rm -rf "$work"
	mkdir -p "$root"/{bin,etc/udev,lib,usr/lib/systemd,rules,ours}
	cp "$(command -v busybox)" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	copy_program "$(command -v udevadm)"
	ln -s "$(command -v udevadm)" "$root/usr/lib/systemd/systemd-udevd"
	cp -r "$here"/udev/. "$root/rules"
	cp "$here"/../../sidecar/install/*.rules "$root/ours"
	cp "$here/udev-init" "$root/init"
	echo "sidecar:x:977:" >"$root/etc/group"
	echo "root:x:0:0::/:/bin/sh" >"$root/etc/passwd"
	for file in "$build"/driver-fault/linux-headers-*/driver-node.ko; do
		[ ! -e "$file" ] || strip -g "$file" -o \
			"$root/node-$(basename "${file%/*}" | sed s/^linux-headers-//).ko"
	done
	chmod 755 "$root/init"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initrd"
	printf '\0' >"$work/scar"
}

# boot KERNEL [QEMU OPTION...]
boot()
{
	local image=$build/lab/$1/vmlinux

	# uncompressed if there is one: that saves time at each boot
	[ -e "$image" ] || image=$build/lab/$1/vmlinuz
	begun=$SECONDS
	shift
	# time is the number of instructions: a busy machine does not delay udevd
	timeout 600 qemu-system-x86_64 -M q35 -accel tcg \
		-icount shift=0,sleep=off -smp 2 -m 512 \
		-smbios type=1,manufacturer=Xen \
		-display none -monitor none -net none -no-reboot \
		-serial stdio -kernel "$image" -initrd "$work/initrd" "$@" \
		-append "console=ttyS0 quiet maxcpus=1 cryptomgr.notests" </dev/null |
		tr -d '\r' >"$work/console"
}

# want LINE...: these must be on the console of this boot
want()
{
	local line

	for line; do
		grep -qxF "udev: $line" "$work/console" && continue
		bad+="    expected: $line"$'\n'
	done
}

# check LINE...: for each file and folder of udev/, what must be seen together with our rules
check()
{
	local path name

	for path in "$here"/udev/*; do
		name=$(basename "$path")
		want "$name: without: online 1" "${@/#/$name: with: }"
	done
	want "by hand: refused 0"
	! grep -q '^udev: node' "$work/console" || want "node: group 977 mode 660"
}

# judge LINE...: checks this boot and prints the verdict
judge()
{
	local bad=

	check "$@"
	if [ -z "$bad" ]; then
		echo "ok udev: $what ($((SECONDS - begun))s)"
		passed=$((passed + 1))
	else
		printf 'FAIL udev: %s (%ss)\n%s' "$what" $((SECONDS - begun)) \
			"$bad"
		sed 's/^/    seen:     /' "$work/console"
		failed=$((failed + 1))
	fi
}

pack
for kernel in linux-6.1 linux-6.12; do
	what=$kernel
	boot "$kernel" -acpitable "sig=SCAR,data=$work/scar"
	judge "online 0" "state 0 fail -1"
	what="$kernel without SCAR"
	boot "$kernel"
	judge "online 1"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
