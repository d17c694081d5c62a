#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the lab's Bochs from its source: a PC with an Intel CPU that has VMX, no
# screen, no debugger, and what it needs to run Xen (bochs-mend.sh,
# docs/testing.md: "The other CPU"). For setup.sh, which has fetched the source to DIR.
# Usage: bochs.sh DIR LOG
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
dir=$1
log=$2

fail()
{
	echo "setup: Bochs: $*" >&2
	exit 1
}

# shellcheck source=tests/xen/bochs-mend.sh
. "$here/bochs-mend.sh"
cd "$dir"
rm -rf src
mkdir src
tar -xf ./*.orig.tar.* -C src --strip-components=1 ||
	fail "cannot unpack the source"
cd src
mend
echo "setup: Bochs: building (minutes)"
CXXFLAGS="-O3 -fno-stack-protector" ./configure --enable-smp \
	--enable-cpu-level=6 --enable-x86-64 --enable-vmx=2 --enable-avx --enable-evex \
	--enable-all-optimizations --disable-show-ips --disable-docbook \
	--with-nogui >>"$log" 2>&1 ||
	fail "configure failed (build/lab/setup.log)"
make -j "$(nproc)" bochs >>"$log" 2>&1 ||
	fail "the build failed (build/lab/setup.log)"
strip bochs
mv bochs "$dir"
cd "$dir"
rm -rf src ./*.orig.tar.*
