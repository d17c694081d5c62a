#!/bin/bash
# SPDX-License-Identifier: MIT
# Writes to build/matrix/ a case topology-HOST-GUEST for each pair of a host's topology
# and a guest's vnodes. Linux onlines all its CPUs; no package, core or cache may span
# two nodes, and Linux panics at a warning.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
dir=$(cd "$here/../.." && pwd)/build/matrix
# sockets x cores x threads, then those of the Intel host, which can have four CPUs
hosts=('4x1x1 2x1x1' '1x4x1 1x1x1' '1x8x1 1x4x1' '1x16x1 1x2x1' '1x4x2 1x1x2')
# a name, then the vCPUs of each vnode; the guest named off has no sidecar
guests=(
	'4+4 0-3 4-7'
	'3+3 0-2 3-5'
	'1+7 0 1-7'
	'2+2+2+2 0-1 2-3 4-5 6-7'
	'8+8 0-7 8-15'
	'interleaved 0,2,4,6 1,3,5,7'
	'reversed 4-7 0-3'
	'off 0-2 3-5'
)
# The pairs that make test runs on Xen 4.17, each host at the price of a boot
in_test=' 1x4x1-3+3 '
# and on an Intel CPU, too
in_intel=' 1x4x1-3+3 '

# vcpus_of LIST: 0,2-4 as numbers, one a line
vcpus_of()
{
	tr ',' '\n' <<<"$1" |
		awk -F - '{ for (i = $1; i <= $NF; i++) print i }'
}

# linux_order off|on VNODE...: the vCPUs as Linux numbers them: the first of each
# vnode, then all others; without sidecar as they are
linux_order()
{
	local list sidecar=$1

	shift
	for list in "$@"; do
		vcpus_of "$list" | awk -v on="$sidecar" \
			'{ late = NR > 1 && on == "on"; print late, $1 }'
	done | sort -n -k 1 -k 2 | cut -d ' ' -f 2
}

# linux_cpus VNODE: the Linux CPUs of its vCPUs, as a list; reads linux_order's output
linux_cpus()
{
	grep -nxFf <(vcpus_of "$1") | cut -d : -f 1 | awk '
		function put() {
			if (first != "")
				out = out sep first (last > first ? "-" last : "")
		}
		first != "" && $1 - 1 == last + 1 { last++; next }
		{ put(); if (first != "") sep = ","; first = last = $1 - 1 }
		END { put(); print out }'
}

# config NAME VCPUS SIDECAR VNODE...
config()
{
	local name=$1 nr=$2 sidecar=$3 i=0 list distances

	shift 3
	cat <<-END
	name = "$name"
	type = "pvh"
	pvshim = 1
	pvshim_path = "/usr/lib/xen/boot/shim.elf"
	pvshim_extra = "sidecar=$sidecar"
	kernel = "/boot/vmlinux-6.1"
	ramdisk = "/boot/initrd.img"
	extra = "console=hvc0 earlyprintk=xen cryptomgr.notests panic_on_warn=1 lab.take=together"
	memory = $((128 * $#))
	maxmem = $((128 * $#))
	vcpus = $nr
	maxvcpus = $nr
	vnuma = [
	END
	for list in "$@"; do
		distances=$(for _ in "$@"; do echo 20; done |
			sed "$((i + 1))s/.*/10/" | paste -sd ,)
		printf '\t[ "pnode=%d", "size=128", "vcpus=%s", "vdistances=%s" ],\n' \
			$((i % 2)) "$list" "$distances"
		i=$((i + 1))
	done
	echo ']'
}

# expect_host TOPOLOGY INTEL: Xen takes Bochs' two sockets for two threads
expect_host()
{
	local sockets cores threads

	IFS=x read -r sockets cores threads <<<"$1"
	cat <<-END
	on amd lab host-topology $1
	on amd host = $((sockets * cores * threads)) CPUs, $cores cores a socket, $threads threads a core, 2 nodes
	on intel lab host-topology $2
	on intel host ~ ^$((${2//x/*})) CPUs, .* 2 nodes$
	END
}

# expectation HOST INTEL RUN CPUS VCPUS SIDECAR VNODE...: RUN is the value of lab xen,
# CPUS that of lab cpu
expectation()
{
	local run=$3 cpus=$4 nr=$5 sidecar=$6 i=0 list online order

	expect_host "$1" "$2"
	shift 6
	online=$nr
	[ "$sidecar" = off ] || online=$#
	cat <<-END
	lab xen $run
	lab cpu $cpus
	online = 0-$((online - 1))
	xen.paused = $((nr - online))
	together = 0-$((nr - 1))
	together.ran = 0-$((nr - 1))
	together.then = 0-$((online - 1))
	topology.across = none
	END
	order=$(linux_order "$sidecar" "$@")
	for list in "$@"; do
		echo "node$i.together = $(linux_cpus "$list" <<<"$order")"
		i=$((i + 1))
	done
}

# cell FOLDER HOST INTEL GUEST VNODE...
cell()
{
	local name=$1/topology-$2-$4 host=$2 intel=$3 guest=$4
	local sidecar=on run=soak cpus=amd nr

	shift 4
	[ "$guest" != off ] || sidecar=off
	[[ $in_test != *" $host-$guest "* ]] || run=4.17
	[[ $in_intel != *" $host-$guest "* ]] || cpus='amd intel'
	nr=$(vcpus_of "$(IFS=,; echo "$*")" | wc -l)
	config "${name##*/}" "$nr" $sidecar "$@" >"$name.cfg"
	expectation "$host" "$intel" "$run" "$cpus" "$nr" $sidecar "$@" >"$name.expect"
}

[ ! "$dir" -nt "$0" ] || exit 0
mkdir -p "${dir%/*}"
new=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
for host in "${hosts[@]}"; do
	for guest in "${guests[@]}"; do
		read -ra words <<<"$host $guest"
		cell "$new" "${words[@]}"
	done
done
rm -rf "$dir"
mv -T "$new" "$dir"
