#!/bin/bash
# SPDX-License-Identifier: MIT
# The shim without Xen, booted by QEMU itself as a PVH kernel: it must say so on COM1 and
# on port 0xe9, and stop.
# Usage: test_bare.sh BUILD_DIR
set -euo pipefail

build=$1
dir=$build/tests/bare
want="shim: xen: this is not a Xen guest, nothing to boot (want xl, type=\"pvh\")"

mkdir -p "$dir"
: >"$dir/com1"
: >"$dir/e9"
qemu-system-x86_64 -M q35 -accel tcg -m 128 -display none -monitor none \
	-net none -serial "file:$dir/com1" -debugcon "file:$dir/e9" \
	-kernel "$build/shim.elf" </dev/null 2>"$dir/qemu.err" &
qemu=$!
trap 'kill $qemu 2>/dev/null || true' EXIT
for _ in {1..300}; do
	[ ! -s "$dir/com1" ] || ! grep -q . "$dir/e9" || break
	sleep 0.1
done
sleep 0.5
for port in com1 e9; do
	if ! grep -qxF "$want" "$dir/$port"; then
		echo "FAIL bare: $port: expected: $want"
		echo "    seen: $(cat "$dir/$port")"
		exit 1
	fi
done
echo "  no Xen: said so and stopped"
