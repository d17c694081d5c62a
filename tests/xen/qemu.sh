#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the lab's QEMU from Debian's source: x86_64 by TCG and nothing else, with
# what it needs to run Xen and HVM guests for hours mended (docs/testing.md, "The
# emulator"). For setup.sh, which has fetched the source to DIR.
# Usage: qemu.sh DIR LOG
set -euo pipefail

dir=$1
log=$2
svm=target/i386/tcg/sysemu/svm_helper.c
fpu=target/i386/tcg/sysemu/fpu_helper.c

fail()
{
	echo "setup: QEMU: $*" >&2
	exit 1
}

# edit FILE LINE SED: the line, one or more times there, and what becomes of it
edit()
{
	grep -qF -- "$2" "$1" || fail "$1 has no '$2'"
	sed -i "$3" "$1"
}

mend()
{
	# An interrupt that VMRUN injected is not pending any more.
	edit $svm 'do_interrupt_x86_hardirq(env, vector, 1);' \
		's/^\( *\)do_interrupt_x86_hardirq(env, vector, 1);$/&\n\1cs->exception_index = -1;/'
	# Other threads set bits there meanwhile.
	edit $svm 'cs->interrupt_request |= CPU_INTERRUPT_VIRQ;' \
		's/cs->interrupt_request |= CPU_INTERRUPT_VIRQ;/qatomic_or(\&cs->interrupt_request, CPU_INTERRUPT_VIRQ);/'
	# They are CPU 0's flags, and any CPU's thread gets here.
	edit $fpu 'env->hflags2 &= ~HF2_IGNNE_MASK;' \
		's/^\( *\)env->hflags2 &= ~HF2_IGNNE_MASK;$/\1if (env->hflags2 \& HF2_IGNNE_MASK)\n\1\1env->hflags2 \&= ~HF2_IGNNE_MASK;/'
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
printf 'CONFIG_%s=y\n' Q35 ISA_DEBUG \
	>../configs/devices/x86_64-softmmu/minimal.mak
echo "setup: QEMU: building (minutes)"
../configure --target-list=x86_64-softmmu --without-default-features \
	--enable-tcg --disable-kvm --without-default-devices \
	--with-devices-x86_64=minimal --enable-fdt=system --disable-docs \
	--disable-tools --disable-guest-agent --disable-install-blobs \
	--disable-werror --disable-debug-info >>"$log" 2>&1 ||
	fail "configure failed (build/lab/setup.log)"
ninja qemu-system-x86_64 2>&1 | tee -a "$log" | progress
[ -x qemu-system-x86_64 ] || fail "the build failed (build/lab/setup.log)"
strip qemu-system-x86_64
mv qemu-system-x86_64 "$dir"
cd "$dir"
rm -rf src ./*.tar.* ./*.dsc
