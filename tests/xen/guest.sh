#!/bin/bash
# SPDX-License-Identifier: MIT
# Packs the guest's initramfs, build/lab/guest.img: busybox, guest-init,
# sidecarctl and its jobs, the modules of all guest kernels. Run setup.sh first.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
lab=$(cd "$here/../.." && pwd)/build/lab

dir=$(mktemp -d "$lab/guest.XXXXXX")
trap 'rm -rf "$dir" "$dir.img"' EXIT
chmod 755 "$dir"
mkdir -p "$dir"/{bin,proc,sys,dev,tmp,usr/bin,usr/sbin,lib/modules}
cp "$(command -v busybox)" "$dir/bin/busybox"
ln -s busybox "$dir/bin/sh"
ln -s lib/modules "$dir/modules"
for linux in "$lab"/linux-*/; do
	[ -e "$linux/.unpacked" ] || continue
	release=$(cat "$linux/release")
	modules=$dir/lib/modules/$release
	mkdir -p "$modules"
	cp "$linux"/modules/{xen-privcmd,msr,xen-evtchn}.ko "$modules/"
	[ ! -e "$linux/modules/xen-blkfront.ko" ] ||
		cp "$linux/modules/xen-blkfront.ko" "$modules/"
	driver=$lab/../driver/linux-headers-$release/xen_sidecar.ko
	[ ! -e "$driver" ] || strip -g "$driver" -o "$modules/xen_sidecar.ko"
	fault=$lab/../driver-fault/linux-headers-$release/driver-fault.ko
	[ ! -e "$fault" ] || strip -g "$fault" -o "$modules/driver-fault.ko"
	# for modprobe
	busybox depmod -b "$dir" "$release"
done
cp "$here/guest-init" "$dir/init"
cp "$here/guest-sidecar" "$here/guest-parts" "$dir/"
sed -n 's/^DEED(\(.*\))/\1/p' "$here/jobs/deeds.h" >"$dir/deeds"
chmod 755 "$dir/init"
if [ -e "$lab/../sidecarctl" ]; then
	cp "$lab"/../{sidecarctl,stop-race,bells,storm,control,driver-calls,driver-test,driver-storm,stencil-threads} \
		"$here/../../sidecar/install/elastic/xen-sidecar-elastic" \
		"$here/../../sidecar/install/xen-sidecar-setup" "$dir/bin/"
	jobs=$dir$(cat "$lab/../jobs-dir")
	mkdir -p "$jobs"
	cp "$lab"/../jobs/*.job "$lab/../jobs/test-bad.elf" "$jobs/"
	cp "$lab"/../jobs/{test-short,test-echo,control-job,primes}.job "$dir/"
	cp "$lab/../program.elf" "$dir/"
	# of make soak
	for language in rust fortran; do
		[ ! -e "$lab/../$language.elf" ] || cp "$lab/../$language.elf" "$dir/"
	done
fi
# only for make bench: its size decides how much scratch a guest has
if [ -n "${BENCH-}" ]; then
	cp "$lab"/../{stopwatch,trips} "$here/../bench/guest-bench" "$dir/bin/"
fi
# not compressed: each boot would have to uncompress it
(cd "$dir" && find . | cpio -o -H newc -R 0:0 --quiet) >"$dir.img"
mv "$dir.img" "$lab/guest.img"
