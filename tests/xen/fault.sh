#!/bin/bash
# SPDX-License-Identifier: MIT
# Boots the shim that fails on demand (tests/fault/fault.h): each time one use of
# a hypercall, one mapping, one place in memory, or one vCPU fails. The kernel
# behind it has to come up whole, and the log has to say what failed and what
# came of it. The first boots, without a fault, tell how often each kind is used
# and in which stage.
# The test kernel boots for every use of each kind. some: Linux for one use of each,
# and one vCPU; all: Linux for every use, too, and every vCPU.
# Usage: fault.sh some|all [-x XEN] [-c CPU]
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
what=${1:?want some or all}
shift
xen=4.17
vendor=amd
while getopts x:c: opt; do
	case $opt in
	x) xen=$OPTARG ;;
	c) vendor=$OPTARG ;;
	*) exit 2 ;;
	esac
done
out=$top/build/fault/cases
log=$top/build/lab/log/$([ "$vendor" = amd ] || echo "$vendor-")$xen

# the order of the counts in the log
stages=(xen start_info memory topology plan sidecar acpi linux wait)
# In this order decide() looks for memory: for the test kernel, the same with an
# initrd that is in its way, and Linux, which loads where its own file is, too.
# shellcheck disable=SC2034 # by name, in fault-outcome.sh
places_test=(kernel low kept carve0 carve1)
places_initrd=(at-once kernel initrd low kept carve0 carve1)
# shellcheck disable=SC2034 # by name
places_linux=(at-once kernel initrd file low kept carve0 carve1)
# how often the shim may look at vCPUs that are not parked yet: of those uses
# only the first few have a boot
max_polls=8
deadline=1500
passed=0
failed=0

die()
{
	echo "fault: $*" >&2
	exit 1
}

# use KIND N GUEST
use()
{
	local guest=$3 stage name=fault-$3-$1-$2 expect

	stage=$(stage_of "$1" "$2" "$guest")
	expect=$(outcome "$1" "$2" "$stage")
	config "$name" "$1:$2" "$guest" >"$out/$name.cfg"
	{
		echo 'lab plan none'
		echo "$expect"
		fired "$1" "$2" "$stage"
		grep -q '^lab end' <<<"$expect" || sound
	} >"$out/$name.expect"
}

# refused GUEST: the whole multicall is refused, and not with EINVAL
refused()
{
	local guest=$1 name=fault-$1-multicall-refused

	config "$name" multicall:1:14 "$guest" >"$out/$name.cfg"
	{
		echo 'lab plan none'
		without 'sidecar: warning: sidecar off: no vCPU could be started, Linux boots all'
		shim 'sidecar: warning: vCPU 1 not started: -14 \(EFAULT\), '
		numa 2
		fired multicall 1 sidecar
		sound
	} >"$out/$name.expect"
}

# vcpu KIND ID GUEST NAME: DEADLINE is of the shim, MS of the vCPU
vcpu()
{
	local guest=$3 name=fault-$3-$4-$2 ms=0

	case $4 in
	late) ms=1000 ;;
	too-late) ms=$((deadline + 1000)) ;;
	esac
	if [ "$4" = late ]; then
		config "$name" "$1:$2:$ms" "$guest"
	else
		config "$name" "$1:$2:$ms:$deadline" "$guest"
	fi >"$out/$name.cfg"
	{
		echo 'lab plan none'
		shim "fault: vCPU $2: $1$"
		case $4 in
		late) whole
			shim 'jump: .* wait ([5-9][0-9]{5}|[0-9]{7})' ;;
		fault)
			one_less "linux: warning: vCPU $2 gave up: exception 0x6 .*; it is Linux's to take" ;;
		overflow)
			one_less "linux: warning: vCPU $2 gave up: exception 0x8 .*; it is Linux's to take" ;;
		*)
			one_less "linux: warning: vCPU $2 did not park within $deadline ms, stopped; it is Linux's to take" ;;
		esac
		sound
	} >"$out/$name.expect"
}

# Each of them by itself, as GUEST has them.
vcpus()
{
	local guest=$1 id

	for id in "${@:2}"; do
		vcpu late "$id" "$guest" late
		vcpu late "$id" "$guest" too-late
		vcpu never "$id" "$guest" never
		vcpu fault "$id" "$guest" fault
		vcpu overflow "$id" "$guest" overflow
		vcpu after "$id" "$guest" after
	done
}

