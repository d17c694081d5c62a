#!/bin/bash
# SPDX-License-Identifier: MIT
# What Linux tells libsidecar of by itself, on real Linux in QEMU, without Xen: changes.c.
# Run setup.sh first. By the time of day: Linux's test of a suspend counts it.
# Usage: changes.sh BUILD_DIR
set -euo pipefail

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$build/tests/changes
rm -rf "$work"
mkdir -p "$work/root"/{proc,sys,dev}
gcc -Wall -Wextra -Werror -O2 -static "$here/changes.c" \
	"$here/../../sidecar/lib/changes.c" -o "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initrd"
cat >"$work/want" <<'END'
changes: opened 1 1
changes: quiet 0, 0 switches
changes: noise 0
changes: online 1
changes: offline 1
changes: online again 1
changes: clock 2
changes: goes on 2
changes: quiet 0
END
for linux in 6.1 6.12; do
	# uncompressed if there is one: that saves time at each boot
	image=$build/lab/linux-$linux/vmlinux
	[ -e "$image" ] || image=$build/lab/linux-$linux/vmlinuz
	timeout 600 qemu-system-x86_64 -M q35 -accel tcg,thread=single -smp 2 \
		-m 512 -display none -monitor none -net none -no-reboot \
		-serial stdio -kernel "$image" -initrd "$work/initrd" -append \
		"console=ttyS0 quiet maxcpus=1 cryptomgr.notests suspend.pm_test_delay=3" \
		</dev/null | tr -d '\r' >"$work/console-$linux"
	grep -o 'changes: .*' "$work/console-$linux" | diff "$work/want" - || {
		echo "FAIL: changes: Linux $linux, $work/console-$linux"
		exit 1
	}
done
echo "pass: changes that Linux tells of, 2 kernels"
