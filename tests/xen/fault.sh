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

# config NAME FAULT KERNEL: two vnodes of four vCPUs, six to park
config()
{
	cat <<-END
	# The shim fails on demand: ${2:-not at all}
	name = "$1"
	type = "pvh"
	pvshim = 1
	pvshim_path = "/usr/lib/xen/boot/shim-fault.elf"
	pvshim_extra = "sidecar=log${2:+ sidecar.fault=$2}"
	memory = 512
	maxmem = 512
	vcpus = 8
	maxvcpus = 8
	vnuma = [
		[ "pnode=0", "size=256", "vcpus=0-3", "vdistances=10,20" ],
		[ "pnode=1", "size=256", "vcpus=4-7", "vdistances=20,10" ],
	]
	END
	if [ "$3" = linux ]; then
		echo 'kernel = "/boot/vmlinuz-6.1"'
		echo 'ramdisk = "/boot/initrd.img"'
		echo 'extra = "console=hvc0 lab.take=2,7"'
	else
		echo 'kernel = "/boot/test-kernel"'
		echo 'extra = "words"'
	fi
}

# What has to be true whatever failed: nothing lost, nothing wrong.
expect_whole()
{
	echo 'lab timeout 90'
	echo 'lab plan none'
	if [ "$1" = linux ]; then
		echo 'present = 0-7'
		echo 'take.2 ~ ^ok '
		echo 'take.7 ~ ^ok '
		return
	fi
	cat <<-END
	start_info = ok
	tables = ok
	madt.check = ok
	madt.vcpus = 8
	sidecar.wrong = 0
	END
}

# What the log has to say of it. Output alone fails silently: it may not stop a
# boot, and it cannot say so itself.
expect_word()
{
	case $1 in
	event_channel:* | sched_op:* | hvm_op:* | '') ;;
	late:*) echo 'sidecar.idle = 6' ;;
	*) echo 'console ~ ^shim: .*(warning|off: )' ;;
	esac
}

# case_of NAME FAULT KERNEL
case_of()
{
	config "$1" "$2" "$3" >"$out/$1.cfg"
	{ expect_whole "$3"; expect_word "$2"; } >"$out/$1.expect"
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

all_of()
{
	local kind n id

	for kind in memory_op hvm_op event_channel sched_op multicall vcpu_op \
		map; do
		for n in $(seq "$(uses "$kind")"); do
			case_of "fault-$kind-$n" "$kind:$n" test
		done
		case_of "fault-linux-$kind" "$kind:1" linux
	done
	for id in 1 2 3 5 6 7; do
		case_of "fault-late-$id" "late:$id:500" test
		case_of "fault-never-$id" "never:$id" test
		case_of "fault-fault-$id" "fault:$id" test
	done
	case_of fault-linux-never never:2 linux
	case_of fault-linux-fault fault:6 linux
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
	case_of fault-linux-never never:2 linux
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
