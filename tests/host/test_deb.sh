#!/bin/sh
# SPDX-License-Identifier: MIT
# The Debian packages: no remark of lintian without an override that says why,
# the right files in the right package, dependencies as meant.
# Usage: test_deb.sh DEB_DIR
set -eu

dir=$1

fail()
{
	echo "FAIL: deb: $*"
	exit 1
}

# has PACKAGE PATH...
has()
{
	package=$1
	shift
	dpkg-deb -c "$dir/${package}"_*.deb | awk '{ print $6 }' >"$dir/$package.list"
	for path; do
		grep -qx "\./$path" "$dir/$package.list" ||
			fail "$package: $path is missing"
	done
}

lintian --allow-root --display-info --fail-on error,warning,info \
	"$dir"/*.changes >"$dir/lintian.log" 2>&1 ||
	{ cat "$dir/lintian.log"; fail "lintian has remarks"; }

has xen-sidecar-host usr/lib/xen/boot/shim.elf usr/sbin/xl-vnuma \
	usr/lib/xen/libxl-vnuma.so usr/share/man/man1/xl-vnuma.1.gz \
	usr/share/man/man7/xen-pvh-shim.7.gz
has xen-sidecar-guest usr/sbin/sidecarctl usr/lib/xen-sidecar/jobs/hello.job \
	lib/systemd/system/xen-sidecar.service \
	usr/lib/udev/rules.d/00-xen-sidecar.rules \
	usr/lib/udev/rules.d/zz-xen-sidecar.rules \
	usr/share/man/man8/sidecarctl.8.gz
has libsidecar2 usr/lib/x86_64-linux-gnu/libsidecar.so.2
has libsidecar-dev usr/lib/x86_64-linux-gnu/libsidecar.so \
	usr/lib/x86_64-linux-gnu/pkgconfig/libsidecar.pc \
	usr/include/xen-sidecar/sidecar/libsidecar.h \
	usr/share/xen-sidecar/job/job.mk

# The service is enabled at installation.
dpkg-deb --ctrl-tarfile "$dir"/xen-sidecar-guest_*.deb |
	tar -xO ./postinst | grep -q 'enable.*xen-sidecar.service' ||
	fail "xen-sidecar-guest: its service is not enabled"
# Each package looks for its own files where it puts them.
dpkg-deb --fsys-tarfile "$dir"/xen-sidecar-guest_*.deb |
	tar -xO ./usr/sbin/sidecarctl | grep -qaF /usr/lib/xen-sidecar/jobs ||
	fail "xen-sidecar-guest: sidecarctl does not look in /usr"
dpkg-deb --fsys-tarfile "$dir"/xen-sidecar-host_*.deb |
	tar -xO ./usr/share/man/man7/xen-pvh-shim.7.gz | zcat |
	grep -q '"/usr/lib/xen/boot/shim.elf"' ||
	fail "xen-sidecar-host: xen-pvh-shim.7 has another path of the shim"

# One author everywhere.
who=$(sed -n 's/^Maintainer: //p' debian/control)
grep -qF " -- $who  " debian/changelog || fail "changelog: not by $who"
grep -qxF "Copyright: 2026 ${who% <*}" debian/copyright ||
	fail "copyright: not of $who"
echo "pass: deb: four packages, lintian has no remark"
