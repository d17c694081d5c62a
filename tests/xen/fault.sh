#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots the shim that fails on demand (include/fault.h): each time one use of
# a hypercall, of a mapping, or one vCPU fails, and the kernel behind it has to
# come up whole, with a warning in the log. The first boot, without a fault,
# says how often each kind is used.
# Usage: fault.sh some|all [-x XEN]
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
what=${1:?some or all}
shift
xen=4.17
[ "${1:-}" != -x ] || xen=$2
out=$top/build/fault/cases
log=$top/build/lab/log/$xen

# config NAME FAULT KERNEL: two vnodes of four vCPUs, six to park. For Linux two
# of two, as it may have to bring up all: the emulated host has four CPUs.
config()
{
	local half=4

	[ "$3" != linux ] || half=2
	cat <<-END
	# The shim fails on demand: ${2:-not at all}
	name = "$1"
	type = "pvh"
	pvshim = 1
	pvshim_path = "/usr/lib/xen/boot/shim-fault.elf"
	pvshim_extra = "sidecar=log${2:+ sidecar.fault=$2}"
	memory = 512
	maxmem = 512
	vcpus = $((2 * half))
	maxvcpus = $((2 * half))
	vnuma = [
		[ "pnode=0", "size=256", "vcpus=0-$((half - 1))", "vdistances=10,20" ],
		[ "pnode=1", "size=256", "vcpus=$half-$((2 * half - 1))", "vdistances=20,10" ],
	]
	END
	if [ "$3" = linux ]; then
		echo 'kernel = "/boot/vmlinuz-6.1"'
		echo 'ramdisk = "/boot/initrd.img"'
		echo 'extra = "console=hvc0 lab.take=2,3"'
	else
		echo 'kernel = "/boot/test-kernel"'
		echo 'extra = "words"'
	fi
}

# expect FAULT KERNEL: nothing may be lost, nothing wrong. The log says what
# failed, or that all are parked nevertheless; a console that fails cannot say
# so itself. Without a mapping of what Linux needs there can be no Linux: the
# domain ends with a line that says so.
expect()
{
	local all='6 of 6' fatal=

	echo 'lab timeout 90'
	echo 'lab plan none'
	case $1:$2 in
	late:*) echo 'sidecar.idle = 6' ;;
	memory_op:1:*) echo 'console ~ XENMEM_get_vnumainfo failed: -22 \(EINVAL\) for [0-9].* vCPUs, one vnode$' ;;
	vcpu_op:[34]:test) echo 'console ~ vCPU [0-9]+ not started: -38 \(ENOSYS\), ' ;;
	map:*:test)
		echo 'lab end any'
		fatal='|.*(outside of memory|cannot be mapped|cannot map)' ;;
	esac
	if [ "$2" = linux ]; then
		all='2 of 2'
		echo 'present = 0-3'
		# CPUs 2 and 3 are parked, or Linux has them already
		echo 'take.2 ~ ^ok '
		echo 'take.3 ~ ^ok '
	else
		echo 'start_info !~ ^[^o]'
		echo 'tables !~ ^[^o]'
		echo 'madt.check !~ ^[^o]'
		echo 'madt.vcpus !~ ^[0-7]$'
		echo 'sidecar.wrong !~ [1-9]'
	fi
	[ -n "$fatal" ] || echo 'kernel ~ .'
	case $1 in
	event_channel:* | hvm_op:*) ;;
	*) echo "console ~ ^shim: (.*(warning|off: |$all vCPUs parked)$fatal)" ;;
	esac
}

# case_of NAME FAULT KERNEL
case_of()
{
	config "$1" "$2" "$3" >"$out/$1.cfg"
	expect "$2" "$3" >"$out/$1.expect"
}

run()
{
	"$here/run.sh" -x "$xen" "$@"
}

# uses KIND: how often the boot without a fault used it
uses()
{
	sed -n "s/.*shim: fault: uses:.* $1=\([0-9]*\).*/\1/p" \
		"$log/fault-none.console" | tail -n 1
}

# of_linux KIND: the use that fails before Linux: without the first pages that
# are mapped, start_info's, there is none; the tenth is an ACPI table
of_linux()
{
	[ "$1" = map ] && echo 10 || echo 1
}

all_of()
{
	local kind n id

	for kind in memory_op hvm_op event_channel sched_op multicall vcpu_op \
		map; do
		for n in $(seq "$(uses "$kind")"); do
			case_of "fault-$kind-$n" "$kind:$n" test
		done
		case_of "fault-linux-$kind" "$kind:$(of_linux "$kind")" linux
	done
	for id in 1 2 3 5 6 7; do
		case_of "fault-late-$id" "late:$id:500" test
		case_of "fault-never-$id" "never:$id" test
		case_of "fault-fault-$id" "fault:$id" test
	done
	case_of fault-linux-never never:1 linux
	case_of fault-linux-fault fault:3 linux
}

# The first use of each kind, a start that fails, and each of the vCPU's.
some_of()
{
	local kind

	for kind in memory_op hvm_op event_channel multicall map; do
		case_of "fault-$kind-1" "$kind:1" test
	done
	case_of fault-vcpu_op-3 vcpu_op:3 test
	case_of fault-vcpu_op-4 vcpu_op:4 test
	case_of fault-late-2 late:2:500 test
	case_of fault-never-7 never:7 test
	case_of fault-fault-5 fault:5 test
	case_of fault-linux-never never:1 linux
}

rm -rf "$out"
mkdir -p "$out"
if [ "$what" = all ]; then
	case_of fault-none "" test
	run "$out/fault-none.cfg"
	all_of
else
	some_of
fi
run "$out"/*.cfg
