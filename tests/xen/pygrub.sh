#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's pygrub with Python for dom0, and an ext4 disk with a kernel, an initrd and a
# grub.cfg for it to read. After setup.sh soak and guest.sh.
# Usage: pygrub.sh 4.17|4.20 EXTRA   EXTRA is laid over dom0's root
set -euo pipefail

ver=$1
extra=$2
lab=$(cd "$(dirname "$0")/../.." && pwd)/build/lab
root=$lab/xen-$ver
python=$lab/pygrub-$ver
work=$(mktemp -d "$lab/pygrub.XXXXXX")
trap 'rm -rf "$work"' EXIT

[ -e "$python/.ready" ] || {
	echo "lab: pygrub of Xen $ver: run tests/xen/setup.sh soak" >&2
	exit 1
}
libs=lib/x86_64-linux-gnu
own=usr/lib/xen-$ver
mkdir -p "$extra/$libs" "$extra/$own/bin" "$extra/usr/bin"
cp "$root/$own/bin/pygrub" "$extra/$own/bin/"
cp -r "$root/$own/lib" "$extra/$own/"
cp -L "$python"/usr/bin/python3 "$extra/usr/bin/"
cp -r "$python"/usr/lib/python3.* "$extra/usr/lib/"
# its menu is drawn by curses; where terminals are described differs by release
for dir in lib usr/share; do
	[ -d "$python/$dir/terminfo" ] || continue
	mkdir -p "$extra/$dir"
	cp -r "$python/$dir/terminfo" "$extra/$dir/"
done
for lib in "$python"/{usr/,}"$libs"/*.so.[0-9]* \
	"$root"/{usr/,}"$libs"/{libm.so.6,libz.so.1,libxenguest.so.*}; do
	[ ! -e "$lib" ] || cp -L "$lib" "$extra/$libs/"
done

mkdir -p "$work/disk/boot/grub"
cp "$lab/linux-6.1/vmlinuz" "$work/disk/boot/vmlinuz"
cp "$lab/guest.img" "$work/disk/boot/initrd.img"
cat >"$work/disk/boot/grub/grub.cfg" <<'END'
set default="0"
set timeout=0
menuentry 'Debian GNU/Linux' {
	linux /boot/vmlinuz root=/dev/xvda console=hvc0 lab.of=ext4
	initrd /boot/initrd.img
}
END
mke2fs -q -t ext4 -d "$work/disk" "$extra/boot/disk.ext4" 32M >/dev/null
