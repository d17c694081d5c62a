#!/bin/bash
# SPDX-License-Identifier: MIT
# Endurance: 200 boots of a small guest; 1,000 rounds of a vCPU to Linux and back; ten
# times what dom0 does to a guest; 10,000 pings; the cases of sidecarctl, xl and panics
# with the other Linux; further Linuxes; libvirt, and a patched libxl; the cases that
# take too long for make test, those of the matrix of host topologies included.
# SOAK=N: an Nth of the boots, rounds and dom0's actions.
# Usage: soak.sh [-x XEN] [-c CPU]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/soak
share=${SOAK:-1}

# shellcheck source=tests/xen/find-cases.sh
. "$here/find-cases.sh"

# share_of N: N divided by SOAK, but at least 1
share_of()
{
	echo $(($1 > share ? $1 / share : 1))
}

# copy CASE NAME [SED]: a case under another name
copy()
{
	local cfg

	cfg=$(find_case "$1")
	sed -e "s/^name = .*/name = \"$2\"/" -e "${3:-}" "$cfg" >"$out/$2.cfg"
	cp "${cfg%.cfg}.expect" "$out/$2.expect"
	# the original is compared with what sidecar-plan predicts; copies are not
	echo 'lab plan none' >>"$out/$2.expect"
}

# 1,000 rounds divided by SOAK, spread over the guests
many=$(share_of 10)
rounds=$(($(share_of 1000) / many))
rm -rf "$out"
mkdir -p "$out"
copy boots boot
echo "lab boots $(share_of 200)" >>"$out/boot.expect"
copy xl-actions actions
echo "lab boots $many" >>"$out/actions.expect"
for i in $(seq -w "$many"); do
	# on CPU 2 of each guest, alternating between the two Linux versions
	linux=6.1
	[ $((10#$i % 2)) = 1 ] || linux=6.12
	copy sidecarctl "rounds-$i" "s/lab.parts=[^ ]*/lab.parts=load,rounds/
		s/lab.rounds=[0-9]*/lab.rounds=$rounds/; s/lab.both=[0-9,]*/lab.both=2/
		s/vmlinux-6.1\"/vmlinuz-$linux\"/"
	cat >"$out/rounds-$i.expect" <<-END
	lab timeout 3600
	lab host-clock real
	lab plan none
	lab taint S
	ctl.both.2 = ok $rounds
	dmesg.rounds = 0
	online = 0-1
	xen.paused.taken = 6
	END
done
copy sidecarctl rounds-at-once 's/lab.parts=[^ ]*/lab.parts=load,at_once/
	s/lab.rounds=[0-9]*/lab.rounds=30/'
cat >"$out/rounds-at-once.expect" <<'END'
lab timeout 3600
lab host-clock real
lab plan none
lab taint S
ctl.at_once.2 = ok 30
ctl.at_once.6 = ok 30
ctl.at_once.7 = ok 30
dmesg.at_once = 0
END
copy sidecarctl pings 's/lab.parts=[^ ]*/lab.parts=load,ping/
	s/lab.pings=[0-9]*/lab.pings=10000/'
cat >"$out/pings.expect" <<'END'
lab timeout 3600
lab plan none
ctl.pings ~ ^0 $
ctl.pings.said ~ : 10000 pings,
END
for name in sidecarctl sidecarctl-jobs sidecarctl-save xl-actions xl-destroy \
	xl-dump xl-reboot panic-dump; do
	copy $name $name-6.12 's/vmlinu[xz]-6.1"/vmlinuz-6.12"/'
done
# a CPU with posted interrupts, PML and TSC scaling; two CPUs, so vCPUs run in parallel
if [[ " $* " = *' -c intel '* ]]; then
	for name in jobs two-nodes 48-vcpus sidecarctl sidecarctl-jobs; do
		copy "$name" "$name-skylake"
		printf 'on intel lab %s\n' 'host-cpu corei7_skylake_x' \
			'host-topology 1x2x1' >>"$out/$name-skylake.expect"
	done
fi
# Each further Linux: CPUs that it onlines and offlines by itself, and rounds of a
# vCPU to Linux and back with a job
left_out=
for linux in 5.10 6.1-cloud 6.12-rt sid; do
	[ -e "$top/build/lab/linux-$linux/.unpacked" ] || {
		left_out+=" $linux"
		continue
	}
	copy two-nodes "two-nodes-$linux" "s/vmlinuz-6.1\"/vmlinuz-$linux\"/"
	sed -i '/^kernel ~/d' "$out/two-nodes-$linux.expect"
	copy sidecarctl "rounds-$linux" "s/vmlinux-6.1\"/vmlinuz-$linux\"/
		s/lab.parts=[^ ]*/lab.parts=load,hello,rounds,at_once/"
	cat >"$out/rounds-$linux.expect" <<-'END'
	lab timeout 480
	lab taint S
	lab plan none
	job.hello ~ ^0
	job.hello.done = 6
	ctl.both.2 = ok 3
	ctl.both.6 = ok 3
	ctl.both.7 = ok 3
	dmesg.rounds = 0
	ctl.at_once.2 = ok 3
	ctl.at_once.6 = ok 3
	ctl.at_once.7 = ok 3
	dmesg.at_once = 0
	online = 0-1
	END
done
# What needs more than the lab has: Debian 12's libvirt is for its Xen 4.17
cases_out=
if [[ " $* " = *' -x 4.20 '* ]] || ! "$here/setup.sh" libvirt; then
	cases_out+=" libvirt"
fi
xen=$(sed -n 's/.* -x \(4\.[0-9]*\) .*/\1/p' <<<" $* ")
"$here/libxl.sh" "${xen:-4.17}" || cases_out+=" xl-patched xl-patched-shim"
[ -z "$cases_out" ] || echo "soak: cases that cannot be run here:$cases_out"
# the cases that take too long for make test, below configs/ and in the matrix
"$here/matrix.sh"
long=()
while read -r cfg; do
	[[ "$cases_out " != *" $(basename "$cfg" .cfg) "* ]] || continue
	! grep -qx 'lab xen soak' "${cfg%.cfg}.expect" || long+=("$cfg")
done < <(all_cases; printf '%s\n' "$top"/build/matrix/*.cfg)
[ -z "$left_out" ] || trap 'echo "soak: left out, as they could not be had: Linux$left_out"' EXIT
"$here/run.sh" "$@" "$out"/*.cfg "${long[@]}"
