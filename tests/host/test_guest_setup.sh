#!/bin/bash
# SPDX-License-Identifier: MIT
# The script that xen-sidecar.service runs, with a /sys and commands made up here. Each
# fake command logs how it was called.
set -euo pipefail

setup=$(cd "$(dirname "$0")/../.." && pwd)/sidecar/install/xen-sidecar-setup
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sys=$dir/sys
failures=0

# The driver can be loaded if there is a file of that name.
fake()
{
	cat >"$dir/bin/$1" <<-END
	#!/bin/sh
	echo "$1 \$*" >>"$dir/calls"
	case "\$*" in
	*xen_sidecar)
		[ -e "$dir/driver" ] && mkdir -p "$sys/module/xen_sidecar"
		exit ;;
	esac
	[ ! -e "$dir/fail-$1" ] || exit 7
	END
	chmod +x "$dir/bin/$1"
}

# CPU 0 cannot be offlined, 1-3 are online, 4-7 are not.
prepare()
{
	local cpu

	rm -rf "$sys" "$dir"/fail-*
	for cpu in {0..7}; do
		mkdir -p "$sys/devices/system/cpu/cpu$cpu"
	done
	for cpu in 1 2 3; do
		echo 1 >"$sys/devices/system/cpu/cpu$cpu/online"
	done
	for cpu in 4 5 6 7; do
		echo 0 >"$sys/devices/system/cpu/cpu$cpu/online"
	done
	rm -f "$dir/conf"
}

# right STATUS CALLS [ERROR]: whether the last run did this
right()
{
	[ "$status" = "$1" ] && [ "$calls" = "$2" ] || return
	if [ $# -gt 2 ]; then
		grep -qF "$3" "$dir/err"
	else
		[ ! -s "$dir/err" ]
	fi
}

# try WHAT STATUS CALLS [ERROR]: runs the script; each of CALLS ends with ;
try()
{
	status=0
	: >"$dir/calls"
	PATH=$dir/bin:$PATH SYSFS=$sys "$setup" "$dir/conf" 2>"$dir/err" ||
		status=$?
	calls=$(tr '\n' ';' <"$dir/calls")
	right "${@:2}" && return
	echo "FAIL: guest_setup: $1"
	echo "    status $status (want $2), calls: $calls (want $3)"
	sed 's/^/    stderr: /' "$dir/err"
	failures=$((failures + 1))
}

# configure LINE...: a fresh /sys and this configuration
configure()
{
	prepare
	printf '%s\n' "$@" >"$dir/conf"
}

mkdir -p "$dir/bin"
for command in modprobe udevadm sidecarctl; do
	fake $command
done
load="modprobe -qb xen_sidecar;modprobe xen-privcmd unrestricted=1;modprobe msr;"
wait="udevadm settle --timeout=60;"

prepare
try "no file" 0 "$load"

mkdir -p "$sys/module/xen_privcmd"
try "xen-privcmd is loaded" 0 "${load/;/;modprobe -r xen-privcmd;}"

touch "$dir/fail-modprobe"
try "no module" 1 "${load/;/;modprobe -r xen-privcmd;}" "msr: not loaded"

touch "$dir/driver"
configure "online 4-6"
mkdir -p "$sys/module/xen_privcmd"
try "the driver" 0 \
	"modprobe -qb xen_sidecar;${wait}sidecarctl -q online 4,5,6;"
rm "$dir/driver"

configure "# comment" "" "online 4-6" "parked 2,3"
try "both" 0 "$load${wait}sidecarctl -q online 4,5,6;sidecarctl -q return 2,3;"

configure "online 1-5" "parked 3-7"
try "those that need it" 0 \
	"$load${wait}sidecarctl -q online 4,5;sidecarctl -q return 3;"

configure "online 1-3" "parked 4-7"
try "nothing to do" 0 "$load$wait"

configure "parked 0"
try "CPU 0 is online" 0 "$load${wait}sidecarctl -q return 0;"

configure "online 4,9"
try "no such CPU" 1 "$load${wait}sidecarctl -q online 4;" \
	"online 9: Linux has no such CPU"

for bad in "online" "online 4 5" "online 4-" "online 6-4" "online x" \
	"online 4,,5" "online 5000" "online *" "online ,4"; do
	configure "$bad" "online 7"
	try "bad: $bad" 1 "$load${wait}sidecarctl -q online 7;" "conf: line 1:"
done

configure "offline 4"
try "unknown word" 1 "$load$wait" "line 1: offline: want online or parked"

configure "online 4" "online 5"
touch "$dir/fail-sidecarctl"
try "sidecarctl fails" 1 \
	"$load${wait}sidecarctl -q online 4;sidecarctl -q online 5;" \
	"sidecarctl online 4: failed, exit code 7"

printf 'online 4' >"$dir/conf"
rm "$dir/fail-sidecarctl"
try "no newline at the end" 0 "$load${wait}sidecarctl -q online 4;"

[ "$failures" = 0 ] || exit 1
echo "pass: guest_setup"
