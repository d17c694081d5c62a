#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# Builds xen_sidecar.ko in OUT/NAME for each KDIR, the headers of a kernel; NAME is the
# last part of KDIR's real path. A warning is an error. BTF would need pahole and the
# kernel itself.
# FROM: a folder with another module. SPARSE: the path of sparse, which checks it, too.
# Usage: build.sh OUT KDIR...
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
for kdir; do
	dir=$out/$(basename "$(realpath "$kdir")")
	echo "  ${FROM:+FAULT }DRIVER ${dir##*/}"
	mkdir -p "$dir"
	cp -ru "${FROM:-$top/sidecar/driver}/." "$top/include" "$dir"
	# options and variables of a make above are not for this one
	if ! env -u MAKEFLAGS -u MFLAGS make -C "$kdir" M="$dir" W=1 \
		${SPARSE:+C=2 CHECK="$SPARSE"} \
		CONFIG_DEBUG_INFO_BTF_MODULES= CONFIG_PAHOLE_VERSION=0 PAHOLE=none modules \
		>"$dir/log" 2>&1 || grep -qi warning "$dir/log"; then
		cat "$dir/log"
		exit 1
	fi
done
