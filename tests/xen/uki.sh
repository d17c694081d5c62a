#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds a unified kernel image of Linux 6.1 and the guest's initramfs with Debian's
# ukify, as kernel packages do. After setup.sh and guest.sh.
# Usage: uki.sh OUT [6.12|profiles]   6.12: of that Linux; profiles: two, the second with a
# command line of its own
set -euo pipefail

out=$1
lab=$(cd "$(dirname "$0")/../.." && pwd)/build/lab
root=$lab/ukify
dir=$(mktemp -d "$lab/uki.XXXXXX")
trap 'rm -rf "$dir"' EXIT
linux=6.1
[ "${2-}" != 6.12 ] || linux=6.12
line="console=hvc0 earlyprintk=xen lab.of=uki"

# ukify STUB ARGUMENT...
ukify()
{
	local stub=$root/usr/lib/systemd/boot/efi/$1

	shift
	PYTHONPATH=$root/usr/lib/python3/dist-packages \
		python3 "$root/usr/bin/ukify" build --stub="$stub" \
		"$@" >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		exit 1
	}
}

printf 'NAME=Debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' >"$dir/os-release"
whole=(--linux="$lab/linux-$linux/vmlinuz" --initrd="$lab/guest.img"
	--os-release="@$dir/os-release" --uname="$linux" --cmdline="$line")
if [ "${2-}" = profiles ]; then
	printf 'ID=rescue\nTITLE=Rescue\n' >"$dir/rescue"
	ukify addonx64.efi.stub --profile="@$dir/rescue" \
		--cmdline="$line lab.profile=rescue" --output="$dir/rescue.efi"
	whole+=(--join-profile="$dir/rescue.efi") # the first is called main
fi
ukify linuxx64.efi.stub "${whole[@]}" --output="$dir/whole.efi"
mv "$dir/whole.efi" "$out"
