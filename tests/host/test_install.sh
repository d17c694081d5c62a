#!/bin/bash
# SPDX-License-Identifier: MIT
# make install and make uninstall, in a folder of their own: every file is
# there, works from there, and goes away again. Usage: test_install.sh BUILD_DIR
set -euo pipefail

cd "$(dirname "$0")/../.."
build=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
prefix=/opt/sidecar
here=$root$prefix
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)

fail()
{
	echo "FAIL: install: $*"
	exit 1
}

wanted()
{
	local page job

	cat <<-END
	bin/sidecar-plan
	include/xen-sidecar/abi/job.h
	include/xen-sidecar/abi/sidecar.h
	include/xen-sidecar/sidecar/job.h
	include/xen-sidecar/sidecar/libsidecar.h
	lib/dracut/dracut.conf.d/50-xen-sidecar.conf
	lib/libsidecar.a
	lib/libsidecar.so
	lib/libsidecar.so.1
	lib/libsidecar.so.$version
	lib/pkgconfig/libsidecar.pc
	lib/systemd/system/xen-sidecar.service
	lib/udev/rules.d/00-xen-sidecar.rules
	lib/udev/rules.d/zz-xen-sidecar.rules
	lib/xen-sidecar/xen-sidecar-setup
	lib/xen/boot/shim.elf
	lib/xen/libxl-vnuma-4.17.so
	lib/xen/libxl-vnuma-4.20.so
	lib/xen/libxl-vnuma.so
	sbin/sidecarctl
	sbin/xl-vnuma
	END
	for job in sidecar/jobs/*.c; do
		echo "lib/xen-sidecar/jobs/$(basename "$job" .c).job"
	done
	for page in docs/man/*; do
		echo "share/man/man${page##*.}/$(basename "$page")"
	done
}

listed()
{
	(cd "$here" && find . -mindepth 1 ! -type d -printf '%P\n') |
		LC_ALL=C sort
}

tools()
{
	local seen

	"$here/sbin/sidecarctl" -h | grep -q '^Usage: sidecarctl' ||
		fail "sidecarctl -h"
	"$here/bin/sidecar-plan" --help | grep -q '^Usage: sidecar-plan' ||
		fail "sidecar-plan --help"
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\necho "$LD_PRELOAD"\n' >"$root/xl"
	chmod +x "$root/xl"
	seen=$(PATH=$root:$PATH "$here/sbin/xl-vnuma")
	[[ $seen = "$here"/lib/xen/libxl-vnuma* ]] ||
		fail "xl-vnuma: preloads \"$seen\""
}

# A program that uses the library as its header and the .pc file say
library()
{
	local flags seen

	cat >"$root/program.c" <<-'END'
	#include <sidecar/libsidecar.h>
	#include <sidecar/job.h>
	#include <stdio.h>

	int main(void)
	{
		return puts(sidecar_error_text(SIDECAR_E_ABSENT)) < 0;
	}
	END
	export PKG_CONFIG_PATH=$here/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
	[ "$(pkg-config --modversion libsidecar)" = "$version" ] ||
		fail "libsidecar.pc: version"
	flags=$(pkg-config --cflags --libs libsidecar)
	# shellcheck disable=SC2086 # several flags
	${CC:-cc} -Wall -Werror -o "$root/program" "$root/program.c" $flags
	readelf -d "$root/program" | grep -q 'NEEDED.*libsidecar\.so\.1\]' ||
		fail "SONAME"
	seen=$(LD_LIBRARY_PATH=$here/lib "$root/program")
	[ -n "$seen" ] || fail "the program says nothing"
	# shellcheck disable=SC2086
	${CC:-cc} -static -o "$root/program" "$root/program.c" $flags
	[ "$("$root/program")" = "$seen" ] || fail "libsidecar.a"
}

guest()
{
	local seen

	if grep -r @ "$here/lib/systemd" "$here/lib/dracut" "$here/lib/pkgconfig"; then
		fail "a variable is left"
	fi
	sed "s|=$prefix|=$here|" "$here/lib/systemd/system/xen-sidecar.service" \
		>"$root/xen-sidecar.service"
	seen=$(systemd-analyze verify --man=no "$root/xen-sidecar.service" \
		2>&1) || fail "systemd-analyze: $seen"
	[ -z "$seen" ] || fail "systemd-analyze: $seen"
	bash -c "install_items=; . '$here/lib/dracut/dracut.conf.d/50-xen-sidecar.conf'
		for f in \$install_items; do [ -e '$root'\$f ] || exit 1; done" ||
		fail "dracut: a rule that is not there"
}

make -s B="$build" DESTDIR="$root" PREFIX=$prefix install >/dev/null
diff <(wanted | LC_ALL=C sort) <(listed) || fail "files (< wanted, > seen)"
tools
library
guest
make -s B="$build" DESTDIR="$root" PREFIX=$prefix uninstall
[ -z "$(listed)" ] || fail "left: $(listed)"
left=$(find "$here" -type d '(' -name '*sidecar?*' -o -name xen -o -name boot ')')
[ -z "$left" ] || fail "left: $left"
echo "pass: install, use, uninstall"
