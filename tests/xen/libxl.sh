#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds libxenlight of Debian's source of Xen with xen/toolstack/patches/, for the
# cases with `lab xl xl-patched` of make soak: build/lab/xen-VER/patched/. Does nothing
# if that is there, and the patches and this file are as they were.
# Usage: libxl.sh 4.17|4.20 [SOURCE], after setup.sh; SOURCE: a folder with Xen's
# source, of which a copy is built, instead of Debian's
set -euo pipefail

ver=$1
source=${2-}
top=$(cd "$(dirname "$0")/../.." && pwd)
lab=$top/build/lab
dir=$lab/libxl-$ver
out=$lab/xen-$ver/patched
patches=$top/xen/toolstack/patches/$ver
log=$lab/libxl-$ver.log
sum=$(cat "$0" "$patches"/*.patch | cksum)
tools="libyajl-dev uuid-dev libfdt-dev liblzma-dev libbz2-dev libzstd-dev
	liblzo2-dev zlib1g-dev libjson-c-dev libncurses-dev python3-dev flex
	bison bc acpica-tools pkg-config gcc make patch dpkg-dev"

fail()
{
	echo "libxl: $*" >&2
	exit 1
}

case $ver in
4.17) suite=bookworm ;;
4.20) suite=trixie ;;
*) fail "Xen $ver: not known (want 4.17 or 4.20)" ;;
esac

# Lists of sources in a state of their own: those of setup.sh stay as they are.
sources()
{
	local apt=$dir/apt

	mkdir -p "$apt"
	cp -r "$lab/apt/$suite/." "$apt"
	sed -i "s|\"/.*/apt/$suite/|\"$apt/|" "$apt/apt.conf"
	sed -i -n 's/^deb \(.*\)/&\ndeb-src \1/p' "$apt/sources.list"
	export APT_CONFIG=$apt/apt.conf
	apt-get update >>"$log" 2>&1 || fail "cannot read Debian $suite ($log)"
}

# The newest version that the mirror still has: it may keep old ones only.
fetch()
{
	local version

	sources
	while read -r version; do
		! (cd "$dir" && apt-get source --only-source --download-only \
			"xen=$version" >>"$log" 2>&1) || return 0
	done < <(apt-cache showsrc xen | sed -n 's/^Version: //p' | sort -Vru)
	fail "cannot fetch the source of Xen $ver ($log)"
}

# Debian's source has no ./configure, which upstream's archive in it has.
unpack()
{
	dpkg-source --no-check -x "$dir"/*.dsc "$dir/src" >>"$log" 2>&1 ||
		fail "cannot unpack the source ($log)"
	mkdir -p "$dir/orig"
	tar -x -f "$dir"/*.orig.tar.* -C "$dir/orig" --strip-components=1
	(cd "$dir/orig" && find . -name configure -o -name 'config.*' |
		tar -c -T -) | tar -x -k -C "$dir/src" 2>>"$log" || true
}

# make_in FOLDER: what its libraries want of it. Without libnl, as Debian's: dom0 has none.
make_in()
{
	make -C "$dir/src/$1" XEN_TARGET_ARCH=x86_64 CC="${CC:-gcc}" CONFIG_LIBNL=n \
		-j "$(nproc)" >>"$log" 2>&1 || fail "the build failed ($log)"
}

build()
{
	(cd "$dir/src" && ./configure --prefix=/usr --disable-xen --disable-docs \
		--disable-stubdom --disable-ocamltools --disable-golang \
		--disable-xsmpolicy --disable-pvshim --disable-systemd \
		--disable-rombios --disable-seabios --disable-ovmf \
		--disable-ipxe --with-system-qemu=/bin/true \
		--disable-werror PYTHON=python3) >>"$log" 2>&1 ||
		fail "configure failed ($log)"
	make_in tools/include
	make_in tools/libs
}

[ "$(cat "$out/.sum" 2>/dev/null)" != "$sum" ] || exit 0
rm -rf "$dir" "$out"
mkdir -p "$dir"
: >"$log"
if [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -y \
		-o DPkg::Lock::Timeout=600 --no-install-recommends $tools \
		>>"$log" 2>&1 || fail "apt-get failed ($log)"
fi
if [ -n "$source" ]; then
	cp -r "$source" "$dir/src"
else
	echo "libxl: fetching from $suite: the source of xen"
	fetch
	unpack
fi
for file in "$patches"/*.patch; do
	patch -d "$dir/src" -p1 --no-backup-if-mismatch <"$file" >>"$log" ||
		fail "$file does not apply ($log)"
done
echo "libxl: building libxenlight $ver (minutes)"
build
mkdir -p "$out"
strip -o "$out/libxenlight.so.$ver" "$dir/src/tools/libs/light/libxenlight.so.$ver"
echo "$sum" >"$out/.sum"
rm -rf "$dir"
