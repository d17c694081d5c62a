#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the lab's QEMU from Debian's source: x86_64 by TCG and nothing else, with
# what it needs to run Xen and HVM guests fast and for hours (qemu-mend.sh,
# docs/testing.md: "The emulator"). For setup.sh, which has fetched the source to DIR.
# Usage: qemu.sh DIR LOG
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
dir=$1
log=$2

fail()
{
	echo "setup: QEMU: $*" >&2
	exit 1
}

# progress: ninja's lines, told at each tenth
progress()
{
	awk -F '[][/]' '$2 > 0 && $3 > 0 {
		tenth = int($2 * 10 / $3)
		if (tenth > last) {
			printf "setup: QEMU: %d %%\n", tenth * 10
			fflush()
		}
		last = tenth
	}'
}

# shellcheck source=tests/xen/qemu-mend.sh
. "$here/qemu-mend.sh"
cd "$dir"
rm -rf src
dpkg-source --no-check -x ./*.dsc src >>"$log" 2>&1 ||
	fail "cannot unpack the source (build/lab/setup.log)"
cd src
mend
mkdir b
cd b
# images that Debian has taken out and the build names
grep -o 'edk2-[a-z0-9_-]*\.fd' ../pc-bios/meson.build | while read -r image; do
	[ -e "../pc-bios/$image.bz2" ] || : >"../pc-bios/$image.bz2"
done
printf 'CONFIG_%s=y\n' Q35 ISA_DEBUG VIRTIO_PCI VIRTIO_SERIAL \
	>../configs/devices/x86_64-softmmu/minimal.mak
echo "setup: QEMU: building (minutes)"
../configure --target-list=x86_64-softmmu --without-default-features \
	--enable-tcg --disable-kvm --without-default-devices \
	--with-devices-x86_64=minimal --enable-fdt=system --disable-docs \
	--disable-tools --disable-guest-agent --disable-install-blobs \
	--disable-werror --disable-debug-info --disable-qom-cast-debug \
	--disable-stack-protector >>"$log" 2>&1 ||
	fail "configure failed (build/lab/setup.log)"
ninja qemu-system-x86_64 2>&1 | tee -a "$log" | progress
[ -x qemu-system-x86_64 ] || fail "the build failed (build/lab/setup.log)"
strip qemu-system-x86_64
mv qemu-system-x86_64 "$dir"
cd "$dir"
rm -rf src ./*.tar.* ./*.dsc