# --- how often each kind is used

# counts KIND GUEST: at the end of each stage
counts()
{
	sed -n "s/.*shim: fault: uses:.* $1=\([0-9/]*\).*/\1/p" \
		"$log/fault-none-$2.console" | tail -n 1 | tr '/' '\n'
}

# stage_of KIND N GUEST: the stage of this use, or the one behind the last
stage_of()
{
	local i=0 count

	[ "$1" != sched_op ] || { echo wait; return; }
	for count in $(counts "$1" "$3"); do
		[ "$2" -gt "$count" ] || break
		i=$((i + 1))
	done
	echo "${stages[$i]:-jump}"
}

# uses KIND GUEST: how many to let fail, one after the other. Those of the wait
# are polls.
uses()
{
	local list=() before total

	mapfile -t list < <(counts "$1" "$2")
	[ "${#list[@]}" = "${#stages[@]}" ] ||
		die "$1: ${#list[@]} counts in fault-none-$2.console"
	total=${list[-1]}
	before=${list[-2]}
	[ $((total - before)) -le $max_polls ] || total=$((before + max_polls))
	[ "$total" -gt 0 ] || die "$1 is not used by fault-none-$2"
	# the lines of counts and times
	[ "$1" != event_channel ] || total=$((total + 2))
	echo "$total"
}

every_use()
{
	local kind n

	for kind in "${@:2}"; do
		for n in $(seq "$(uses "$kind" "$1")"); do
			use "$kind" "$n" "$1"
		done
	done
}

# The use that fails before Linux: the tenth mapping is one of an ACPI table, the
# second memory_op asks for vNUMA.
one_use()
{
	local kind

	for kind in "${kinds[@]}"; do
		case $kind in
		map) use map 10 linux ;;
		alloc) use alloc 7 linux ;;
		memory_op) use memory_op 2 linux ;;
		*) use "$kind" 1 linux ;;
		esac
	done
	use sched_op 1 linux
}

# known GUEST PLACE...: what decide() looks for is what is known of
known()
{
	local nr

	nr=$(uses alloc "$1")
	[ "$nr" = $(($# - 1)) ] || die "$nr places in fault-none-$1, not $(($# - 1))"
}

# run CFG...: what run.sh says, but for its closing line, which is counted
run()
{
	local line closed=

	while IFS= read -r line; do
		if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
			passed=$((passed + BASH_REMATCH[1]))
			failed=$((failed + BASH_REMATCH[2]))
			closed=1
		else
			echo "$line"
		fi
	done < <("$here/run.sh" -x "$xen" -c "$vendor" "$@")
	[ -n "$closed" ] || die "run.sh did not come to its end"
}

# shellcheck source=tests/xen/fault-outcome.sh
. "$here/fault-outcome.sh"

kinds=(memory_op hvm_op event_channel multicall vcpu_op map alloc)
# all of its uses are one line of code
initialise=(1 6)
rm -rf "$out"
mkdir -p "$out"
for guest in test initrd late linux; do
	config "fault-none-$guest" '' "$guest" >"$out/fault-none-$guest.cfg"
	{
		echo 'lab plan none'
		echo 'console !~ warning'
		whole
		sound
	} >"$out/fault-none-$guest.expect"
done
run "$out"/*.cfg
if [ "$failed" != 0 ]; then
	echo "$passed passed, $failed failed"
	exit 1
fi
rm "$out"/*
known test "${places_test[@]}"
known initrd "${places_initrd[@]}"
known linux "${places_linux[@]}"
every_use test "${kinds[@]}"
every_use initrd alloc
every_use late sched_op
for n in "${initialise[@]}"; do
	use initialise "$n" test
done
refused test
# where it is the end of the domain that fails
config fault-end sched_op:1 text >"$out/fault-end.cfg"
{
	echo 'lab plan none'
	shim 'plan: kernel image: kernel image is neither a bzImage nor an ELF'
} >"$out/fault-end.expect"
if [ "$what" = all ]; then
	every_use linux "${kinds[@]}"
	use sched_op 1 linux
	use initialise 2 linux
	refused linux
	vcpus test 1 2 3 5 6 7
	vcpus linux 1 3
else
	one_use
	vcpus test 7
	vcpu late 3 linux too-late
fi
run "$out"/*.cfg
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
