#!/bin/bash
# SPDX-License-Identifier: MIT
# What is for libvirt, without libvirt: the drop-in of its services and the script
# that chooses the library; that configs/libvirt.xml is the guest of libvirt.cfg,
# and what libvirt takes for a domain where its schema is at hand (tests/xen/setup.sh
# libvirt, or libvirt is installed).
# Usage: test_libvirt.sh BUILD
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "FAIL: libvirt: $*"
	exit 1
}

# preload MAJOR MINOR WANTED LINE: on a Xen of that version
preload()
{
	rm -rf "$work/version"
	mkdir "$work/version"
	[ -z "$1" ] || echo "$1" >"$work/version/major"
	[ -z "$2" ] || echo "$2" >"$work/version/minor"
	echo old >"$work/env"
	XL_VNUMA_DIR=$libs xen/toolstack/libvirt/preload "$work/env" \
		"$work/version" 2>"$work/said" || fail "preload on $1.$2: code $?"
	[ "$(cat "$work/env")" = "$3" ] ||
		fail "preload on $1.$2: $(cat "$work/env"), want $3"
	[ "$(cat "$work/said")" = "$4" ] ||
		fail "preload on $1.$2 says $(cat "$work/said"), want $4"
}

test_preload()
{
	local end="libvirt has no vnodes for PVH guests"

	libs=$work/libs
	mkdir "$libs" "$work/a b"
	: >"$libs/libxl-vnuma-4.17.so"
	: >"$libs/libxl-vnuma-4.20.so"
	cp "$libs"/* "$work/a b"
	: >"$libs/libxl-vnuma.so" # fits one Xen alone
	preload 4 17 "LD_PRELOAD=$libs/libxl-vnuma-4.17.so" ''
	preload 4 20 "LD_PRELOAD=$libs/libxl-vnuma-4.20.so" ''
	preload 4 19 '' "xen-sidecar: $libs/libxl-vnuma-4.19.so: cannot read it (there are libraries for Xen 4.17 and 4.20): $end"
	preload '' '' '' '' # no Xen
	preload 4 '' '' ''
	libs="$work/a b"
	preload 4 17 '' "xen-sidecar: $libs/libxl-vnuma-4.17.so: a space or colon in the path: $end"
	# found where it is installed
	mkdir -p "$work/xen/libvirt"
	cp xen/toolstack/libvirt/preload "$work/xen/libvirt"
	: >"$work/xen/libxl-vnuma-4.17.so"
	echo 17 >"$work/version/minor"
	"$work/xen/libvirt/preload" "$work/env" "$work/version"
	[ "$(cat "$work/env")" = "LD_PRELOAD=$work/xen/libxl-vnuma-4.17.so" ] ||
		fail "preload: where it is installed: $(cat "$work/env")"
	xen/toolstack/libvirt/preload "$work/nowhere/env" "$work/version" \
		>"$work/said" 2>&1 || fail "preload: cannot write: code $?"
	grep -q "nowhere/env: cannot write it" "$work/said" ||
		fail "preload: cannot write: $(cat "$work/said")"
}

# systemd takes it, beside a unit as libvirt's; and it goes on without its files.
drop_in()
{
	local unit

	for unit in libvirtd virtxend; do
		mkdir -p "$work/units/$unit.service.d"
		# shellcheck disable=SC2016 # for systemd
		printf '[Service]\nType=notify\nExecStart=/bin/true $ARGS\n' \
			>"$work/units/$unit.service"
		sed "s|@XENDIR@|$work/xen|" \
			xen/toolstack/libvirt/xen-sidecar.conf.in \
			>"$work/units/$unit.service.d/xen-sidecar.conf"
		systemd-analyze verify --man=no "$work/units/$unit.service" \
			>"$work/said" 2>&1 || fail "systemd: $(cat "$work/said")"
		[ ! -s "$work/said" ] || fail "systemd: $(cat "$work/said")"
	done
	grep -q '^ExecStartPre=-' "$work/units/libvirtd.service.d/xen-sidecar.conf" ||
		fail "the daemon does not start if its drop-in fails"
	grep -q '^EnvironmentFile=-' \
		"$work/units/libvirtd.service.d/xen-sidecar.conf" ||
		fail "the daemon does not start without the file"
}

# The two describe one guest.
example()
{
	python3 - configs/libvirt.xml configs/libvirt.cfg <<-'END'
	import ast, re, sys
	import xml.etree.ElementTree as tree

	xml = tree.parse(sys.argv[1]).getroot()
	text = re.sub(r"^#.*$", "", open(sys.argv[2]).read(), flags=re.M)
	cfg = {t.targets[0].id: ast.literal_eval(t.value)
	       for t in ast.parse(text).body}

	def same(what, seen, want):
	    if seen != want:
	        sys.exit(f"FAIL: libvirt.xml: {what}: {seen} (libvirt.cfg: {want})")

	same("type", xml.find("os/type").text, "xen" + cfg["type"])
	same("name", xml.find("name").text, cfg["name"])
	same("memory", int(xml.find("memory").text), cfg["memory"])
	same("vcpu", int(xml.find("vcpu").text), cfg["vcpus"])
	same("kernel", xml.find("os/kernel").text, cfg["kernel"])
	same("initrd", xml.find("os/initrd").text, cfg["ramdisk"])
	same("cmdline", xml.find("os/cmdline").text,
	     f"xen-sidecar {cfg['pvshim_extra']} {cfg['extra']}")
	cells = [["pnode=" + c.get("id"), "size=" + c.get("memory"),
	          "vcpus=" + c.get("cpus"), "vdistances=" + ",".join(
	              s.get("value") for s in c.findall("distances/sibling"))]
	         for c in xml.findall("cpu/numa/cell")]
	same("numa", cells, cfg["vnuma"])
	END
}

schema()
{
	local file

	for file in "$build/lab/libvirt/usr/share/libvirt/schemas/domain.rng" \
		/usr/share/libvirt/schemas/domain.rng; do
		[ -e "$file" ] || continue
		command -v xmllint >/dev/null || continue
		xmllint --noout --relaxng "$file" configs/libvirt.xml \
			>"$work/said" 2>&1 || fail "$(cat "$work/said")"
		echo "libvirt.xml: libvirt's schema takes it"
		return
	done
	echo "libvirt.xml: not held against libvirt's schema, which is not here"
}

test_preload
drop_in
example
schema
echo "pass: libvirt"
