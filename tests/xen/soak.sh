#!/bin/bash
# SPDX-License-Identifier: MIT
# `make soak`, from start to end: all states of the model; a client disturbed at every
# system call; 200 boots of a small guest; 1,000 rounds of a vCPU to Linux and back; ten
# times what dom0 does to a guest; 100 migrations; 10,000 pings; the cases of sidecarctl,
# xl and panics with the other Linux; further Linuxes; libvirt, and a patched libxl; the
# cases that take too long for make test, those of the matrix of host topologies included;
# each fault, one at a time. With another Xen or CPU than make test's it runs all cases,
# and leaves out what needs no Xen.
# A step that fails does not end it. After an interruption the next one leaves out what
# has passed, as long as the tree is the same. What ran: build/soak/XEN-CPU/report.
# SOAK=N: an Nth of the boots, rounds and dom0's actions.
# Usage: soak.sh -x XEN -c CPU
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
share=${SOAK:-1}
xen=4.17
vendor=amd
while getopts x:c: opt; do
	case $opt in
	x) xen=$OPTARG ;;
	c) vendor=$OPTARG ;;
	*) exit 2 ;;
	esac
done
folder=$top/build/soak/$xen-$vendor
results=$folder/results
# shellcheck disable=SC2034 # soak-cases.sh's
out=$folder/cases
left_out=

# shellcheck source=tests/xen/find-cases.sh
. "$here/find-cases.sh"
# shellcheck source=tests/xen/soak-cases.sh
. "$here/soak-cases.sh"

# the_tree: all that a verdict depends on, as one number
the_tree()
{
	{
		echo "SOAK=$share"
		find "$top"/{Makefile,configs,include,lib,pvh,sidecar,tests,xen} -type f \
			-print0 | LC_ALL=C sort -z | xargs -0 sha256sum
	} | sha256sum
}

# go_on: after an interruption, else begins anew
go_on()
{
	local tree

	tree=$(the_tree)
	if [ "$(cat "$folder/tree" 2>/dev/null)" = "$tree" ]; then
		echo "soak: goes on, $(grep -c '^ok ' "$results") passed before"
	else
		rm -rf "$folder"
		mkdir -p "$folder"
		echo "$tree" >"$folder/tree"
	fi
	echo "begun $(date -u '+%F %H:%M')" >>"$results"
}

# step NAME COMMAND...: its cases have verdicts; it has one only if it breaks off
step()
{
	local code=0

	echo "soak: $1"
	"${@:2}" 2>&1 | tee -a "$folder/log" || code=$?
	[ "$code" -le 1 ] || echo "FAIL $1:exit-code-$code 0" >>"$results"
}

# Xen and CPU are those on which make test runs all cases but the long ones.
is_usual()
{
	[ "$xen-$vendor" = 4.17-amd ]
}

# verdict_of NAME COMMAND...: of something that is no case
verdict_of()
{
	local name=$1 from=$SECONDS verdict=ok

	! has_passed "$name" "$results" || return 0
	"${@:2}" >"$folder/$name.log" 2>&1 || verdict=FAIL
	echo "$verdict $name ($((SECONDS - from))s)"
	echo "$verdict $name $((SECONDS - from))" >>"$results"
}

model()
{
	CC="${CC:-gcc}" verdict_of model "$top/tests/model/check.sh" "$top/build" deep
}

# A client that is killed, or fails, at every system call.
disturbed()
{
	verdict_of test_killed "$top/build/tests/test_killed" all
	verdict_of test_failing "$top/build/tests/test_failing" all
}

# What Linux tells libsidecar of, without Xen
changes()
{
	verdict_of changes "$top/tests/guest/changes.sh" "$top/build"
}

# Jobs in other languages, for the guest
languages()
{
	"$here/languages/build.sh" "$top/build" && "$here/guest.sh"
}

# The driver for Debian sid's Linux, and Linux's checks of its style and address spaces
driver()
{
	local kdir checkpatch=$top/build/lab/checkpatch/checkpatch.pl
	local sparse=$top/build/lab/sparse/usr/bin/sparse

	if [ -e "$top/build/lab/headers-sid/kdir" ]; then
		kdir=$(cat "$top/build/lab/headers-sid/kdir")
		verdict_of driver-build-sid "$top/sidecar/driver/build.sh" \
			"$top/build/driver" "$kdir"
		FROM=$here/driver-fault "$top/sidecar/driver/build.sh" \
			"$top/build/driver-fault" "$kdir" || true
		"$here/guest.sh"
	fi
	[ ! -e "$checkpatch" ] ||
		verdict_of checkpatch "$top/sidecar/driver/checkpatch.sh" "$checkpatch"
	[ ! -e "$sparse" ] ||
		SPARSE=$sparse verdict_of sparse "$top/sidecar/driver/build.sh" \
			"$top/build/sparse" "$(cat "$top/build/lab/headers-6.12/kdir")"
}

cases()
{
	local list

	mapfile -t list < <(more_cases)
	"$here/run.sh" -x "$xen" -c "$vendor" -r "$results" "$out"/*.cfg "${list[@]}"
}

report()
{
	local code=$?

	"$here/soak-report.sh" "$folder" "Xen $xen, $vendor" "$left_out" |
		tee "$folder/report"
	exit "$code"
}

go_on
trap 'exit 130' INT TERM HUP
trap report EXIT
if is_usual; then
	step model model
	step disturbed disturbed
	step changes changes
fi
step set-up "$here/setup.sh" soak
step languages languages
step driver driver
write_cases > >(tee -a "$folder/log") 2>&1
step cases cases
step faults "$here/fault.sh" all -x "$xen" -c "$vendor" -r "$results"
echo "ended $(date -u '+%F %H:%M')" >>"$results"
! awk '/^(ok|FAIL) / { last[$2] = $1 }
	END { for (name in last) print last[name] }' "$results" | grep -q FAIL
