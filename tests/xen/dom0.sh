#!/bin/bash
# SPDX-License-Identifier: MIT
# Packs dom0's initramfs, build/lab/xen-VERSION/dom0.img: busybox, the Xen tools of
# that version with their own C library, some kernel modules and dom0-init; with the
# word libvirt the file libvirt.img, which goes behind it: libvirtd and virsh.
# Run setup.sh first.
# Usage: dom0.sh 4.17|4.20 [libvirt]
set -euo pipefail

ver=$1
here=$(cd "$(dirname "$0")" && pwd)
lab=$(cd "$here/../.." && pwd)/build/lab
root=$lab/xen-$ver
img=$root/dom0.img
tools="usr/lib/xen-$ver/bin/xl usr/lib/xen-$ver/bin/xenstored
	usr/lib/xen-$ver/bin/xenconsoled usr/lib/xen-$ver/bin/xenconsole
	usr/lib/xen-$ver/bin/xen-init-dom0 usr/lib/xen-$ver/bin/xentrace
	usr/lib/xen-$ver/bin/libxl-save-helper usr/bin/xenstore-read
	usr/bin/xenstore-write usr/bin/xenstore-ls"
# in the order in which dom0-init loads them
modules="xen-privcmd xen-evtchn xen-gntdev xenfs virtio_ring virtio
	virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_console
	loop xen-blkback"
libdirs="$root/usr/lib/x86_64-linux-gnu $root/lib/x86_64-linux-gnu"
check=$lab/../../xen/toolstack/check
drivers=usr/lib/x86_64-linux-gnu/libvirt/connection-driver

up_to_date()
{
	local src

	for src in "$root/.tools" "$lab/linux-6.1/.unpacked" "$here"/dom0* "$check/case.sh" "$@"; do
		[ "$img" -nt "$src" ] || return 1
	done
}

# add_libs DIR FILE: copies the libraries that FILE needs, and those that they need
add_libs()
{
	local lib path

	for lib in $(readelf -d "$2" |
		     sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p'); do
		[ ! -e "$1/lib/x86_64-linux-gnu/$lib" ] || continue
		# shellcheck disable=SC2086 # a list of folders
		path=$(find $libdirs -maxdepth 1 -name "$lib" 2>/dev/null |
			head -n 1)
		[ -n "$path" ] || {
			echo "dom0: $lib: not found (remove build/lab/xen-$ver, then make lab)" >&2
			exit 1
		}
		cp -L "$path" "$1/lib/x86_64-linux-gnu/$lib"
		add_libs "$1" "$path"
	done
}

add_tools()
{
	local tool

	for tool in $tools; do
		cp -L "$root/$tool" "$1/usr/sbin/"
		add_libs "$1" "$root/$tool"
	done
	# not among NEEDED: glibc loads it by name when a thread ends
	cp -L "$(find "$root/usr/lib" "$root/lib/" -name libgcc_s.so.1 |
		head -n 1)" "$1/lib/x86_64-linux-gnu/"
	cp -L "$1/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$1/lib64/"
}

add_base()
{
	local mod name i=0

	mkdir -p "$1"/{bin,usr/sbin,etc/xen/scripts,lib/x86_64-linux-gnu,lib64,modules,tmp} \
		"$1"/{proc,sys,dev,run/xen,run/xenstored,etc/xen,var/lock} \
		"$1"/var/{log/xen/console,lib/xen,lib/xenstored} "$1/usr/lib/xen"
	ln -s ../run "$1/var/run"
	ln -s /tmp "$1/var/lib/xen/dump"	# where there is room
	# where xl looks for what shows a console
	mkdir -p "$1/usr/lib/xen-$ver/bin"
	ln -s /usr/sbin/xenconsole "$1/usr/lib/xen-$ver/bin/xenconsole"
	echo 'vm.cpumask="all,^0"' >"$1/etc/xen/xl.conf"
	cp "$(command -v busybox)" "$1/bin/busybox"
	ln -s busybox "$1/bin/sh"
	for mod in $modules; do
		i=$((i + 1))
		cp "$lab/linux-6.1/modules/$mod.ko" "$1/modules/$((10 + i))-$mod.ko"
	done
	cp "$here/dom0-init" "$1/init"
	cp "$here/dom0-case" "$here/dom0-actions" "$check/case.sh" "$1/usr/sbin/"
	cp "$here/dom0-block" "$1/etc/xen/scripts/block"
	cp "$here/dom0-bootloader" "$here/dom0-disk" "$1/usr/sbin/"
	for name in xl-patched xl-early xl-nvs; do
		cp "$here/dom0-$name" "$1/usr/sbin/$name"
		chmod 755 "$1/usr/sbin/$name"
	done
	chmod 755 "$1/init" "$1/usr/sbin/dom0-case" "$1/etc/xen/scripts/block" \
		"$1/usr/sbin/dom0-bootloader" "$1/usr/sbin/dom0-disk"
}

# It wants users, its CPU models, what XML is checked by, and no host but Xen.
add_libvirt()
{
	local from=$lab/libvirt file

	libdirs+=" $from/usr/lib/x86_64-linux-gnu $from/lib/x86_64-linux-gnu"
	mkdir -p "$1"/{usr/{sbin,bin,share},lib/x86_64-linux-gnu,etc/libvirt} \
		"$1/$drivers"
	for file in usr/sbin/libvirtd usr/bin/virsh "$drivers/libvirt_driver_libxl.so"; do
		cp "$from/$file" "$1/$file"
		add_libs "$1" "$from/$file"
	done
	cp -r "$from/usr/share/libvirt" "$1/usr/share/"
	# Its oldest CPU has VME, the emulated one has none: no driver would start.
	sed "s/'486'/'lab'/; /vme/d" "$1/usr/share/libvirt/cpu_map/x86_486.xml" \
		>"$1/usr/share/libvirt/cpu_map/x86_lab.xml"
	sed -i "s|.*'x86_486.xml'.*|&<include filename='x86_lab.xml'/>|" \
		"$1/usr/share/libvirt/cpu_map/index.xml"
	echo 'root:x:0:0:root:/:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
	cat >"$1/etc/libvirt/libvirtd.conf" <<-'END'
	unix_sock_group = "root"
	auth_unix_rw = "none"
	host_uuid_source = "machine-id"
	END
	echo 00000000000000000000000000000001 >"$1/etc/machine-id"
	cp "$here/dom0-libvirt" "$1/usr/sbin/libvirt"
	chmod 755 "$1/usr/sbin/libvirt"
}

if [ "${2-}" = libvirt ]; then
	img=$root/libvirt.img
	! up_to_date "$lab/libvirt/.unpacked" || exit 0
else
	! up_to_date || exit 0
fi
dir=$(mktemp -d "$root/dom0.XXXXXX")
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
if [ "${2-}" = libvirt ]; then
	add_libvirt "$dir"
else
	add_base "$dir"
	add_tools "$dir"
fi
(cd "$dir" && find . | cpio -o -H newc -R 0:0 --quiet) >"$dir.img"
mv "$dir.img" "$img"
