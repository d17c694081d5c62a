#!/bin/sh
# SPDX-License-Identifier: MIT
# The Debian packages: lintian finds nothing, each package has its files and looks for
# them where it puts them, and an upgrade leaves the service alone.
# Usage: test_deb.sh DEB_DIR
set -eu

dir=$1

fail()
{
	echo "FAIL: deb: $*"
	exit 1
}

# has PACKAGE PATH...: fails if one is not in the package
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
	usr/lib/xen/libxl-vnuma.so usr/lib/xen/libvirt/xen-sidecar.conf \
	usr/lib/xen/libvirt/preload usr/lib/xen/libvirt/example.xml usr/share/man/man1/xl-vnuma.1.gz \
	usr/share/man/man7/xen-pvh-shim.7.gz \
	usr/share/bash-completion/completions/sidecar-plan \
	usr/sbin/xen-sidecar-check usr/lib/xen-sidecar/check/init \
	usr/lib/xen-sidecar/check/test-kernel.elf usr/lib/xen-sidecar/check/jobs.expect \
	usr/share/man/man8/xen-sidecar-check.8.gz \
	usr/share/bash-completion/completions/xen-sidecar-check \
	usr/share/doc/xen-sidecar-host/examples/hpc-64.cfg
has xen-sidecar-guest usr/sbin/sidecarctl usr/lib/xen-sidecar/jobs/hello.job \
	lib/systemd/system/xen-sidecar.service \
	usr/lib/udev/rules.d/00-xen-sidecar.rules \
	usr/lib/udev/rules.d/50-xen-sidecar.rules \
	usr/lib/udev/rules.d/zz-xen-sidecar.rules \
	boot/shim.elf etc/grub.d/11_xen_sidecar etc/default/grub.d/xen-sidecar.cfg \
	usr/share/man/man8/sidecarctl.8.gz \
	usr/share/bash-completion/completions/sidecarctl \
	usr/share/zsh/vendor-completions/_sidecarctl \
	usr/share/doc/xen-sidecar-guest/examples/elastic/xen-sidecar-elastic.service
has xen-sidecar-dkms usr/src/xen-sidecar-[0-9.]*/dkms.conf \
	usr/src/xen-sidecar-[0-9.]*/Kbuild usr/lib/sysusers.d/xen-sidecar-dkms.conf \
	usr/lib/udev/rules.d/60-xen-sidecar.rules
has libsidecar2 usr/lib/x86_64-linux-gnu/libsidecar.so.2
has libsidecar-dev usr/lib/x86_64-linux-gnu/libsidecar.so \
	usr/lib/x86_64-linux-gnu/pkgconfig/libsidecar.pc \
	usr/include/xen-sidecar/sidecar/libsidecar.h \
	usr/share/xen-sidecar/job/job.mk usr/bin/job-cc \
	usr/lib/x86_64-linux-gnu/libjob.a usr/share/man/man1/job-cc.1.gz

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

# fake NAME...: commands in $root that log how they are called
fake()
{
	for name; do
		printf '#!/bin/sh\necho "%s $*" >>/calls\n' "$name" \
			>"$root/usr/bin/$name"
		chmod 755 "$root/usr/bin/$name"
	done
}

# A system of busybox and fakes in $root, where dpkg runs the packages' scripts. Without
# root the test is root in a user namespace.
new_root()
{
	mkdir -p "$root/bin" "$root/usr/bin" "$root/run/systemd/system" \
		"$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" \
		"$root/dev"
	: >"$root/var/lib/dpkg/status"
	: >"$root/dev/null" # a plain file will do
	cp "$(command -v busybox)" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	fake systemctl deb-systemd-helper deb-systemd-invoke udevadm modprobe
}

# dpkg_step STEP WANTED DPKG-ARGUMENTS...: runs dpkg. The calls that start, stop or load
# something must be WANTED, and systemd must reload its units.
dpkg_step()
{
	step=$1
	wanted=$2
	shift 2
	: >"$root/calls"
	$as_root dpkg --root="$root" --log=/dev/null --force-depends "$@" \
		>"$dir/dpkg.log" 2>&1 || { cat "$dir/dpkg.log"; fail "$step: dpkg"; }
	seen=$(grep -v -e '^deb-systemd-helper ' -e '^systemctl .*daemon-reload' \
		"$root/calls" | paste -sd ';')
	[ "$seen" = "$wanted" ] || fail "$step: \"$seen\", want \"$wanted\""
	grep -q 'daemon-reload' "$root/calls" || fail "$step: no daemon-reload"
}

# next_version PACKAGE: the same package as version 9, in next.deb
next_version()
{
	rm -rf "$dir/next"
	dpkg-deb -R "$1" "$dir/next"
	sed -i 's/^Version: .*/Version: 9/' "$dir/next/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$dir/next" "$dir/next.deb" >/dev/null
	rm -r "$dir/next"
}

upgrade()
{
	guest=$(echo "$dir"/xen-sidecar-guest_*.deb)
	unit=xen-sidecar.service
	as_root=
	[ "$(id -u)" = 0 ] || as_root="unshare -r"
	next_version "$guest"
	new_root
	dpkg_step install "deb-systemd-invoke start $unit" -i "$guest"
	dpkg_step upgrade "" -i "$dir/next.deb"
	dpkg_step reinstall "" -i "$dir/next.deb"
	dpkg_step downgrade "" -i "$guest"
	dpkg_step remove "deb-systemd-invoke stop $unit" -r xen-sidecar-guest
	dpkg_step 'install again' "" -i "$guest"
	dpkg_step 'remove again' "deb-systemd-invoke stop $unit" \
		-r xen-sidecar-guest
	$as_root dpkg --root="$root" --log=/dev/null -P xen-sidecar-guest \
		>/dev/null 2>&1 || fail "purge"
	dpkg_step 'install anew' "deb-systemd-invoke start $unit" -i "$guest"
	rm "$dir/next.deb"
}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
upgrade
grep -q '^Exec\(Stop\|Reload\)' sidecar/install/xen-sidecar.service.in &&
	fail "xen-sidecar.service: stopping it does something"

# One author everywhere.
who=$(sed -n 's/^Maintainer: //p' debian/control)
grep -qF " -- $who  " debian/changelog || fail "changelog: not by $who"
grep -qxF "Copyright: 2026 ${who% <*}" debian/copyright ||
	fail "copyright: not of $who"
echo "pass: deb: five packages, lintian has no remark, an upgrade leaves the service alone"
